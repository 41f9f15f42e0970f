//===- PlaceKernels.cpp - Gives each kernel its banks and rows ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Machine.h"
#include "garam/Dialect/PIM/Transforms/Passes.h"
#include "garam/Dialect/PIM/Transforms/Pipeline.h"

namespace garam {
#define GEN_PASS_DEF_PIMPLACEKERNELS
#include "garam/Dialect/PIM/Transforms/Passes.h.inc"
} // namespace garam

using namespace mlir;

namespace garam::pim {

GemvTiling getTiling(GemvOp gemv, const MachineDescription &machine) {
  return tileGemv(machine, gemv.getInputs(), gemv.getOutputs(),
                  gemv.getPlacement()->getSplits());
}

ElementwiseTiling getTiling(ElementwiseOp kernel,
                            const MachineDescription &machine) {
  return tileElementwise(machine, kernel.getType().getNumElements());
}

namespace {

/// Deals out the rows that instructions can address, rank after rank, behind
/// those that other programs have taken.
class RowPlanner {
public:
  RowPlanner(const MachineDescription &machine, ArrayRef<ResidentRange> taken)
      : machine(machine), ranks(machine.geometry.ranks) {
    for (auto [number, rank] : llvm::enumerate(ranks))
      for (const ResidentRange &range : taken)
        if (range.resource == getRowsName(number)) {
          rank.end = std::max(rank.end, alignUp(range.end));
          if (!range.isShared)
            rank.ownEnd = std::max(rank.ownEnd, alignUp(range.end));
        }
  }

  /// Rows of their own, from an even one on.
  std::optional<std::pair<int64_t, int64_t>> allocate(uint64_t rows) {
    for (auto [number, rank] : llvm::enumerate(ranks)) {
      if (rows > getLeft(rank.end))
        continue;
      int64_t row = rank.end;
      rank.end = rank.ownEnd = row + llvm::alignTo(rows, 2);
      return std::pair<int64_t, int64_t>(number, row);
    }
    return std::nullopt;
  }
  /// The first row of `rank`, or of any, behind those that kernels have for
  /// themselves, if so many are left there.
  std::optional<std::pair<int64_t, int64_t>>
  share(uint64_t rows, std::optional<int64_t> rank) const {
    for (auto [candidate, place] : llvm::enumerate(ranks))
      if ((!rank || *rank == static_cast<int64_t>(candidate)) &&
          rows <= getLeft(place.ownEnd))
        return std::pair<int64_t, int64_t>(candidate, place.ownEnd);
    return std::nullopt;
  }

  /// Rows that allocate can deal out, or share.
  uint64_t countLeft(bool isShared) const {
    uint64_t sum = 0;
    for (const Rank &rank : ranks)
      sum += getLeft(isShared ? rank.ownEnd : rank.end);
    return sum;
  }
  uint64_t getAll() const { return machine.getOperandRows() * ranks.size(); }
  /// Of a row of all banks of all channels.
  uint64_t getRowBytes() const {
    const Geometry &g = machine.geometry;
    return uint64_t(g.channels) * g.getBanks() * g.columns * bytesPerBurst;
  }

private:
  struct Rank {
    uint64_t ownEnd = 0; // behind the rows that someone has for himself
    uint64_t end = 0;    // behind all that are taken
  };

  static uint64_t alignUp(uint64_t row) { return llvm::alignTo(row, 2); }
  uint64_t getLeft(uint64_t end) const {
    uint64_t rows = machine.getOperandRows();
    return rows - std::min(rows, end);
  }

  const MachineDescription &machine;
  SmallVector<Rank> ranks;
};

} // namespace

/// Of a product with what follows it, the product: the weights are its own.
static Location getProductLoc(Location loc) {
  auto fused = dyn_cast<FusedLoc>(loc);
  // With metadata it is one operation with a note.
  return fused && !fused.getMetadata()
             ? getProductLoc(fused.getLocations().front())
             : loc;
}

static LogicalResult refuse(Operation *op, uint64_t rows, bool isShared,
                            const RowPlanner &planner) {
  uint64_t bytes = planner.getRowBytes();
  uint64_t left = planner.countLeft(isShared);
  return emitRefusal({getProductLoc(op->getLoc()),
                      "needs " + Twine(rows * bytes) + " bytes of banks (" +
                          Twine(rows) + " rows of each), but " +
                          Twine(left * bytes) + " of " +
                          Twine(planner.getAll() * bytes) + " (" + Twine(left) +
                          " rows) are left",
                      "a target with more channels has more"});
}

static LogicalResult place(GemvOp gemv, RowPlanner &planner,
                           const MachineDescription &machine) {
  GemvTiling tiling = tileGemv(machine, gemv.getInputs(), gemv.getOutputs());
  uint64_t rows = tiling.getRows(machine.geometry);
  auto allocated = planner.allocate(rows);
  if (!allocated) {
    return refuse(gemv, rows, /*isShared=*/false, planner);
  }
  gemv.setPlacementAttr(GemvPlacementAttr::get(
      gemv.getContext(), allocated->first, allocated->second, rows,
      tiling.splits, tiling.slots));
  return success();
}

namespace {

/// Rows of the constant operands of a kernel; -1 for those that are computed.
struct ConstantRows {
  std::optional<int64_t> rank;
  SmallVector<int64_t> rows;
};

} // namespace

/// Gives the constant operands of `kernel` rows of their own, in one rank.
static FailureOr<ConstantRows>
placeConstants(ElementwiseOp kernel, RowPlanner &planner,
               const MachineDescription &machine) {
  uint64_t rows = getTiling(kernel, machine).getRows(machine.geometry);
  ConstantRows result;
  uint64_t constants = llvm::count_if(kernel.getOperands(), [](Value operand) {
    return getConstant(operand) != nullptr;
  });
  int64_t next = -1;
  if (constants != 0) {
    auto allocated = planner.allocate(constants * rows);
    if (!allocated) {
      return refuse(kernel, constants * rows, /*isShared=*/false, planner);
    }
    result.rank = allocated->first;
    next = allocated->second;
  }
  for (Value operand : kernel.getOperands()) {
    bool isConstant = getConstant(operand) != nullptr;
    result.rows.push_back(isConstant ? next : -1);
    next += isConstant ? rows : 0;
  }
  return result;
}

/// Gives the rest of `kernel` rows that it shares with other kernels.
static LogicalResult placeScratch(ElementwiseOp kernel, ConstantRows constants,
                                  const RowPlanner &planner,
                                  const MachineDescription &machine) {
  uint64_t rows = getTiling(kernel, machine).getRows(machine.geometry);
  uint64_t computed = llvm::count(constants.rows, -1);
  auto shared = planner.share((computed + 1) * rows, constants.rank);
  if (!shared) {
    return refuse(kernel, (computed + 1) * rows, /*isShared=*/true, planner);
  }
  int64_t next = shared->second;
  for (int64_t &row : constants.rows) {
    if (row >= 0)
      continue;
    row = next;
    next += rows;
  }
  kernel.setPlacementAttr(ElementwisePlacementAttr::get(
      kernel.getContext(), shared->first, constants.rows, next));
  return success();
}

LogicalResult placeKernels(func::FuncOp function,
                           const MachineDescription &machine) {
  std::vector<ResidentRange> taken = getTaken(function);
  RowPlanner planner(machine, taken);
  bool hasFailed = false;
  SmallVector<std::pair<ElementwiseOp, ConstantRows>> kernels;
  for (Operation &op : function.getBody().front()) {
    if (auto gemv = dyn_cast<GemvOp>(op)) {
      hasFailed |= failed(place(gemv, planner, machine));
    } else if (auto kernel = dyn_cast<ElementwiseOp>(op)) {
      FailureOr<ConstantRows> constants =
          placeConstants(kernel, planner, machine);
      if (succeeded(constants))
        kernels.emplace_back(kernel, *constants);
      hasFailed |= failed(constants);
    }
  }
  for (auto &[kernel, constants] : kernels)
    hasFailed |= failed(placeScratch(kernel, constants, planner, machine));
  return failure(hasFailed);
}

/// Weights and the sums behind them, or constants, are a kernel's own; what it
/// computes with in a run shares its rows.
std::vector<ResidentRange> listRows(func::FuncOp function,
                                    const MachineDescription &machine) {
  std::vector<ResidentRange> ranges;
  auto add = [&](int64_t rank, uint64_t row, uint64_t rows, bool isShared) {
    ranges.push_back({getRowsName(rank), row, row + rows, isShared});
  };
  function.walk([&](Operation *op) {
    if (auto gemv = dyn_cast<GemvOp>(op); gemv && gemv.getPlacement()) {
      GemvPlacementAttr place = *gemv.getPlacement();
      add(place.getRank(), place.getRow(), place.getRows(),
          /*isShared=*/false);
    } else if (auto kernel = dyn_cast<ElementwiseOp>(op);
               kernel && kernel.getPlacement()) {
      ElementwisePlacementAttr place = *kernel.getPlacement();
      uint64_t rows = getTiling(kernel, machine).getRows(machine.geometry);
      for (auto [operand, row] :
           llvm::zip_equal(kernel.getOperands(), place.getOperands()))
        add(place.getRank(), row, rows, !getConstant(operand));
      add(place.getRank(), place.getResult(), rows, /*isShared=*/true);
    }
  });
  normalize(ranges);
  return ranges;
}

} // namespace garam::pim

namespace {

struct PIMPlaceKernels : garam::impl::PIMPlaceKernelsBase<PIMPlaceKernels> {
  using PIMPlaceKernelsBase::PIMPlaceKernelsBase;

  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    auto machine = garam::pim::loadMachine(getOperation(), target);
    if (failed(machine) ||
        failed(garam::pim::placeKernels(getOperation(), *machine)))
      signalPassFailure();
  }
};

} // namespace
