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

/// A transfer on its way over one link.
struct TransferEvent {
  uint32_t step = 0; // of the entry point
  uint32_t link = 0; // of the manifest
  /// From the second device of the link to the first.
  bool isBackward = false;
  uint64_t startFs = 0, endFs = 0;
};

/// An interval of the critical path of a run.
struct RunInterval {
  uint32_t step = 0; // of the entry point
  /// Of a transfer: the link of the manifest.
  std::optional<uint32_t> link;
  /// Of a dispatch. The categories are those of its device.
  PathInterval interval;
  /// Whether the device says which command it was.
  bool hasCommand = false;
};

/// A tensor whose bytes belong to somebody else.
struct TensorView {
  llvm::StringRef name;
  TensorType type;
  llvm::ArrayRef<uint8_t> data;

  TensorView(llvm::StringRef name, TensorType type,
             llvm::ArrayRef<uint8_t> data)
      : name(name), type(std::move(type)), data(data) {}
  explicit TensorView(const Tensor &tensor)
      : name(tensor.name), type(tensor.type), data(tensor.data) {}
};

struct RunOptions {
  /// Only times: no inputs are needed and there are no outputs.
  bool timingOnly = false;
  /// Weights that the programs leave on the chip are there from a run before.
  /// Only with timingOnly.
  bool residentWeights = false;
  /// Threads of the simulators; results do not depend on it. 0: one a
  /// processor.
  unsigned threads = 0;
  /// Run programs that are code for this processor, which can do whatever the
  /// user can: only what the caller knows to come from a friend. Without it
  /// they are an error of ExitCode::Untrusted, but for timingOnly.
  bool executeNativeCode = false;
  NoiseMode noise = NoiseMode::Ideal;
  /// Of the noise.
  uint64_t seed = 0;
  /// Note what the critical path leads over.
  bool tracePath = false;
  /// Called for each executed command with the step of the entry point that it
  /// belongs to; times count from the start of the run.
  std::function<void(unsigned step, const DeviceEvent &event)> onEvent;
  /// Called for each link that a transfer takes, when it enters the link.
  std::function<void(const TransferEvent &event)> onTransfer;
  /// Called for each output of a node that is on the device for a while, in the
  /// order in which they are complete, with the type that it has there. Its
  /// name is the node's id, and for outputs behind the first ":NUMBER". Not
  /// with timingOnly.
  std::function<void(const Tensor &value)> onValue;
};

/// What a device did in a run.
struct DeviceUse {
  uint64_t dispatches = 0; // of its programs
  uint64_t busyFs = 0;     // with programs
  double dynamicJoule = 0;
  double idleJoule = 0; // of the whole run
  /// Once, when its programs are loaded.
  uint64_t setupFs = 0;
  double setupJoule = 0;
};

/// What a link carried in a run, in both directions together.
struct LinkUse {
  uint64_t bytes = 0;
  uint64_t busyFs = 0;
  double joule = 0;
};

/// What moving inputs and outputs over a host link takes.
struct HostLinkUse {
  double seconds = 0, joule = 0;
};

struct RunResult {
  std::vector<Tensor> outputs; // in the order of the entry point
  /// Simulated time from inputs in memory to outputs in memory: of the device
  /// when there is one, of the one that the caller has when there are several.
  uint64_t latencyFs = 0;
  uint64_t macs = 0;
  uint64_t dramReadBytes = 0, dramWriteBytes = 0;
  uint64_t executedCommands = 0;
  /// Of all devices, idle power included, and links.
  double energyJoule = 0;
  /// Of loading the programs, once, in neither latency nor energy above:
  /// devices do it at the same time.
  uint64_t setupFs = 0;
  double setupJoule = 0;
  std::vector<DeviceUse> devices; // by number in the manifest
  std::vector<LinkUse> links;     // by number in the manifest
  /// The critical path by what it was spent on; sums to latencyFs. With several
  /// devices, categories have the device in front.
  std::vector<TimeShare> criticalPath;
  /// The same path from its start to its end, with the same sum. Only with
  /// tracePath. It refers to the executable.
  std::vector<RunInterval> path;
  /// laneBusyFs[instance][lane], of Executable::getInstances.
  std::vector<std::vector<uint64_t>> laneBusyFs;
  /// Moving inputs in and outputs out over the host link, which latencyFs and
  /// energyJoule do not include; nothing when the target has no link.
  std::optional<HostLinkUse> hostLink;
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
  /// have its type and shape. State that is given replaces what the run before
  /// has left; a run that fails leaves it as it was before, or was given.
  /// Errors about inputs are of ExitCode::Input, about what the program does of
  /// ExitCode::Binary.
  llvm::Expected<RunResult> run(llvm::ArrayRef<Tensor> inputs,
                                const RunOptions &options = {});
  llvm::Expected<RunResult> runOnViews(llvm::ArrayRef<TensorView> inputs,
                                       const RunOptions &options = {});

  /// What the next run takes as state, by the names of the inputs, in the order
  /// of EntryPoint::states.
  llvm::Expected<std::vector<Tensor>> readStates();
  /// State is zero again, as before the first run.
  llvm::Error resetStates();

private:
  using Memory = llvm::sys::OwningMemoryBlock;

  /// A program on its device, and what it was made for.
  struct Instance {
    InstanceOptions options;
    std::unique_ptr<ProgramInstance> instance;
  };

  llvm::Error instantiate(const RunOptions &options);
  llvm::Error instantiate(unsigned number, const RunOptions &options);
  llvm::Error runSteps(const RunOptions &options, RunResult &result);
  llvm::Error bindInputs(llvm::ArrayRef<TensorView> inputs, RunResult &result);
  llvm::Error allocateSegments();
  void readOutputs(RunResult &result);
  void carryStates();
  void zeroStates();
  Tensor readTensor(const Binding &binding);
  std::vector<int64_t> readNumbers(llvm::StringRef name);
  llvm::SmallVector<int64_t, 4> readShape(const Binding &binding);
  Tensor readResult(const Binding &binding);
  /// Of an input or output, in the device's form.
  llvm::MutableArrayRef<uint8_t> getBytes(const Binding &binding);
  /// Of a segment that is not of constants.
  llvm::MutableArrayRef<uint8_t> getSegment(unsigned segment);

  std::shared_ptr<const Executable> executable;
  /// Those of Executable::getInstances, made when a run first needs them, and
  /// again when their options change.
  std::vector<Instance> instances;
  /// Memory of the segments that are not constants, by number.
  std::map<unsigned, Memory> memory;
  /// States have had their first values.
  bool isStateSet = false;
  /// Of the entry point's symbols, in the last run.
  std::vector<int64_t> sizes;
};

} // namespace garam

#endif // GARAM_RUNTIME_SESSION_H
