//===- Session.h - Runs a loaded device binary ------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_RUNTIME_SESSION_H
#define GARAM_RUNTIME_SESSION_H

#include "garam/Runtime/Executable.h"
#include "llvm/Support/Memory.h"

#include <functional>
#include <map>

namespace garam {

struct RunOptions {
  /// Only times: no inputs are needed and there are no outputs.
  bool timingOnly = false;
  /// Weights that the programs leave on the chip are there from a run before.
  /// Only with timingOnly.
  bool residentWeights = false;
  /// Threads of the simulators; results do not depend on it. 0: one a
  /// processor.
  unsigned threads = 0;
  /// Called for each executed command with the number of its program; times
  /// count from the start of the run.
  std::function<void(unsigned program, const DeviceEvent &event)> onEvent;
  /// Called for each output of a node that is on the device for a while, in the
  /// order in which they are complete, with the type that it has there. Its
  /// name is the node's id, and for outputs behind the first ":NUMBER". Not
  /// with timingOnly.
  std::function<void(const Tensor &value)> onValue;
};

struct RunResult {
  std::vector<Tensor> outputs; // in the order of the entry point
  /// Device time, from inputs in device memory to outputs there.
  uint64_t latencyFs = 0;
  uint64_t macs = 0;
  uint64_t dramReadBytes = 0, dramWriteBytes = 0;
  uint64_t executedCommands = 0;
  double energyJoule = 0; // idle power included
  /// The critical path by what it was spent on; sums to latencyFs.
  std::vector<TimeShare> criticalPath;
  /// laneBusyFs[program][lane]
  std::vector<std::vector<uint64_t>> laneBusyFs;
  /// Moving inputs in and outputs out over the host link, which latencyFs does
  /// not include; nothing when the target has no link.
  std::optional<double> hostLinkSeconds;
  /// Elements that the host quantised and dequantised, because the device has
  /// no float type for them. Not in latencyFs either.
  uint64_t hostQuantizedElements = 0;
};

/// Runs one executable and holds its state between runs. A session is used by
/// one thread at a time.
class Session {
public:
  explicit Session(std::shared_ptr<const Executable> executable)
      : executable(std::move(executable)) {}

  /// Runs the entry point. Inputs are matched by name, in any order; each must
  /// have its type and shape. Errors about inputs are of ExitCode::Input, about
  /// what the program does of ExitCode::Binary.
  llvm::Expected<RunResult> run(llvm::ArrayRef<Tensor> inputs,
                                const RunOptions &options = {});

private:
  using Memory = llvm::sys::OwningMemoryBlock;

  llvm::Error bindInputs(llvm::ArrayRef<Tensor> inputs, RunResult &result);
  llvm::Error allocateSegments();
  llvm::Error runProgram(unsigned program, const RunOptions &options,
                         RunResult &result);
  void runTransfer(const Step &step, const RunOptions &options,
                   RunResult &result);
  void readOutputs(RunResult &result);
  llvm::MutableArrayRef<uint8_t> getSegment(unsigned segment);

  std::shared_ptr<const Executable> executable;
  /// Memory of the segments that are not constants, by number.
  std::map<unsigned, Memory> memory;
};

} // namespace garam

#endif // GARAM_RUNTIME_SESSION_H
