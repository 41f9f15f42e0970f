//===- CompulsoryReads.h - What of a tensor must be read --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_COMPULSORYREADS_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_COMPULSORYREADS_H

#include "Stage.h"

namespace garam::npu {

/// Counts elements of tensors that operations read, each element once however
/// many of them read it. Where that is not known exactly, it is less.
class CompulsoryReads {
public:
  int64_t countElements(mlir::Value tensor);

private:
  int64_t countOfOperand(mlir::OpOperand &use);

  llvm::DenseMap<mlir::Value, int64_t> known;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_COMPULSORYREADS_H
