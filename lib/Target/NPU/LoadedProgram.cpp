//===- LoadedProgram.cpp - An NPU program behind the interface ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "LoadedProgram.h"

#include "DeviceExecution.h"
#include "garam/Target/NPU/Encoding.h"
#include "garam/Target/NPU/Machine/TargetFile.h"
#include "llvm/ADT/STLExtras.h"

using namespace llvm;

namespace garam::npu {

static MemoryRole getMemoryRole(SegmentRole role) {
  switch (role) {
  case SegmentRole::Constant:
    return MemoryRole::Constant;
  case SegmentRole::Parameter:
    return MemoryRole::Parameter;
  case SegmentRole::State:
    return MemoryRole::State;
  case SegmentRole::Input:
    return MemoryRole::Input;
  case SegmentRole::Output:
    return MemoryRole::Output;
  case SegmentRole::Scratch:
    return MemoryRole::Scratch;
  }
  llvm_unreachable("a decoded role is one of these");
}

std::vector<DeviceSegment> listSegments(const Program &program) {
  std::vector<DeviceSegment> segments;
  for (const Segment &segment : program.segments)
    segments.push_back(
        {getMemoryRole(segment.role), segment.size, segment.name});
  return segments;
}

static std::string getMemoryName(MemorySpace space, uint16_t index) {
  return space == MemorySpace::Shared ? "shared SRAM"
                                      : ("SRAM of core " + Twine(index)).str();
}

std::vector<ResidentRange> listResidents(const Program &program,
                                         const MachineDescription &machine) {
  std::vector<ResidentRange> ranges;
  for (const ResidentBytes &bytes : program.residents)
    ranges.push_back({getMemoryName(bytes.space, bytes.index), bytes.offset,
                      bytes.getEnd(), /*isShared=*/false});
  for (unsigned core = 0; core < machine.cores; ++core)
    ranges.push_back({getMemoryName(MemorySpace::Local, core), 0,
                      machine.local.bytes, /*isShared=*/true});
  if (machine.shared.bytes > 0)
    ranges.push_back({getMemoryName(MemorySpace::Shared, 0), 0,
                      machine.shared.bytes, /*isShared=*/true});
  normalize(ranges);
  return ranges;
}

namespace {

class NPUProgram : public LoadedProgram {
public:
  NPUProgram(Program program, MachineDescription machine)
      : program(std::move(program)), machine(std::move(machine)) {}

  std::vector<DeviceSegment> getSegments() const override {
    return listSegments(program);
  }
  std::vector<ResidentRange> getResidents() const override {
    return listResidents(program, machine);
  }
  std::vector<std::string> getLanes() const override;
  std::vector<uint64_t> getCommandCounts() const override;
  void disassemble(raw_ostream &os) const override {
    npu::disassemble(program, os);
  }
  Expected<std::unique_ptr<ProgramInstance>>
  instantiate(ArrayRef<uint8_t> constants,
              const InstanceOptions &options) const override {
    return makeInstance(program, machine, constants, options);
  }

private:
  Program program;
  MachineDescription machine;
};

} // namespace

std::vector<std::string> NPUProgram::getLanes() const {
  std::vector<std::string> lanes;
  for (const Queue &queue : program.queues)
    lanes.push_back(
        ("core " + Twine(queue.core) + " " + getName(queue.engine)).str());
  return lanes;
}

std::vector<uint64_t> NPUProgram::getCommandCounts() const {
  std::vector<uint64_t> counts;
  for (const Queue &queue : program.queues)
    counts.push_back(queue.commands.size());
  return counts;
}

//===----------------------------------------------------------------------===//
// Loading
//===----------------------------------------------------------------------===//

/// The descriptors that a command writes through.
static SmallVector<const Descriptor *, 4> getWrites(const Command &command) {
  SmallVector<const Descriptor *, 4> writes;
  if (const auto *tensor = std::get_if<TensorCommand>(&command)) {
    if (tensor->store)
      writes.push_back(&tensor->output);
  } else if (const auto *vector = std::get_if<VectorCommand>(&command)) {
    for (const VectorOutput &output : vector->outputs)
      writes.push_back(&output.descriptor);
  } else if (const auto *dma = std::get_if<DMACommand>(&command)) {
    writes.push_back(&dma->destination);
  }
  return writes;
}

/// All runs of a binary share the weights that were read with it, so that a
/// stranger's program must not write them.
static Error checkWrites(const Program &program) {
  for (const Queue &queue : program.queues) {
    for (const auto &[number, command] : enumerate(queue.commands)) {
      for (const Descriptor *write : getWrites(command)) {
        const Address &address = write->address;
        if (address.space != MemorySpace::DRAM)
          continue;
        if (address.index >= program.segments.size())
          return createStringError(
              "core " + Twine(queue.core) + " " + getName(queue.engine) +
              " command " + Twine(number) + " writes segment " +
              Twine(address.index) + " of " + Twine(program.segments.size()));
        const Segment &segment = program.segments[address.index];
        if (segment.role == SegmentRole::Constant ||
            segment.role == SegmentRole::Parameter ||
            segment.role == SegmentRole::Input)
          return createStringError(
              "core " + Twine(queue.core) + " " + getName(queue.engine) +
              " command " + Twine(number) + " writes segment '" + segment.name +
              "', which is only to be read");
      }
    }
  }
  return Error::success();
}

Expected<std::unique_ptr<LoadedProgram>> loadProgram(ArrayRef<uint8_t> code,
                                                     MemoryBufferRef target) {
  Expected<MachineDescription> machine = readTargetFile(target);
  if (!machine)
    return machine.takeError();
  Expected<Program> program = decode(code);
  if (!program)
    return program.takeError();
  if (Error error = checkWrites(*program))
    return error;
  return std::make_unique<NPUProgram>(std::move(*program), std::move(*machine));
}

} // namespace garam::npu
