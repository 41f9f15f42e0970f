//===- ElementKinds.h - Element types of tensors in memory ------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_NPU_IR_ELEMENTKINDS_H
#define GARAM_DIALECT_NPU_IR_ELEMENTKINDS_H

#include "garam/Dialect/NPU/IR/NPU.h"
#include "garam/Target/NPU/Machine/ISA.h"

namespace garam::npu {

/// Element type in memory of a tensor with elements `type`, which is that of a
/// verified stage. `isUnsigned`: how a signless integer is read.
ElementKind getElementKind(mlir::Type type, bool isUnsigned);

/// The same as commands encode it.
inline ElementType getElementType(ElementKind kind) {
  return static_cast<ElementType>(kind);
}

/// Bytes of one element.
inline int64_t getElementBytes(ElementKind kind) {
  return getByteWidth(getElementType(kind));
}

} // namespace garam::npu

#endif // GARAM_DIALECT_NPU_IR_ELEMENTKINDS_H
