//===- CommandConversion.h - Commands of the dialect to the ISA's -*- C++ -*-=//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// What the binary holds for a command of the dialect. Transformations that ask
// Timing.h for the time of a command convert it too, so that there is one
// reading of the operations.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_NPU_TRANSFORMS_COMMANDCONVERSION_H
#define GARAM_DIALECT_NPU_TRANSFORMS_COMMANDCONVERSION_H

#include "garam/Dialect/NPU/IR/NPU.h"
#include "garam/Dialect/NPU/Transforms/MicroCode.h"
#include "garam/Target/NPU/Machine/ISA.h"
#include "llvm/ADT/DenseMap.h"

namespace garam::npu {

/// The address of a buffer, of its copy in `core` where cores have copies. A
/// buffer without an offset lies at 0.
Address getAddress(mlir::Value buffer, int64_t core);

/// Converts the commands of a function. Vector commands need their
/// micro-programs to be known.
class CommandConversion {
public:
  /// Fails with a diagnostic on what is no program of the engine.
  llvm::LogicalResult addProgram(MicroProgramOp op);

  TensorCommand convert(TensorCommandOp op) const;
  VectorCommand convert(VectorCommandOp op) const;
  DMACommand convert(DMACommandOp op) const;
  WaitCommand convert(WaitOp op) const;
  SignalCommand convert(SignalOp op) const;

private:
  llvm::DenseMap<mlir::Value, MicroCode> codes;
};

} // namespace garam::npu

#endif // GARAM_DIALECT_NPU_TRANSFORMS_COMMANDCONVERSION_H
