//===- Device.cpp - The abacus as a device class, and the plugin ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Abacus.h"
#include "LoadedProgram.h"
#include "Machine.h"
#include "garam/Support/Figures.h"
#include "garam/Target/DevicePlugin.h"

using namespace llvm;

namespace abacus {
namespace {

class AbacusDevice : public garam::Device {
public:
  StringRef getKind() const override { return deviceKind; }

  void registerDialects(mlir::DialectRegistry &registry) const override {
    registry.insert<AbacusDialect>();
    registerTargetModel(registry);
  }
  void registerPasses() const override { registerAbacusPasses(); }

  Error checkTarget(const garam::TargetFile &file) const override {
    return readMachine(file.getBuffer()).takeError();
  }
  Expected<std::vector<garam::MachineFact>>
  describeTarget(const garam::TargetFile &file) const override;

  mlir::Attribute getTargetAttr(mlir::MLIRContext *context,
                                const garam::TargetFile &file) const override {
    context->getOrLoadDialect<AbacusDialect>();
    return TargetAttr::get(context, file.header.name, file.text);
  }
  Expected<garam::MachineSummary>
  summarizeMachine(MemoryBufferRef target) const override;

  Expected<std::unique_ptr<garam::LoadedProgram>>
  load(ArrayRef<uint8_t> code, MemoryBufferRef target) const override {
    return loadProgram(code, target);
  }
};

} // namespace

/// For `garam targets NAME`.
Expected<std::vector<garam::MachineFact>>
AbacusDevice::describeTarget(const garam::TargetFile &file) const {
  Expected<Machine> machine = readMachine(file.getBuffer());
  if (!machine)
    return machine.takeError();
  constexpr double mega = 1e6, mebi = 1 << 20;
  return std::vector<garam::MachineFact>{
      {"clock", garam::formatFigure(machine->clockHz, mega, "MHz")},
      {"lanes", Twine(machine->lanes).str()},
      {"chain", (Twine(machine->chainInstructions) + " instructions").str()},
      {"memory", garam::formatFigure(machine->memoryBytes, mebi, "MiB")},
  };
}

/// For the runtime and its reports.
Expected<garam::MachineSummary>
AbacusDevice::summarizeMachine(MemoryBufferRef target) const {
  Expected<Machine> machine = readMachine(target);
  if (!machine)
    return machine.takeError();
  garam::MachineSummary summary;
  summary.clockHz = machine->clockHz;
  summary.idleWatts = machine->idleWatts;
  summary.peakBytesPerSecond = machine->memoryBytesPerSecond;
  if (machine->hostBytesPerSecond > 0) {
    summary.hostLink.emplace();
    summary.hostLink->bytesPerSecond = machine->hostBytesPerSecond;
    summary.hostLink->seconds = machine->hostSeconds;
  }
  return summary;
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
