//===- Run.cpp - garam run ------------------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Command.h"
#include "RandomInputs.h"
#include "garam/Runtime/Report.h"
#include "garam/Runtime/TensorFile.h"
#include "garam/Runtime/Trace.h"
#include "garam/Support/Errors.h"
#include "garam/Support/OutputFile.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

#include <CLI/CLI.hpp>

using namespace llvm;

namespace garam::tool {

namespace {

struct RunCommand {
  std::string binary;
  std::vector<std::string> inputs;
  bool randomInputs = false;
  uint64_t seed = 0;
  std::string outputDirectory, valuesDirectory, tracePath, reportPath;
  bool timingOnly = false, quiet = false;
  unsigned threads = 0;

  Error run(const DeviceRegistry &devices);

private:
  Expected<std::vector<Tensor>> readInputs(const Executable &executable) const;
  Expected<Report> execute(std::shared_ptr<const Executable> executable,
                           ArrayRef<Tensor> tensors) const;
  Error writeOutputs(const RunResult &result) const;
};

/// Writes tensors into a folder, NAME.npy each.
class TensorFolder {
public:
  explicit TensorFolder(StringRef path) : path(path) {}

  Error create() const;
  Error write(const Tensor &tensor);

private:
  StringRef path;
  StringSet<> written;
};

} // namespace

Error TensorFolder::create() const {
  if (std::error_code code = sys::fs::create_directories(path))
    return makeUserError(ExitCode::Usage, "cannot make folder '" + path +
                                              "': " + code.message());
  return Error::success();
}

/// The name of a tensor as that of a file.
static std::string getFileName(StringRef name) {
  std::string text = name.str();
  for (char &c : text)
    if (!isAlnum(c) && c != '.' && c != '_' && c != '-')
      c = '_';
  return text + ".npy";
}

Error TensorFolder::write(const Tensor &tensor) {
  std::string name = getFileName(tensor.name);
  // Two names may become one.
  if (!written.insert(name).second)
    return makeUserError(ExitCode::Usage, "two tensors would be written to '" +
                                              name + "' in folder '" + path +
                                              "'");
  SmallString<128> file(path);
  sys::path::append(file, name);
  return writeOutputFile(file, [&](raw_ostream &os) {
    writeNpy(tensor, os);
    return Error::success();
  });
}

Expected<std::vector<Tensor>>
RunCommand::readInputs(const Executable &executable) const {
  std::vector<Tensor> tensors;
  StringSet<> given;
  for (const std::string &input : inputs) {
    auto [name, path] = StringRef(input).rsplit('=');
    if (name.empty() || path.empty())
      return makeUserError(ExitCode::Usage, "--input " + input +
                                                ": expected NAME=FILE.npy or "
                                                "NAME=FILE.pb");
    Expected<Tensor> tensor = readTensorFile(path);
    if (!tensor)
      return tensor.takeError();
    tensor->name = name.str();
    given.insert(name);
    tensors.push_back(std::move(*tensor));
  }
  if (randomInputs)
    for (const Binding &binding : executable.getEntryPoint().inputs)
      if (!given.contains(binding.name))
        tensors.push_back(makeRandomTensor(binding, seed));
  return tensors;
}

Expected<Report>
RunCommand::execute(std::shared_ptr<const Executable> executable,
                    ArrayRef<Tensor> tensors) const {
  NodeProfile profile(*executable);
  std::optional<RunResult> result;
  TensorFolder values(valuesDirectory);
  if (!valuesDirectory.empty())
    if (Error error = values.create())
      return error;
  auto runOnce = [&](TraceWriter *trace) -> Error {
    RunOptions options;
    options.timingOnly = timingOnly;
    options.threads = threads;
    options.onEvent = [&](unsigned program, const DeviceEvent &event) {
      profile.addEvent(program, event);
      if (trace)
        trace->addEvent(program, event);
    };
    Error failures = Error::success();
    if (!valuesDirectory.empty())
      options.onValue = [&](const Tensor &value) {
        failures = joinErrors(std::move(failures), values.write(value));
      };
    Expected<RunResult> run = Session(executable).run(tensors, options);
    if (!run)
      return joinErrors(std::move(failures), run.takeError());
    result = std::move(*run);
    return failures;
  };
  Error error = tracePath.empty()
                    ? runOnce(nullptr)
                    : writeOutputFile(tracePath, [&](raw_ostream &os) {
                        TraceWriter trace(*executable, os);
                        return runOnce(&trace);
                      });
  if (error)
    return error;
  return makeReport(std::move(executable), std::move(*result), profile);
}

Error RunCommand::writeOutputs(const RunResult &result) const {
  if (outputDirectory.empty())
    return Error::success();
  TensorFolder folder(outputDirectory);
  if (Error error = folder.create())
    return error;
  for (const Tensor &output : result.outputs)
    if (Error error = folder.write(output))
      return error;
  return Error::success();
}

Error RunCommand::run(const DeviceRegistry &devices) {
  Expected<std::shared_ptr<const Executable>> executable =
      Executable::load(binary, devices);
  if (!executable)
    return executable.takeError();
  std::vector<Tensor> tensors;
  if (!timingOnly) {
    Expected<std::vector<Tensor>> read = readInputs(**executable);
    if (!read)
      return read.takeError();
    tensors = std::move(*read);
  }
  Expected<Report> report = execute(*executable, tensors);
  if (!report)
    return report.takeError();
  if (Error error = writeOutputs(report->run))
    return error;
  if (!quiet)
    printSummary(*report, outs());
  if (reportPath.empty())
    return Error::success();
  return writeOutputFile(reportPath, [&](raw_ostream &os) {
    writeReport(*report, os);
    return Error::success();
  });
}

void addRunCommand(CLI::App &app, Action &action) {
  auto command = std::make_shared<RunCommand>();
  CLI::App *sub =
      app.add_subcommand("run", "Run a device binary on its simulator");
  sub->add_option("binary", command->binary, "what 'garam compile' wrote")
      ->required();
  sub->add_option("--input,-i", command->inputs,
                  "NAME=FILE.npy or NAME=FILE.pb: an input")
      ->expected(1)
      ->take_all();
  sub->add_flag("--random-inputs", command->randomInputs,
                "make the inputs that are not given from --seed");
  sub->add_option("--seed", command->seed, "seed of --random-inputs")
      ->capture_default_str();
  sub->add_option("--output-dir,-o", command->outputDirectory,
                  "folder for the outputs, NAME.npy each");
  auto *values =
      sub->add_option("--keep-intermediates", command->valuesDirectory,
                      "folder for what nodes yield on the device, with the "
                      "type that it has there: NODE.npy each");
  sub->add_option("--trace", command->tracePath,
                  "file for a timeline that Perfetto opens");
  sub->add_option("--report", command->reportPath, "file for a JSON report");
  sub->add_flag("--timing-only", command->timingOnly,
                "times only: no inputs, no outputs")
      ->excludes(values);
  sub->add_option("--threads", command->threads,
                  "threads of the simulator; 0: one a processor")
      ->capture_default_str();
  sub->add_flag("--quiet,-q", command->quiet, "no summary");
  sub->callback([command, &action] {
    action = [command](const DeviceRegistry &devices) {
      return command->run(devices);
    };
  });
}

} // namespace garam::tool
