//===- Device.cpp - The host as a device class ----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/DeviceClass.h"
#include "garam/Target/LoadedProgram.h"

#include "DeviceTargetModel.h"
#include "LoadedProgram.h"
#include "garam/Conversion/LinalgToHost/Passes.h"
#include "garam/Dialect/Host/IR/Host.h"
#include "garam/Dialect/Host/Transforms/Passes.h"
#include "garam/Support/Figures.h"
#include "garam/Target/Host/Compile.h"
#include "garam/Target/Host/Machine.h"

using namespace llvm;

namespace garam {
namespace {

class HostDevice
    : public DeviceClass<HostDevice, host::HostDialect, host::TargetAttr,
                         host::MachineDescription> {
public:
  static constexpr StringLiteral kind = host::deviceKind;
  static constexpr auto readMachine = host::readTargetFile;
  static constexpr auto registerTargetModel = host::registerTargetModel;
  static constexpr auto loadProgram = host::loadProgram;
  static std::vector<MachineFact>
  describe(const host::MachineDescription &machine);
  static MachineSummary summarize(const host::MachineDescription &machine);

  void registerPasses() const override {
    registerLinalgToHostPasses();
    registerHostPasses();
    host::registerKernelPipeline();
    host::registerLoweringPipelines();
  }

  std::vector<DeviceOption> getCompileOptions() const override {
    return {host::getProcessorOption()};
  }
  bool executesNativeCode() const override { return true; }
  bool isFallback() const override { return true; }
};

} // namespace

std::vector<MachineFact>
HostDevice::describe(const host::MachineDescription &machine) {
  constexpr double giga = 1e9;
  return std::vector<MachineFact>{
      {"cores", Twine(machine.cores).str()},
      {"clock", formatFigure(machine.clockHz, giga, "GHz")},
      {"peak f32",
       formatFigure(machine.getOperationsPerSecond(), giga, "G operations/s")},
      {"memory bandwidth",
       formatFigure(machine.memoryBytesPerSecond, giga, "GB/s")}};
}

MachineSummary HostDevice::summarize(const host::MachineDescription &machine) {
  MachineSummary summary;
  summary.clockHz = machine.clockHz;
  summary.idleWatts = machine.idleWatts;
  summary.peakBytesPerSecond = machine.memoryBytesPerSecond;
  return summary;
}

std::unique_ptr<Device> createHostDevice() {
  return std::make_unique<HostDevice>();
}

} // namespace garam
