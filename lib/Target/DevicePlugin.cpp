//===- DevicePlugin.cpp - Devices in shared libraries ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/DevicePlugin.h"

#include "garam/Support/Errors.h"
#include "llvm/Support/DynamicLibrary.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace garam {

static constexpr char entrySymbol[] = "garamGetDevicePluginInfo";

/// The plugin in a library, if it was made for this Garam.
static Expected<DevicePluginInfo> readInfo(StringRef path) {
  auto fail = [&](const Twine &message) {
    return makeUserError(ExitCode::Config,
                         "device plugin '" + path + "': " + message);
  };
  if (!sys::fs::is_regular_file(path))
    return fail("is not a file that can be read");
  // A name without a folder would be looked for in the loader's folders.
  SmallString<256> absolute(path);
  if (std::error_code code = sys::fs::make_absolute(absolute))
    return fail(code.message());
  std::string reason;
  sys::DynamicLibrary library =
      sys::DynamicLibrary::getPermanentLibrary(absolute.c_str(), &reason);
  if (!library.isValid())
    return fail("cannot be loaded: " + reason);
  auto getInfo = reinterpret_cast<DevicePluginInfo (*)()>(
      library.getAddressOfSymbol(entrySymbol));
  if (!getInfo)
    return fail(Twine("has no function '") + entrySymbol +
                "'; needed a library made as 'Adding a device' of "
                "CONTRIBUTING.md says");
  DevicePluginInfo info = getInfo();
  if (info.apiVersion != devicePluginAPIVersion)
    return fail("is of plugin interface " + Twine(info.apiVersion) +
                ", this Garam has " + Twine(devicePluginAPIVersion) +
                "; hint: compile it again");
  if (StringRef(info.garamVersion) != GARAM_VERSION_STRING)
    return fail(Twine("was made for Garam ") + info.garamVersion +
                ", this is " GARAM_VERSION_STRING "; hint: compile it again");
  return info;
}

Error loadDevicePlugin(StringRef path, DeviceRegistry &registry) {
  Expected<DevicePluginInfo> info = readInfo(path);
  if (!info)
    return info.takeError();
  DeviceRegistry own;
  info->registerDevices(own);
  for (const std::unique_ptr<Device> &device : own.getDevices())
    if (registry.lookup(device->getKind()))
      return makeUserError(ExitCode::Config,
                           "device plugin '" + path + "' (" + info->name +
                               ") adds a device of kind '" + device->getKind() +
                               "', which there is already");
  registry.takeDevices(std::move(own));
  return Error::success();
}

Error loadDevicePlugins(ArrayRef<const char *> arguments,
                        DeviceRegistry &registry) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    StringRef argument = arguments[i];
    if (!argument.consume_front("--") ||
        !argument.consume_front(devicePluginOption))
      continue;
    if (argument.empty() && i + 1 < arguments.size())
      argument = arguments[++i];
    else if (!argument.consume_front("="))
      continue;
    if (Error error = loadDevicePlugin(argument, registry))
      return error;
  }
  return Error::success();
}

} // namespace garam
