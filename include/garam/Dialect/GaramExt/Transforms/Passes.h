//===- Passes.h - Passes on the garam_ext dialect ---------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_GARAMEXT_TRANSFORMS_PASSES_H
#define GARAM_DIALECT_GARAMEXT_TRANSFORMS_PASSES_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/Pass.h"

namespace garam::ext {

#define GEN_PASS_DECL
#include "garam/Dialect/GaramExt/Transforms/Passes.h.inc"

/// Patterns that expand garam_ext operations to linalg.generic and loops.
void populateGaramExtDecomposePatterns(mlir::RewritePatternSet &patterns);

/// Of these, only those for quantisations whose scales are tensors as others
/// are: of whole blocks, or computed.
void populateGaramExtDecomposeTensorScalesPatterns(
    mlir::RewritePatternSet &patterns);

#define GEN_PASS_REGISTRATION
#include "garam/Dialect/GaramExt/Transforms/Passes.h.inc"

} // namespace garam::ext

#endif // GARAM_DIALECT_GARAMEXT_TRANSFORMS_PASSES_H
