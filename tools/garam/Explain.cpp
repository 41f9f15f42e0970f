//===- Explain.cpp - garam explain ----------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Command.h"
#include "Outputs.h"
#include "Validators.h"
#include "garam/Runtime/Explanation.h"
#include "garam/Support/FileRoles.h"

#include <CLI/CLI.hpp>

using namespace llvm;

namespace garam::tool {

namespace {
struct ExplainCommand {
  std::string binary, jsonPath;
  size_t maxGroups = 20;

  Error run(const DeviceRegistry &devices) const;
};
} // namespace

Error ExplainCommand::run(const DeviceRegistry &devices) const {
  if (!jsonPath.empty()) {
    FileRoles roles;
    if (Error error = roles.addInput("the binary", binary))
      return error;
    if (Error error = roles.addOutput("--json", jsonPath))
      return error;
  }
  Expected<std::shared_ptr<const Executable>> executable =
      Executable::load(binary, devices);
  if (!executable)
    return executable.takeError();
  Expected<Explanation> explanation = explain(std::move(*executable));
  if (!explanation)
    return explanation.takeError();
  if (jsonPath.empty()) {
    printExplanation(*explanation, maxGroups, outs());
    return Error::success();
  }
  return writeOutputFile(jsonPath, [&](raw_ostream &os) {
    writeExplanation(*explanation, os);
    return Error::success();
  });
}

void addExplainCommand(CLI::App &app, Action &action) {
  auto command = std::make_shared<ExplainCommand>();
  CLI::App *sub = app.add_subcommand(
      "explain", "Say what bounds the time of a device binary, node by node");
  sub->add_option("binary", command->binary, "what 'garam compile' wrote")
      ->required();
  auto *json = sub->add_option("--json", command->jsonPath,
                               "file for all of it as JSON; -: standard output")
                   ->check(isNotEmpty());
  sub->add_option("--top", command->maxGroups,
                  "groups of nodes that are printed, those with the most time")
      ->check(isNumber(0, SIZE_MAX))
      ->capture_default_str()
      ->excludes(json);
  sub->callback([command, &action] {
    action = [command](const DeviceRegistry &devices) {
      return command->run(devices);
    };
  });
}

} // namespace garam::tool
