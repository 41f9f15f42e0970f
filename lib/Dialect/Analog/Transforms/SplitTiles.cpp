//===- SplitTiles.cpp - Splits products over crossbars --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/Analog/Transforms/Passes.h"

#include "garam/Target/Analog/Machine/TargetFile.h"
#include "garam/Target/CompileTarget.h"
#include "llvm/Support/MathExtras.h"

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

/// Whether a crossbar holds a block, so that it may hold several.
static bool fitsCrossbar(MatrixOp matrix, const CrossbarDescription &crossbar) {
  return matrix.getGroupRows() <= crossbar.rows &&
         matrix.getGroupColumns() <= crossbar.columns;
}

/// Blocks that a crossbar holds along its diagonal.
static int64_t getBlocksPerTile(MatrixOp matrix,
                                const CrossbarDescription &crossbar) {
  return std::min({matrix.getNumGroups(), crossbar.rows / matrix.getGroupRows(),
                   crossbar.columns / matrix.getGroupColumns()});
}

/// Tiles that placeTiles would list.
static int64_t countTiles(MatrixOp matrix,
                          const CrossbarDescription &crossbar) {
  int64_t groups = matrix.getNumGroups();
  if (fitsCrossbar(matrix, crossbar))
    return llvm::divideCeil(groups, getBlocksPerTile(matrix, crossbar));
  return groups * llvm::divideCeil(matrix.getGroupRows(), crossbar.rows) *
         llvm::divideCeil(matrix.getGroupColumns(), crossbar.columns);
}

/// Several blocks along the diagonal of each tile.
static SmallVector<TilePlace> packBlocks(MatrixOp matrix,
                                         const CrossbarDescription &crossbar) {
  int64_t rows = matrix.getGroupRows(), columns = matrix.getGroupColumns();
  int64_t groups = matrix.getNumGroups();
  int64_t each = getBlocksPerTile(matrix, crossbar);
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
  return fitsCrossbar(matrix, crossbar) ? packBlocks(matrix, crossbar)
                                        : cutBlocks(matrix, crossbar);
}

/// Replaces `multiply` by reads of tiles, each on its core.
static void split(MultiplyOp multiply, ArrayRef<TilePlace> places,
                  ArrayRef<int64_t> cores, unsigned unsignedPhases) {
  OpBuilder b(multiply);
  Location loc = multiply.getLoc();
  auto convert = multiply.getCodes().getDefiningOp<ConvertOp>();
  bool isUnsigned = convert.getDac().getLow() >= 0;
  constexpr unsigned signedPhases = 4;
  unsigned phases = isUnsigned ? unsignedPhases : signedPhases;
  SmallVector<Value> parts;
  for (auto [place, core] : llvm::zip_equal(places, cores)) {
    auto tile = TileOp::create(
        b, loc, TileType::get(b.getContext(), place.rows, place.columns),
        multiply.getMatrix(), core, place.firstRow, place.firstColumn);
    auto type = RankedTensorType::get(
        {multiply.getType().getDimSize(0), place.columns}, b.getI8Type());
    parts.push_back(
        ReadOp::create(b, loc, type, multiply.getCodes(), tile, phases));
  }
  auto sums = AccumulateOp::create(b, loc, multiply.getType(), parts);
  multiply.getResult().replaceAllUsesWith(sums);
  multiply.erase();
}

/// The cores that neither this function nor, as far as it says, another program
/// of the chip has programmed: crossbars hold the weights of all of them at
/// once.
static SmallVector<int64_t> listFreeCores(func::FuncOp function,
                                          const MachineDescription &machine) {
  std::vector<ResidentRange> taken = getTaken(function);
  llvm::append_range(taken, listCores(function));
  SmallVector<bool> isTaken(machine.cores, false);
  for (const ResidentRange &range : taken)
    if (range.resource == coresName)
      for (uint64_t core = range.begin;
           core < std::min<uint64_t>(range.end, machine.cores); ++core)
        isTaken[core] = true;
  SmallVector<int64_t> free;
  for (auto [core, isUsed] : llvm::enumerate(isTaken))
    if (!isUsed)
      free.push_back(core);
  return free;
}

/// Refuses each product that does not fit.
static LogicalResult splitTiles(func::FuncOp function,
                                const MachineDescription &machine,
                                unsigned unsignedPhases) {
  SmallVector<int64_t> cores = listFreeCores(function, machine);
  ArrayRef<int64_t> free = cores;
  bool fits = true;
  for (MultiplyOp multiply :
       llvm::make_early_inc_range(function.getOps<MultiplyOp>())) {
    auto matrix = multiply.getMatrix().getDefiningOp<MatrixOp>();
    // Nothing uses the sums: those of analog.rescale have a matrix.
    if (!matrix || !multiply.getCodes().getDefiningOp<ConvertOp>())
      continue;
    // A matrix of any size is a few characters of IR: tiles that have no core
    // are not listed.
    uint64_t needed = countTiles(matrix, machine.crossbar);
    if (needed > free.size()) {
      (void)emitRefusal(
          {multiply.getLoc(),
           "its weights take " + Twine(needed) + " crossbars of " +
               Twine(machine.crossbar.rows) + " x " +
               Twine(machine.crossbar.columns) + ", and " + Twine(free.size()) +
               " of " + Twine(machine.cores) +
               " are left by the products before it",
           "every product keeps its crossbars; place it on another "
           "device"});
      fits = false;
      continue;
    }
    split(multiply, placeTiles(matrix, machine.crossbar),
          free.take_front(needed), unsignedPhases);
    free = free.drop_front(needed);
  }
  return success(fits);
}

std::vector<ResidentRange> listCores(func::FuncOp function) {
  std::vector<ResidentRange> cores;
  function.walk([&](TileOp tile) {
    cores.push_back({coresName.str(), static_cast<uint64_t>(tile.getCore()),
                     static_cast<uint64_t>(tile.getCore()) + 1});
  });
  normalize(cores);
  return cores;
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
    if (failed(splitTiles(getOperation(), *machine, phases)))
      signalPassFailure();
  }
};

} // namespace
