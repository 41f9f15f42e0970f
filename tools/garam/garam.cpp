//===- garam.cpp - The command line tool ----------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Command.h"
#include "garam/Driver/PassOptions.h"
#include "garam/Support/ControlCharacters.h"
#include "garam/Support/Errors.h"
#include "garam/Support/NativeCodeScope.h"
#include "garam/Support/OutputFile.h"
#include "garam/Support/Version.h"
#include "garam/Target/DevicePlugin.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/WithColor.h"
#include "llvm/Support/raw_ostream.h"

#include <CLI/CLI.hpp>

#include <csignal>
#include <unistd.h>

using namespace garam;
using namespace garam::tool;

/// A crash is a fault of ours too: it gets the exit code of one, unless it is
/// that of a binary's own code. Only what is safe in a signal handler happens
/// here.
static void handleCrash(int) {
  static constexpr llvm::StringLiteral ours =
      "internal error: garam crashed; please report it with the command line\n";
  static constexpr llvm::StringLiteral theirs =
      "error: the native code of the binary has crashed; hint: compile the "
      "model again, and report it if that crashes too\n";
  bool isTheirs = isInNativeCode();
  const llvm::StringLiteral &message = isTheirs ? theirs : ours;
  ssize_t written = write(STDERR_FILENO, message.data(), message.size());
  (void)written;
  _exit(static_cast<int>(isTheirs ? ExitCode::Binary : ExitCode::Internal));
}

static void catchCrashes() {
  for (int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL})
    std::signal(signal, handleCrash);
}

/// Prints an error, "error: " in front of each message, and gives its exit
/// code. Lines that begin with a note or a hint belong to the one before. A
/// line may quote a stranger's file.
static ExitCode report(llvm::Error error) {
  ErrorReport report = consumeToReport(std::move(error));
  llvm::StringRef rest = report.text;
  while (!rest.empty()) {
    auto [first, others] = rest.split('\n');
    rest = others;
    std::string printable = escapeControlCharacters(llvm::json::fixUTF8(first));
    llvm::StringRef line = printable;
    if (line.consume_front("note: "))
      llvm::WithColor::note() << line << '\n';
    else if (line.consume_front("hint: "))
      llvm::errs() << "hint: " << line << '\n';
    else if (line.starts_with(" "))
      llvm::errs() << line << '\n';
    else
      llvm::WithColor::error() << line << '\n';
  }
  return report.exitCode;
}

static constexpr char footer[] =
    "Exit codes: 0 success, 1 a difference that verify or bench looks for,\n"
    "2 usage, 3 model invalid or not supported, 4 target or other\n"
    "configuration file, 5 binary damaged, incompatible, or of more memory\n"
    "than the machine has, 6 input data, 7 native code that is not trusted,\n"
    "70 internal error.";

/// Says which command is not there, where one was named.
static std::string describe(const CLI::App *failed, const CLI::Error &error) {
  std::string text = CLI::FailureMessage::simple(failed, error);
  std::vector<std::string> unknown = failed->remaining();
  if (!failed->get_parent() && failed->get_subcommands().empty() &&
      !unknown.empty())
    text = "no command is called '" + unknown.front() +
           "'\nRun with --help for more information.\n";
  return "error: " + text;
}

static ExitCode runTool(int argc, char **argv) {
  DeviceRegistry devices;
  registerBuiltinDevices(devices);
  if (llvm::Error error =
          loadDevicePlugins(llvm::ArrayRef<const char *>(argv, argc), devices))
    return report(std::move(error));
  llvm::SmallVector<const char *> arguments(argv, argv + argc);
  if (llvm::Error error = takePassOptions(arguments, devices))
    return report(std::move(error));

  CLI::App app("Compiles ONNX models for accelerators and runs them on "
               "simulators of these.",
               "garam");
  app.set_version_flag("--version", getProducer());
  app.require_subcommand(1);
  app.footer(footer);
  // They are loaded by now; here is where the option is known. It may stand in
  // front of the subcommand and behind it.
  std::vector<std::string> plugins;
  app.add_option("--" + devicePluginOption.str(), plugins,
                 "shared library with devices")
      ->allow_extra_args(false) // what follows is the subcommand's
      ->take_all();
  app.fallthrough();

  Action action;
  addCompileCommand(app, devices, action);
  addRunCommand(app, action);
  addExplainCommand(app, action);
  addInspectCommand(app, devices, action);
  addPythonCommands(app, action);
  addTargetsCommand(app, action);
  addTrustCommand(app, action);
  addPlanMemoryCommand(app, action);
  addDoctorCommand(app, action);
  app.failure_message(describe);
  try {
    app.parse(static_cast<int>(arguments.size()), arguments.data());
  } catch (const CLI::ParseError &error) {
    return app.exit(error) == 0 ? ExitCode::Success : ExitCode::Usage;
  }

  llvm::Error error = action(devices);
  llvm::outs().flush();
  if (!error && llvm::outs().has_error()) {
    llvm::outs().clear_error();
    error = makeUserError(ExitCode::Usage, "cannot write to standard output");
  }
  return report(std::move(error));
}

int main(int argc, char **argv) {
  catchCrashes();
  OutputFile::removeOnSignals();
  try {
    return static_cast<int>(runTool(argc, argv));
  } catch (const std::exception &exception) {
    llvm::WithColor::error() << "internal error: " << exception.what() << '\n';
    return static_cast<int>(ExitCode::Internal);
  }
}
