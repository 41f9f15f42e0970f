//===- Device.cpp - HBM-PIM as a device class -----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Device.h"
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

class PIMDevice : public Device {
public:
  StringRef getKind() const override { return pim::deviceKind; }

  void registerDialects(mlir::DialectRegistry &registry) const override {
    registry.insert<pim::PIMDialect>();
    pim::registerTargetModel(registry);
  }
  void registerPasses() const override {
    registerLinalgToPIMPasses();
    registerPIMPasses();
  }

  Error checkTarget(const TargetFile &file) const override {
    return pim::readTargetFile(file.getBuffer()).takeError();
  }
  Expected<std::vector<MachineFact>>
  describeTarget(const TargetFile &file) const override;

  mlir::Attribute getTargetAttr(mlir::MLIRContext *context,
                                const TargetFile &file) const override {
    context->getOrLoadDialect<pim::PIMDialect>();
    return pim::TargetAttr::get(context, file.header.name, file.text);
  }
  Expected<MachineSummary>
  summarizeMachine(MemoryBufferRef target) const override {
    return pim::summarizeMachine(target);
  }
  std::vector<DeviceExport> getExports() const override {
    return {{pim::streamExport.str(),
             "write the memory transactions of a program as text, one a line "
             "(docs/isa/pim.md); inputs are zeros"}};
  }
  Expected<std::unique_ptr<LoadedProgram>>
  load(ArrayRef<uint8_t> code, MemoryBufferRef target) const override {
    return pim::loadProgram(code, target);
  }
};

} // namespace

Expected<std::vector<MachineFact>>
PIMDevice::describeTarget(const TargetFile &file) const {
  Expected<pim::MachineDescription> machine =
      pim::readTargetFile(file.getBuffer());
  if (!machine)
    return machine.takeError();
  constexpr double mega = 1e6, giga = 1e9, tera = 1e12;
  constexpr double gibi = 1 << 30;
  // A multiply-accumulate counts as two operations in data sheets.
  constexpr double operationsPerMAC = 2;
  const pim::Geometry &g = machine->geometry;
  uint64_t operandBytes = g.getBytes() / g.rows * machine->getOperandRows();
  std::vector<MachineFact> facts;
  facts.push_back({"channels", std::to_string(g.channels)});
  facts.push_back({"units", std::to_string(g.channels * g.getUnits())});
  facts.push_back(
      {"clock", formatFigure(machine->timing.clockHz, mega, "MHz")});
  facts.push_back({"peak f16", formatFigure(pim::getMACsPerSecond(*machine) *
                                                operationsPerMAC,
                                            tera, "T operations/s")});
  facts.push_back({"DRAM", formatFigure(g.getBytes(), gibi, "GiB")});
  facts.push_back(
      {"DRAM for operands", formatFigure(operandBytes, gibi, "GiB")});
  facts.push_back(
      {"bandwidth in banks",
       formatFigure(pim::getBankBytesPerSecond(*machine), giga, "GB/s")});
  return facts;
}

std::unique_ptr<Device> createPIMDevice() {
  return std::make_unique<PIMDevice>();
}

} // namespace garam
