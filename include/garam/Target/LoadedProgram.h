//===- LoadedProgram.h - Programs that run on a device ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_LOADEDPROGRAM_H
#define GARAM_TARGET_LOADEDPROGRAM_H

#include "garam/Simulation/Kernel.h"
#include "garam/Target/DeviceProgram.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

#include <memory>

namespace garam {

/// What an interval of the critical path was spent on. Devices name their own.
struct TimeShare {
  std::string category;
  uint64_t femtoseconds = 0;
};

/// An interval of the critical path, and the command that it was spent on.
struct PathInterval {
  uint32_t lane = 0, command = 0; // as in DeviceEvent
  /// What the command does; stays valid as long as the program.
  llvm::StringRef kind;
  /// One of DeviceRun::criticalPath.
  std::string category;
  uint64_t femtoseconds = 0;
};

/// One executed command.
struct DeviceEvent {
  uint32_t lane = 0;    // number in LoadedProgram::getLanes
  uint32_t command = 0; // number in the lane as stored
  /// Of the kernel: they count from the start of the run of all devices.
  uint64_t startFs = 0, endFs = 0;
  /// Waits and signals.
  bool isSynchronisation = false;
  /// What the command does ("tensor", "dma", "wait", ...); stays valid as long
  /// as the program.
  llvm::StringRef kind;
};

/// How a device whose arithmetic is not exact behaves.
enum class NoiseMode : uint8_t {
  Ideal, // as specified, without any noise
  Model, // with the noise of the target's model
};

/// What an instance of a program is made for.
struct InstanceOptions {
  /// Only times: constants are not looked at, and runs touch no segment.
  bool timingOnly = false;
  /// The weights that the program leaves on the chip are there from a run
  /// before: runs leave out their transfers. Only with timingOnly.
  bool residentWeights = false;
  NoiseMode noise = NoiseMode::Ideal;
  /// Of the noise: the same seed gives the same results.
  uint64_t seed = 0;
  /// Threads for the set-up; results do not depend on it. 0: one a processor.
  unsigned threads = 0;
};

struct DeviceRunOptions {
  /// Threads for the data; results do not depend on it. 0: one a processor.
  unsigned threads = 0;
  /// Note which commands the critical path leads over.
  bool tracePath = false;
  /// Called in order of end time.
  std::function<void(const DeviceEvent &)> onEvent;
  /// Values of nodes (of the debug map) to copy out of the device's memories.
  /// Not with timingOnly. Times do not depend on it.
  llvm::ArrayRef<DeviceValue> values;
  /// Called for each of them when it is complete.
  std::function<void(const Tensor &)> onValue;
};

struct DeviceRun {
  uint64_t latencyFs = 0; // from the start of the program to its end
  uint64_t macs = 0;
  uint64_t dramReadBytes = 0, dramWriteBytes = 0;
  uint64_t executedCommands = 0;
  /// Of what the program did. The idle power of the machine comes on top.
  double energyJoule = 0;
  /// Sums to latencyFs exactly.
  std::vector<TimeShare> criticalPath;
  /// The same path from its start to its end, and with the same sum. Only with
  /// tracePath, and of devices that know.
  std::vector<PathInterval> path;
  /// Time that each lane was busy.
  std::vector<uint64_t> laneBusyFs;
};

/// A program that runs on a simulated device. It begins when it is started, at
/// the kernel's time then, and may end from within `start` when it takes no
/// time.
class DeviceExecution : public sim::Component {};

/// Takes the result of a program, once, at the kernel's time when all of it is
/// done. An error ends the run. The execution must not be destroyed from within
/// the call.
using RunEndHandler = std::function<llvm::Error(DeviceRun)>;

/// What bringing a program onto a device takes, as writing weights into banks
/// or crossbars. It is done once, in no run.
struct SetupCost {
  uint64_t femtoseconds = 0;
  double joule = 0;
};

/// A program on a device, with its weights where it needs them. A run leaves it
/// as it was, so that no run depends on those before.
class ProgramInstance {
public:
  virtual ~ProgramInstance() = default;

  virtual SetupCost getSetupCost() const { return {}; }
  /// Makes a run ready as a component of `kernel`, which the caller adds or
  /// starts. `segments[i]` is the memory of segment i; it is not looked at for
  /// the constant segment, and for none with timingOnly. The program may come
  /// from a stranger: an access outside of a segment, or a deadlock, is an
  /// error.
  ///
  /// The instance, the kernel and the memory must live as long as the
  /// execution.
  virtual llvm::Expected<std::unique_ptr<DeviceExecution>>
  prepare(sim::Kernel &kernel,
          llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments,
          const DeviceRunOptions &options, RunEndHandler onEnd) const = 0;

  /// Runs the program by itself, from time 0 on.
  llvm::Expected<DeviceRun>
  run(llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments,
      const DeviceRunOptions &options = {}) const;
};

/// A program that was read back from its binary encoding, with the machine it
/// was compiled for. Immutable: threads may share one.
class LoadedProgram {
public:
  virtual ~LoadedProgram() = default;

  virtual std::vector<DeviceSegment> getSegments() const = 0;
  /// What an instance occupies of its device beside the memory of segments,
  /// normalised: instances on one device must not be in each other's way.
  virtual std::vector<ResidentRange> getResidents() const { return {}; }
  /// One name a lane, unique: "core 0 tensor".
  virtual std::vector<std::string> getLanes() const = 0;
  /// Number of stored commands of each lane.
  virtual std::vector<uint64_t> getCommandCounts() const = 0;
  /// Writes the program as text, one command a line.
  virtual void disassemble(llvm::raw_ostream &os) const = 0;
  /// Brings the program onto a device. `constants` is its constant segment.
  /// Program and constants must live as long as the instance.
  virtual llvm::Expected<std::unique_ptr<ProgramInstance>>
  instantiate(llvm::ArrayRef<uint8_t> constants,
              const InstanceOptions &options) const = 0;

  /// Writes the program in the form of an export of its device. `constants` is
  /// the memory of its constant segment; inputs are zeros.
  virtual llvm::Error exportAs(llvm::StringRef flag,
                               llvm::ArrayRef<uint8_t> constants,
                               llvm::raw_ostream &os) const;

  /// Runs a new instance by itself, without data.
  llvm::Expected<DeviceRun> measure(const DeviceRunOptions &options = {}) const;
};

} // namespace garam

#endif // GARAM_TARGET_LOADEDPROGRAM_H
