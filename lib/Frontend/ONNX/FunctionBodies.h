//===- FunctionBodies.h - Operators written as others -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Definitions by other operators of ONNX, for operators that ONNX's own schema
// has none of.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_FRONTEND_ONNX_FUNCTIONBODIES_H
#define GARAM_LIB_FRONTEND_ONNX_FUNCTIONBODIES_H

#include "TensorData.h"
#include "llvm/ADT/StringRef.h"

#include <vector>

namespace garam::onnx {

/// The domain of the operators that onnxruntime's tools write.
constexpr char kContribDomain[] = "com.microsoft";

/// Whether an operator that the onnx library does not know has a definition
/// here.
bool hasFunctionBody(llvm::StringRef domain, llvm::StringRef opType);

/// Whether an operator of that domain is written into the default domain, which
/// has none of this name.
bool isStrayOperator(llvm::StringRef opType);

/// Makes a function that does what `node` does. The body
/// depends on the inputs that are there and on their ranks; types are empty as
/// far as they are not known. False when there is no definition for the
/// operator or for these ranks; `refusal` says why where the operator has one
/// for other attributes, inputs or ranks. Throws when the onnx library does.
bool buildFunctionBody(const pb::NodeProto &node,
                       const std::vector<pb::TypeProto> &inputTypes,
                       const std::vector<pb::TypeProto> &outputTypes, int opset,
                       pb::FunctionProto &function, std::string &refusal);

} // namespace garam::onnx

#endif // GARAM_LIB_FRONTEND_ONNX_FUNCTIONBODIES_H
