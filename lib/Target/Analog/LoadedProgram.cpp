//===- LoadedProgram.cpp - An analog program behind the interface ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "LoadedProgram.h"

#include "garam/Target/Analog/Encoding.h"
#include "garam/Target/Analog/Machine/TargetFile.h"
#include "garam/Target/Analog/Simulator.h"

using namespace llvm;

namespace garam::analog {
namespace {

class AnalogProgram : public LoadedProgram {
public:
  AnalogProgram(Program program, MachineDescription machine)
      : program(std::move(program)), machine(std::move(machine)) {}

  std::vector<DeviceSegment> getSegments() const override {
    return program.segments;
  }
  std::vector<ResidentRange> getResidents() const override {
    return listResidents(program);
  }
  std::vector<std::string> getLanes() const override;
  std::vector<uint64_t> getCommandCounts() const override;
  void disassemble(raw_ostream &os) const override {
    analog::disassemble(program, os);
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

std::vector<ResidentRange> listResidents(const Program &program) {
  std::vector<ResidentRange> cores;
  for (const Layer &layer : program.layers)
    for (const Tile &tile : layer.tiles)
      cores.push_back({coresName.str(), tile.core, uint64_t(tile.core) + 1});
  normalize(cores);
  return cores;
}

std::vector<std::string> AnalogProgram::getLanes() const {
  std::vector<std::string> lanes{"digital unit"};
  for (const Queue &queue : ArrayRef(program.queues).drop_front())
    lanes.push_back("core " + std::to_string(queue.core));
  return lanes;
}

std::vector<uint64_t> AnalogProgram::getCommandCounts() const {
  std::vector<uint64_t> counts;
  for (const Queue &queue : program.queues)
    counts.push_back(queue.commands.size());
  return counts;
}

Expected<std::unique_ptr<LoadedProgram>> loadProgram(ArrayRef<uint8_t> code,
                                                     MemoryBufferRef target) {
  Expected<MachineDescription> machine = readTargetFile(target);
  if (!machine)
    return machine.takeError();
  Expected<Program> program = decode(code);
  if (!program)
    return program.takeError();
  if (Error error = checkProgram(*program, *machine))
    return std::move(error);
  return std::make_unique<AnalogProgram>(std::move(*program),
                                         std::move(*machine));
}

} // namespace garam::analog
