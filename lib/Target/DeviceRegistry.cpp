//===- DeviceRegistry.cpp - The device classes of a process ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/DeviceRegistry.h"

#include "llvm/ADT/STLExtras.h"

#include <cassert>

namespace garam {

// One for each device of this tree; CMake collects their names.
#define GARAM_DEVICE(name) std::unique_ptr<Device> create##name##Device();
#include "garam/Target/Devices.inc"
#undef GARAM_DEVICE

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

const Device *DeviceRegistry::findFallback() const {
  for (const std::unique_ptr<Device> &device : devices)
    if (device->isFallback())
      return device.get();
  return nullptr;
}

void registerBuiltinDevices(DeviceRegistry &registry) {
#define GARAM_DEVICE(name) registry.add(create##name##Device());
#include "garam/Target/Devices.inc"
#undef GARAM_DEVICE
}

} // namespace garam
