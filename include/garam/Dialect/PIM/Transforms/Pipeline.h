//===- Pipeline.h - From kernels to streams ---------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_PIM_TRANSFORMS_PIPELINE_H
#define GARAM_DIALECT_PIM_TRANSFORMS_PIPELINE_H

#include "garam/Dialect/PIM/IR/PIM.h"
#include "garam/Target/DeviceTarget.h"
#include "garam/Target/PIM/Machine/Tiling.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace garam::pim {

/// Gives the kernels of `function` their places. Refuses each that the banks do
/// not hold.
mlir::LogicalResult placeKernels(mlir::func::FuncOp function,
                                 const MachineDescription &machine);

/// Rows that an instance of the program of `function` will occupy, normalised:
/// those of its kernels that have a place.
std::vector<ResidentRange> listRows(mlir::func::FuncOp function,
                                    const MachineDescription &machine);

/// Turns a function of kernels with places into one of streams. Reports what it
/// cannot lower as errors.
mlir::LogicalResult lowerToStreams(mlir::func::FuncOp function,
                                   const MachineDescription &machine);

/// The tilings of kernels, the first with a place.
GemvTiling getTiling(GemvOp gemv, const MachineDescription &machine);
ElementwiseTiling getTiling(ElementwiseOp kernel,
                            const MachineDescription &machine);

} // namespace garam::pim

#endif // GARAM_DIALECT_PIM_TRANSFORMS_PIPELINE_H
