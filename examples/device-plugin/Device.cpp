//===- Device.cpp - The abacus as a device class, and the plugin ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Abacus.h"
#include "Simulator.h"
#include "garam/Support/Figures.h"
#include "garam/Target/DeviceClass.h"
#include "garam/Target/DevicePlugin.h"

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

/// DeviceClass makes the methods of Device of this.
class AbacusDevice : public garam::DeviceClass<AbacusDevice, AbacusDialect,
                                               TargetAttr, Machine> {
public:
  static constexpr StringLiteral kind = deviceKind;
  static constexpr auto readMachine = abacus::readMachine;
  static constexpr auto registerTargetModel = abacus::registerTargetModel;
  static std::vector<garam::MachineFact> describe(const Machine &machine);
  static garam::MachineSummary summarize(const Machine &machine);
  static Expected<std::unique_ptr<garam::LoadedProgram>>
  loadProgram(ArrayRef<uint8_t> code, MemoryBufferRef target);

  void registerPasses() const override { registerAbacusPasses(); }
};

} // namespace

/// For `garam targets NAME`.
std::vector<garam::MachineFact> AbacusDevice::describe(const Machine &machine) {
  constexpr double mega = 1e6, mebi = 1 << 20;
  return {
      {"clock", garam::formatFigure(machine.clockHz, mega, "MHz")},
      {"lanes", Twine(machine.lanes).str()},
      {"chain", (Twine(machine.chainInstructions) + " instructions").str()},
      {"memory", garam::formatFigure(machine.memoryBytes, mebi, "MiB")},
  };
}

/// For the runtime and its reports.
garam::MachineSummary AbacusDevice::summarize(const Machine &machine) {
  garam::MachineSummary summary;
  summary.clockHz = machine.clockHz;
  summary.idleWatts = machine.idleWatts;
  summary.memoryBytes = machine.memoryBytes;
  summary.peakBytesPerSecond = machine.memoryBytesPerSecond;
  summary.hostLink = machine.hostLink;
  return summary;
}

/// Reads a program back and checks it. Bytes and target may be anyone's.
Expected<std::unique_ptr<garam::LoadedProgram>>
AbacusDevice::loadProgram(ArrayRef<uint8_t> code, MemoryBufferRef target) {
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

/// What --device-plugin looks for.
extern "C" const garam::DevicePluginInfo *garamGetDevicePlugin() {
  static constexpr garam::DevicePluginInfo info = {
      garam::devicePluginAPIVersion, garam::devicePluginBuild, "abacus",
      [](garam::DeviceRegistry &registry) {
        registry.add(std::make_unique<abacus::AbacusDevice>());
      }};
  return &info;
}
