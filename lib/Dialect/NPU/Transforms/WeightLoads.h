//===- WeightLoads.h - Transfers of weights to local memory -----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_WEIGHTLOADS_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_WEIGHTLOADS_H

#include "garam/Dialect/NPU/IR/NPU.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace garam::npu {

/// Whether `op` copies constants, from DRAM or where they are resident, to
/// local memory: it depends on nothing, and can be anywhere in front of what
/// reads them.
bool isWeightLoad(mlir::Operation *op);

/// Whether the load copies contiguous bytes.
bool isContiguous(DMACommandOp load);

/// Bytes that `load`, of contiguous bytes, copies.
int64_t getContiguousBytes(DMACommandOp load);

/// Creates the load of `size` bytes from byte `begin` of `load` on, in front of
/// it; both are whole elements.
DMACommandOp createPart(DMACommandOp load, int64_t begin, int64_t size);

/// Cuts contiguous loads into parts of at most `maxBytes`.
void splitWeightLoads(mlir::func::FuncOp func, int64_t maxBytes);

/// Makes a contiguous load go through `buffer`, of shared memory. Returns the
/// transfer that fills it, in front of the load.
DMACommandOp stageWeightLoad(DMACommandOp load, BufferOp buffer);

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_WEIGHTLOADS_H
