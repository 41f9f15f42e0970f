//===- FunctionAttributes.h - Verified attributes of functions --*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// What the dialects of devices keep of a function as discardable attributes,
// as its cost, all of which they verify alike.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_FUNCTIONATTRIBUTES_H
#define GARAM_SUPPORT_FUNCTIONATTRIBUTES_H

#include "mlir/IR/Attributes.h"
#include "mlir/IR/Operation.h"

namespace garam {

struct FunctionAttribute {
  llvm::StringRef name; // with the dialect's
  bool (*isGood)(mlir::Attribute);
  llvm::StringRef needed; // what `isGood` asks for, for messages
};

/// An i64 that is not negative. `attr` may be null, here and below.
bool isCount(mlir::Attribute attr);

/// An f64 that is finite and not negative.
bool isDuration(mlir::Attribute attr);

/// Whether `named`, if it is one of `known`, is as that says and of a function;
/// for Dialect::verifyOperationAttribute.
llvm::LogicalResult
verifyFunctionAttribute(mlir::Operation *op, mlir::NamedAttribute named,
                        llvm::ArrayRef<FunctionAttribute> known);

} // namespace garam

#endif // GARAM_SUPPORT_FUNCTIONATTRIBUTES_H
