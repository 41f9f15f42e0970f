//===- Simulator.h - Executes streams of transactions -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// One stream gives both the numbers and the cycles: the controllers turn it
// into DRAM commands, and what the commands do to cells and registers happens
// when they are issued.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_PIM_SIMULATOR_H
#define GARAM_TARGET_PIM_SIMULATOR_H

#include "garam/Target/PIM/TransactionStream.h"

#include <functional>

namespace garam::pim {

enum class CommandKind : uint8_t {
  Activate,
  Read,
  Write,
  Precharge,
  PrechargeAll,
  Refresh,
};
constexpr unsigned numCommandKinds = 6;
/// "ACT", "RD", "WR", "PRE", "PREA", "REF".
llvm::StringRef getName(CommandKind kind);

/// One command on the bus of a channel, for traces.
struct CommandEvent {
  uint64_t cycle = 0;
  CommandKind kind = CommandKind::Activate;
  Location location; // as far as the kind has it
};

struct SimulationOptions {
  /// Only cycles: no cell or register is read or written, and results are 0.
  /// Times do not depend on the data.
  bool timingOnly = false;
  /// Called for each command, in order of cycles within a channel.
  std::function<void(const CommandEvent &)> onCommand;
};

struct PhaseResult {
  std::string name; // empty: what comes before the first named phase
  /// From the end of the phase before to the cycle in which the last channel
  /// has drained.
  uint64_t cycles = 0;
};

struct SimulationResult {
  std::vector<PhaseResult> phases;
  uint64_t cycles = 0;    // of all phases
  uint64_t latencyFs = 0; // the same time
  /// Of the reads whose data is a result, in order of the stream.
  std::vector<Burst> results;
  /// Commands of all channels, by CommandKind.
  std::array<uint64_t, numCommandKinds> commands = {};
  uint64_t triggers = 0; // of instructions, in all channels
  /// What is legal but not what a program means to do, once for each kind and
  /// channel.
  std::vector<std::string> warnings;
};

/// Executes `stream` on `machine`, from power-up: cells and registers are 0,
/// all ranks are in single-bank mode. Both are checked. What the device does
/// not define (an illegal instruction, a result that is read in all-bank mode)
/// is an error that says where.
llvm::Expected<SimulationResult>
simulate(const TransactionStream &stream, const MachineDescription &machine,
         const SimulationOptions &options = {});

} // namespace garam::pim

#endif // GARAM_TARGET_PIM_SIMULATOR_H
