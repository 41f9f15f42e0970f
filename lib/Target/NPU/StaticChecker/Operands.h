//===- Operands.h - Memory operands of a command ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_NPU_STATICCHECKER_OPERANDS_H
#define GARAM_LIB_TARGET_NPU_STATICCHECKER_OPERANDS_H

#include "HappensBefore.h"

namespace garam::npu {

/// What one execution of a command touches through one of its operands.
struct Operand {
  const char *name;
  MemorySpace space;
  uint16_t index;
  bool isWrite;
  ByteRegion region;
};

/// Calls `visit` for each operand of an executed step, in the order of
/// MemoryPlan::operandBuffers.
void forEachOperand(const Program &program, const Queue &queue,
                    const Step &step,
                    llvm::function_ref<void(const Operand &)> visit);

} // namespace garam::npu

#endif // GARAM_LIB_TARGET_NPU_STATICCHECKER_OPERANDS_H
