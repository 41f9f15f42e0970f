//===- Data.h - What commands do to memories --------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_ANALOG_SIMULATOR_DATA_H
#define GARAM_LIB_TARGET_ANALOG_SIMULATOR_DATA_H

#include "garam/Target/Analog/Simulator.h"
#include "garam/Target/RunMemory.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace llvm {
class ThreadPoolInterface;
} // namespace llvm

namespace garam::analog {

/// Checks the tables in the constant segment of a program.
llvm::Error checkTables(const Program &program,
                        llvm::ArrayRef<uint8_t> constants);

/// The memories of a chip and the arithmetic of its commands. The program is
/// one that checkProgram and checkTables accept.
class DataPath {
public:
  DataPath(const Program &program, const MachineDescription &machine,
           RunMemory memory, const Crossbars *crossbars, unsigned threads);
  ~DataPath();

  void execute(const QuantizeCommand &command);
  void execute(const AccumulateCommand &command);
  void execute(const ReadCommand &command);

  const RunMemory &getMemory() const { return memory; }

private:
  template <typename Cell, typename Sum>
  void multiply(const ReadCommand &command, const Cell *cells);
  /// Calls `run(first, last)` for parts of [0, count), on several threads when
  /// that pays.
  void forParts(uint64_t count, uint64_t operationsEach,
                llvm::function_ref<void(uint64_t, uint64_t)> run);
  const uint8_t *getConstants() const { return memory.read(0).data(); }

  const Program &program;
  const MachineDescription &machine;
  RunMemory memory;
  const Crossbars *crossbars;     // null: exactly the levels
  std::vector<size_t> firstTiles; // of each layer, in crossbars
  std::vector<int8_t> vectors;    // as far as commands reach
  std::unique_ptr<llvm::ThreadPoolInterface> pool;
};

} // namespace garam::analog

#endif // GARAM_LIB_TARGET_ANALOG_SIMULATOR_DATA_H
