//===- ReplaceFunction.h - Puts a copy in place of a function ---*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_REPLACEFUNCTION_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_REPLACEFUNCTION_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace garam::npu {

/// Gives `func` the body and the attributes of `copy`. A pass may change its
/// function in no other way.
inline void replaceFunction(mlir::func::FuncOp func,
                            mlir::OwningOpRef<mlir::func::FuncOp> copy) {
  func.getBody().takeBody(copy->getBody());
  func->setAttrs(copy->getOperation()->getAttrDictionary());
}

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_REPLACEFUNCTION_H
