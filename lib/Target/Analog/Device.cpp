//===- Device.cpp - Analog chips as a device class ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/DeviceClass.h"
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

class AnalogDevice
    : public DeviceClass<AnalogDevice, analog::AnalogDialect,
                         analog::TargetAttr, analog::MachineDescription> {
public:
  static constexpr StringLiteral kind = analog::deviceKind;
  static constexpr auto readMachine = analog::readTargetFile;
  static constexpr auto registerTargetModel = analog::registerTargetModel;
  static constexpr auto loadProgram = analog::loadProgram;
  static std::vector<MachineFact>
  describe(const analog::MachineDescription &machine);
  static MachineSummary summarize(const analog::MachineDescription &machine);

  void registerPasses() const override {
    registerLinalgToAnalogPasses();
    registerAnalogPasses();
  }
  std::vector<DeviceOption> getCompileOptions() const override {
    return {analog::getReadPhasesOption()};
  }
};

} // namespace

std::vector<MachineFact>
AnalogDevice::describe(const analog::MachineDescription &machine) {
  constexpr double tera = 1e12, nano = 1e-9;
  // A multiply-accumulate counts as two operations in data sheets.
  constexpr double operationsPerMAC = 2;
  const analog::CrossbarDescription &crossbar = machine.crossbar;
  double cells = double(machine.cores) * crossbar.rows * crossbar.columns;
  auto formatPeak = [&](double seconds) {
    return formatFigure(cells * operationsPerMAC / seconds, tera,
                        "T operations/s");
  };
  const analog::ReadDescription &read = machine.read;
  std::vector<MachineFact> facts;
  facts.push_back({"cores", Twine(machine.cores).str()});
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

MachineSummary
AnalogDevice::summarize(const analog::MachineDescription &machine) {
  MachineSummary summary;
  summary.clockHz = machine.digital.clockHz;
  summary.onChipBytes = machine.buffer.bytes + machine.vectors.bytes +
                        uint64_t(machine.cores) * machine.crossbar.rows *
                            machine.crossbar.columns;
  summary.idleWatts = machine.idleWatts;
  summary.memoryBytes = machine.buffer.bytes;
  // Weights are programmed into crossbars, other tables belong to the digital
  // unit.
  summary.memoryHoldsConstants = false;
  summary.peakBytesPerSecond =
      machine.digital.clockHz * machine.buffer.bytesPerCycle;
  summary.hostLink = machine.hostLink;
  return summary;
}

std::unique_ptr<Device> createAnalogDevice() {
  return std::make_unique<AnalogDevice>();
}

} // namespace garam
