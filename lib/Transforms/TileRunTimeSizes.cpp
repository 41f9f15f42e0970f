//===- TileRunTimeSizes.cpp - Tiles of fixed sizes of products ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/Passes.h"

#include "ContractionLoops.h"
#include "garam/Transforms/MostIterations.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_TILERUNTIMESIZES
#include "garam/Transforms/Passes.h.inc"

namespace {

/// A loop of run time with the sizes of its tiles, the largest first, the last
/// one 1: each takes as much as it can of what those before it leave.
struct TiledLoop {
  unsigned loop;
  SmallVector<int64_t> tiles;
};

/// A product of fixed sizes, but for sums, and where its results are placed.
struct Tile {
  linalg::GenericOp op;
  SmallVector<OpFoldResult> position, extent;
};

/// Makes a product one of tiles that have fixed sizes.
class ProductTiler {
public:
  /// `numSums`: vectors of sums that registers hold at once.
  ProductTiler(linalg::GenericOp op, const ContractionLoops &roles,
               int64_t lanes, int64_t numSums)
      : op(op), roles(roles), lanes(lanes), numSums(numSums), builder(op) {}

  void run();

private:
  using Finish = llvm::function_ref<Value(Value)>;

  SmallVector<TiledLoop> listLoops(utils::IteratorType kind);
  SmallVector<int64_t> chooseTiles(unsigned loop);
  Value addLoops(ArrayRef<TiledLoop> loops, Value result, Finish finish);
  Tile makeTile(linalg::GenericOp whole, Value result);
  Value addSums(linalg::GenericOp tile);
  void takeWhole(linalg::GenericOp whole);

  linalg::GenericOp op;
  ContractionLoops roles;
  int64_t lanes, numSums;
  OpBuilder builder;
  /// Of the tile at the builder's place.
  SmallVector<OpFoldResult> offsets, sizes;
};

} // namespace

/// Those of rows and columns are multiples of what registers hold. Columns are
/// copied to dense tiles for each tile of rows, unless they lie in such tiles:
/// many rows make little of that.
SmallVector<int64_t> ProductTiler::chooseTiles(unsigned loop) {
  constexpr int64_t rowsOfACopy = 64, vectorsOfColumns = 4;
  // The sums of a tile go to memory and back once for each of its parts.
  constexpr int64_t depths = 128, fewDepths = 8;
  int64_t rows = numSums / 2; // of two vectors of columns each
  SmallVector<int64_t> tiles;
  if (int(loop) == roles.row && hasPackedColumns(op, roles, lanes))
    tiles = {rows, rows / 2};
  else if (int(loop) == roles.row)
    tiles = {rowsOfACopy, rows};
  else if (loop == roles.column)
    tiles = {vectorsOfColumns * lanes, lanes};
  else if (loop == roles.depth)
    tiles = {depths, fewDepths};
  int64_t most = readMostIterations(op)[loop];
  llvm::erase_if(tiles, [&](int64_t tile) {
    return tile <= 1 || (!ShapedType::isDynamic(most) && tile > most);
  });
  tiles.push_back(1);
  return tiles;
}

SmallVector<TiledLoop> ProductTiler::listLoops(utils::IteratorType kind) {
  SmallVector<TiledLoop> loops;
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  for (unsigned loop = 0; loop < ranges.size(); ++loop)
    if (ShapedType::isDynamic(ranges[loop]) &&
        op.getIteratorTypesArray()[loop] == kind)
      loops.push_back({loop, chooseTiles(loop)});
  return loops;
}

/// Loops over the tiles of `loops`, in each of which `finish` takes the result
/// before it to the one behind it.
Value ProductTiler::addLoops(ArrayRef<TiledLoop> loops, Value result,
                             Finish finish) {
  if (loops.empty())
    return finish(result);
  const TiledLoop &tiled = loops.front();
  Location loc = op.getLoc();
  OpFoldResult whole = sizes[tiled.loop];
  Value size = getValueOrCreateConstantIndexOp(builder, loc, whole);
  Value begin = arith::ConstantIndexOp::create(builder, loc, 0);
  AffineExpr first, all;
  bindSymbols(builder.getContext(), first, all);
  for (int64_t tile : tiled.tiles) {
    Value end = affine::makeComposedAffineApply(
        builder, loc, first + (all - first).floorDiv(tile) * tile,
        {OpFoldResult(begin), OpFoldResult(size)});
    Value step = arith::ConstantIndexOp::create(builder, loc, tile);
    auto nest = scf::ForOp::create(builder, loc, begin, end, step, result);
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(nest.getBody());
    offsets[tiled.loop] = nest.getInductionVar();
    sizes[tiled.loop] = builder.getIndexAttr(tile);
    Value next = addLoops(loops.drop_front(), nest.getRegionIterArg(0), finish);
    scf::YieldOp::create(builder, loc, next);
    result = nest.getResult(0);
    begin = end;
  }
  offsets[tiled.loop] = builder.getIndexAttr(0);
  sizes[tiled.loop] = whole;
  return result;
}

/// The tile of `whole` that goes on with a part of `result`.
Tile ProductTiler::makeTile(linalg::GenericOp whole, Value result) {
  auto copy = cast<linalg::GenericOp>(builder.clone(*whole.getOperation()));
  copy.setDpsInitOperand(0, result);
  auto interface = cast<TilingInterface>(copy.getOperation());
  Tile tile;
  // Neither fails for what is structured.
  (void)interface.getResultTilePosition(builder, 0, offsets, sizes,
                                        tile.position, tile.extent);
  TilingResult tiled =
      *interface.getTiledImplementation(builder, offsets, sizes);
  copy.erase();
  tile.op = cast<linalg::GenericOp>(tiled.tiledOps.front());
  return tile;
}

/// Adds up a tile of sums part by part.
Value ProductTiler::addSums(linalg::GenericOp tile) {
  SmallVector<TiledLoop> loops = listLoops(utils::IteratorType::reduction);
  if (loops.empty())
    return tile.getResult(0);
  SmallVector<OpFoldResult> outerOffsets(offsets), outerSizes(sizes);
  takeWhole(tile);
  Value sums =
      addLoops(loops, tile.getOutputs()[0], [&](Value result) -> Value {
        return makeTile(tile, result).op.getResult(0);
      });
  offsets = outerOffsets;
  sizes = outerSizes;
  tile.erase();
  return sums;
}

/// The tile is all of `whole`.
void ProductTiler::takeWhole(linalg::GenericOp whole) {
  offsets.assign(whole.getNumLoops(), builder.getIndexAttr(0));
  sizes.clear();
  for (const Range &range : cast<linalg::LinalgOp>(whole.getOperation())
                                .createLoopRanges(builder, op.getLoc()))
    sizes.push_back(range.size);
}

void ProductTiler::run() {
  SmallVector<TiledLoop> loops = listLoops(utils::IteratorType::parallel);
  Value result = op.getOutputs()[0];
  // Each tile starts for itself.
  auto fill = result.getDefiningOp<linalg::FillOp>();
  if (fill)
    result = fill.output();
  takeWhole(op);
  Value all = addLoops(loops, result, [&](Value before) -> Value {
    Tile tile = makeTile(op, before);
    if (fill) {
      OpBuilder::InsertionGuard guard(builder);
      builder.setInsertionPoint(tile.op);
      auto start = linalg::FillOp::create(builder, op.getLoc(), fill.value(),
                                          tile.op.getOutputs()[0]);
      tile.op.setDpsInitOperand(0, start.getResult(0));
    }
    Value part = addSums(tile.op);
    SmallVector<OpFoldResult> strides(tile.position.size(),
                                      builder.getIndexAttr(1));
    return tensor::InsertSliceOp::create(builder, op.getLoc(), part, before,
                                         tile.position, tile.extent, strides);
  });
  op.getResult(0).replaceAllUsesWith(all);
  op.erase();
}

namespace {

struct TileRunTimeSizes : impl::TileRunTimeSizesBase<TileRunTimeSizes> {
  using TileRunTimeSizesBase::TileRunTimeSizesBase;

  LogicalResult initialize(MLIRContext *context) override {
    return checkVectorRegisters(context, vectorBits, vectorRegisters);
  }
  void runOnOperation() override;
};

} // namespace

void TileRunTimeSizes::runOnOperation() {
  SmallVector<std::pair<linalg::GenericOp, ContractionLoops>> products;
  getOperation().walk([&](linalg::GenericOp op) {
    std::optional<ContractionLoops> roles = findContractionLoops(op);
    if (roles && !isStatic(op))
      products.emplace_back(op, *roles);
  });
  for (auto &[op, roles] : products)
    ProductTiler(op, roles, countLanes(op, vectorBits),
                 countSums(vectorRegisters))
        .run();
}

} // namespace garam
