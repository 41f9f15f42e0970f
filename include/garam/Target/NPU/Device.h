//===- Device.h - A simulated NPU -------------------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_NPU_DEVICE_H
#define GARAM_TARGET_NPU_DEVICE_H

#include "garam/Simulation/BandwidthServer.h"
#include "garam/Simulation/Kernel.h"
#include "garam/Target/NPU/Simulator.h"
#include "garam/Target/RunMemory.h"

#include <memory>

namespace garam::npu {

/// An NPU with a program, as a component of a simulation in which other devices
/// may take part. `simulate` is the convenience for an NPU alone.
class Device : public sim::Component {
public:
  /// Checks the program and its arguments as `simulate` does. All arguments
  /// must live as long as the device. `dram` is the DRAM that others use too;
  /// null: the device has its own.
  static llvm::Expected<std::unique_ptr<Device>>
  create(sim::Kernel &kernel, const Program &program,
         const MachineDescription &machine, const RunMemory &segments,
         llvm::ArrayRef<uint32_t> parameters, const SimulationOptions &options,
         sim::BandwidthServer *dram = nullptr);

  /// What the finished run took. Latency counts from the device's start.
  virtual SimulationResult getResult() const = 0;
  /// What is in bytes of an SRAM. Not when only times are simulated.
  virtual std::vector<uint8_t> copy(const ResidentBytes &bytes) const = 0;
};

} // namespace garam::npu

#endif // GARAM_TARGET_NPU_DEVICE_H
