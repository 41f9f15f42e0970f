//===- LoadedProgram.cpp - Programs behind Garam's interface
//---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "LoadedProgram.h"

#include "Simulator.h"

using namespace llvm;

namespace abacus {

namespace {

/// What the runtime holds of a program.
class AbacusProgram : public garam::LoadedProgram {
public:
  AbacusProgram(Program program, Machine machine)
      : program(std::move(program)), machine(std::move(machine)) {}

  std::vector<garam::DeviceSegment> getSegments() const override {
    return program.segments;
  }
  std::vector<std::string> getLanes() const override { return {"chains"}; }
  std::vector<uint64_t> getCommandCounts() const override {
    return {program.chains.size()};
  }
  void disassemble(raw_ostream &os) const override {
    abacus::disassemble(program, os);
  }
  Expected<std::unique_ptr<garam::ProgramInstance>>
  instantiate(ArrayRef<uint8_t> constants,
              const garam::InstanceOptions &options) const override {
    return makeInstance(program, machine, constants, options);
  }

private:
  Program program;
  Machine machine;
};

} // namespace

Expected<std::unique_ptr<garam::LoadedProgram>>
loadProgram(ArrayRef<uint8_t> code, MemoryBufferRef target) {
  Expected<Machine> machine = readMachine(target);
  if (!machine)
    return machine.takeError();
  Expected<Program> program = decode(code);
  if (!program)
    return program.takeError();
  if (Error error = checkProgram(*program, *machine))
    return std::move(error);
  return std::make_unique<AbacusProgram>(std::move(*program),
                                         std::move(*machine));
}

} // namespace abacus
