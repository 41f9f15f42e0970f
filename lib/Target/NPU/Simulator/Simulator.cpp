//===- Simulator.cpp - Executes NPU programs ------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/NPU/Simulator.h"

#include "garam/Target/NPU/Device.h"
#include "garam/Target/NPU/Encoding.h"
#include "garam/Target/NPU/Machine/Timing.h"

namespace garam::npu {

llvm::StringRef getName(TimeCategory category) {
  switch (category) {
  case TimeCategory::Compute:
    return "compute";
  case TimeCategory::Fill:
    return "fill";
  case TimeCategory::FixedCost:
    return "fixed_cost";
  case TimeCategory::Synchronisation:
    return "synchronisation";
  case TimeCategory::LocalBandwidth:
    return "local_bandwidth";
  case TimeCategory::DRAMBandwidth:
    return "dram_bandwidth";
  case TimeCategory::NetworkBandwidth:
    return "network_bandwidth";
  case TimeCategory::Contention:
    return "contention";
  }
  return "unknown";
}

llvm::Expected<SetupResult> simulateSetup(const Program &program,
                                          const MachineDescription &machine,
                                          const RunMemory &segments,
                                          const SimulationOptions &options) {
  SetupResult result;
  if (llvm::Error error = verify(program))
    return std::move(error);
  if (program.residents.empty())
    return result;
  for (const ResidentBytes &bytes : program.residents)
    if (llvm::Error error = checkSupported(bytes, machine))
      return llvm::createStringError("NPU simulation: " +
                                     llvm::toString(std::move(error)));
  Program setup = makeSetupProgram(program);
  sim::Kernel kernel;
  llvm::Expected<std::unique_ptr<Device>> device =
      Device::create(kernel, setup, machine, segments, {}, options);
  if (!device)
    return device.takeError();
  kernel.add(**device);
  if (llvm::Error error = kernel.run())
    return std::move(error);
  result.cost = (*device)->getResult();
  if (!options.timingOnly)
    for (const ResidentBytes &bytes : program.residents)
      result.residents.push_back((*device)->copy(bytes));
  return result;
}

llvm::Expected<SimulationResult>
simulate(const Program &program, const MachineDescription &machine,
         llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments,
         llvm::ArrayRef<uint32_t> parameters,
         const SimulationOptions &givenOptions) {
  SimulationOptions options = givenOptions;
  SetupResult setup;
  if (!options.timingOnly && options.residents.empty()) {
    SimulationOptions silent;
    silent.threads = options.threads;
    if (llvm::Error error =
            simulateSetup(program, machine, segments, silent).moveInto(setup))
      return std::move(error);
    options.residents = setup.residents;
  }
  sim::Kernel kernel;
  llvm::Expected<std::unique_ptr<Device>> device =
      Device::create(kernel, program, machine, segments, parameters, options);
  if (!device)
    return device.takeError();
  kernel.add(**device);
  if (llvm::Error error = kernel.run())
    return error;
  return (*device)->getResult();
}

} // namespace garam::npu
