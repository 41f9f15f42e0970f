//===- Run.cpp - garam run ------------------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Command.h"
#include "Outputs.h"
#include "TensorFolder.h"
#include "Validators.h"
#include "garam/Runtime/RandomInputs.h"
#include "garam/Runtime/TensorFile.h"
#include "garam/Runtime/Trace.h"
#include "garam/Runtime/TrustList.h"
#include "garam/Support/Errors.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/WithColor.h"

#include <CLI/CLI.hpp>

using namespace llvm;

namespace garam::tool {

namespace {

/// An input as the command line gives it.
struct InputFile {
  StringRef name, path;
};

struct RunCommand {
  std::string binary;
  std::vector<std::string> inputs;
  bool randomInputs = false;
  uint64_t seed = 0;
  std::string noise = "ideal"; // or "model"
  std::string outputDirectory, valuesDirectory, tracePath, reportPath;
  bool timingOnly = false, trustNative = false, quiet = false;
  unsigned threads = 0;

  Error run(const DeviceRegistry &devices);

private:
  Error checkInputs() const;
  Error mayRun(const Executable &executable) const;
  Error openFiles();
  Error openFolders(const Executable &executable);
  Expected<std::vector<Tensor>> readInputs(const Executable &executable);
  Error execute(std::shared_ptr<const Executable> executable,
                ArrayRef<Tensor> tensors, NodeProfile &profile,
                TraceWriter *trace);
  Error executeWithTrace(std::shared_ptr<const Executable> executable,
                         ArrayRef<Tensor> tensors, NodeProfile &profile);
  Error takeStates(Session &session, const EntryPoint &entry);
  Error commit();

  // All that is written takes its place when all of it is complete.
  FileRoles roles;
  std::optional<OutputFile> traceFile, reportFile;
  std::optional<TensorFolder> outputs, values;
  RunResult result;
  std::vector<Tensor> leftStates; // by the names of outputs
};

} // namespace

//===----------------------------------------------------------------------===//
// Before the run
//===----------------------------------------------------------------------===//

Error RunCommand::checkInputs() const {
  for (StringRef input : inputs) {
    auto [name, path] = input.split('=');
    if (name.empty() || path.empty())
      return makeUserError(ExitCode::Usage, "--input " + input +
                                                ": expected NAME=FILE.npy or "
                                                "NAME=FILE.pb");
  }
  return Error::success();
}

/// Native code runs when the user has said so, of this binary or of this run.
Error RunCommand::mayRun(const Executable &executable) const {
  if (timingOnly || trustNative)
    return Error::success();
  std::vector<std::string> warnings;
  Error error = checkTrust(executable, warnings);
  for (const std::string &warning : warnings)
    WithColor::warning() << warning << '\n';
  return error;
}

/// Names and files may both have a '=' in them: the name is the longest that
/// the model has, else what is in front of the first.
static InputFile splitInput(StringRef text, const EntryPoint &entry) {
  InputFile input;
  std::tie(input.name, input.path) = text.split('=');
  auto consider = [&](const Binding &binding) {
    StringRef rest = text;
    if (rest.consume_front(binding.name) && rest.consume_front("=") &&
        !rest.empty() && binding.name.size() > input.name.size())
      input = {binding.name, rest};
  };
  for_each(entry.inputs, consider);
  for (const CarriedState &state : entry.states)
    consider(state.input);
  return input;
}

static Expected<std::optional<OutputFile>>
openOutput(StringRef option, StringRef path, FileRoles &roles) {
  if (path.empty())
    return std::nullopt;
  if (Error error = roles.addOutput(option, path))
    return std::move(error);
  Expected<OutputFile> file = OutputFile::create(path);
  if (!file)
    return file.takeError();
  return std::move(*file);
}

Error RunCommand::openFiles() {
  if (Error error = roles.addInput("the device binary", binary))
    return error;
  for (auto [option, path, file] :
       {std::tuple("--trace", &tracePath, &traceFile),
        std::tuple("--report", &reportPath, &reportFile)}) {
    Expected<std::optional<OutputFile>> opened =
        openOutput(option, *path, roles);
    if (!opened)
      return opened.takeError();
    *file = std::move(*opened);
  }
  return Error::success();
}

static Expected<std::optional<TensorFolder>>
openFolder(StringRef option, StringRef path, ArrayRef<std::string> names,
           FileRoles &roles) {
  if (path.empty())
    return std::nullopt;
  Expected<TensorFolder> folder =
      TensorFolder::create(option, path, names, roles);
  if (!folder)
    return folder.takeError();
  return std::move(*folder);
}

/// What the dispatches keep, each name once.
static std::vector<std::string> listValues(const Executable &executable) {
  std::vector<std::string> names;
  StringSet<> known;
  for (const auto &[number, step] : enumerate(executable.getEntryPoint().steps))
    if (step.kind == Step::Kind::Dispatch)
      for (const DeviceValue &value :
           executable.getDebugMap(step.program).values) {
        std::string name = executable.getValueName(number, value.name);
        if (known.insert(name).second)
          names.push_back(std::move(name));
      }
  return names;
}

Error RunCommand::openFolders(const Executable &executable) {
  std::vector<std::string> names;
  for (const Binding *binding : listResults(executable.getEntryPoint()))
    names.push_back(binding->name);
  for (const CarriedState &state : executable.getEntryPoint().states)
    names.push_back(state.output.name);
  Expected<std::optional<TensorFolder>> folder =
      openFolder("--output-dir", outputDirectory, names, roles);
  if (!folder)
    return folder.takeError();
  outputs = std::move(*folder);

  folder = openFolder("--keep-intermediates", valuesDirectory,
                      listValues(executable), roles);
  if (!folder)
    return folder.takeError();
  values = std::move(*folder);
  return Error::success();
}

Expected<std::vector<Tensor>>
RunCommand::readInputs(const Executable &executable) {
  const EntryPoint &entry = executable.getEntryPoint();
  std::vector<Tensor> tensors;
  StringSet<> given;
  for (StringRef input : inputs) {
    auto [name, path] = splitInput(input, entry);
    auto binding = llvm::find_if(entry.inputs, [name = name](const Binding &b) {
      return b.name == name;
    });
    std::optional<DataType> expected;
    if (binding != entry.inputs.end())
      expected = binding->type.type;
    Expected<Tensor> tensor = readTensorFile(path, expected);
    if (!tensor)
      return tensor.takeError();
    tensor->name = name.str();
    given.insert(name);
    tensors.push_back(std::move(*tensor));
  }
  if (randomInputs)
    for (const Binding &binding : entry.inputs)
      if (!given.contains(binding.name))
        tensors.push_back(makeRandomTensor(binding, seed));
  return tensors;
}

//===----------------------------------------------------------------------===//
// The run
//===----------------------------------------------------------------------===//

Error RunCommand::execute(std::shared_ptr<const Executable> executable,
                          ArrayRef<Tensor> tensors, NodeProfile &profile,
                          TraceWriter *trace) {
  RunOptions options;
  options.timingOnly = timingOnly;
  options.threads = threads;
  options.executeNativeCode = true; // mayRun is before it.
  options.noise = noise == "model" ? NoiseMode::Model : NoiseMode::Ideal;
  options.seed = seed;
  options.onEvent = [&](unsigned step, const DeviceEvent &event) {
    profile.addEvent(step, event);
    if (trace)
      trace->addEvent(step, event);
  };
  if (trace)
    options.onTransfer = [&](const TransferEvent &event) {
      trace->addEvent(event);
    };
  Error failures = Error::success();
  if (values)
    options.onValue = [&](const Tensor &value) {
      // What went wrong once, as a full disk, does so for the next as well.
      if (!failures)
        failures = values->write(value);
    };
  Session session(executable);
  Expected<RunResult> run = session.run(tensors, options);
  if (!run)
    return joinErrors(std::move(failures), run.takeError());
  result = std::move(*run);
  if (failures || timingOnly)
    return failures;
  return takeStates(session, executable->getEntryPoint());
}

/// What the next run would take is for the user to look at like an output.
Error RunCommand::takeStates(Session &session, const EntryPoint &entry) {
  Expected<std::vector<Tensor>> states = session.readStates();
  if (!states)
    return states.takeError();
  for (auto [tensor, state] : zip_equal(*states, entry.states)) {
    tensor.name = state.output.name;
    leftStates.push_back(std::move(tensor));
  }
  return Error::success();
}

Error RunCommand::executeWithTrace(std::shared_ptr<const Executable> executable,
                                   ArrayRef<Tensor> tensors,
                                   NodeProfile &profile) {
  if (!traceFile)
    return execute(std::move(executable), tensors, profile, nullptr);
  return traceFile->append([&](raw_ostream &os) {
    TraceWriter trace(*executable, os);
    return execute(executable, tensors, profile, &trace);
  });
}

Error RunCommand::commit() {
  SmallVector<OutputFile *> files;
  for (std::optional<TensorFolder> *folder : {&outputs, &values})
    if (*folder)
      (*folder)->listFiles(files);
  for (std::optional<OutputFile> *file : {&traceFile, &reportFile})
    if (*file)
      files.push_back(&**file);
  return commitAll(files);
}

Error RunCommand::run(const DeviceRegistry &devices) {
  if (Error error = checkInputs())
    return error;
  if (Error error = openFiles())
    return error;
  Expected<std::shared_ptr<const Executable>> executable =
      Executable::load(binary, devices);
  if (!executable)
    return executable.takeError();
  if (Error error = mayRun(**executable))
    return error;
  for (StringRef input : inputs)
    if (Error error = roles.addInput(
            "an input", splitInput(input, (*executable)->getEntryPoint()).path))
      return error;
  if (Error error = openFolders(**executable))
    return error;
  Expected<std::vector<Tensor>> tensors = readInputs(**executable);
  if (!tensors)
    return tensors.takeError();

  NodeProfile profile(**executable);
  if (Error error = executeWithTrace(*executable, *tensors, profile))
    return error;
  if (outputs)
    for (const Tensor &output :
         concat<const Tensor>(result.outputs, leftStates))
      if (Error error = outputs->write(output))
        return error;
  Expected<Report> report =
      makeReport(std::move(*executable), std::move(result), profile);
  if (!report)
    return report.takeError();
  if (reportFile)
    if (Error error = appendReport(*report, *reportFile))
      return error;
  if (Error error = commit())
    return error;
  if (!quiet)
    printSummary(*report, getSummaryStream({tracePath, reportPath}));
  return Error::success();
}

static std::string checkNoise(const std::string &mode) {
  return mode == "ideal" || mode == "model"
             ? ""
             : "found '" + mode + "', needed ideal or model";
}

void addRunCommand(CLI::App &app, Action &action) {
  auto command = std::make_shared<RunCommand>();
  CLI::App *sub =
      app.add_subcommand("run", "Run a device binary on its simulator");
  sub->add_option("binary", command->binary, "what 'garam compile' wrote")
      ->required();
  auto *inputs = sub->add_option("--input,-i", command->inputs,
                                 "NAME=FILE.npy or NAME=FILE.pb: an input")
                     ->expected(1)
                     ->take_all();
  auto *random =
      sub->add_flag("--random-inputs", command->randomInputs,
                    "make the inputs that are not given from --seed");
  auto *noise =
      sub->add_option("--noise", command->noise,
                      "how devices whose arithmetic is not exact behave: "
                      "ideal, or as the noise model of their target says")
          ->check(CLI::Validator(checkNoise, ""))
          ->type_name("ideal|model")
          ->default_str("ideal");
  auto *seed = sub->add_option("--seed", command->seed,
                               "seed of --random-inputs and of --noise model")
                   ->check(isNumber(0, UINT64_MAX))
                   ->capture_default_str();
  auto *outputs = sub->add_option("--output-dir,-o", command->outputDirectory,
                                  "folder for the outputs, NAME.npy each")
                      ->check(isNotEmpty());
  auto *values =
      sub->add_option("--keep-intermediates", command->valuesDirectory,
                      "folder for what nodes yield on the device, with the "
                      "type that it has there: NODE.npy each")
          ->check(isNotEmpty());
  sub->add_option("--trace", command->tracePath,
                  "file for a timeline that Perfetto opens")
      ->check(isNotEmpty());
  sub->add_option("--report", command->reportPath, "file for a JSON report")
      ->check(isNotEmpty());
  auto *timing = sub->add_flag("--timing-only", command->timingOnly,
                               "times only: no inputs, no outputs");
  for (CLI::Option *option : {inputs, random, noise, seed, outputs, values})
    timing->excludes(option);
  sub->add_option("--threads", command->threads,
                  "threads of the simulator; 0: one a processor")
      ->check(isNumber(0, maxThreads))
      ->capture_default_str();
  sub->add_flag("--trust-native", command->trustNative,
                "run the binary's native code, whoever compiled it");
  sub->add_flag("--quiet,-q", command->quiet, "no summary");
  sub->callback([command, seed, &action] {
    if (*seed && !command->randomInputs && command->noise == "ideal")
      throw CLI::RequiresError("--seed", "--random-inputs or --noise model");
    action = [command](const DeviceRegistry &devices) {
      return command->run(devices);
    };
  });
}

} // namespace garam::tool
