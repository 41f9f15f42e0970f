//===- System.cpp - Opens the target files of a system --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/System.h"

#include "garam/Support/Errors.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Path.h"

using namespace llvm;
namespace path = llvm::sys::path;

namespace garam {

Expected<const Device *> findDevice(const TargetFile &file,
                                    const DeviceRegistry &devices) {
  if (const Device *device = devices.lookup(file.header.kind))
    return device;
  std::string known;
  raw_string_ostream os(known);
  interleaveComma(devices.getDevices(), os, [&](const auto &candidate) {
    os << "'" << candidate->getKind() << "'";
  });
  return makeUserError(ExitCode::Config,
                       file.path + ": kind '" + file.header.kind +
                           "' is not that of a known device (" + known + ")");
}

/// Adds a device with an open target file, once that is checked.
static Error addDevice(System &system, StringRef name, TargetFile file,
                       const DeviceRegistry &devices) {
  Expected<const Device *> device = findDevice(file, devices);
  if (!device)
    return device.takeError();
  if (Error error = (*device)->checkTarget(file))
    return error;
  system.devices.push_back({name.str(), std::move(file), *device});
  return Error::success();
}

/// Joins a chip with the host that it has when it needs one.
static Error addHost(System &system, const DeviceRegistry &devices) {
  const Device *fallback = devices.findFallback();
  const System::Device &chip = system.devices.front();
  if (!fallback || fallback == chip.device)
    return Error::success();
  Expected<MachineSummary> machine =
      chip.device->summarizeMachine(chip.file.getBuffer());
  if (!machine)
    return machine.takeError();
  if (!machine->hostLink)
    return Error::success();
  Expected<TargetFile> file = loadTarget(fallback->getKind());
  if (!file)
    return file.takeError();
  std::string chipName = chip.name;
  if (Error error = addDevice(system, file->header.name, *file, devices))
    return error;
  system.devices.back().isOnDemand = true;
  system.host = system.devices.back().name;
  system.links.push_back({{chipName, system.host},
                          machine->hostLink->bytesPerSecond,
                          machine->hostLink->seconds,
                          machine->hostLink->joulePerByte});
  return Error::success();
}

/// A path in a system's file is seen from the file's folder.
static std::string resolve(StringRef target, StringRef systemPath) {
  if (!target.contains('/') && !target.ends_with(".yaml") &&
      !target.ends_with(".yml"))
    return target.str();
  if (path::is_absolute(target))
    return target.str();
  SmallString<256> file(path::parent_path(systemPath));
  if (file.empty())
    file = ".";
  path::append(file, target);
  return file.str().str();
}

static Error addDevices(System &system, const DeviceRegistry &devices) {
  Expected<SystemDescription> description =
      readSystemFile(system.file.getBuffer());
  if (!description)
    return description.takeError();
  system.host = description->host;
  system.links = description->links;
  for (const SystemDescription::Device &device : description->devices) {
    Expected<TargetFile> file =
        loadTarget(resolve(device.target, system.file.path));
    if (!file)
      return file.takeError();
    if (file->header.kind == systemKind)
      return makeUserError(ExitCode::Config,
                           system.file.path + ": device '" + device.name +
                               "' is a system itself; needed the target of "
                               "one device");
    if (Error error = addDevice(system, device.name, std::move(*file), devices))
      return error;
  }
  return Error::success();
}

Expected<System> loadSystem(TargetFile file, const DeviceRegistry &devices) {
  System system;
  system.name = file.header.name;
  system.file = file;
  if (file.header.kind == systemKind) {
    if (Error error = addDevices(system, devices))
      return std::move(error);
    return system;
  }
  if (Error error = addDevice(system, system.name, std::move(file), devices))
    return std::move(error);
  if (Error error = addHost(system, devices))
    return std::move(error);
  return system;
}

Expected<System> loadSystem(StringRef nameOrPath,
                            const DeviceRegistry &devices) {
  Expected<TargetFile> file = loadTarget(nameOrPath);
  if (!file)
    return file.takeError();
  return loadSystem(std::move(*file), devices);
}

} // namespace garam
