//===- OnlyUse.h - Values made for one use ----------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_ONLYUSE_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_ONLYUSE_H

#include "mlir/IR/Value.h"

namespace garam::npu {

/// The operation that makes `value` for one use alone, if it is an `OpTy`; else
/// null.
template <typename OpTy>
OpTy getOnlyUsed(mlir::Value value) {
  return value.hasOneUse() ? value.getDefiningOp<OpTy>() : OpTy();
}

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_ONLYUSE_H
