//===- DeviceRegistry.cpp - The device classes of a process ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Device.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringMap.h"

#include <cassert>

namespace garam {

// One for each device of this tree; CMake collects their names.
#define GARAM_DEVICE(name) std::unique_ptr<Device> create##name##Device();
#include "garam/Target/Devices.inc"
#undef GARAM_DEVICE

llvm::StringRef getName(MemoryRole role) {
  static constexpr llvm::StringLiteral names[numMemoryRoles] = {
      "constant", "parameter", "state", "input", "output", "scratch"};
  return names[static_cast<unsigned>(role)];
}

uint64_t getPeakOnChipBytes(llvm::ArrayRef<PlannedRegion> plan) {
  llvm::StringMap<uint64_t> peaks;
  for (const PlannedRegion &region : plan) {
    if (!region.isOnChip)
      continue;
    uint64_t &peak = peaks[region.memory];
    peak = std::max(peak, region.offset + region.size);
  }
  uint64_t sum = 0;
  for (const auto &entry : peaks)
    sum += entry.second;
  return sum;
}

llvm::Error LoadedProgram::exportAs(llvm::StringRef flag,
                                    llvm::ArrayRef<uint8_t>,
                                    llvm::raw_ostream &) const {
  return llvm::createStringError("--" + flag +
                                 ": the program has no such form");
}

llvm::Expected<DeviceRun>
LoadedProgram::run(llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments,
                   const DeviceRunOptions &options) const {
  sim::Kernel kernel;
  std::optional<DeviceRun> result;
  llvm::Expected<std::unique_ptr<DeviceExecution>> execution =
      prepare(kernel, segments, options, [&](DeviceRun run) {
        result = std::move(run);
        return llvm::Error::success();
      });
  if (!execution)
    return execution.takeError();
  kernel.add(**execution);
  if (llvm::Error error = kernel.run())
    return error;
  if (!result)
    return llvm::createStringError("the program stops before its end");
  return std::move(*result);
}

void DeviceRegistry::add(std::unique_ptr<Device> device) {
  assert(!lookup(device->getKind()) && "two devices of one kind");
  auto position = llvm::upper_bound(devices, device,
                                    [](const auto &left, const auto &right) {
                                      return left->getKind() < right->getKind();
                                    });
  devices.insert(position, std::move(device));
}

void DeviceRegistry::takeDevices(DeviceRegistry other) {
  for (std::unique_ptr<Device> &device : other.devices)
    add(std::move(device));
}

const Device *DeviceRegistry::lookup(llvm::StringRef kind) const {
  for (const std::unique_ptr<Device> &device : devices)
    if (device->getKind() == kind)
      return device.get();
  return nullptr;
}

void registerBuiltinDevices(DeviceRegistry &registry) {
#define GARAM_DEVICE(name) registry.add(create##name##Device());
#include "garam/Target/Devices.inc"
#undef GARAM_DEVICE
}

} // namespace garam
