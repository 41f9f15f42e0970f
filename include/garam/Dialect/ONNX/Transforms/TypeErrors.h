//===- TypeErrors.h - What onnx's type inference says -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_ONNX_TRANSFORMS_TYPEERRORS_H
#define GARAM_DIALECT_ONNX_TRANSFORMS_TYPEERRORS_H

#include "llvm/ADT/StringRef.h"

#include <string>

namespace garam::onnx {

/// The message of a node of which onnx's inference says `said`: without the
/// name of the exception, with `inputs`, the types that the node reads ("'a' is
/// float[2], 'b' is float[3]", or empty), and with what can be done.
std::string explainInference(llvm::StringRef said, llvm::StringRef inputs);

} // namespace garam::onnx

#endif // GARAM_DIALECT_ONNX_TRANSFORMS_TYPEERRORS_H
