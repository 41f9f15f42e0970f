//===- DevicePlugin.cpp - Devices in shared libraries ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/DevicePlugin.h"

#include "garam/Support/Errors.h"
#include "garam/Support/InputFile.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/DynamicLibrary.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace garam {

/// Of a hash in a message: enough to tell two builds apart.
static constexpr size_t shownDigits = 12;

static constexpr char entrySymbol[] = "garamGetDevicePlugin";

static constexpr char compileAgain[] =
    "; hint: compile it again, with find_package(Garam) of this Garam";

/// What a plugin was compiled with that this Garam was not. C++ that was
/// compiled against other headers would find the members of a class elsewhere.
static std::optional<std::string>
findDifference(const DevicePluginBuild &plugin) {
  const DevicePluginBuild &own = devicePluginBuild;
  if (StringRef(plugin.garamVersion) != own.garamVersion)
    return (Twine("was made for Garam ") + plugin.garamVersion + ", this is " +
            own.garamVersion)
        .str();
  if (StringRef(plugin.headersHash) != own.headersHash)
    return (Twine("was compiled against other headers of Garam ") +
            own.garamVersion + " than those of this build (SHA-256 " +
            StringRef(plugin.headersHash).take_front(shownDigits) +
            "..., needed " +
            StringRef(own.headersHash).take_front(shownDigits) + "...)")
        .str();
  if (StringRef(plugin.libraries) != own.libraries)
    return (Twine("was compiled with ") + plugin.libraries +
            ", this Garam with " + own.libraries)
        .str();
  return std::nullopt;
}

/// Fails on a file that ends before its segments do: the loader would map them
/// all the same and crash where they are missing.
static Error checkSegments(StringRef path) {
  Expected<std::unique_ptr<MemoryBuffer>> file =
      openInputFile(path, /*isText=*/false);
  if (!file)
    return file.takeError();
  StringRef bytes = (*file)->getBuffer();
  Expected<object::ELF64LEFile> library = object::ELF64LEFile::create(bytes);
  if (!library)
    return library.takeError();
  auto segments = library->program_headers();
  if (!segments)
    return segments.takeError();
  for (const auto &segment : *segments)
    if (segment.p_offset > bytes.size() ||
        segment.p_filesz > bytes.size() - segment.p_offset)
      return createStringError("it is not whole: a segment ends behind its " +
                               Twine(bytes.size()) + " bytes");
  return Error::success();
}

/// The plugin in a library, if it was made for this Garam.
static Expected<const DevicePluginInfo *> readInfo(StringRef path) {
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
  if (Error error = checkSegments(absolute))
    return fail("cannot be loaded: " + toString(std::move(error)));
  std::string reason;
  sys::DynamicLibrary library =
      sys::DynamicLibrary::getPermanentLibrary(absolute.c_str(), &reason);
  if (!library.isValid())
    return fail("cannot be loaded: " + reason);
  auto getInfo = reinterpret_cast<const DevicePluginInfo *(*)()>(
      library.getAddressOfSymbol(entrySymbol));
  if (!getInfo)
    return fail(Twine("has no function '") + entrySymbol +
                "'; needed a library made as 'Adding a device' of "
                "CONTRIBUTING.md says");
  const DevicePluginInfo *info = getInfo();
  if (!info)
    return fail(Twine("has a function '") + entrySymbol +
                "' that returns nothing");
  // The rest of the structure depends on the interface's version.
  if (info->apiVersion != devicePluginAPIVersion)
    return fail("is of plugin interface " + Twine(info->apiVersion) +
                ", this Garam has " + Twine(devicePluginAPIVersion) +
                compileAgain);
  if (std::optional<std::string> difference = findDifference(info->build))
    return fail(*difference + compileAgain);
  return info;
}

Error loadDevicePlugin(StringRef path, DeviceRegistry &registry) {
  const DevicePluginInfo *info = nullptr;
  if (Error error = readInfo(path).moveInto(info))
    return error;
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
