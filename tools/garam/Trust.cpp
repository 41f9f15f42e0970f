//===- Trust.cpp - garam trust --------------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Command.h"
#include "garam/Runtime/Executable.h"
#include "garam/Runtime/TrustList.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/WithColor.h"

#include <CLI/CLI.hpp>

using namespace llvm;

namespace garam::tool {

/// Lets the native code of a binary run from now on.
static Error trust(StringRef binary, const DeviceRegistry &devices) {
  Expected<std::shared_ptr<const Executable>> executable =
      Executable::load(binary, devices);
  if (!executable)
    return executable.takeError();
  if (!(*executable)->holdsNativeCode()) {
    outs() << binary << ": holds no native code, so that it runs anyway\n";
    return Error::success();
  }
  Expected<TrustList> list = TrustList::openDefault();
  if (!list)
    return list.takeError();
  if (!list->getWarning().empty())
    WithColor::warning() << list->getWarning() << '\n';
  std::string hash = (*executable)->getContentHash();
  SmallString<128> path(binary);
  if (std::error_code code = sys::fs::make_absolute(path))
    return errorCodeToError(code);
  if (Error error = list->add(hash, path))
    return error;
  outs() << binary << ": trusted, SHA-256 " << hash << '\n';
  return Error::success();
}

static Error prune() {
  Expected<TrustList> list = TrustList::openDefault();
  if (!list)
    return list.takeError();
  if (!list->getWarning().empty())
    WithColor::warning() << list->getWarning() << '\n';
  Expected<unsigned> numRemoved = list->prune();
  if (!numRemoved)
    return numRemoved.takeError();
  outs() << list->getPath() << ": " << *numRemoved << " lines removed\n";
  return Error::success();
}

void addTrustCommand(CLI::App &app, Action &action) {
  auto binary = std::make_shared<std::string>();
  auto isPruned = std::make_shared<bool>(false);
  CLI::App *sub = app.add_subcommand(
      "trust", "Let the native code of a device binary run on this machine");
  CLI::Option *name =
      sub->add_option("binary", *binary, "what 'garam compile' wrote");
  CLI::Option *flag =
      sub->add_flag("--prune", *isPruned,
                    "instead, take binaries off the list whose files are gone "
                    "or have changed")
          ->excludes(name);
  sub->callback([binary, isPruned, name, flag, &action] {
    if (!*name && !*flag)
      throw CLI::RequiredError("binary or --prune");
    action = [binary, isPruned](const DeviceRegistry &devices) {
      return *isPruned ? prune() : trust(*binary, devices);
    };
  });
}

} // namespace garam::tool
