//===- DeviceRegistry.h - The device classes of a process -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_DEVICEREGISTRY_H
#define GARAM_TARGET_DEVICEREGISTRY_H

#include "garam/Target/Device.h"

namespace garam {

/// The device classes of a process, by kind.
class DeviceRegistry {
public:
  /// `device`'s kind must be new.
  void add(std::unique_ptr<Device> device);
  /// Adds the devices of `other`, whose kinds must be new.
  void takeDevices(DeviceRegistry other);
  /// The device of `kind`, or null.
  const Device *lookup(llvm::StringRef kind) const;
  /// The device that takes what others refuse, or null.
  const Device *findFallback() const;
  /// In the order of their kinds.
  const std::vector<std::unique_ptr<Device>> &getDevices() const {
    return devices;
  }

private:
  std::vector<std::unique_ptr<Device>> devices;
};

/// Adds the devices of this tree.
void registerBuiltinDevices(DeviceRegistry &registry);

} // namespace garam

#endif // GARAM_TARGET_DEVICEREGISTRY_H
