//===- VectorWalks.h - Loop nests of vector commands ------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// How a tile of npu.vector becomes commands. The lowering and the cost model
// share it.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_VECTORWALKS_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_VECTORWALKS_H

#include "TileWalks.h"
#include "garam/Dialect/NPU/Transforms/MicroCode.h"

namespace garam::npu {

/// The command of `walk`, which has at most maxDims loops, as far as its time
/// depends on it: without addresses and guards. The first `numInputs` operands
/// are inputs.
VectorCommand makeVectorCommand(const Walk &walk, unsigned numInputs,
                                const MicroCode &code);

/// Calls `visit` for each command of a tile until that fails. A walk that has
/// more reduced loops than a command holds is visited as it is. A loop is cut
/// where the registers of `machine` then keep an operand that a whole command
/// would read again and again, and where that is faster.
mlir::LogicalResult forEachVectorCommand(
    const Walk &walk, unsigned numInputs, const MicroCode &code,
    const MachineDescription &machine,
    llvm::function_ref<mlir::LogicalResult(const Walk &)> visit);

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_VECTORWALKS_H
