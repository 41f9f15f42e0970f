//===- BoundedSizes.h - Nodes whose sizes the data decides ------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_ONNX_IR_BOUNDEDSIZES_H
#define GARAM_DIALECT_ONNX_IR_BOUNDEDSIZES_H

#include "llvm/ADT/StringRef.h"

namespace garam::onnx {

/// On a node: its operands have fixed sizes or such as the data decides, whose
/// greatest values are known.
constexpr llvm::StringLiteral boundedSizesAttrName = "garam.bounded_sizes";

} // namespace garam::onnx

#endif // GARAM_DIALECT_ONNX_IR_BOUNDEDSIZES_H
