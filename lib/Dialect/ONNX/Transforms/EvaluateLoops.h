//===- EvaluateLoops.h - Steps of Loop and Scan on values -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_ONNX_TRANSFORMS_EVALUATELOOPS_H
#define GARAM_LIB_DIALECT_ONNX_TRANSFORMS_EVALUATELOOPS_H

#include "EvaluateNode.h"

namespace garam::onnx {

/// Computes what a body yields of its arguments; none when it cannot.
using RunBody =
    llvm::function_ref<std::optional<Results>(llvm::ArrayRef<SmallTensor>)>;

/// Computes the results of a Loop or Scan whose inputs have values, step by
/// step; none when a step cannot be computed, an output would have more than
/// `maxElements` elements, or the node is another one.
std::optional<Results>
evaluateLoop(NodeOp node, llvm::ArrayRef<const SmallTensor *> operands,
             int64_t maxElements, RunBody runBody);

} // namespace garam::onnx

#endif // GARAM_LIB_DIALECT_ONNX_TRANSFORMS_EVALUATELOOPS_H
