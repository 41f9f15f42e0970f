//===- VectorFusion.h - Merging two npu.vector ------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGES_VECTORFUSION_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGES_VECTORFUSION_H

#include "garam/Dialect/NPU/Utils/VectorSpec.h"
#include "mlir/IR/PatternMatch.h"

namespace garam::npu {

/// Creates, before `consumer`, the stage that computes what its input `input`
/// reads instead of reading it; the producer is an npu.vector without
/// reductions. Null, and nothing changed, when the access, the stored type or
/// the limits of a vector command do not allow it.
VectorOp fuseProducer(mlir::RewriterBase &rewriter, VectorOp consumer,
                      unsigned input);

/// Creates, before `consumer`, the stage that carries out a reduction and, in
/// its `finish`, the elementwise work of `consumer`, which reads the reduction
/// by its input `input`. Null, and nothing changed, when this is not possible.
VectorOp fuseIntoFinish(mlir::RewriterBase &rewriter, VectorOp consumer,
                        unsigned input);

/// Operations of a lane in one run of the body of `op`: a function counts as
/// `functionOperations`, constants and loads as none.
int64_t countBodyOperations(VectorOp op, int64_t functionOperations);

/// True when `op` exceeds what one vector command can hold.
bool exceedsLimits(VectorOp op);

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGES_VECTORFUSION_H
