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

/// Deals out the rows that instructions can address, rank after rank.
class RowPlanner {
public:
  explicit RowPlanner(const MachineDescription &machine)
      : machine(machine), used(machine.geometry.ranks) {}

  /// Rows of their own, from an even one on.
  std::optional<std::pair<int64_t, int64_t>> allocate(uint64_t rows) {
    for (auto [rank, first] : llvm::enumerate(used)) {
      if (rows > machine.getOperandRows() - first)
        continue;
      int64_t row = first;
      first += llvm::alignTo(rows, 2);
      return std::pair<int64_t, int64_t>(rank, row);
    }
    return std::nullopt;
  }
  /// The first row of `rank`, or of any, behind those of their own, if so many
  /// are left there.
  std::optional<std::pair<int64_t, int64_t>>
  share(uint64_t rows, std::optional<int64_t> rank) const {
    for (auto [candidate, first] : llvm::enumerate(used))
      if ((!rank || *rank == static_cast<int64_t>(candidate)) &&
          rows <= machine.getOperandRows() - first)
        return std::pair<int64_t, int64_t>(candidate, first);
    return std::nullopt;
  }

  uint64_t getUsed() const {
    uint64_t sum = 0;
    for (uint64_t rows : used)
      sum += rows;
    return sum;
  }
  uint64_t getAll() const { return machine.getOperandRows() * used.size(); }
  /// Of a row of all banks of all channels.
  uint64_t getRowBytes() const {
    const Geometry &g = machine.geometry;
    return uint64_t(g.channels) * g.getBanks() * g.columns * bytesPerBurst;
  }

private:
  const MachineDescription &machine;
  SmallVector<uint64_t> used; // rows of each rank
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

static LogicalResult refuse(Operation *op, uint64_t rows,
                            const RowPlanner &planner) {
  uint64_t bytes = planner.getRowBytes();
  uint64_t left = planner.getAll() - planner.getUsed();
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
    return refuse(gemv, rows, planner);
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
      return refuse(kernel, constants * rows, planner);
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
    return refuse(kernel, (computed + 1) * rows, planner);
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
  RowPlanner planner(machine);
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
