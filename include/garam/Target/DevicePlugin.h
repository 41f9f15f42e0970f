//===- DevicePlugin.h - Devices in shared libraries -------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A device outside of this tree is a shared library that links libGaram.so and
// defines garamGetDevicePluginInfo, in the manner of LLVM's pass plugins:
//
//   extern "C" garam::DevicePluginInfo garamGetDevicePluginInfo() {
//     return {garam::devicePluginAPIVersion, GARAM_VERSION_STRING, "mine",
//             [](garam::DeviceRegistry &registry) {
//               registry.add(std::make_unique<MyDevice>());
//             }};
//   }
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_DEVICEPLUGIN_H
#define GARAM_TARGET_DEVICEPLUGIN_H

#include "garam/Config.h"
#include "garam/Target/Device.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Compiler.h"
#include "llvm/Support/Error.h"

#include <cstdint>

namespace garam {

/// Of the structure below. Everything else that a plugin uses is C++, so that
/// it has to be compiled for the very version of Garam that loads it.
constexpr uint32_t devicePluginAPIVersion = 1;

/// What a plugin says of itself.
struct DevicePluginInfo {
  uint32_t apiVersion;      // devicePluginAPIVersion of its headers
  const char *garamVersion; // GARAM_VERSION_STRING of its headers
  const char *name;         // for messages
  /// Adds the plugin's devices, whose kinds must be new.
  void (*registerDevices)(DeviceRegistry &registry);
};

/// Loads a plugin, for the rest of the process, and adds its devices. Errors
/// are of ExitCode::Config: no such file, no plugin, one of another version, or
/// a device of a kind that `registry` has already.
llvm::Error loadDevicePlugin(llvm::StringRef path, DeviceRegistry &registry);

/// The option of the tools that names a plugin.
constexpr llvm::StringLiteral devicePluginOption = "device-plugin";

/// Loads the plugins that a command line names as "--device-plugin FILE" or
/// "--device-plugin=FILE", in order. A tool calls it before it parses the line,
/// because devices add passes and options.
llvm::Error loadDevicePlugins(llvm::ArrayRef<const char *> arguments,
                              DeviceRegistry &registry);

} // namespace garam

/// Defined by the plugin.
extern "C" LLVM_ATTRIBUTE_WEAK garam::DevicePluginInfo
garamGetDevicePluginInfo();

#endif // GARAM_TARGET_DEVICEPLUGIN_H
