//===- TileContractions.cpp - Tiles and vectorises products ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/Host/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/Transforms/TileUsingInterface.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_HOSTTILECONTRACTIONS
#include "garam/Dialect/Host/Transforms/Passes.h.inc"

namespace {

/// The roles of the loops of a product. All others become loops of scalars.
struct Roles {
  unsigned column = 0;        // the output's innermost dimension
  int row = -1;               // of the other operand; -1: it has none
  unsigned depth = 0;         // a sum
  unsigned columnOperand = 0; // the operand that has columns
};

/// Sizes of a tile of sums.
struct TileSizes {
  int64_t rows = 1, columns = 1;
};

class ContractionTiler {
public:
  ContractionTiler(RewriterBase &rewriter, unsigned vectorBits)
      : rewriter(rewriter), vectorBits(vectorBits) {}

  LogicalResult run(linalg::GenericOp op);

private:
  TileSizes chooseSizes(linalg::GenericOp op, const Roles &roles);
  FailureOr<linalg::GenericOp> padColumns(linalg::GenericOp op,
                                          const Roles &roles, int64_t columns);
  LogicalResult tileColumns(linalg::GenericOp op, const Roles &roles,
                            const TileSizes &sizes);
  LogicalResult tileRows(linalg::GenericOp op, const Roles &roles,
                         int64_t rows);
  LogicalResult tileRegisters(linalg::GenericOp op, const Roles &roles,
                              int64_t rows);
  void packColumns(linalg::GenericOp op, const Roles &roles);
  LogicalResult tileDepth(linalg::GenericOp op, const Roles &roles);
  LogicalResult sumNeighbours(linalg::GenericOp op, const Roles &roles,
                              int64_t columns);
  linalg::GenericOp dropLoops(linalg::GenericOp op, ArrayRef<unsigned> dropped);
  int64_t getLanes(linalg::GenericOp op);
  Value padValue(Location loc, Value value, unsigned dim, int64_t size);

  RewriterBase &rewriter;
  unsigned vectorBits;
};

} // namespace

static int64_t getSize(linalg::GenericOp op, unsigned loop) {
  return op.getStaticLoopRanges()[loop];
}

/// A sum of products of f32 or f64 of two static tensors, and nothing else.
static bool isProduct(linalg::GenericOp op) {
  if (op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1 ||
      op.getNumReductionLoops() == 0 || !op.hasPureTensorSemantics() ||
      ShapedType::isDynamicShape(op.getStaticLoopRanges()) ||
      llvm::is_contained(op.getStaticLoopRanges(), 0) ||
      !linalg::isaContractionOpInterface(op))
    return false;
  return llvm::all_of(op->getOperandTypes(), [](Type type) {
    Type element = getElementTypeOrSelf(type);
    return element.isF32() || element.isF64();
  });
}

static std::optional<Roles> findRoles(linalg::GenericOp op) {
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  AffineMap output = maps[2];
  if (output.getNumResults() == 0)
    return std::nullopt;
  Roles roles;
  roles.column = output.getDimPosition(output.getNumResults() - 1);
  bool isInFirst = maps[0].isFunctionOfDim(roles.column);
  if (isInFirst == maps[1].isFunctionOfDim(roles.column))
    return std::nullopt;
  roles.columnOperand = isInFirst ? 0 : 1;
  AffineMap columns = maps[roles.columnOperand];
  AffineMap others = maps[1 - roles.columnOperand];
  // The innermost of each: rows of one image, or neighbours in a sum.
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop) {
    if (loop == roles.column || columns.isFunctionOfDim(loop))
      continue;
    if (others.isFunctionOfDim(loop) && output.isFunctionOfDim(loop))
      roles.row = loop;
  }
  SmallVector<unsigned> sums;
  op.getReductionDims(sums);
  roles.depth = sums.back();
  return roles;
}

/// Elements of a vector.
int64_t ContractionTiler::getLanes(linalg::GenericOp op) {
  unsigned elementBits =
      getElementTypeOrSelf(op.getOutputs()[0]).getIntOrFloatBitWidth();
  return std::max(1u, vectorBits / elementBits);
}

/// Two vectors of columns, and as many rows as registers hold sums of, with
/// room for the columns and a factor.
TileSizes ContractionTiler::chooseSizes(linalg::GenericOp op,
                                        const Roles &roles) {
  constexpr unsigned widest = 512;
  int64_t lanes = getLanes(op);
  int64_t rows = roles.row < 0 ? 1 : getSize(op, roles.row);
  int64_t columns = getSize(op, roles.column);
  int64_t sums = vectorBits == widest ? 16 : 8; // vectors
  TileSizes sizes;
  sizes.columns = columns <= lanes ? lanes : 2 * lanes;
  // A single row has no use for the registers of others.
  if (rows == 1 && columns >= sums * lanes)
    sizes.columns = sums * lanes;
  sizes.rows = std::min(rows, sums * lanes / sizes.columns);
  return sizes;
}

/// `value` with dimension `dim` padded with zeros behind to `size`.
Value ContractionTiler::padValue(Location loc, Value value, unsigned dim,
                                 int64_t size) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] = size;
  Value empty =
      tensor::EmptyOp::create(rewriter, loc, shape, type.getElementType());
  Value zero = arith::ConstantOp::create(
      rewriter, loc, rewriter.getZeroAttr(type.getElementType()));
  Value zeros = linalg::FillOp::create(rewriter, loc, zero, empty).getResult(0);
  SmallVector<OpFoldResult> offsets(shape.size(), rewriter.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(shape.size(), rewriter.getIndexAttr(1));
  SmallVector<OpFoldResult> sizes =
      getAsIndexOpFoldResult(rewriter.getContext(), type.getShape());
  return tensor::InsertSliceOp::create(rewriter, loc, value, zeros, offsets,
                                       sizes, strides);
}

static unsigned getPosition(AffineMap map, unsigned loop) {
  return *map.getResultPosition(getAffineDimExpr(loop, map.getContext()));
}

/// The same product with `columns` of them.
FailureOr<linalg::GenericOp> ContractionTiler::padColumns(linalg::GenericOp op,
                                                          const Roles &roles,
                                                          int64_t columns) {
  Location loc = op.getLoc();
  rewriter.setInsertionPoint(op);
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  SmallVector<Value> inputs(op.getInputs());
  inputs[roles.columnOperand] =
      padValue(loc, inputs[roles.columnOperand],
               getPosition(maps[roles.columnOperand], roles.column), columns);
  Value output = op.getOutputs()[0];
  unsigned outputDim = getPosition(maps[2], roles.column);
  Value padded = padValue(loc, output, outputDim, columns);
  SmallVector<Value> operands(inputs);
  operands.push_back(padded);
  auto wide = cast<linalg::GenericOp>(
      mlir::clone(rewriter, op, padded.getType(), operands));
  auto type = cast<RankedTensorType>(output.getType());
  SmallVector<OpFoldResult> offsets(type.getRank(), rewriter.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(type.getRank(), rewriter.getIndexAttr(1));
  SmallVector<OpFoldResult> sizes =
      getAsIndexOpFoldResult(rewriter.getContext(), type.getShape());
  rewriter.replaceOpWithNewOp<tensor::ExtractSliceOp>(
      op, type, wide.getResult(0), offsets, sizes, strides);
  return wide;
}

/// Splits off what fills no tile, if there is something: {whole tiles or null,
/// rest or null}.
static std::pair<linalg::GenericOp, linalg::GenericOp>
splitLoop(RewriterBase &rewriter, linalg::GenericOp op, unsigned loop,
          int64_t tile) {
  int64_t size = getSize(op, loop);
  if (size % tile == 0)
    return {op, nullptr};
  if (size < tile)
    return {nullptr, op};
  rewriter.setInsertionPoint(op);
  auto [whole, rest] =
      linalg::splitOp(rewriter, cast<TilingInterface>(op.getOperation()), loop,
                      rewriter.getIndexAttr(size - size % tile));
  return {cast<linalg::GenericOp>(whole.getOperation()),
          cast<linalg::GenericOp>(rest.getOperation())};
}

static unsigned getInnermost(AffineMap map) {
  return map.getDimPosition(map.getNumResults() - 1);
}

/// Whether both operands have neighbours in the sums and none in the columns,
/// and rows are too few to pay for a transposition.
static bool sumsNeighbours(linalg::GenericOp op, const Roles &roles) {
  constexpr int64_t fewRows = 4;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  return op.getNumReductionLoops() == 1 &&
         getInnermost(maps[0]) == roles.depth &&
         getInnermost(maps[1]) == roles.depth &&
         (roles.row < 0 || getSize(op, roles.row) < fewRows);
}

LogicalResult ContractionTiler::run(linalg::GenericOp op) {
  std::optional<Roles> roles = findRoles(op);
  if (!roles)
    return success();
  if (sumsNeighbours(op, *roles))
    return tileDepth(op, *roles);
  TileSizes sizes = chooseSizes(op, *roles);
  auto [whole, rest] = splitLoop(rewriter, op, roles->column, sizes.columns);
  if (whole && failed(tileColumns(whole, *roles, sizes)))
    return failure();
  if (!rest)
    return success();
  FailureOr<linalg::GenericOp> padded = padColumns(rest, *roles, sizes.columns);
  return failed(padded) ? failure() : tileColumns(*padded, *roles, sizes);
}

/// Tiles `op` and returns the tile's operation. Loops without a size stay.
static FailureOr<linalg::GenericOp> tile(RewriterBase &rewriter,
                                         linalg::GenericOp op,
                                         ArrayRef<int64_t> sizes,
                                         ArrayRef<int64_t> order = {}) {
  if (llvm::all_of(sizes, [](int64_t size) { return size == 0; }))
    return op;
  scf::SCFTilingOptions options;
  options.setTileSizes(getAsIndexOpFoldResult(rewriter.getContext(), sizes));
  options.setInterchange(order);
  rewriter.setInsertionPoint(op);
  FailureOr<scf::SCFTilingResult> tiled = scf::tileUsingSCF(
      rewriter, cast<TilingInterface>(op.getOperation()), options);
  if (failed(tiled))
    return failure();
  rewriter.replaceOp(op, tiled->replacements);
  return cast<linalg::GenericOp>(tiled->tiledOps.front());
}

/// Copies the tile of the operand with columns to one whose dimensions are the
/// sums, the columns innermost: other rows use it again.
void ContractionTiler::packColumns(linalg::GenericOp op, const Roles &roles) {
  Location loc = op.getLoc();
  rewriter.setInsertionPoint(op);
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  AffineMap map = maps[roles.columnOperand];
  SmallVector<AffineExpr> source, packed;
  SmallVector<int64_t> sizes;
  SmallVector<unsigned> loops;
  op.getReductionDims(loops);
  loops.push_back(roles.column);
  llvm::SmallDenseMap<unsigned, unsigned> positions;
  for (unsigned loop : loops) {
    positions[loop] = sizes.size();
    packed.push_back(rewriter.getAffineDimExpr(loop));
    sizes.push_back(getSize(op, loop));
  }
  for (AffineExpr expr : map.getResults()) {
    unsigned loop = cast<AffineDimExpr>(expr).getPosition();
    auto found = positions.find(loop);
    // All other loops have one iteration in a tile.
    source.push_back(found == positions.end()
                         ? rewriter.getAffineConstantExpr(0)
                         : rewriter.getAffineDimExpr(found->second));
  }
  Value operand = op.getInputs()[roles.columnOperand];
  Value empty = tensor::EmptyOp::create(rewriter, loc, sizes,
                                        getElementTypeOrSelf(operand));
  SmallVector<AffineMap> copyMaps{
      AffineMap::get(sizes.size(), 0, source, op.getContext()),
      rewriter.getMultiDimIdentityMap(sizes.size())};
  SmallVector<utils::IteratorType> iterators(sizes.size(),
                                             utils::IteratorType::parallel);
  Value copy =
      linalg::GenericOp::create(
          rewriter, loc, empty.getType(), operand, empty, copyMaps, iterators,
          [](OpBuilder &b, Location inner, ValueRange values) {
            linalg::YieldOp::create(b, inner, values.front());
          })
          .getResult(0);
  maps[roles.columnOperand] =
      AffineMap::get(op.getNumLoops(), 0, packed, op.getContext());
  rewriter.modifyOpInPlace(op, [&] {
    op.getDpsInputOperand(roles.columnOperand)->set(copy);
    op.setIndexingMapsAttr(rewriter.getAffineMapArrayAttr(maps));
  });
}

/// Loops over everything but rows and sums, a tile of columns each time.
LogicalResult ContractionTiler::tileColumns(linalg::GenericOp op,
                                            const Roles &roles,
                                            const TileSizes &sizes) {
  SmallVector<int64_t> tileSizes(op.getNumLoops(), 0);
  SmallVector<utils::IteratorType> kinds = op.getIteratorTypesArray();
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
    if (kinds[loop] == utils::IteratorType::parallel && int(loop) != roles.row)
      tileSizes[loop] = loop == roles.column ? sizes.columns : 1;
  FailureOr<linalg::GenericOp> tiled = tile(rewriter, op, tileSizes);
  if (failed(tiled))
    return failure();
  AffineMap columns = tiled->getIndexingMapsArray()[roles.columnOperand];
  bool isDense = getInnermost(columns) == roles.column;
  int64_t rows = roles.row < 0 ? 1 : getSize(*tiled, roles.row);
  if (!isDense || rows > sizes.rows)
    packColumns(*tiled, roles);
  return tileRows(*tiled, roles, sizes.rows);
}

LogicalResult ContractionTiler::tileRows(linalg::GenericOp op,
                                         const Roles &roles, int64_t rows) {
  if (roles.row < 0)
    return tileRegisters(op, roles, 1);
  auto [whole, rest] = splitLoop(rewriter, op, roles.row, rows);
  if (whole && failed(tileRegisters(whole, roles, rows)))
    return failure();
  return rest ? tileRegisters(rest, roles, getSize(rest, roles.row))
              : success();
}

/// `op` without those of these loops that have one iteration.
linalg::GenericOp ContractionTiler::dropLoops(linalg::GenericOp op,
                                              ArrayRef<unsigned> dropped) {
  linalg::ControlDropUnitDims control;
  control.rankReductionStrategy =
      linalg::ControlDropUnitDims::RankReductionStrategy::ExtractInsertSlice;
  control.controlFn = [&](Operation *) { return llvm::to_vector(dropped); };
  rewriter.setInsertionPoint(op);
  FailureOr<linalg::DropUnitDimsResult> reduced =
      linalg::dropUnitDims(rewriter, op, control);
  if (failed(reduced))
    return op;
  rewriter.replaceOp(op, reduced->replacements);
  return cast<linalg::GenericOp>(reduced->resultOp.getOperation());
}

/// Loops over rows, then sums, and vectorises the body.
LogicalResult ContractionTiler::tileRegisters(linalg::GenericOp op,
                                              const Roles &roles,
                                              int64_t rows) {
  SmallVector<int64_t> sizes(op.getNumLoops(), 0);
  SmallVector<int64_t> order;
  if (roles.row >= 0) {
    sizes[roles.row] = rows;
    order.push_back(roles.row);
  }
  SmallVector<unsigned> sums;
  op.getReductionDims(sums);
  for (unsigned loop : sums) {
    sizes[loop] = 1;
    order.push_back(loop);
  }
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
    if (!llvm::is_contained(order, loop))
      order.push_back(loop);
  FailureOr<linalg::GenericOp> tiled = tile(rewriter, op, sizes, order);
  if (failed(tiled))
    return failure();

  // What has one iteration is no part of the vectors, but for one sum.
  SmallVector<unsigned> dropped;
  for (unsigned loop = 0; loop < tiled->getNumLoops(); ++loop)
    if (loop != roles.column && loop != roles.depth && int(loop) != roles.row)
      dropped.push_back(loop);
  linalg::GenericOp body = dropLoops(*tiled, dropped);
  // Only a product by name becomes a contraction of vectors. Its first operand
  // is the one whose elements are broadcast.
  SmallVector<AffineMap> maps = body.getIndexingMapsArray();
  SmallVector<Value> inputs(body.getInputs());
  if (roles.columnOperand == 0) {
    std::swap(maps[0], maps[1]);
    std::swap(inputs[0], inputs[1]);
  }
  rewriter.setInsertionPoint(body);
  auto product = linalg::ContractOp::create(
      rewriter, body.getLoc(), body.getResultTypes(), inputs, body.getOutputs(),
      rewriter.getAffineMapArrayAttr(maps));
  rewriter.replaceOp(body, product);
  rewriter.setInsertionPoint(product);
  FailureOr<linalg::VectorizationResult> vectors = linalg::vectorize(
      rewriter, product, /*inputVectorSizes=*/{}, /*inputScalableVecDims=*/{},
      /*vectorizeNDExtract=*/false, /*flatten1DDepthwiseConv=*/false,
      /*assumeDynamicDimsMatchVecSizes=*/false,
      /*createNamedContraction=*/true);
  if (failed(vectors))
    return failure();
  rewriter.replaceOp(product, vectors->replacements);
  return success();
}

/// Sums that fill two vectors, of groups of columns; the rest stays.
LogicalResult ContractionTiler::tileDepth(linalg::GenericOp op,
                                          const Roles &roles) {
  constexpr int64_t columns = 4;
  linalg::GenericOp whole =
      splitLoop(rewriter, op, roles.depth, 2 * getLanes(op)).first;
  if (!whole)
    return success();
  auto [groups, rest] = splitLoop(rewriter, whole, roles.column, columns);
  if (groups && failed(sumNeighbours(groups, roles, columns)))
    return failure();
  return rest ? sumNeighbours(rest, roles, getSize(rest, roles.column))
              : success();
}

/// Loops over groups of columns with as many sums as two vectors hold for each.
LogicalResult ContractionTiler::sumNeighbours(linalg::GenericOp op,
                                              const Roles &roles,
                                              int64_t columns) {
  SmallVector<int64_t> sizes(op.getNumLoops(), 1);
  sizes[roles.column] = columns;
  sizes[roles.depth] = 0;
  FailureOr<linalg::GenericOp> tiled = tile(rewriter, op, sizes);
  if (failed(tiled))
    return failure();
  SmallVector<unsigned> dropped;
  for (unsigned loop = 0; loop < tiled->getNumLoops(); ++loop)
    if (loop != roles.column && loop != roles.depth)
      dropped.push_back(loop);
  linalg::GenericOp body = dropLoops(*tiled, dropped);

  SmallVector<OpFoldResult> depths(body.getNumLoops(),
                                   rewriter.getIndexAttr(0));
  SmallVector<unsigned> sums;
  body.getReductionDims(sums);
  depths[sums.front()] = rewriter.getIndexAttr(2 * getLanes(body));
  rewriter.setInsertionPoint(body);
  FailureOr<scf::SCFTilingResult> partial = scf::tileReductionUsingScf(
      rewriter, cast<PartialReductionOpInterface>(body.getOperation()), depths);
  if (failed(partial))
    return failure();
  rewriter.replaceOp(body, partial->replacements);
  Operation *summands = partial->tiledOps.front();
  rewriter.setInsertionPoint(summands);
  FailureOr<linalg::VectorizationResult> vectors =
      linalg::vectorize(rewriter, summands);
  if (failed(vectors))
    return failure();
  rewriter.replaceOp(summands, vectors->replacements);
  return success();
}

namespace {

struct HostTileContractions
    : impl::HostTileContractionsBase<HostTileContractions> {
  using HostTileContractionsBase::HostTileContractionsBase;

  void runOnOperation() override {
    SmallVector<linalg::GenericOp> products;
    getOperation().walk([&](linalg::GenericOp op) {
      if (isProduct(op))
        products.push_back(op);
    });
    IRRewriter rewriter(&getContext());
    for (linalg::GenericOp op : products) {
      if (succeeded(ContractionTiler(rewriter, vectorBits).run(op)))
        continue;
      getOperation().emitError("a product cannot be tiled");
      return signalPassFailure();
    }
  }
};

} // namespace
} // namespace garam
