//===- KernelSummary.h - What kernels need and cost -------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// What a function of kernels needs at least, and what is expected of it. The
// pass pim-summarize-kernels keeps it on the function for the stage in which
// the kernels are gone.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_PIM_TRANSFORMS_KERNELSUMMARY_H
#define GARAM_DIALECT_PIM_TRANSFORMS_KERNELSUMMARY_H

#include "garam/Target/DeviceProgram.h"
#include "garam/Target/PIM/Machine/CostModel.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace garam::pim {

struct KernelTotals {
  uint64_t macs = 0, weightBytes = 0;
  KernelCost cost; // by the cost model

  void add(const KernelCost &kernel) {
    cost.seconds += kernel.seconds;
    cost.joules += kernel.joules;
    cost.dramBytes += kernel.dramBytes;
  }
};

/// Of a function of kernels with places.
KernelTotals addUpKernels(mlir::func::FuncOp kernels,
                          const MachineDescription &machine);

/// What is kept on a function of streams; zeros where nothing is.
KernelTotals readTotals(mlir::func::FuncOp function);
/// What lies in the banks, likewise.
std::vector<PlannedRegion> readPlan(mlir::func::FuncOp function);

} // namespace garam::pim

#endif // GARAM_DIALECT_PIM_TRANSFORMS_KERNELSUMMARY_H
