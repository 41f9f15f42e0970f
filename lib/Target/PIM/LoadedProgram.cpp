//===- LoadedProgram.cpp - An HBM-PIM program behind the interface --------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "LoadedProgram.h"

#include "garam/Target/PIM/Execution.h"
#include "garam/Target/PIM/Machine/TargetFile.h"
#include "llvm/ADT/STLExtras.h"

using namespace llvm;

namespace garam::pim {

namespace {

class PIMProgram : public LoadedProgram {
public:
  PIMProgram(Program program, MachineDescription machine)
      : program(std::move(program)), machine(std::move(machine)) {}

  std::vector<DeviceSegment> getSegments() const override {
    return program.segments;
  }
  std::vector<ResidentRange> getResidents() const override {
    return listResidents(program, machine);
  }
  std::vector<std::string> getLanes() const override;
  std::vector<uint64_t> getCommandCounts() const override;
  void disassemble(raw_ostream &os) const override {
    pim::disassemble(program, machine, os);
  }
  Expected<std::unique_ptr<ProgramInstance>>
  instantiate(ArrayRef<uint8_t> constants,
              const InstanceOptions &options) const override {
    return makeInstance(program, machine, constants, options);
  }

  Error exportAs(StringRef flag, ArrayRef<uint8_t> constants,
                 raw_ostream &os) const override;

private:
  Program program;
  MachineDescription machine;
};

} // namespace

std::vector<std::string> PIMProgram::getLanes() const {
  std::vector<std::string> lanes = {"driver"};
  for (uint32_t channel = 0; channel < machine.geometry.channels; ++channel)
    lanes.push_back("channel " + std::to_string(channel));
  return lanes;
}

std::vector<uint64_t> PIMProgram::getCommandCounts() const {
  uint64_t phases = llvm::count_if(program.steps, [](const Step &step) {
    return std::holds_alternative<Phase>(step);
  });
  std::vector<uint64_t> counts(getChannelLane(machine.geometry.channels),
                               phases);
  counts[driverLane] = program.steps.size() - phases;
  return counts;
}

/// The stream is what a run with zeros for inputs sends.
Error PIMProgram::exportAs(StringRef flag, ArrayRef<uint8_t> constants,
                           raw_ostream &os) const {
  if (flag != streamExport)
    return LoadedProgram::exportAs(flag, constants, os);
  TransactionStream head;
  head.header = makeHeader(machine);
  print(head, os);
  Expected<std::unique_ptr<ProgramInstance>> instance = makeInstance(
      program, machine, constants, InstanceOptions(),
      [&](const Transaction &transaction, ArrayRef<uint8_t> data,
          StringRef phase) { print(transaction, data, phase, os); });
  if (!instance)
    return instance.takeError();
  std::vector<std::vector<uint8_t>> memory;
  for (const DeviceSegment &segment : program.segments)
    memory.emplace_back(segment.role == MemoryRole::Constant ? 0
                                                             : segment.size);
  std::vector<MutableArrayRef<uint8_t>> segments(memory.begin(), memory.end());
  return (*instance)->run(segments).takeError();
}

Expected<std::unique_ptr<LoadedProgram>> loadProgram(ArrayRef<uint8_t> code,
                                                     MemoryBufferRef target) {
  Expected<MachineDescription> machine = readTargetFile(target);
  if (!machine)
    return machine.takeError();
  Expected<Program> program = decodeProgram(code);
  if (!program)
    return program.takeError();
  if (Error error = check(*program, *machine))
    return error;
  return std::make_unique<PIMProgram>(std::move(*program), std::move(*machine));
}

double getBankBytesPerSecond(const MachineDescription &machine) {
  const Geometry &g = machine.geometry;
  return double(g.channels) * g.getUnits() * bytesPerBurst *
         machine.timing.clockHz / std::max(machine.timing.tCCDL, 1u);
}

double getMACsPerSecond(const MachineDescription &machine) {
  // A burst of weights is one multiply-accumulate of all lanes.
  return getBankBytesPerSecond(machine) / bytesPerBurst * numLanes;
}

} // namespace garam::pim
