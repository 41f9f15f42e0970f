//===- KernelLowering.h - From one kernel to its streams --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_PIM_TRANSFORMS_KERNELLOWERING_H
#define GARAM_LIB_DIALECT_PIM_TRANSFORMS_KERNELLOWERING_H

#include "StreamBuilder.h"
#include "garam/Dialect/PIM/Transforms/Pipeline.h"

namespace garam::pim {

/// Where a tensor lies in the driver's memory, dense and row major.
struct TensorHome {
  mlir::Value segment;
  int64_t offset = 0; // bytes
  mlir::Type type;    // of its elements
};

/// What the lowering of a kernel needs to know of the function around it.
struct LoweringContext {
  mlir::OpBuilder &builder;
  const MachineDescription &machine;
  /// Where a value, or what it is a reshape of, lies.
  llvm::function_ref<TensorHome(mlir::Value)> getHome;
  /// The constant segment.
  mlir::Value constants;
};

/// Whether the placed `kernels` of a function have rows that there are, as many
/// as they need, and none that others keep something in; reports it if not.
llvm::LogicalResult checkPlaces(llvm::ArrayRef<mlir::Operation *> kernels,
                                const MachineDescription &machine);

/// Bursts of the constant segment.
struct ConstantPlaces {
  int64_t weights = 0; // of a product, or of the first constant operand
  int64_t second = 0;  // its bias, or the second constant operand
};

/// How many bursts of constants a kernel has, and where they begin when the
/// first is at `burst`.
int64_t countConstants(GemvOp gemv, const MachineDescription &machine,
                       int64_t burst, ConstantPlaces &places);
int64_t countConstants(ElementwiseOp kernel, const MachineDescription &machine,
                       int64_t burst, ConstantPlaces &places);

/// Describes the constants, outside of any phase.
void packConstants(GemvOp gemv, const LoweringContext &context,
                   const ConstantPlaces &places);
void packConstants(ElementwiseOp kernel, const LoweringContext &context,
                   const ConstantPlaces &places);

/// Writes what lies in banks, in the phase of the setup.
void writeConstants(GemvOp gemv, const LoweringContext &context,
                    StreamBuilder &stream, const ConstantPlaces &places);
void writeConstants(ElementwiseOp kernel, const LoweringContext &context,
                    StreamBuilder &stream, const ConstantPlaces &places);

/// What a run does for a kernel.
void lowerKernel(GemvOp gemv, const LoweringContext &context,
                 const ConstantPlaces &places);
void lowerKernel(ElementwiseOp kernel, const LoweringContext &context,
                 const ConstantPlaces &places);

/// A micro-kernel of `instructions` for the machine.
MicroKernelOp createMicroKernel(mlir::OpBuilder &builder, mlir::Location loc,
                                const MachineDescription &machine,
                                llvm::ArrayRef<Instruction> instructions);

/// Sizes and strides of the elements of a tensor of `type` that is read through
/// `map` in the order of the elements of a tensor of shape `sizes`.
llvm::SmallVector<int64_t> getStrides(mlir::RankedTensorType type,
                                      mlir::AffineMap map);

} // namespace garam::pim

#endif // GARAM_LIB_DIALECT_PIM_TRANSFORMS_KERNELLOWERING_H
