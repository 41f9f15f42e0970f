//===- Command.h - What the subcommands of garam share ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TOOLS_GARAM_COMMAND_H
#define GARAM_TOOLS_GARAM_COMMAND_H

#include "garam/Target/DeviceRegistry.h"
#include "llvm/Support/Error.h"

#include <functional>

namespace CLI {
class App;
} // namespace CLI

namespace garam::tool {

/// What the command line asks for, once it is parsed.
using Action = std::function<llvm::Error(const DeviceRegistry &devices)>;

// Each adds a subcommand to `app`, which sets `action` when it is chosen.
void addCompileCommand(CLI::App &app, const DeviceRegistry &devices,
                       Action &action);
void addDoctorCommand(CLI::App &app, Action &action);
void addExplainCommand(CLI::App &app, Action &action);
void addInspectCommand(CLI::App &app, const DeviceRegistry &devices,
                       Action &action);
void addPlanMemoryCommand(CLI::App &app, Action &action);
void addPythonCommands(CLI::App &app, Action &action);
void addRunCommand(CLI::App &app, Action &action);
void addTargetsCommand(CLI::App &app, Action &action);
void addTrustCommand(CLI::App &app, Action &action);

} // namespace garam::tool

#endif // GARAM_TOOLS_GARAM_COMMAND_H
