//===- DataEngines.h - What commands do to memory ---------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Executes the data of commands, without time. With a memory that simulates
// only times, operands are checked and nothing is touched. Errors name the
// operand and the range of bytes; the caller adds queue and command.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_NPU_SIMULATOR_DATAENGINES_H
#define GARAM_LIB_TARGET_NPU_SIMULATOR_DATAENGINES_H

#include "Memory.h"

#include "llvm/Support/ThreadPool.h"

namespace garam::npu {

/// Sums that a core's tensor engine keeps from one command to the next.
struct Accumulators {
  std::array<uint32_t, maxRowDims> rows = {0, 0, 0};
  uint32_t columns = 0;
  bool isFloat = false;
  /// The last command left its sums, for one that accumulates.
  bool open = false;
  /// Row-major, columns padded; of the kind that isFloat says.
  std::vector<float> floats;
  std::vector<int32_t> ints;
};

/// `pool` (null: none) takes part in large commands; each output is computed by
/// one thread in the same order, so the result does not depend on it.
llvm::Error execute(const TensorCommand &command,
                    const ExecutionContext &context, Memory &memory,
                    Accumulators &accumulators, bool timingOnly,
                    llvm::ThreadPoolInterface *pool);
llvm::Error execute(const VectorCommand &command,
                    const ExecutionContext &context, Memory &memory,
                    bool timingOnly);
llvm::Error execute(const DMACommand &command, const ExecutionContext &context,
                    Memory &memory, bool timingOnly);

} // namespace garam::npu

#endif // GARAM_LIB_TARGET_NPU_SIMULATOR_DATAENGINES_H
