//===- StaticChecker.h - Proves a compiled program safe ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_NPU_STATICCHECKER_H
#define GARAM_TARGET_NPU_STATICCHECKER_H

#include "garam/Target/NPU/Machine/ISA.h"
#include "garam/Target/NPU/Machine/MachineDescription.h"
#include "garam/Target/NPU/MemoryPlan.h"
#include "llvm/Support/Error.h"

namespace garam::npu {

/// Proves for every timing of the engines that `program`
///   (D) does not deadlock and leaves every semaphore at zero,
///   (S) has one signalling queue for each semaphore, so that counts order it,
///   (B) touches only the buffer that `plan` gives for each operand, and each
///       buffer lies inside its memory (of `machine`) or segment,
///   (L) never has two buffers that share addresses live at once: all accesses
///       to one happen before all accesses to the other,
///   (R) orders every two accesses to the same bytes of which one is a write,
///   (W) never writes a constant, parameter or input segment, nor resident
///       bytes,
/// and all but that of its set-up, by itself, which precedes every run.
/// Launch parameters are taken at their declared maximum. An error names the
/// rule, the commands (queue and number) and the buffers. At most ten
/// violations are reported, joined.
llvm::Error checkProgram(const Program &program, const MemoryPlan &plan,
                         const MachineDescription &machine);

} // namespace garam::npu

#endif // GARAM_TARGET_NPU_STATICCHECKER_H
