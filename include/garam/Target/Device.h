//===- Device.h - What a class of devices offers ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The one interface between Garam and a class of devices. The compile driver,
// the container, the runtime and the tools know a device through it only; a
// device is added by implementing it, in this tree or in a plugin.
//
// The compiler's side works on IR and is an interface of the device's target
// attribute (DeviceTarget.h); what is here needs no IR.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_DEVICE_H
#define GARAM_TARGET_DEVICE_H

#include "garam/Simulation/Kernel.h"
#include "garam/Support/Tensor.h"
#include "garam/Target/TargetRegistry.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mlir {
class Attribute;
class DialectRegistry;
class MLIRContext;
} // namespace mlir

namespace garam {

//===----------------------------------------------------------------------===//
// A compiled program
//===----------------------------------------------------------------------===//

/// What a segment of device memory is for.
enum class MemoryRole : uint8_t {
  Constant = 0,  // weights: read only, bytes in the container
  Parameter = 1, // read only, given when the program is loaded
  State = 2,     // kept between runs
  Input = 3,     // read only
  Output = 4,    // written by the program
  Scratch = 5,   // of one run
};
constexpr unsigned numMemoryRoles = 6;
/// "constant", "parameter", "state", "input", "output", "scratch".
llvm::StringRef getName(MemoryRole role);

/// A part of device memory that a program addresses from its own base. The
/// runtime chooses where it lies.
struct DeviceSegment {
  MemoryRole role = MemoryRole::Scratch;
  uint64_t size = 0; // bytes
  std::string name;

  bool operator==(const DeviceSegment &other) const {
    return role == other.role && size == other.size && name == other.name;
  }
};

/// A run of bytes of the constant segment that is made when the section is
/// written, so that a packed or converted weight exists once, in the file.
struct DeviceConstant {
  uint64_t offset = 0, size = 0;
  /// Fills `size` bytes, which are zero before. May be called from any thread.
  std::function<void(llvm::MutableArrayRef<uint8_t>)> write;
};

/// The last command of a lane that writes a piece.
struct PieceWrite {
  uint32_t lane = 0, command = 0; // the command's number as stored
  uint32_t execution = 1; // of the command, counted from 1: it may be in a loop
};

/// A box of a value of a node in one memory.
struct ValuePiece {
  uint32_t memory = 0;                      // the device's own number
  int64_t offset = 0;                       // byte of the element at `low`
  llvm::SmallVector<int64_t, 4> strides;    // bytes
  llvm::SmallVector<int64_t, 4> low, sizes; // elements
  std::vector<PieceWrite> lastWrites;       // one a lane
};

/// An output of an ONNX node that is in the device's memories for a while.
struct DeviceValue {
  /// The node's id, and for outputs behind the first ":NUMBER".
  std::string name;
  TensorType type; // on the device
  /// Disjoint, together the whole tensor.
  std::vector<ValuePiece> pieces;
};

/// Where the commands of a program come from, and what they make.
struct DebugMap {
  /// Ids of the ONNX nodes.
  std::vector<std::string> nodes;
  /// origins[lane][command]: numbers into `nodes`. A lane is a queue of the
  /// device; commands are counted as they are stored.
  std::vector<std::vector<llvm::SmallVector<uint32_t, 1>>> origins;
  std::vector<DeviceValue> values;
};

/// A buffer of the memory plan.
struct PlannedRegion {
  std::string memory; // "core 3 SRAM", "segment 2"
  bool isOnChip = false;
  uint64_t offset = 0, size = 0;
  std::string name;
};

/// The highest address in use, added up over all on-chip memories of a plan.
uint64_t getPeakOnChipBytes(llvm::ArrayRef<PlannedRegion> plan);

/// What the best imaginable schedule cannot beat.
struct LowerBound {
  uint64_t macs = 0;
  /// Sum over all multiply-accumulates of 1 / the device's peak rate of their
  /// precision.
  double computeSeconds = 0;
  /// Bytes of weights in device precision, each once; of a table that is only
  /// gathered from, just the rows. Inputs and outputs are not in it.
  uint64_t weightBytes = 0;
  /// Of the memory that the segments lie in.
  double peakBytesPerSecond = 0;
};

/// Result of compiling for a device.
struct DeviceProgram {
  /// The program in the device's binary encoding.
  std::vector<uint8_t> code;
  /// Constant segment first when there is one, then the inputs in order, the
  /// outputs in order, then others.
  std::vector<DeviceSegment> segments;
  std::vector<DeviceConstant> constants; // of segment 0, in order of offset
  DebugMap debug;
  std::vector<PlannedRegion> plan;
  LowerBound bound;
  /// What the device's cost model expects of a run; 0: it does not say.
  double estimatedSeconds = 0;
};

//===----------------------------------------------------------------------===//
// Execution
//===----------------------------------------------------------------------===//

/// What an interval of the critical path was spent on. Devices name their own.
struct TimeShare {
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

struct DeviceRunOptions {
  /// Only times: no segment is read or written.
  bool timingOnly = false;
  /// The weights that the program leaves on the chip are there from a run
  /// before: their transfers are left out. Only with timingOnly.
  bool residentWeights = false;
  /// Threads for the data; results do not depend on it. 0: one a processor.
  unsigned threads = 0;
  NoiseMode noise = NoiseMode::Ideal;
  /// Of the noise: the same seed gives the same results.
  uint64_t seed = 0;
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
  /// What is done once when the program is loaded, as writing weights into
  /// banks or crossbars. In neither latency nor energy above.
  uint64_t setupFs = 0;
  double setupJoule = 0;
  /// Sums to latencyFs exactly.
  std::vector<TimeShare> criticalPath;
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

/// A program that was read back from its binary encoding, with the machine it
/// was compiled for. Immutable: one may run on many threads at once.
class LoadedProgram {
public:
  virtual ~LoadedProgram() = default;

  virtual std::vector<DeviceSegment> getSegments() const = 0;
  /// One name a lane, unique: "core 0 tensor".
  virtual std::vector<std::string> getLanes() const = 0;
  /// Number of stored commands of each lane.
  virtual std::vector<uint64_t> getCommandCounts() const = 0;
  /// Writes the program as text, one command a line.
  virtual void disassemble(llvm::raw_ostream &os) const = 0;
  /// Makes the program ready to run as a component of `kernel`, which the
  /// caller adds or starts. `segments[i]` is the memory of segment i; empty
  /// ones are allowed with timingOnly. The program may come from a stranger: an
  /// access outside of a segment, or a deadlock, is an error.
  ///
  /// The program and all arguments must live as long as the execution.
  virtual llvm::Expected<std::unique_ptr<DeviceExecution>>
  prepare(sim::Kernel &kernel,
          llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments,
          const DeviceRunOptions &options, RunEndHandler onEnd) const = 0;

  /// Writes the program in the form of an export of its device. `constants` is
  /// the memory of its constant segment; inputs are zeros.
  virtual llvm::Error exportAs(llvm::StringRef flag,
                               llvm::ArrayRef<uint8_t> constants,
                               llvm::raw_ostream &os) const;

  /// Runs the program by itself, from time 0 on.
  llvm::Expected<DeviceRun>
  run(llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments,
      const DeviceRunOptions &options) const;
};

//===----------------------------------------------------------------------===//
// The device class
//===----------------------------------------------------------------------===//

/// A fact about a machine, for lists: "cores", "8".
struct MachineFact {
  std::string name, value;
};

/// A link between a machine and its host.
struct HostLink {
  double bytesPerSecond = 0;
  double seconds = 0; // of a transfer of no bytes
  double joulePerByte = 0;

  /// Time of moving `bytes` at once.
  double getSeconds(uint64_t bytes) const {
    return seconds + bytes / bytesPerSecond;
  }
};

/// What reports and the runtime need to know of a machine, whatever it runs.
struct MachineSummary {
  /// Clock that cycles in reports are counted in.
  double clockHz = 0;
  uint64_t onChipBytes = 0;
  /// Power of the machine while it does nothing. It flows all the time.
  double idleWatts = 0;
  /// Peak rate of the memory that segments lie in; 0: it limits nothing.
  double peakBytesPerSecond = 0;
  /// Nothing when the target file has none.
  std::optional<HostLink> hostLink;
};

/// An option of `garam compile` that one class of devices understands.
struct DeviceOption {
  std::string flag;         // without the dashes; no other option has it
  std::string valueName;    // for the help: "LEVEL"
  std::string help;         // begins in lower case, no full stop
  std::string defaultValue; // may be empty
  /// What is wrong with a value that is not empty, or nothing: "found '7',
  /// needed 1 or 4". The driver asks before any work, so that devices get good
  /// values only. Null: every value is good.
  std::function<std::string(llvm::StringRef)> findFault;
};

/// A form in which `garam inspect` writes a program for other tools.
struct DeviceExport {
  std::string flag; // without the dashes; no other option has it
  std::string help; // begins in lower case, no full stop
};

/// A class of devices.
class Device {
public:
  virtual ~Device() = default;

  /// The class's name in target files ("kind"), attributes and binaries.
  virtual llvm::StringRef getKind() const = 0;

  /// Adds the device's dialects, and the interfaces of its target attribute.
  virtual void registerDialects(mlir::DialectRegistry &registry) const = 0;
  virtual void registerPasses() const = 0;
  /// Registers the device's translations of garam-translate, if it has any.
  virtual void registerTranslations() const {}

  /// Checks a target file of this kind. All that is wrong is reported, joined.
  virtual llvm::Error checkTarget(const TargetFile &file) const = 0;
  /// The main facts of a target that checkTarget accepts.
  virtual llvm::Expected<std::vector<MachineFact>>
  describeTarget(const TargetFile &file) const = 0;
  /// The target attribute of a file that checkTarget accepts. It implements
  /// DeviceTargetAttrInterface.
  virtual mlir::Attribute getTargetAttr(mlir::MLIRContext *context,
                                        const TargetFile &file) const = 0;

  /// What a target, the text of whose file may come from a stranger, is.
  virtual llvm::Expected<MachineSummary>
  summarizeMachine(llvm::MemoryBufferRef target) const = 0;

  /// The options that `garam compile` has for this class;
  /// DeviceCompileOptions::values holds what was given.
  virtual std::vector<DeviceOption> getCompileOptions() const { return {}; }
  /// The forms that `garam inspect` can write programs in.
  virtual std::vector<DeviceExport> getExports() const { return {}; }
  /// Whether programs are code for the processor that Garam runs on, which only
  /// binaries that the user trusts may execute.
  virtual bool executesNativeCode() const { return false; }
  /// Whether the device takes what others refuse.
  virtual bool isFallback() const { return false; }

  /// Reads a program back. `code` and `target` (text of the target file) may
  /// come from a stranger.
  virtual llvm::Expected<std::unique_ptr<LoadedProgram>>
  load(llvm::ArrayRef<uint8_t> code, llvm::MemoryBufferRef target) const = 0;
};

/// The device classes of a process, by kind.
class DeviceRegistry {
public:
  /// `device`'s kind must be new.
  void add(std::unique_ptr<Device> device);
  /// Adds the devices of `other`, whose kinds must be new.
  void takeDevices(DeviceRegistry other);
  /// The device of `kind`, or null.
  const Device *lookup(llvm::StringRef kind) const;
  /// In the order of their kinds.
  const std::vector<std::unique_ptr<Device>> &getDevices() const {
    return devices;
  }

private:
  std::vector<std::unique_ptr<Device>> devices;
};

/// Adds the devices of this tree.
void registerBuiltinDevices(DeviceRegistry &registry);

} // namespace garam

#endif // GARAM_TARGET_DEVICE_H
