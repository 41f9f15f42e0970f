//===- CostModel.h - Expected costs of kernels ------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_PIM_MACHINE_COSTMODEL_H
#define GARAM_TARGET_PIM_MACHINE_COSTMODEL_H

#include "garam/Target/PIM/Machine/Tiling.h"

namespace garam::pim {

/// What the cost model expects of a run of a kernel: input conversion, the
/// kernel, its results and the driver's work on them. Idle power is not in it.
struct KernelCost {
  double seconds = 0, joules = 0;
  /// Read and written, over the interface and between banks and units.
  uint64_t dramBytes = 0;
};

KernelCost estimateCost(const MachineDescription &machine,
                        const GemvTiling &tiling);

/// Operands of an elementwise kernel: those that a run writes to the banks, and
/// those that are there.
struct ElementwiseOperands {
  unsigned computed = 0, constant = 0;
};

KernelCost estimateCost(const MachineDescription &machine,
                        const ElementwiseTiling &tiling,
                        const ElementwiseOperands &operands);

} // namespace garam::pim

#endif // GARAM_TARGET_PIM_MACHINE_COSTMODEL_H
