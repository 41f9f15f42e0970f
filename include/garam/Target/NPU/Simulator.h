//===- Simulator.h - Executes NPU programs ----------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_NPU_SIMULATOR_H
#define GARAM_TARGET_NPU_SIMULATOR_H

#include "garam/Target/NPU/Machine/ISA.h"
#include "garam/Target/NPU/Machine/MachineDescription.h"
#include "garam/Target/RunMemory.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"

#include <functional>

namespace garam::npu {

/// What an interval of the critical path went to.
enum class TimeCategory : uint8_t {
  Compute = 0,          // MACs or vector operations
  Fill = 1,             // array fill
  FixedCost = 2,        // command issue, DMA start-up
  Synchronisation = 3,  // a signal on its way to the queue that waits for it
  LocalBandwidth = 4,   // SRAM banks slower than the engine
  DRAMBandwidth = 5,    // a transfer, as fast as DRAM allows
  NetworkBandwidth = 6, // a transfer, as fast as engine or port allows
  Contention = 7,       // a transfer that waits behind those of others
};
constexpr unsigned numTimeCategories = 8;
/// "compute", "fill", "fixed_cost", "synchronisation", "local_bandwidth",
/// "dram_bandwidth", "network_bandwidth" or "contention".
llvm::StringRef getName(TimeCategory category);

/// An interval of the critical path: what a command spent on one thing, or the
/// signal that a wait command has waited for.
struct PathInterval {
  uint32_t queue = 0, command = 0; // as in CommandEvent
  TimeCategory category = TimeCategory::Compute;
  uint64_t femtoseconds = 0;
};

/// One executed command, for traces and loss accounts.
struct CommandEvent {
  uint32_t queue = 0;   // number in Program::queues
  uint32_t command = 0; // number in the queue as stored (loops not expanded)
  uint64_t startFs = 0, endFs = 0; // of the kernel
};

/// Reads `size` bytes at an address without loops and parameters; nothing when
/// they do not lie in the memory, or nothing has been written there.
using ReadMemory = llvm::function_ref<llvm::ArrayRef<uint8_t>(
    const Address &address, uint64_t size)>;

struct SimulationOptions {
  /// Only times: no segment is read or written. Indices of gathers cost
  /// the same whatever they are, so times do not depend on the data.
  bool timingOnly = false;
  /// Threads for the data of large tensor commands; results do not depend on
  /// it. 0: one a processor.
  unsigned threads = 0;
  /// What the resident bytes of the program hold, one array a range, as
  /// `simulateSetup` returns them. Not looked at with timingOnly.
  llvm::ArrayRef<std::vector<uint8_t>> residents;
  /// Commands that are executed at most, loop commands included: more is taken
  /// for a program that has run away.
  uint64_t maxCommands = uint64_t(1) << 28;
  /// Note which commands the critical path leads over.
  bool tracePath = false;
  /// Called in order of end time, waits and signals included.
  std::function<void(const CommandEvent &)> onCommand;
  /// Called when a tensor, vector or DMA command has taken effect on memory, in
  /// order of end time; its error ends the run. Not with timingOnly.
  std::function<llvm::Error(const CommandEvent &, ReadMemory)> onData;
  /// Called once, when the last queue has ended; its error ends the run. The
  /// result is complete then.
  std::function<llvm::Error()> onEnd;
};

struct SimulationResult {
  uint64_t latencyFs = 0;
  uint64_t macs = 0;
  uint64_t dramReadBytes = 0, dramWriteBytes = 0;
  uint64_t networkBytes = 0, sharedBytes = 0, localBytes = 0;
  uint64_t vectorOperations = 0;
  uint64_t executedCommands = 0;
  double energyJoule = 0; // without the idle power of the chip
  /// Time that each queue was busy.
  std::vector<uint64_t> queueBusyFs;
  /// The critical path from the start to the end. It leads from the command
  /// that ended last back to what released it: the command before it in its
  /// queue, or the signal that its queue waited for and so the signalling
  /// queue. Each interval is charged to what it went to; the sum is exactly
  /// latencyFs.
  std::array<uint64_t, numTimeCategories> criticalPathFs = {};
  /// The same path, from its start to its end. Only with tracePath.
  std::vector<PathInterval> path;
};

/// What loading a program takes, and what it leaves.
struct SetupResult {
  SimulationResult cost;
  /// For SimulationOptions::residents; empty with timingOnly.
  std::vector<std::vector<uint8_t>> residents;
};

/// Executes the set-up of `program`, which may have none. Of `segments` only
/// those of constants are looked at.
llvm::Expected<SetupResult>
simulateSetup(const Program &program, const MachineDescription &machine,
              const RunMemory &segments, const SimulationOptions &options = {});

/// Executes `program` on the machine, its set-up first if it has one and
/// `options` have no contents of its resident bytes. `segments[i]` is the
/// memory of segment i (empty allowed with timingOnly); `parameters` are the
/// launch parameters. Every address is checked: a program that leaves its
/// segment or an SRAM, that deadlocks or that uses what the machine does not
/// have is an error.
llvm::Expected<SimulationResult>
simulate(const Program &program, const MachineDescription &machine,
         llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments,
         llvm::ArrayRef<uint32_t> parameters,
         const SimulationOptions &options = {});

} // namespace garam::npu

#endif // GARAM_TARGET_NPU_SIMULATOR_H
