//===- ContribBlocks.h - Weights that are quantised in blocks ---*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_FRONTEND_ONNX_CONTRIBBLOCKS_H
#define GARAM_LIB_FRONTEND_ONNX_CONTRIBBLOCKS_H

namespace garam::onnx {

class FunctionWriter;

/// Append the definitions of operators of domain com.microsoft. False, with the
/// reason noted where it is known, for a node that they do not fit.
bool writeGatherBlockQuantized(FunctionWriter &writer);
bool writeMatMulNBits(FunctionWriter &writer);

} // namespace garam::onnx

#endif // GARAM_LIB_FRONTEND_ONNX_CONTRIBBLOCKS_H
