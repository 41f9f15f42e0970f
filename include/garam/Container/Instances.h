//===- Instances.h - Programs on devices, with weights ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_CONTAINER_INSTANCES_H
#define GARAM_CONTAINER_INSTANCES_H

#include "garam/Container/Manifest.h"

#include <optional>

namespace garam {

/// A program on a device with its weights, as dispatches need it: those of one
/// program, on one device, with one constant segment share an instance.
struct InstancePlace {
  uint32_t program = 0, device = 0;        // numbers in the manifest
  std::optional<uint32_t> constantSegment; // of the manifest
};

/// The instances that steps need.
struct InstanceList {
  std::vector<InstancePlace> instances; // in the order of their first dispatch
  std::vector<uint32_t> ofStep;         // number of each step's; 0 of transfers
};

/// The instances of the steps of an entry point. `declared[i]` are the segments
/// that program i itself declares, as many as each dispatch of it binds.
InstanceList listInstances(const EntryPoint &entry,
                           llvm::ArrayRef<std::vector<DeviceSegment>> declared);

/// All instances of a manifest, which are on their devices at once, occupy
/// different parts of them. `residents[i]` is what an instance of program i
/// occupies, normalised. The error names the device, what is occupied twice,
/// and the two programs.
llvm::Error
checkResidents(const Manifest &manifest,
               llvm::ArrayRef<std::vector<DeviceSegment>> declared,
               llvm::ArrayRef<std::vector<ResidentRange>> residents);

} // namespace garam

#endif // GARAM_CONTAINER_INSTANCES_H
