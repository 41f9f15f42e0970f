//===- Simulator.h - Executes NPU programs ----------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_NPU_SIMULATOR_H
#define GARAM_TARGET_NPU_SIMULATOR_H

#include "garam/Target/NPU/ISA.h"
#include "garam/Target/NPU/MachineDescription.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"

#include <functional>

namespace garam::npu {

/// Why a queue did not compute during an interval, or what it computed.
enum class TimeCategory : uint8_t {
  Compute,         // MACs or vector operations
  Fill,            // array fill
  FixedCost,       // command issue, DMA start-up
  Synchronisation, // semaphore latency
  LocalBandwidth,  // SRAM banks slower than the engine
  DRAMBandwidth,   // a transfer that touches DRAM
  NetworkBandwidth // a transfer on the chip
};
constexpr unsigned numTimeCategories = 7;

/// One executed command, for traces and loss accounts.
struct CommandEvent {
  uint32_t queue = 0;   // number in Program::queues
  uint32_t command = 0; // number in the queue as stored (loops not expanded)
  uint64_t startFs = 0, endFs = 0;
};

struct SimulationOptions {
  /// Only times: no segment is read or written.
  bool timingOnly = false;
  /// Threads for the data; results do not depend on it. 0: one a processor.
  unsigned threads = 0;
  /// Called in order of end time, waits and signals included.
  std::function<void(const CommandEvent &)> onCommand;
};

struct SimulationResult {
  uint64_t latencyFs = 0;
  uint64_t macs = 0;
  uint64_t dramReadBytes = 0, dramWriteBytes = 0;
  uint64_t networkBytes = 0, sharedBytes = 0, localBytes = 0;
  uint64_t vectorOperations = 0;
  uint64_t executedCommands = 0;
  double energyJoule = 0; // idle power times latency included
  /// Time that each queue was busy.
  std::vector<uint64_t> queueBusyFs;
  /// The critical path from time 0 to the end, each interval charged to what
  /// the recorded last cause of its start or its own work was; sums to
  /// latencyFs exactly.
  std::array<uint64_t, numTimeCategories> criticalPathFs = {};
};

/// Executes `program` on the machine. `segments[i]` is the memory of segment i
/// (empty allowed with timingOnly); `parameters` are the launch parameters.
/// Every address is checked: a program that leaves its segment or an SRAM, that
/// deadlocks or that uses what the machine does not have is an error.
llvm::Expected<SimulationResult>
simulate(const Program &program, const MachineDescription &machine,
         llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments,
         llvm::ArrayRef<uint32_t> parameters,
         const SimulationOptions &options = {});

} // namespace garam::npu

#endif // GARAM_TARGET_NPU_SIMULATOR_H
