//===- ContribAttention.h - Attention of onnxruntime's tools ----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_FRONTEND_ONNX_CONTRIBATTENTION_H
#define GARAM_LIB_FRONTEND_ONNX_CONTRIBATTENTION_H

namespace garam::onnx {

class FunctionWriter;

/// Each appends the definition of an operator of domain com.microsoft; false
/// when it has none for these inputs and attributes, or none as long as their
/// shapes are not known.
bool writeContribAttention(FunctionWriter &writer);
bool writeContribRotaryEmbedding(FunctionWriter &writer);
bool writeGroupQueryAttention(FunctionWriter &writer);
bool writeMultiHeadAttention(FunctionWriter &writer);

} // namespace garam::onnx

#endif // GARAM_LIB_FRONTEND_ONNX_CONTRIBATTENTION_H
