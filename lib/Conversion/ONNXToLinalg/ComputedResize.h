//===- ComputedResize.h - Resize by positions of run time -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_ONNXTOLINALG_COMPUTEDRESIZE_H
#define GARAM_LIB_CONVERSION_ONNXTOLINALG_COMPUTEDRESIZE_H

#include "NodeAccessor.h"

namespace garam::onnx {

/// Whether the positions that a Resize reads depend on operands that are
/// computed, on a region of interest, or on the width of a filter. `isOld`:
/// Upsample, or before opset 11.
bool needsComputedResize(NodeAccessor &node, bool isOld);

/// Lowers such a node, whose attributes are checked; scales or sizes are of
/// `axes`. The shape of the output must be known.
mlir::LogicalResult lowerComputedResize(NodeAccessor &node,
                                        mlir::ArrayRef<int64_t> axes,
                                        bool isOld);

} // namespace garam::onnx

#endif // GARAM_LIB_CONVERSION_ONNXTOLINALG_COMPUTEDRESIZE_H
