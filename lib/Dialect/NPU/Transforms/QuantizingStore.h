//===- QuantizingStore.h - Quantisation in a vector's store -----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_QUANTIZINGSTORE_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_QUANTIZINGSTORE_H

#include "garam/Dialect/NPU/IR/NPU.h"

namespace garam::npu {

/// An output that is `value` over `scale`, rounded, plus `zeroPoint`.
struct QuantizingStore {
  mlir::Value value;
  float scale = 1.0f;
  int32_t zeroPoint = 0;
  /// Operations that nothing needs beside the store.
  llvm::SmallVector<mlir::Operation *> absorbed = {};
};

/// How the engine stores `stored`, which a region yields, as `kind`: in
/// integers of at most 16 bits, the division by a constant scale, the rounding
/// and the zero point before it belong to the store. All of them give the same
/// integers there as instructions would.
QuantizingStore matchQuantizingStore(mlir::Value stored, ElementKind kind);

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_QUANTIZINGSTORE_H
