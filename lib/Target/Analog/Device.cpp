//===- Device.cpp - Analog chips as a device class ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Device.h"
#include "garam/Target/LoadedProgram.h"

#include "DeviceTargetModel.h"
#include "LoadedProgram.h"
#include "garam/Conversion/LinalgToAnalog/Passes.h"
#include "garam/Dialect/Analog/IR/Analog.h"
#include "garam/Dialect/Analog/Transforms/Passes.h"
#include "garam/Support/Figures.h"
#include "garam/Target/Analog/Machine/TargetFile.h"

using namespace llvm;

namespace garam {
namespace {

class AnalogDevice : public Device {
public:
  StringRef getKind() const override { return analog::deviceKind; }

  void registerDialects(mlir::DialectRegistry &registry) const override {
    registry.insert<analog::AnalogDialect>();
    analog::registerTargetModel(registry);
  }
  void registerPasses() const override {
    registerLinalgToAnalogPasses();
    registerAnalogPasses();
  }

  Error checkTarget(const TargetFile &file) const override {
    return analog::readTargetFile(file.getBuffer()).takeError();
  }
  Expected<std::vector<MachineFact>>
  describeTarget(const TargetFile &file) const override;
  Expected<MachineSummary>
  summarizeMachine(MemoryBufferRef target) const override;
  std::vector<DeviceOption> getCompileOptions() const override {
    return {analog::getReadPhasesOption()};
  }

  mlir::Attribute getTargetAttr(mlir::MLIRContext *context,
                                const TargetFile &file) const override {
    context->getOrLoadDialect<analog::AnalogDialect>();
    return analog::TargetAttr::get(context, file.header.name, file.text);
  }
  Expected<std::unique_ptr<LoadedProgram>>
  load(ArrayRef<uint8_t> code, MemoryBufferRef target) const override {
    return analog::loadProgram(code, target);
  }
};

} // namespace

Expected<std::vector<MachineFact>>
AnalogDevice::describeTarget(const TargetFile &file) const {
  Expected<analog::MachineDescription> machine =
      analog::readTargetFile(file.getBuffer());
  if (!machine)
    return machine.takeError();
  constexpr double tera = 1e12, nano = 1e-9;
  // A multiply-accumulate counts as two operations in data sheets.
  constexpr double operationsPerMAC = 2;
  const analog::CrossbarDescription &crossbar = machine->crossbar;
  double cells = double(machine->cores) * crossbar.rows * crossbar.columns;
  auto formatPeak = [&](double seconds) {
    return formatFigure(cells * operationsPerMAC / seconds, tera,
                        "T operations/s");
  };
  const analog::ReadDescription &read = machine->read;
  std::vector<MachineFact> facts;
  facts.push_back({"cores", Twine(machine->cores).str()});
  facts.push_back({"crossbar", (Twine(crossbar.rows) + " x " +
                                Twine(crossbar.columns) + " cells")
                                   .str()});
  facts.push_back({"weights", Twine(uint64_t(cells)).str()});
  facts.push_back({"converters", (Twine(read.dacBits) + " bits in, " +
                                  Twine(read.adcBits) + " bits out")
                                     .str()});
  facts.push_back({"read of a crossbar",
                   formatFigure(read.fourPhaseSeconds, nano, "ns, ") +
                       formatFigure(read.fourPhaseJoules, nano, "nJ")});
  facts.push_back({"peak, signed inputs", formatPeak(read.fourPhaseSeconds)});
  facts.push_back({"peak, other inputs", formatPeak(read.onePhaseSeconds)});
  return facts;
}

Expected<MachineSummary>
AnalogDevice::summarizeMachine(MemoryBufferRef target) const {
  Expected<analog::MachineDescription> machine = analog::readTargetFile(target);
  if (!machine)
    return machine.takeError();
  MachineSummary summary;
  summary.clockHz = machine->digital.clockHz;
  summary.onChipBytes = machine->buffer.bytes + machine->vectors.bytes +
                        uint64_t(machine->cores) * machine->crossbar.rows *
                            machine->crossbar.columns;
  summary.idleWatts = machine->idleWatts;
  summary.memoryBytes = machine->buffer.bytes;
  // Weights are programmed into crossbars, other tables belong to the digital
  // unit.
  summary.memoryHoldsConstants = false;
  summary.peakBytesPerSecond =
      machine->digital.clockHz * machine->buffer.bytesPerCycle;
  summary.hostLink =
      HostLink{machine->hostLinkBytesPerSecond, machine->hostLinkSeconds,
               machine->hostLinkJoulesPerByte};
  return summary;
}

std::unique_ptr<Device> createAnalogDevice() {
  return std::make_unique<AnalogDevice>();
}

} // namespace garam
