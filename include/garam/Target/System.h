//===- System.h - Several devices and the links between them ----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A model is compiled for a system: a target file of kind 'system' names its
// devices and describes the links between them (docs/targets.md). The target
// file of one chip stands for that chip together with its host.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_SYSTEM_H
#define GARAM_TARGET_SYSTEM_H

#include "garam/Target/DeviceRegistry.h"
#include "garam/Target/TargetSchema.h"

#include <array>

namespace garam {

/// `kind` of a target file that describes a system.
constexpr llvm::StringLiteral systemKind = "system";

/// A link that moves bytes between the memories of two devices.
struct SystemLink {
  std::array<std::string, 2> ends; // names of devices
  double bytesPerSecond = 0;       // each direction
  double seconds = 0;              // of a transfer of no bytes
  double energyPerByte = 0;        // joule
};

/// What a target file of kind 'system' says.
struct SystemDescription {
  struct Device {
    std::string name;   // unique in the system
    std::string target; // name or file of its target
  };

  std::string name;
  /// The device in whose memory the inputs and outputs of a model are, and
  /// which takes what the others refuse.
  std::string host;
  std::vector<Device> devices;
  std::vector<SystemLink> links;
};

/// Reads and validates a target file of a system, without its devices' files.
/// Errors carry file, line and column; all are reported, joined.
llvm::Expected<SystemDescription> readSystemFile(llvm::MemoryBufferRef file);

/// All fields of it, in the order of docs/targets.md.
std::vector<TargetField> getSystemFields();

/// A system whose target files are open and checked.
struct System {
  struct Device {
    std::string name;
    TargetFile file;
    const garam::Device *device = nullptr;
    /// It belongs to the system only when something runs on it: the host of a
    /// chip's target file.
    bool isOnDemand = false;
  };

  std::string name;
  TargetFile file;
  /// Empty: no device takes what another refuses.
  std::string host;
  std::vector<Device> devices;
  std::vector<SystemLink> links;
};

/// The class of device that `file`'s kind names, or an error (ExitCode::Config)
/// that lists the known ones.
llvm::Expected<const Device *> findDevice(const TargetFile &file,
                                          const DeviceRegistry &devices);

/// Opens the system of a target, by the name of a shipped one or the path of a
/// file, and checks all its files. What a chip refuses goes to the device of
/// `devices` that takes everything, when there is one: its target is called as
/// its class, and the chip's link to the host joins the two.
llvm::Expected<System> loadSystem(llvm::StringRef nameOrPath,
                                  const DeviceRegistry &devices);

/// The same of a target file that is open.
llvm::Expected<System> loadSystem(TargetFile file,
                                  const DeviceRegistry &devices);

} // namespace garam

#endif // GARAM_TARGET_SYSTEM_H
