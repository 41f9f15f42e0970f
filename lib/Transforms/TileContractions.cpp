//===- TileContractions.cpp - Tiles and vectorises products ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/Passes.h"

#include "ContractionLoops.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_TILECONTRACTIONS
#include "garam/Transforms/Passes.h.inc"

namespace {

/// Sizes of a tile of sums.
struct TileSizes {
  int64_t rows = 1, columns = 1;
};

class ContractionTiler {
public:
  /// `numSums`: vectors of sums that registers hold at once.
  ContractionTiler(RewriterBase &rewriter, unsigned vectorBits,
                   unsigned numSums)
      : rewriter(rewriter), vectorBits(vectorBits), numSums(numSums) {}

  LogicalResult run(linalg::GenericOp op, const ContractionLoops &roles);

private:
  void takeStart(linalg::GenericOp op);
  LogicalResult tileWidth(linalg::GenericOp op, const ContractionLoops &roles);
  TileSizes chooseSizes(linalg::GenericOp op, const ContractionLoops &roles);
  FailureOr<linalg::GenericOp> padColumns(linalg::GenericOp op,
                                          const ContractionLoops &roles,
                                          int64_t columns);
  LogicalResult tileColumns(linalg::GenericOp op, const ContractionLoops &roles,
                            const TileSizes &sizes);
  LogicalResult tileRows(linalg::GenericOp op, const ContractionLoops &roles,
                         int64_t rows);
  LogicalResult tileRegisters(linalg::GenericOp op,
                              const ContractionLoops &roles, int64_t rows);
  LogicalResult startSums(linalg::GenericOp op);
  void packColumns(linalg::GenericOp op, const ContractionLoops &roles);
  Value makeEmpty(Location loc, Value value, unsigned dim, int64_t size);
  Value padValue(Location loc, Value value, unsigned dim, int64_t size);

  RewriterBase &rewriter;
  unsigned vectorBits;
  int64_t numSums;
  /// What all sums of the product start from, or null: each from its element of
  /// the output.
  Value start;
  /// The columns lie in a dense tile already.
  bool isPacked = false;
};

} // namespace

/// Two vectors of columns, and as many rows as registers hold sums of.
TileSizes ContractionTiler::chooseSizes(linalg::GenericOp op,
                                        const ContractionLoops &roles) {
  int64_t lanes = countLanes(op, vectorBits);
  int64_t rows = roles.row < 0 ? 1 : getSize(op, roles.row);
  int64_t columns = getSize(op, roles.column);
  TileSizes sizes;
  sizes.columns = columns <= lanes ? lanes : 2 * lanes;
  // A single row has no use for the registers of others.
  if (rows == 1 && columns >= numSums * lanes)
    sizes.columns = numSums * lanes;
  sizes.rows = std::min(rows, numSums * lanes / sizes.columns);
  return sizes;
}

/// A tensor as `value`, but for `size` in dimension `dim`.
Value ContractionTiler::makeEmpty(Location loc, Value value, unsigned dim,
                                  int64_t size) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] = size;
  return tensor::EmptyOp::create(rewriter, loc, shape, type.getElementType());
}

/// `value` with dimension `dim` padded with zeros behind to `size`.
Value ContractionTiler::padValue(Location loc, Value value, unsigned dim,
                                 int64_t size) {
  auto type = cast<RankedTensorType>(value.getType());
  Value empty = makeEmpty(loc, value, dim, size);
  Value zero = arith::ConstantOp::create(
      rewriter, loc, rewriter.getZeroAttr(type.getElementType()));
  Value zeros = linalg::FillOp::create(rewriter, loc, zero, empty).getResult(0);
  SmallVector<OpFoldResult> offsets(type.getRank(), rewriter.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(type.getRank(), rewriter.getIndexAttr(1));
  SmallVector<OpFoldResult> sizes =
      getAsIndexOpFoldResult(rewriter.getContext(), type.getShape());
  return tensor::InsertSliceOp::create(rewriter, loc, value, zeros, offsets,
                                       sizes, strides);
}

static unsigned getPosition(AffineMap map, unsigned loop) {
  return *map.getResultPosition(getAffineDimExpr(loop, map.getContext()));
}

/// The same product with `columns` of them.
FailureOr<linalg::GenericOp>
ContractionTiler::padColumns(linalg::GenericOp op,
                             const ContractionLoops &roles, int64_t columns) {
  Location loc = op.getLoc();
  rewriter.setInsertionPoint(op);
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  SmallVector<Value> inputs(op.getInputs());
  inputs[roles.columnOperand] =
      padValue(loc, inputs[roles.columnOperand],
               getPosition(maps[roles.columnOperand], roles.column), columns);
  Value output = op.getOutputs()[0];
  unsigned outputDim = getPosition(maps[2], roles.column);
  Value padded = start ? makeEmpty(loc, output, outputDim, columns)
                       : padValue(loc, output, outputDim, columns);
  SmallVector<Value> operands(inputs);
  operands.push_back(padded);
  auto wide = cast<linalg::GenericOp>(
      mlir::clone(rewriter, op, padded.getType(), operands));
  auto type = cast<RankedTensorType>(output.getType());
  SmallVector<OpFoldResult> offsets(type.getRank(), rewriter.getIndexAttr(0));
  SmallVector<OpFoldResult> strides(type.getRank(), rewriter.getIndexAttr(1));
  SmallVector<OpFoldResult> sizes =
      getAsIndexOpFoldResult(rewriter.getContext(), type.getShape());
  Value part = tensor::ExtractSliceOp::create(
      rewriter, loc, type, wide.getResult(0), offsets, sizes, strides);
  // Loops around the tile go on with the memory that they began with.
  rewriter.replaceOpWithNewOp<linalg::CopyOp>(op, part, output);
  return wide;
}

/// Sums that start from one scalar do so in registers.
void ContractionTiler::takeStart(linalg::GenericOp op) {
  auto fill = op.getOutputs()[0].getDefiningOp<linalg::FillOp>();
  start = fill ? fill.value() : Value();
  if (fill)
    rewriter.modifyOpInPlace(op,
                             [&] { op.setDpsInitOperand(0, fill.output()); });
}

LogicalResult ContractionTiler::run(linalg::GenericOp op,
                                    const ContractionLoops &roles) {
  takeStart(op);
  isPacked = hasPackedColumns(op, roles, countLanes(op, vectorBits));
  return tileWidth(op, roles);
}

/// Tiles of columns, then narrower ones for what they leave, which is padded
/// when it is less than the narrowest.
LogicalResult ContractionTiler::tileWidth(linalg::GenericOp op,
                                          const ContractionLoops &roles) {
  TileSizes sizes = chooseSizes(op, roles);
  auto [whole, rest] = splitLoop(rewriter, op, roles.column, sizes.columns);
  if (whole) {
    if (failed(tileColumns(whole, roles, sizes)))
      return failure();
    return rest ? tileWidth(rest, roles) : success();
  }
  FailureOr<linalg::GenericOp> padded = padColumns(rest, roles, sizes.columns);
  return failed(padded) ? failure() : tileColumns(*padded, roles, sizes);
}

/// Copies the tile of the operand with columns to one whose dimensions are the
/// sums, the columns innermost: other rows use it again.
void ContractionTiler::packColumns(linalg::GenericOp op,
                                   const ContractionLoops &roles) {
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
                                            const ContractionLoops &roles,
                                            const TileSizes &sizes) {
  SmallVector<int64_t> tileSizes(op.getNumLoops(), 0);
  SmallVector<utils::IteratorType> kinds = op.getIteratorTypesArray();
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop)
    if (kinds[loop] == utils::IteratorType::parallel && int(loop) != roles.row)
      tileSizes[loop] = loop == roles.column ? sizes.columns : 1;
  FailureOr<linalg::GenericOp> tiled = tileLoops(rewriter, op, tileSizes);
  if (failed(tiled))
    return failure();
  AffineMap columns = tiled->getIndexingMapsArray()[roles.columnOperand];
  bool isDense = getInnermost(columns) == roles.column;
  int64_t rows = roles.row < 0 ? 1 : getSize(*tiled, roles.row);
  if (!isDense || (rows > sizes.rows && !isPacked))
    packColumns(*tiled, roles);
  return tileRows(*tiled, roles, sizes.rows);
}

LogicalResult ContractionTiler::tileRows(linalg::GenericOp op,
                                         const ContractionLoops &roles,
                                         int64_t rows) {
  if (roles.row < 0)
    return tileRegisters(op, roles, 1);
  auto [whole, rest] = splitLoop(rewriter, op, roles.row, rows);
  if (whole && failed(tileRegisters(whole, roles, rows)))
    return failure();
  return rest ? tileRegisters(rest, roles, getSize(rest, roles.row))
              : success();
}

/// Gives a tile of sums what they start from.
LogicalResult ContractionTiler::startSums(linalg::GenericOp op) {
  if (!start)
    return success();
  rewriter.setInsertionPoint(op);
  auto fill =
      linalg::FillOp::create(rewriter, op.getLoc(), start, op.getOutputs()[0]);
  rewriter.modifyOpInPlace(op,
                           [&] { op.setDpsInitOperand(0, fill.getResult(0)); });
  FailureOr<linalg::VectorizationResult> vectors =
      linalg::vectorize(rewriter, fill);
  if (failed(vectors))
    return failure();
  rewriter.replaceOp(fill, vectors->replacements);
  return success();
}

/// Loops over rows, then sums, and vectorises the body.
LogicalResult ContractionTiler::tileRegisters(linalg::GenericOp op,
                                              const ContractionLoops &roles,
                                              int64_t rows) {
  SmallVector<int64_t> rowSizes(op.getNumLoops(), 0);
  if (roles.row >= 0)
    rowSizes[roles.row] = rows;
  FailureOr<linalg::GenericOp> tile = tileLoops(rewriter, op, rowSizes);
  if (failed(tile))
    return failure();
  // What has one iteration is no part of the vectors.
  SmallVector<unsigned> dropped;
  for (unsigned loop = 0; loop < tile->getNumLoops(); ++loop)
    if (tile->getIteratorTypesArray()[loop] == utils::IteratorType::parallel &&
        loop != roles.column && int(loop) != roles.row)
      dropped.push_back(loop);
  linalg::GenericOp dense = dropLoops(rewriter, *tile, dropped);
  if (failed(startSums(dense)))
    return failure();

  SmallVector<int64_t> sumSizes(dense.getNumLoops(), 0);
  SmallVector<unsigned> sums;
  dense.getReductionDims(sums);
  for (unsigned loop : sums)
    sumSizes[loop] = 1;
  FailureOr<linalg::GenericOp> tiled = tileLoops(rewriter, dense, sumSizes);
  if (failed(tiled))
    return failure();
  // But for one sum: a product of vectors has one.
  sums.pop_back();
  linalg::GenericOp body = dropLoops(rewriter, *tiled, sums);
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

namespace {

struct TileContractions : impl::TileContractionsBase<TileContractions> {
  using TileContractionsBase::TileContractionsBase;

  LogicalResult initialize(MLIRContext *context) override;
  void runOnOperation() override;
};

} // namespace

LogicalResult TileContractions::initialize(MLIRContext *context) {
  return checkVectorRegisters(context, vectorBits, vectorRegisters);
}

void TileContractions::runOnOperation() {
  SmallVector<std::pair<linalg::GenericOp, ContractionLoops>> products;
  getOperation().walk([&](linalg::GenericOp op) {
    std::optional<ContractionLoops> roles = findContractionLoops(op);
    if (roles && isStatic(op) && !sumsNeighbours(op, *roles))
      products.emplace_back(op, *roles);
  });
  IRRewriter rewriter(&getContext());
  ContractionTiler tiler(rewriter, vectorBits, countSums(vectorRegisters));
  for (auto &[op, roles] : products) {
    if (succeeded(tiler.run(op, roles)))
      continue;
    getOperation().emitError("a product cannot be tiled");
    return signalPassFailure();
  }
}

} // namespace garam
