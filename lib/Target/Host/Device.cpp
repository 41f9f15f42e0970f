//===- Device.cpp - The host as a device class ----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Device.h"
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

class HostDevice : public Device {
public:
  StringRef getKind() const override { return host::deviceKind; }

  void registerDialects(mlir::DialectRegistry &registry) const override {
    registry.insert<host::HostDialect>();
    host::registerTargetModel(registry);
  }
  void registerPasses() const override {
    registerLinalgToHostPasses();
    registerHostPasses();
    host::registerKernelPipeline();
    host::registerLoweringPipelines();
  }

  Error checkTarget(const TargetFile &file) const override {
    return host::readTargetFile(file.getBuffer()).takeError();
  }
  Expected<std::vector<MachineFact>>
  describeTarget(const TargetFile &file) const override;

  mlir::Attribute getTargetAttr(mlir::MLIRContext *context,
                                const TargetFile &file) const override {
    context->getOrLoadDialect<host::HostDialect>();
    return host::TargetAttr::get(context, file.header.name, file.text);
  }
  Expected<MachineSummary>
  summarizeMachine(MemoryBufferRef target) const override;
  std::vector<DeviceOption> getCompileOptions() const override {
    return {host::getProcessorOption()};
  }
  bool executesNativeCode() const override { return true; }
  bool isFallback() const override { return true; }

  Expected<std::unique_ptr<LoadedProgram>>
  load(ArrayRef<uint8_t> code, MemoryBufferRef target) const override {
    return host::loadProgram(code, target);
  }
};

} // namespace

Expected<std::vector<MachineFact>>
HostDevice::describeTarget(const TargetFile &file) const {
  Expected<host::MachineDescription> machine =
      host::readTargetFile(file.getBuffer());
  if (!machine)
    return machine.takeError();
  constexpr double giga = 1e9;
  return std::vector<MachineFact>{
      {"cores", Twine(machine->cores).str()},
      {"clock", formatFigure(machine->clockHz, giga, "GHz")},
      {"peak f32",
       formatFigure(machine->getOperationsPerSecond(), giga, "G operations/s")},
      {"memory bandwidth",
       formatFigure(machine->memoryBytesPerSecond, giga, "GB/s")}};
}

Expected<MachineSummary>
HostDevice::summarizeMachine(MemoryBufferRef target) const {
  Expected<host::MachineDescription> machine = host::readTargetFile(target);
  if (!machine)
    return machine.takeError();
  MachineSummary summary;
  summary.clockHz = machine->clockHz;
  summary.idleWatts = machine->idleWatts;
  summary.peakBytesPerSecond = machine->memoryBytesPerSecond;
  return summary;
}

std::unique_ptr<Device> createHostDevice() {
  return std::make_unique<HostDevice>();
}

} // namespace garam
