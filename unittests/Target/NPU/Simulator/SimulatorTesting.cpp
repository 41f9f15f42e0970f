//===- SimulatorTesting.cpp - Small programs for simulator tests ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "SimulatorTesting.h"

#include "gtest/gtest.h"

#include <algorithm>

namespace garam::npu::testing {

MachineDescription makeMachine() {
  MachineDescription machine;
  machine.name = "test";
  machine.clockHz = 1e9;
  machine.cores = 4;
  machine.tensor.units = 2;
  for (ElementType type :
       {ElementType::I8, ElementType::F16, ElementType::BF16, ElementType::F32,
        ElementType::F8E4M3, ElementType::F8E5M2})
    machine.tensor.modes.push_back({type, 8, 4, 1e-12});
  machine.tensor.accumulatorBytes = 1 << 16;
  machine.tensor.fillCycles = 10;
  machine.tensor.commandSeconds = 100e-9;
  machine.vector = {16, 32, true, 4, 50e-9, 1e-12, 2e-12, std::nullopt};
  machine.local = {1 << 20, 4, 16, 8, 1e-12};
  machine.shared = {1 << 20, 8, 2e-12};
  machine.network = {32, true, 1e-12};
  machine.dma = {1, 32, 500e-9, 256};
  machine.dram.bytes = 1 << 30;
  machine.dram.bytesPerSecond = 64e9;
  machine.dram.efficiency = 0.5;
  machine.dram.burstBytes = 64;
  machine.dram.shortBurstEfficiency = 0.25;
  machine.dram.energyPerByte = 30e-12;
  machine.synchronisation = {20e-9, 200e-9};
  machine.idleWatts = 1;
  return machine;
}

TestProgram::TestProgram(unsigned cores) { program.numCores = cores; }

unsigned TestProgram::addSegment(uint64_t size, SegmentRole role) {
  unsigned number = program.segments.size();
  program.segments.push_back({role, size, "s" + std::to_string(number)});
  memory.emplace_back(size, uint8_t(0));
  return number;
}

void TestProgram::add(Engine engine, Command command, unsigned core) {
  auto key = std::make_pair(core, engine);
  auto it = std::find_if(
      program.queues.begin(), program.queues.end(), [&](const Queue &queue) {
        return std::make_pair(unsigned(queue.core), queue.engine) >= key;
      });
  if (it == program.queues.end() || it->core != core || it->engine != engine) {
    Queue queue;
    queue.core = core;
    queue.engine = engine;
    it = program.queues.insert(it, queue);
  }
  it->commands.push_back(std::move(command));
}

void TestProgram::order(Engine from, Engine to, uint16_t semaphore,
                        unsigned fromCore, unsigned toCore) {
  SignalCommand signal;
  signal.core = toCore;
  signal.engine = to;
  signal.semaphore = semaphore;
  add(from, signal, fromCore);
  add(to, WaitCommand{semaphore, 1}, toCore);
}

llvm::Expected<SimulationResult>
TestProgram::run(const SimulationOptions &options) {
  std::vector<llvm::MutableArrayRef<uint8_t>> segments(memory.begin(),
                                                       memory.end());
  return simulate(program, machine, segments, parameters, options);
}

SimulationResult TestProgram::runOrFail(const SimulationOptions &options) {
  llvm::Expected<SimulationResult> result = run(options);
  if (result)
    return *result;
  ADD_FAILURE() << llvm::toString(result.takeError());
  return {};
}

std::string TestProgram::runToError(const SimulationOptions &options) {
  llvm::Expected<SimulationResult> result = run(options);
  return result ? "no error" : llvm::toString(result.takeError());
}

static Descriptor makeDescriptor(MemorySpace space, unsigned index,
                                 int64_t offset, ElementType type,
                                 std::initializer_list<int64_t> strides) {
  Descriptor descriptor;
  descriptor.address.space = space;
  descriptor.address.index = index;
  descriptor.address.offset = offset;
  descriptor.type = type;
  std::copy(strides.begin(), strides.end(), descriptor.strides.begin());
  return descriptor;
}

Descriptor local(int64_t offset, ElementType type,
                 std::initializer_list<int64_t> strides, unsigned core) {
  return makeDescriptor(MemorySpace::Local, core, offset, type, strides);
}

Descriptor dram(unsigned segment, ElementType type,
                std::initializer_list<int64_t> strides, int64_t offset) {
  return makeDescriptor(MemorySpace::DRAM, segment, offset, type, strides);
}

DMACommand copyBytes(Descriptor source, Descriptor destination,
                     uint32_t bytes) {
  DMACommand command;
  command.sizes = {bytes};
  command.source = source;
  command.destination = destination;
  command.source.strides = {1};
  command.destination.strides = {1};
  return command;
}

} // namespace garam::npu::testing
