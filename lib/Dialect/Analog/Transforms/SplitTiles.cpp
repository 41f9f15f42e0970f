//===- SplitTiles.cpp - Splits products over crossbars --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/Analog/Transforms/Passes.h"

#include "garam/Target/Analog/Machine/TargetFile.h"
#include "garam/Target/CompileTarget.h"

namespace garam {
#define GEN_PASS_DEF_ANALOGSPLITTILES
#include "garam/Dialect/Analog/Transforms/Passes.h.inc"
} // namespace garam

using namespace mlir;

namespace garam::analog {

namespace {

struct TilePlace {
  int64_t firstRow, rows, firstColumn, columns;
};

} // namespace

/// Several blocks along the diagonal of each tile.
static SmallVector<TilePlace> packBlocks(MatrixOp matrix,
                                         const CrossbarDescription &crossbar) {
  int64_t rows = matrix.getGroupRows(), columns = matrix.getGroupColumns();
  int64_t groups = matrix.getNumGroups();
  int64_t each =
      std::min({groups, crossbar.rows / rows, crossbar.columns / columns});
  SmallVector<TilePlace> places;
  for (int64_t first = 0; first < groups; first += each) {
    int64_t count = std::min(each, groups - first);
    places.push_back(
        {first * rows, count * rows, first * columns, count * columns});
  }
  return places;
}

/// Several tiles for each block, those of the same columns together.
static SmallVector<TilePlace> cutBlocks(MatrixOp matrix,
                                        const CrossbarDescription &crossbar) {
  int64_t rows = matrix.getGroupRows(), columns = matrix.getGroupColumns();
  SmallVector<TilePlace> places;
  for (int64_t group = 0; group < matrix.getNumGroups(); ++group)
    for (int64_t column = 0; column < columns; column += crossbar.columns)
      for (int64_t row = 0; row < rows; row += crossbar.rows)
        places.push_back(
            {group * rows + row, std::min<int64_t>(crossbar.rows, rows - row),
             group * columns + column,
             std::min<int64_t>(crossbar.columns, columns - column)});
  return places;
}

static SmallVector<TilePlace> placeTiles(MatrixOp matrix,
                                         const CrossbarDescription &crossbar) {
  bool fits = matrix.getGroupRows() <= crossbar.rows &&
              matrix.getGroupColumns() <= crossbar.columns;
  return fits ? packBlocks(matrix, crossbar) : cutBlocks(matrix, crossbar);
}

/// Replaces `multiply` by reads of tiles on cores from `firstCore` on.
static void split(MultiplyOp multiply, ArrayRef<TilePlace> places,
                  unsigned firstCore, unsigned unsignedPhases) {
  OpBuilder b(multiply);
  Location loc = multiply.getLoc();
  auto convert = multiply.getCodes().getDefiningOp<ConvertOp>();
  bool isUnsigned = convert.getDac().getLow() >= 0;
  constexpr unsigned signedPhases = 4;
  unsigned phases = isUnsigned ? unsignedPhases : signedPhases;
  SmallVector<Value> parts;
  for (auto [i, place] : llvm::enumerate(places)) {
    auto tile = TileOp::create(
        b, loc, TileType::get(b.getContext(), place.rows, place.columns),
        multiply.getMatrix(), firstCore + i, place.firstRow, place.firstColumn);
    auto type = RankedTensorType::get(
        {multiply.getType().getDimSize(0), place.columns}, b.getI8Type());
    parts.push_back(
        ReadOp::create(b, loc, type, multiply.getCodes(), tile, phases));
  }
  auto sums = AccumulateOp::create(b, loc, multiply.getType(), parts);
  multiply.getResult().replaceAllUsesWith(sums);
  multiply.erase();
}

/// The cores that other functions of the same chip have programmed: crossbars
/// hold the weights of all of them at once.
static unsigned countUsedCores(func::FuncOp function) {
  unsigned used = 0;
  if (Operation *parent = function->getParentOp())
    parent->walk([&](TileOp tile) {
      used = std::max<unsigned>(used, tile.getCore() + 1);
    });
  return used;
}

/// Refuses each product that does not fit.
static LogicalResult splitTiles(func::FuncOp function,
                                const MachineDescription &machine,
                                unsigned unsignedPhases) {
  unsigned used = std::min(countUsedCores(function), machine.cores);
  bool fits = true;
  for (MultiplyOp multiply :
       llvm::make_early_inc_range(function.getOps<MultiplyOp>())) {
    auto matrix = multiply.getMatrix().getDefiningOp<MatrixOp>();
    // Nothing uses the sums: those of analog.rescale have a matrix.
    if (!matrix || !multiply.getCodes().getDefiningOp<ConvertOp>())
      continue;
    SmallVector<TilePlace> places = placeTiles(matrix, machine.crossbar);
    if (places.size() > machine.cores - used) {
      (void)emitRefusal(
          {multiply.getLoc(),
           "its weights take " + Twine(places.size()) + " crossbars of " +
               Twine(machine.crossbar.rows) + " x " +
               Twine(machine.crossbar.columns) + ", and " +
               Twine(machine.cores - used) + " of " + Twine(machine.cores) +
               " are left by the products before it",
           "every product keeps its crossbars; place it on another "
           "device"});
      fits = false;
      continue;
    }
    split(multiply, places, used, unsignedPhases);
    used += places.size();
  }
  return success(fits);
}

} // namespace garam::analog

using namespace garam::analog;

namespace {

struct AnalogSplitTiles : garam::impl::AnalogSplitTilesBase<AnalogSplitTiles> {
  using AnalogSplitTilesBase::AnalogSplitTilesBase;

  void runOnOperation() override {
    FailureOr<MachineDescription> machine = garam::loadMachineOf(
        getOperation(), deviceKind, target, readTargetFile);
    if (failed(machine))
      return signalPassFailure();
    // One after the other, for each sees which cores the others have taken.
    bool fits = true;
    getOperation()->walk([&](func::FuncOp function) {
      fits &= succeeded(splitTiles(function, *machine, phases));
    });
    if (!fits)
      signalPassFailure();
  }
};

} // namespace
