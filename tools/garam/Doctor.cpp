//===- Doctor.cpp - garam doctor ------------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Command.h"
#include "garam/Container/Container.h"
#include "garam/Runtime/Report.h"
#include "garam/Support/Errors.h"
#include "garam/Support/Version.h"
#include "garam/Target/System.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Threading.h"

#include <CLI/CLI.hpp>
#include <onnx/common/version.h>
#include <onnx/defs/schema.h>

using namespace llvm;

namespace garam::tool {

static void printRow(StringRef name, const Twine &value) {
  outs() << formatv("  {0,-22} {1}\n", name, value.str());
}

static void printVersions() {
  outs() << "Versions\n";
  printRow("garam", getVersion());
  printRow("LLVM and MLIR", LLVM_VERSION_STRING);
  printRow("onnx", ::onnx::LAST_RELEASE_VERSION);
  const auto &versions =
      ::onnx::OpSchemaRegistry::DomainToVersionRange::Instance();
  auto range = versions.Map().find(::onnx::ONNX_DOMAIN);
  if (range != versions.Map().end())
    printRow("ONNX operator sets", "up to " + Twine(range->second.second));
  printRow("device binaries", "version " + Twine(containerVersion));
  printRow("reports", "schema " + Twine(reportSchema));
}

/// Checks that the shipped targets are found and are valid.
static Error printTargets(const DeviceRegistry &devices) {
  outs() << "Devices and targets\n";
  for (const std::unique_ptr<Device> &device : devices.getDevices())
    printRow("device", device->getKind());
  for (const std::string &folder : getTargetFolders())
    printRow("target folder",
             folder + (sys::fs::is_directory(folder) ? "" : " (missing)"));
  std::vector<std::string> names = listTargets();
  Error errors = Error::success();
  for (const std::string &name : names) {
    Expected<TargetFile> file = loadTarget(name);
    if (!file) {
      errors = joinErrors(std::move(errors), file.takeError());
      continue;
    }
    Expected<System> system = loadSystem(std::move(*file), devices);
    Error error = system ? Error::success() : system.takeError();
    printRow("target", name + (error ? ": not valid" : ""));
    errors = joinErrors(std::move(errors), std::move(error));
  }
  if (names.empty())
    return joinErrors(
        std::move(errors),
        makeUserError(ExitCode::Config,
                      "no targets found; hint: set GARAM_TARGETS_DIR"));
  return errors;
}

static void printMachine() {
  outs() << "This machine\n";
  printRow("processors",
           Twine(heavyweight_hardware_concurrency().compute_thread_count()));
  SmallString<128> folder;
  sys::path::system_temp_directory(/*erasedOnReboot=*/true, folder);
  if (ErrorOr<sys::fs::space_info> space = sys::fs::disk_space(folder)) {
    constexpr double gigabyte = 1e9;
    printRow(
        "temporary folder",
        folder +
            formatv(", {0:f1} GB free", space->available / gigabyte).str());
  }
}

static Error runDoctor(const DeviceRegistry &devices) {
  printVersions();
  printMachine();
  if (Error error = printTargets(devices))
    return error;
  outs() << "Nothing is missing.\n";
  return Error::success();
}

void addDoctorCommand(CLI::App &app, Action &action) {
  CLI::App *sub = app.add_subcommand(
      "doctor", "Say what is installed, what its limits are, what is missing");
  sub->callback([&action] { action = runDoctor; });
}

} // namespace garam::tool
