//===- SummarizeKernels.cpp - Keeps what kernels need and cost ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/PIM/Transforms/KernelSummary.h"

#include "Machine.h"
#include "garam/Dialect/PIM/Transforms/Passes.h"
#include "garam/Dialect/PIM/Transforms/Pipeline.h"
#include "garam/Support/NodeIds.h"
#include "llvm/ADT/StringExtras.h"

namespace garam {
#define GEN_PASS_DEF_PIMSUMMARIZEKERNELS
#include "garam/Dialect/PIM/Transforms/Passes.h.inc"
} // namespace garam

using namespace mlir;

namespace garam::pim {

static constexpr llvm::StringLiteral macsAttrName = "pim.macs";
static constexpr llvm::StringLiteral weightBytesAttrName = "pim.weight_bytes";
static constexpr llvm::StringLiteral estimateAttrName = "pim.estimate";
/// What lies in the banks, as dictionaries with rank, offset, size and name.
static constexpr llvm::StringLiteral planAttrName = "pim.plan";

/// Rows of all banks of a rank, in bytes, that a kernel has for itself or
/// shares with later ones.
static Attribute makeRegion(Operation *kernel, int64_t rank, int64_t row,
                            uint64_t rows, const MachineDescription &machine) {
  const Geometry &g = machine.geometry;
  int64_t rowBytes =
      int64_t(g.channels) * g.getBanks() * g.columns * bytesPerBurst;
  Builder builder(kernel->getContext());
  SmallVector<StringRef> nodes = getNodeIds(kernel->getLoc());
  return builder.getDictionaryAttr(
      {builder.getNamedAttr("rank", builder.getI64IntegerAttr(rank)),
       builder.getNamedAttr("offset",
                            builder.getI64IntegerAttr(row * rowBytes)),
       builder.getNamedAttr("size", builder.getI64IntegerAttr(rows * rowBytes)),
       builder.getNamedAttr("name",
                            builder.getStringAttr(llvm::join(nodes, " ")))});
}

static void recordPlan(func::FuncOp kernels,
                       const MachineDescription &machine) {
  SmallVector<Attribute> regions;
  kernels.walk([&](Operation *op) {
    if (auto gemv = dyn_cast<GemvOp>(op); gemv && gemv.getPlacement()) {
      auto place = *gemv.getPlacement();
      regions.push_back(makeRegion(op, place.getRank(), place.getRow(),
                                   place.getRows(), machine));
    } else if (auto kernel = dyn_cast<ElementwiseOp>(op);
               kernel && kernel.getPlacement()) {
      auto place = *kernel.getPlacement();
      uint64_t rows = getTiling(kernel, machine).getRows(machine.geometry);
      for (int64_t row : place.getOperands())
        regions.push_back(makeRegion(op, place.getRank(), row, rows, machine));
      regions.push_back(
          makeRegion(op, place.getRank(), place.getResult(), rows, machine));
    }
  });
  kernels->setAttr(planAttrName, ArrayAttr::get(kernels.getContext(), regions));
}

std::vector<PlannedRegion> readPlan(func::FuncOp function) {
  std::vector<PlannedRegion> plan;
  auto regions = function->getAttrOfType<ArrayAttr>(planAttrName);
  for (Attribute attr : regions ? regions.getValue() : ArrayRef<Attribute>()) {
    auto region = dyn_cast<DictionaryAttr>(attr);
    auto rank = region ? region.getAs<IntegerAttr>("rank") : IntegerAttr();
    auto offset = region ? region.getAs<IntegerAttr>("offset") : IntegerAttr();
    auto size = region ? region.getAs<IntegerAttr>("size") : IntegerAttr();
    auto name = region ? region.getAs<StringAttr>("name") : StringAttr();
    if (rank && offset && size && name)
      plan.push_back(
          {"banks of rank " + std::to_string(rank.getInt()),
           /*isOnChip=*/false, static_cast<uint64_t>(offset.getInt()),
           static_cast<uint64_t>(size.getInt()), name.getValue().str()});
  }
  return plan;
}

KernelTotals addUpKernels(func::FuncOp kernels,
                          const MachineDescription &machine) {
  KernelTotals totals;
  kernels.walk([&](Operation *op) {
    if (auto gemv = dyn_cast<GemvOp>(op); gemv && gemv.getPlacement()) {
      uint64_t weights = gemv.getInputs() * gemv.getOutputs();
      totals.macs += weights;
      totals.weightBytes += weights * bytesPerBurst / numLanes;
      totals.add(estimateCost(machine, getTiling(gemv, machine)));
    } else if (auto kernel = dyn_cast<ElementwiseOp>(op)) {
      ElementwiseOperands operands;
      for (Value operand : kernel.getOperands()) {
        ElementsAttr constant = getConstant(operand);
        ++(constant ? operands.constant : operands.computed);
        if (constant)
          totals.weightBytes +=
              constant.getNumElements() * bytesPerBurst / numLanes;
      }
      totals.add(estimateCost(machine, getTiling(kernel, machine), operands));
    }
  });
  return totals;
}

static void recordTotals(func::FuncOp function, const KernelTotals &totals) {
  Builder builder(function.getContext());
  function->setAttr(macsAttrName, builder.getI64IntegerAttr(totals.macs));
  function->setAttr(weightBytesAttrName,
                    builder.getI64IntegerAttr(totals.weightBytes));
  function->setAttr(estimateAttrName,
                    builder.getF64FloatAttr(totals.cost.seconds));
}

KernelTotals readTotals(func::FuncOp function) {
  KernelTotals totals;
  if (auto macs = function->getAttrOfType<IntegerAttr>(macsAttrName))
    totals.macs = macs.getInt();
  if (auto bytes = function->getAttrOfType<IntegerAttr>(weightBytesAttrName))
    totals.weightBytes = bytes.getInt();
  if (auto seconds = function->getAttrOfType<FloatAttr>(estimateAttrName))
    totals.cost.seconds = seconds.getValueAsDouble();
  return totals;
}

} // namespace garam::pim

namespace {

struct PIMSummarizeKernels
    : garam::impl::PIMSummarizeKernelsBase<PIMSummarizeKernels> {
  using PIMSummarizeKernelsBase::PIMSummarizeKernelsBase;

  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    auto machine = garam::pim::loadMachine(getOperation(), target);
    if (failed(machine))
      return signalPassFailure();
    garam::pim::recordTotals(
        getOperation(), garam::pim::addUpKernels(getOperation(), *machine));
    garam::pim::recordPlan(getOperation(), *machine);
  }
};

} // namespace
