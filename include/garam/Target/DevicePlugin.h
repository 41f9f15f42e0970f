//===- DevicePlugin.h - Devices in shared libraries -------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A device outside of this tree is a shared library that links libGaram.so and
// defines garamGetDevicePlugin, in the manner of LLVM's pass plugins:
//
//   extern "C" const garam::DevicePluginInfo *garamGetDevicePlugin() {
//     static constexpr garam::DevicePluginInfo info = {
//         garam::devicePluginAPIVersion, garam::devicePluginBuild, "mine",
//         [](garam::DeviceRegistry &registry) {
//           registry.add(std::make_unique<MyDevice>());
//         }};
//     return &info;
//   }
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_DEVICEPLUGIN_H
#define GARAM_TARGET_DEVICEPLUGIN_H

#include "garam/Config.h"
#include "garam/HeadersHash.h"
#include "garam/Target/DeviceRegistry.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Config/abi-breaking.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/Compiler.h"
#include "llvm/Support/Error.h"

#include <cstdint>

namespace garam {

/// Of the structures below. Everything else that a plugin uses is C++, so that
/// it has to be compiled against the very headers of the Garam that loads it.
constexpr uint32_t devicePluginAPIVersion = 3;

/// What a plugin was compiled with.
struct DevicePluginBuild {
  const char *garamVersion;
  const char *headersHash; // of all public headers of Garam
  const char *libraries;   // those whose classes are in these headers
};

// Macros of the libraries as text, and the library of C++ with its modes in
// which containers differ in layout.
#define GARAM_TEXT_OF(macro) #macro
#define GARAM_TEXT(macro) GARAM_TEXT_OF(macro)
#if defined(_LIBCPP_VERSION)
#define GARAM_STANDARD_LIBRARY "libc++ of ABI " GARAM_TEXT(_LIBCPP_ABI_VERSION)
#elif defined(_GLIBCXX_DEBUG)
#define GARAM_STANDARD_LIBRARY                                                 \
  "libstdc++ of C++11 ABI " GARAM_TEXT(_GLIBCXX_USE_CXX11_ABI) " for "         \
                                                               "debugging"
#else
#define GARAM_STANDARD_LIBRARY                                                 \
  "libstdc++ of C++11 ABI " GARAM_TEXT(_GLIBCXX_USE_CXX11_ABI)
#endif

/// Of whoever includes this: a constant of each file that does, so that a
/// plugin has its own and not that of the library that it links.
constexpr DevicePluginBuild devicePluginBuild = {
    GARAM_VERSION_STRING, GARAM_HEADERS_HASH,
    "LLVM " LLVM_VERSION_STRING ", ABI-breaking checks " GARAM_TEXT(
        LLVM_ENABLE_ABI_BREAKING_CHECKS) ", " GARAM_STANDARD_LIBRARY};

#undef GARAM_STANDARD_LIBRARY
#undef GARAM_TEXT
#undef GARAM_TEXT_OF

/// What a plugin says of itself. It stays in the plugin's memory, so that no
/// more than the version, which is first in every interface, is read of one
/// that is laid out otherwise.
struct DevicePluginInfo {
  uint32_t apiVersion;     // devicePluginAPIVersion of its headers
  DevicePluginBuild build; // devicePluginBuild of its headers
  const char *name;        // for messages
  /// Adds the plugin's devices, whose kinds must be new.
  void (*registerDevices)(DeviceRegistry &registry);
};

/// Loads a plugin, for the rest of the process, and adds its devices. Errors
/// are of ExitCode::Config: no such file, no plugin, one that was not compiled
/// with the headers and libraries of this Garam, or a device of a kind that
/// `registry` has already.
llvm::Error loadDevicePlugin(llvm::StringRef path, DeviceRegistry &registry);

/// The option of the tools that names a plugin.
constexpr llvm::StringLiteral devicePluginOption = "device-plugin";

/// Loads the plugins that a command line names as "--device-plugin FILE" or
/// "--device-plugin=FILE", in order. A tool calls it before it parses the line,
/// because devices add passes and options.
llvm::Error loadDevicePlugins(llvm::ArrayRef<const char *> arguments,
                              DeviceRegistry &registry);

} // namespace garam

/// Defined by the plugin: what is valid for as long as it is loaded, not null.
extern "C" LLVM_ATTRIBUTE_WEAK const garam::DevicePluginInfo *
garamGetDevicePlugin();

#endif // GARAM_TARGET_DEVICEPLUGIN_H
