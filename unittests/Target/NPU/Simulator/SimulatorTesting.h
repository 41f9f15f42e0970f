//===- SimulatorTesting.h - Small programs for simulator tests --*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_UNITTESTS_TARGET_NPU_SIMULATOR_SIMULATORTESTING_H
#define GARAM_UNITTESTS_TARGET_NPU_SIMULATOR_SIMULATORTESTING_H

#include "garam/Target/NPU/Simulator.h"

#include <cstring>

namespace garam::npu::testing {

/// A chip with round figures: 1 GHz, 4 cores, an 8 x 4 array of two units, 16
/// and 8 bytes a cycle out of and into four banks.
MachineDescription makeMachine();

/// Builds a program and runs it on memory that it owns.
class TestProgram {
public:
  explicit TestProgram(unsigned cores = 1);

  /// Adds a segment and returns its number.
  unsigned addSegment(uint64_t size, SegmentRole role = SegmentRole::Scratch);
  /// Appends a command to a queue.
  void add(Engine engine, Command command, unsigned core = 0);
  void addTensor(TensorCommand command) { add(Engine::Tensor, command); }
  void addVector(VectorCommand command) { add(Engine::Vector, command); }
  void addDMA(DMACommand command) { add(Engine::DMA, command); }
  /// Lets `to` wait until all commands of `from` so far have ended.
  void order(Engine from, Engine to, uint16_t semaphore = 0,
             unsigned fromCore = 0, unsigned toCore = 0);

  llvm::Expected<SimulationResult> run(const SimulationOptions &options = {});
  /// Runs; a failure is a failure of the test.
  SimulationResult runOrFail(const SimulationOptions &options = {});
  /// Runs; the message of the failure that is expected.
  std::string runToError(const SimulationOptions &options = {});

  template <typename T>
  void write(unsigned segment, const std::vector<T> &values) {
    std::memcpy(memory[segment].data(), values.data(),
                values.size() * sizeof(T));
  }
  template <typename T>
  std::vector<T> read(unsigned segment) const {
    std::vector<T> values(memory[segment].size() / sizeof(T));
    std::memcpy(values.data(), memory[segment].data(),
                values.size() * sizeof(T));
    return values;
  }

  Program program;
  MachineDescription machine = makeMachine();
  std::vector<std::vector<uint8_t>> memory; // of the segments
  std::vector<uint32_t> parameters;
};

/// An operand in the SRAM of `core`.
Descriptor local(int64_t offset, ElementType type,
                 std::initializer_list<int64_t> strides, unsigned core = 0);
/// An operand in a segment.
Descriptor dram(unsigned segment, ElementType type,
                std::initializer_list<int64_t> strides, int64_t offset = 0);
/// A copy of `bytes` bytes.
DMACommand copyBytes(Descriptor source, Descriptor destination, uint32_t bytes);

} // namespace garam::npu::testing

#endif // GARAM_UNITTESTS_TARGET_NPU_SIMULATOR_SIMULATORTESTING_H
