//===- Device.cpp - HBM-PIM as a device class -----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/DeviceClass.h"
#include "garam/Target/LoadedProgram.h"

#include "DeviceTargetModel.h"
#include "LoadedProgram.h"
#include "garam/Conversion/LinalgToPIM/Passes.h"
#include "garam/Dialect/PIM/IR/PIM.h"
#include "garam/Dialect/PIM/Transforms/Passes.h"
#include "garam/Support/Figures.h"
#include "garam/Target/PIM/Machine/TargetFile.h"

using namespace llvm;

namespace garam {
namespace {

class PIMDevice : public DeviceClass<PIMDevice, pim::PIMDialect,
                                     pim::TargetAttr, pim::MachineDescription> {
public:
  static constexpr StringLiteral kind = pim::deviceKind;
  static constexpr auto readMachine = pim::readTargetFile;
  static constexpr auto registerTargetModel = pim::registerTargetModel;
  static constexpr auto loadProgram = pim::loadProgram;
  static std::vector<MachineFact>
  describe(const pim::MachineDescription &machine);
  static MachineSummary summarize(const pim::MachineDescription &machine);

  void registerPasses() const override {
    registerLinalgToPIMPasses();
    registerPIMPasses();
  }

  std::vector<DeviceExport> getExports() const override {
    return {{pim::streamExport.str(),
             "write the memory transactions of a program as text, one a line "
             "(docs/isa/pim.md); inputs are zeros"}};
  }
};

} // namespace

std::vector<MachineFact>
PIMDevice::describe(const pim::MachineDescription &machine) {
  constexpr double mega = 1e6, giga = 1e9, tera = 1e12;
  constexpr double gibi = 1 << 30;
  // A multiply-accumulate counts as two operations in data sheets.
  constexpr double operationsPerMAC = 2;
  const pim::Geometry &g = machine.geometry;
  uint64_t operandBytes = g.getBytes() / g.rows * machine.getOperandRows();
  std::vector<MachineFact> facts;
  facts.push_back({"channels", std::to_string(g.channels)});
  facts.push_back({"units", std::to_string(g.channels * g.getUnits())});
  facts.push_back({"clock", formatFigure(machine.timing.clockHz, mega, "MHz")});
  facts.push_back({"peak f16", formatFigure(pim::getMACsPerSecond(machine) *
                                                operationsPerMAC,
                                            tera, "T operations/s")});
  facts.push_back({"DRAM", formatFigure(g.getBytes(), gibi, "GiB")});
  facts.push_back(
      {"DRAM for operands", formatFigure(operandBytes, gibi, "GiB")});
  facts.push_back(
      {"bandwidth in banks",
       formatFigure(pim::getBankBytesPerSecond(machine), giga, "GB/s")});
  return facts;
}

MachineSummary PIMDevice::summarize(const pim::MachineDescription &machine) {
  MachineSummary summary;
  summary.clockHz = machine.timing.clockHz;
  summary.idleWatts = machine.idleWatts;
  summary.memoryBytes = machine.geometry.getBytes();
  summary.peakBytesPerSecond = pim::getBankBytesPerSecond(machine);
  summary.hostLink = machine.hostLink;
  return summary;
}

std::unique_ptr<Device> createPIMDevice() {
  return std::make_unique<PIMDevice>();
}

} // namespace garam
