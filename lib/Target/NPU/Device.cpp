//===- Device.cpp - The NPU as a device class -----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/DeviceClass.h"
#include "garam/Target/LoadedProgram.h"

#include "DeviceTargetModel.h"
#include "LoadedProgram.h"
#include "garam/Conversion/LinalgToNPU/Passes.h"
#include "garam/Conversion/LinalgToNPU/Pipeline.h"
#include "garam/Dialect/NPU/IR/NPU.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Stages/Passes.h"
#include "garam/Support/Figures.h"
#include "garam/Target/NPU/Compile.h"
#include "garam/Target/NPU/Machine/TargetFile.h"

using namespace llvm;

namespace garam {
namespace {

class NPUDevice : public DeviceClass<NPUDevice, npu::NPUDialect,
                                     npu::TargetAttr, npu::MachineDescription> {
public:
  static constexpr StringLiteral kind = npu::deviceKind;
  static constexpr auto readMachine = npu::readTargetFile;
  static constexpr auto registerTargetModel = npu::registerTargetModel;
  static constexpr auto loadProgram = npu::loadProgram;
  static std::vector<MachineFact>
  describe(const npu::MachineDescription &machine);
  static MachineSummary summarize(const npu::MachineDescription &machine);

  std::vector<DeviceOption> getCompileOptions() const override {
    return {npu::getResidentWeightsOption()};
  }
  void registerTranslations() const override { npu::registerTranslations(); }
  void registerPasses() const override {
    registerLinalgToNPUPasses();
    registerNPUPasses();
    registerNPUStagePasses();
    npu::registerStagePipeline();
  }
};

} // namespace

std::vector<MachineFact>
NPUDevice::describe(const npu::MachineDescription &machine) {
  constexpr double mega = 1e6, giga = 1e9, tera = 1e12;
  constexpr double mebi = 1 << 20, gibi = 1 << 30;
  // A multiply-accumulate counts as two operations in data sheets.
  constexpr double operationsPerMAC = 2;

  std::vector<MachineFact> facts;
  facts.push_back({"cores", Twine(machine.cores).str()});
  facts.push_back({"clock", formatFigure(machine.clockHz, mega, "MHz")});
  for (const npu::ArrayMode &mode : machine.tensor.modes)
    facts.push_back({"peak " + npu::getName(mode.type).str(),
                     formatFigure(machine.getPeakMACsPerSecond(mode.type) *
                                      operationsPerMAC,
                                  tera, "T operations/s")});
  facts.push_back(
      {"SRAM of a core", formatFigure(machine.local.bytes, mebi, "MiB")});
  if (machine.shared.bytes != 0)
    facts.push_back(
        {"shared SRAM", formatFigure(machine.shared.bytes, mebi, "MiB")});
  facts.push_back({"DRAM", formatFigure(machine.dram.bytes, gibi, "GiB")});
  facts.push_back({"DRAM bandwidth",
                   formatFigure(machine.dram.bytesPerSecond, giga, "GB/s")});
  return facts;
}

MachineSummary NPUDevice::summarize(const npu::MachineDescription &machine) {
  MachineSummary summary;
  summary.clockHz = machine.clockHz;
  summary.onChipBytes =
      machine.cores * machine.local.bytes + machine.shared.bytes;
  summary.idleWatts = machine.idleWatts;
  summary.memoryBytes = machine.dram.bytes;
  summary.peakBytesPerSecond = machine.dram.bytesPerSecond;
  summary.hostLink = machine.hostLink;
  return summary;
}

std::unique_ptr<Device> createNPUDevice() {
  return std::make_unique<NPUDevice>();
}

} // namespace garam
