//===- MicroCode.h - Micro-programs of the vector engine --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_NPU_TRANSFORMS_MICROCODE_H
#define GARAM_DIALECT_NPU_TRANSFORMS_MICROCODE_H

#include "garam/Dialect/NPU/IR/NPU.h"
#include "garam/Target/NPU/Machine/ISA.h"

namespace garam::npu {

/// The code part of a VectorCommand.
struct MicroCode {
  llvm::SmallVector<VectorInstruction, 8> body;
  llvm::SmallVector<VectorReduction, 2> reductions;
  llvm::SmallVector<VectorInstruction, 4> finish;
  llvm::SmallVector<VectorOutput, 2> outputs; // without descriptors
};

/// Code of npu.vector or npu.micro_program. Fails with an error at the
/// operation that the vector engine does not have, or when registers or
/// instructions run out.
mlir::FailureOr<MicroCode> translateMicroProgram(VectorOp op);
mlir::FailureOr<MicroCode> translateMicroProgram(MicroProgramOp op);

} // namespace garam::npu

#endif // GARAM_DIALECT_NPU_TRANSFORMS_MICROCODE_H
