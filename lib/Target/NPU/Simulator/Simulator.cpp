//===- Simulator.cpp - Executes NPU programs ------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/NPU/Simulator.h"

#include "garam/Target/NPU/Device.h"

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

llvm::Expected<SimulationResult>
simulate(const Program &program, const MachineDescription &machine,
         llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments,
         llvm::ArrayRef<uint32_t> parameters,
         const SimulationOptions &options) {
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
