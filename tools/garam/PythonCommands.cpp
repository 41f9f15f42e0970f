//===- PythonCommands.cpp - What the package in Python does ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Subcommands that compare with what is in Python, as onnxruntime: this process
// becomes `python3 -m garam`.
//
//===----------------------------------------------------------------------===//

#include "Command.h"
#include "garam/Support/Errors.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"

#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstdlib>
#include <unistd.h>

using namespace llvm;

namespace garam::tool {

/// Which Python; where it is not set, python3 of the PATH.
static constexpr char interpreterVariable[] = "GARAM_PYTHON";

/// The folder with the package, seen from that of this program: in a build tree
/// and in a wheel. Empty where it is in neither.
static std::string findPackageFolder() {
  std::string program = sys::fs::getMainExecutable(
      nullptr, reinterpret_cast<void *>(&findPackageFolder));
  StringRef tools = sys::path::parent_path(program);
  for (StringRef place : {"../python", "../.."}) {
    SmallString<256> folder(tools), package;
    sys::path::append(folder, place);
    package = folder;
    sys::path::append(package, "garam", "__init__.py");
    if (sys::fs::exists(package))
      return folder.str().str();
  }
  return "";
}

static void addToPath(const std::string &folder) {
  constexpr char variable[] = "PYTHONPATH";
  std::optional<std::string> others = sys::Process::GetEnv(variable);
  setenv(variable,
         (others && !others->empty() ? folder + ":" + *others : folder).c_str(),
         /*overwrite=*/1);
}

/// Comes back only with an error.
static Error becomePython(StringRef command,
                          const std::vector<std::string> &arguments) {
  std::string name =
      sys::Process::GetEnv(interpreterVariable).value_or("python3");
  ErrorOr<std::string> interpreter = sys::findProgramByName(name);
  if (!interpreter)
    return makeUserError(ExitCode::Usage,
                         "'garam " + command + "' is written in Python, and '" +
                             name + "' is not found; hint: set " +
                             interpreterVariable + " to an interpreter");
  if (std::string folder = findPackageFolder(); !folder.empty())
    addToPath(folder);
  std::string commandText = command.str();
  std::vector<const char *> line = {interpreter->c_str(), "-m", "garam",
                                    commandText.c_str()};
  for (const std::string &argument : arguments)
    line.push_back(argument.c_str());
  line.push_back(nullptr);
  execv(interpreter->c_str(), const_cast<char *const *>(line.data()));
  return makeUserError(ExitCode::Usage, "cannot run '" + *interpreter +
                                            "': " + std::strerror(errno));
}

static void leaveToPython(CLI::App *sub, Action &action) {
  sub->fallthrough(false)->prefix_command();
  sub->set_help_flag(); // the help is Python's
  sub->callback([sub, &action] {
    action = [sub](const DeviceRegistry &) {
      return becomePython(sub->get_name(), sub->remaining());
    };
  });
}

void addPythonCommands(CLI::App &app, Action &action) {
  leaveToPython(app.add_subcommand("verify",
                                   "Compare what each node yields on a device "
                                   "with what onnxruntime or the host yields"),
                action);
  leaveToPython(app.add_subcommand("bench",
                                   "Compile models for targets and compare "
                                   "their figures with a baseline"),
                action);
}

} // namespace garam::tool
