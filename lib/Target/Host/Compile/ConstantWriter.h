//===- ConstantWriter.h - Weights of a host program -------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_HOST_COMPILE_CONSTANTWRITER_H
#define GARAM_LIB_TARGET_HOST_COMPILE_CONSTANTWRITER_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"

namespace garam::host {

/// Bytes of a tensor in the host's memory: dense, row major, a bool or an
/// integer of less than 8 bits in a byte.
uint64_t getByteSize(mlir::RankedTensorType type);

/// Writes the elements of `value`, which is loaded.
void writeElements(mlir::ElementsAttr value,
                   llvm::MutableArrayRef<uint8_t> bytes);

} // namespace garam::host

#endif // GARAM_LIB_TARGET_HOST_COMPILE_CONSTANTWRITER_H
