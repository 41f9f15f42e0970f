//===- Trust.cpp - garam trust --------------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Command.h"
#include "garam/Runtime/Executable.h"
#include "garam/Runtime/TrustList.h"
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
  if (Error error = list->add(hash))
    return error;
  outs() << binary << ": trusted, SHA-256 " << hash << '\n';
  return Error::success();
}

void addTrustCommand(CLI::App &app, Action &action) {
  auto binary = std::make_shared<std::string>();
  CLI::App *sub = app.add_subcommand(
      "trust", "Let the native code of a device binary run on this machine");
  sub->add_option("binary", *binary, "what 'garam compile' wrote")->required();
  sub->callback([binary, &action] {
    action = [binary](const DeviceRegistry &devices) {
      return trust(*binary, devices);
    };
  });
}

} // namespace garam::tool
