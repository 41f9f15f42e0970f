//===- PlannedProgram.cpp - Small NPU programs with their plan ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "PlannedProgram.h"

using namespace garam::npu;
using namespace garam::npu::test;

static constexpr uint64_t memorySize = 4096;

MachineDescription PlannedProgram::makeMachine(unsigned numCores) {
  MachineDescription machine;
  machine.name = "small";
  machine.cores = numCores;
  machine.local.bytes = memorySize;
  machine.shared.bytes = memorySize;
  return machine;
}

PlannedProgram::PlannedProgram(unsigned numCores) {
  program.numCores = numCores;
  program.segments = {{SegmentRole::Input, memorySize, "in"},
                      {SegmentRole::Output, memorySize, "out"},
                      {SegmentRole::Scratch, memorySize, "scratch"}};
  for (unsigned core = 0; core < numCores; ++core)
    for (unsigned engine = 0; engine < numEngineKinds; ++engine)
      program.queues.push_back({uint16_t(core), Engine(engine), {}});
  plan.operandBuffers.resize(program.queues.size());
}

uint32_t PlannedProgram::addBuffer(MemorySpace space, uint16_t index,
                                   uint64_t offset, uint64_t size,
                                   std::string name) {
  plan.buffers.push_back({space, index, offset, size, std::move(name)});
  return plan.buffers.size() - 1;
}

void PlannedProgram::add(unsigned queue, Command command,
                         llvm::SmallVector<uint32_t, 4> buffers) {
  program.queues[queue].commands.push_back(std::move(command));
  plan.operandBuffers[queue].push_back(std::move(buffers));
}

void PlannedProgram::wait(unsigned queue, unsigned semaphore, unsigned count) {
  add(queue, WaitCommand{uint16_t(semaphore), count});
}

void PlannedProgram::signal(unsigned queue, unsigned receiver,
                            unsigned semaphore, unsigned count) {
  const Queue &to = program.queues[receiver];
  add(queue, SignalCommand{to.core, to.engine, uint16_t(semaphore), count});
}

Descriptor PlannedProgram::makeWalk(uint32_t number, uint64_t offset) const {
  const PlannedBuffer &buffer = plan.buffers[number];
  Descriptor walk;
  walk.address.space = buffer.space;
  walk.address.index = buffer.index;
  walk.address.offset = buffer.offset + offset;
  walk.strides[0] = 1;
  return walk;
}

void PlannedProgram::copy(unsigned queue, uint32_t from, uint64_t fromOffset,
                          uint32_t to, uint64_t toOffset, uint32_t size) {
  DMACommand command;
  command.sizes = {size};
  command.source = makeWalk(from, fromOffset);
  command.destination = makeWalk(to, toOffset);
  add(queue, command, {from, to});
}

void PlannedProgram::compute(unsigned queue, uint32_t from, uint64_t fromOffset,
                             uint32_t to, uint64_t toOffset, uint32_t size) {
  VectorCommand command;
  command.sizes = {size};
  command.inputs = {makeWalk(from, fromOffset)};
  command.body = {{VectorOpcode::Load, 0, 0, 0, 0, 0}};
  command.outputs = {{makeWalk(to, toOffset), 0, false}};
  add(queue, command, {from, to});
}
