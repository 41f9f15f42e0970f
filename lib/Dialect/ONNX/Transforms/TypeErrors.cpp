//===- TypeErrors.cpp - What onnx's type inference says -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/ONNX/Transforms/TypeErrors.h"

using namespace llvm;

namespace garam::onnx {

std::string explainInference(StringRef said, StringRef inputs) {
  StringRef hint = "convert an input with a Cast, or declare the type that it "
                   "has";
  if (said.consume_front("[ShapeInferenceError] "))
    hint = "check the shapes of the inputs, and those that --shape and --dim "
           "give";
  said.consume_front("[TypeInferenceError] ");
  std::string text = "types cannot be inferred: " + said.str();
  if (!inputs.empty())
    text += "; of its inputs " + inputs.str();
  return text + "; hint: " + hint.str();
}

} // namespace garam::onnx
