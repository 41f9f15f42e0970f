//===- Targets.cpp - garam targets ----------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Command.h"
#include "garam/Support/Errors.h"
#include "llvm/Support/FormatVariadic.h"

#include <CLI/CLI.hpp>

using namespace llvm;

namespace garam::tool {

namespace {
struct TargetsCommand {
  std::string target;
  std::string checkedFile;

  Error run(const DeviceRegistry &devices) const;
};
} // namespace

static Expected<const Device *> findDevice(const TargetFile &file,
                                           const DeviceRegistry &devices) {
  if (const Device *device = devices.lookup(file.header.kind))
    return device;
  return makeUserError(ExitCode::Config, file.path + ": kind '" +
                                             file.header.kind +
                                             "' is not that of a known device");
}

static Error list() {
  for (const std::string &name : listTargets()) {
    Expected<TargetFile> file = loadTarget(name);
    if (!file)
      return file.takeError();
    outs() << formatv("{0,-12} {1}\n", name, file->header.description);
  }
  return Error::success();
}

static Error show(StringRef name, const DeviceRegistry &devices) {
  Expected<TargetFile> file = loadTarget(name);
  if (!file)
    return file.takeError();
  Expected<const Device *> device = findDevice(*file, devices);
  if (!device)
    return device.takeError();
  Expected<std::vector<MachineFact>> facts = (*device)->describeTarget(*file);
  if (!facts)
    return facts.takeError();
  outs() << file->header.name << ": " << file->header.description << '\n';
  outs() << formatv("  {0,-18} {1}\n", "kind", file->header.kind);
  for (const MachineFact &fact : *facts)
    outs() << formatv("  {0,-18} {1}\n", fact.name, fact.value);
  outs() << formatv("  {0,-18} {1}\n", "file", file->path);
  return Error::success();
}

static Error check(StringRef path, const DeviceRegistry &devices) {
  Expected<TargetFile> file = loadTarget(path);
  if (!file)
    return file.takeError();
  Expected<const Device *> device = findDevice(*file, devices);
  if (!device)
    return device.takeError();
  if (Error error = (*device)->checkTarget(*file))
    return error;
  outs() << file->path << ": target '" << file->header.name << "' is valid\n";
  return Error::success();
}

Error TargetsCommand::run(const DeviceRegistry &devices) const {
  if (!checkedFile.empty())
    return check(checkedFile, devices);
  return target.empty() ? list() : show(target, devices);
}

void addTargetsCommand(CLI::App &app, Action &action) {
  auto command = std::make_shared<TargetsCommand>();
  CLI::App *sub = app.add_subcommand("targets", "List, show or check targets");
  auto *name = sub->add_option("target", command->target,
                               "target to show (default: list all)");
  sub->add_option("--check", command->checkedFile, "target file to validate")
      ->excludes(name);
  sub->callback([command, &action] {
    action = [command](const DeviceRegistry &devices) {
      return command->run(devices);
    };
  });
}

} // namespace garam::tool
