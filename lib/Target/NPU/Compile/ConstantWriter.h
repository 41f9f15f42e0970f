//===- ConstantWriter.h - Packs weights into a section ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_NPU_COMPILE_CONSTANTWRITER_H
#define GARAM_LIB_TARGET_NPU_COMPILE_CONSTANTWRITER_H

#include "garam/Dialect/NPU/IR/NPU.h"
#include "garam/Target/DeviceProgram.h"

namespace garam::npu {

/// Whether the elements that `part` of `op` names are all there: the walk stays
/// inside `value`, which is dense or a resource whose blob is loaded, and they
/// fit the buffer.
mlir::LogicalResult verifyPart(PartAttr part, BufferOp op);

/// Cuts a part, of which verifyPart is true, along its first dimension into
/// ones of at most `mostBytes`, unless one index has more.
llvm::SmallVector<PartAttr> cutPart(PartAttr part, int64_t mostBytes);

/// The bytes that writePart writes.
int64_t getPartBytes(PartAttr part);

/// Writes the elements of `part` to the start of `bytes`, converted.
void writePart(PartAttr part, llvm::MutableArrayRef<uint8_t> bytes);

/// Looks for a number that is not finite in `bytes`, the start of which is what
/// writePart has written.
std::optional<NonFiniteWeight> findNonFinite(PartAttr part,
                                             llvm::ArrayRef<uint8_t> bytes);

} // namespace garam::npu

#endif // GARAM_LIB_TARGET_NPU_COMPILE_CONSTANTWRITER_H
