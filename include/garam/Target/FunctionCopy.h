//===- FunctionCopy.h - A function to try things on -------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_FUNCTIONCOPY_H
#define GARAM_TARGET_FUNCTIONCOPY_H

#include "garam/Target/CompileTarget.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace garam {

/// A copy of a function in a module of its own, for what a device's target
/// attribute answers without changing the function. It says that it is compiled
/// for `target`. Weights are resources, so that only operations are copied.
class FunctionCopy {
public:
  FunctionCopy(mlir::func::FuncOp function, mlir::Attribute target)
      : holder(mlir::ModuleOp::create(function.getLoc())),
        copy(function.clone()) {
    copy->setAttr(targetAttrName, target);
    holder->push_back(copy);
  }
  mlir::func::FuncOp get() const { return copy; }

private:
  mlir::OwningOpRef<mlir::ModuleOp> holder;
  mlir::func::FuncOp copy;
};

} // namespace garam

#endif // GARAM_TARGET_FUNCTIONCOPY_H
