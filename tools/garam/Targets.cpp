//===- Targets.cpp - garam targets ----------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Command.h"
#include "garam/Target/System.h"
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

static Error list() {
  for (const std::string &name : listTargets()) {
    Expected<TargetFile> file = loadTarget(name);
    if (!file)
      return file.takeError();
    outs() << formatv("{0,-12} {1}\n", name, file->header.description);
  }
  return Error::success();
}

static void showFact(StringRef name, const Twine &value) {
  outs() << formatv("  {0,-18} {1}\n", name, value.str());
}

static Error showSystem(const TargetFile &file, const DeviceRegistry &devices) {
  Expected<System> system = loadSystem(file, devices);
  if (!system)
    return system.takeError();
  for (const System::Device &device : system->devices)
    showFact("device", device.name + ": " + device.file.header.description);
  for (const SystemLink &link : system->links)
    showFact("link", link.ends[0] + " - " + link.ends[1] + ": " +
                         formatv("{0:f1} GB/s, {1:f0} ns, {2:f2} pJ/B",
                                 link.bytesPerSecond * 1e-9, link.seconds * 1e9,
                                 link.energyPerByte * 1e12)
                             .str());
  showFact("inputs, outputs", "in the memory of " + system->host);
  return Error::success();
}

static Error showDevice(const TargetFile &file, const DeviceRegistry &devices) {
  Expected<const Device *> device = findDevice(file, devices);
  if (!device)
    return device.takeError();
  Expected<std::vector<MachineFact>> facts = (*device)->describeTarget(file);
  if (!facts)
    return facts.takeError();
  for (const MachineFact &fact : *facts)
    showFact(fact.name, fact.value);
  return Error::success();
}

static Error show(StringRef name, const DeviceRegistry &devices) {
  Expected<TargetFile> file = loadTarget(name);
  if (!file)
    return file.takeError();
  outs() << file->header.name << ": " << file->header.description << '\n';
  showFact("kind", file->header.kind);
  if (Error error = file->header.kind == systemKind
                        ? showSystem(*file, devices)
                        : showDevice(*file, devices))
    return error;
  showFact("file", file->path);
  return Error::success();
}

static Error check(StringRef path, const DeviceRegistry &devices) {
  Expected<TargetFile> file = loadTarget(path);
  if (!file)
    return file.takeError();
  // Of a system, all its files are checked.
  Expected<System> system = loadSystem(*file, devices);
  if (!system)
    return system.takeError();
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
