//===- Compile.cpp - garam compile ----------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Command.h"
#include "Outputs.h"
#include "Validators.h"
#include "garam/Driver/CompileToExecutable.h"
#include "garam/Runtime/Report.h"
#include "garam/Runtime/TrustList.h"
#include "garam/Support/Errors.h"
#include "garam/Support/OutputFile.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/WithColor.h"

#include <CLI/CLI.hpp>

#include <chrono>

using namespace llvm;

namespace garam::tool {

namespace {

struct CompileCommand {
  CompileOptions options;
  std::string reportPath;
  bool quiet = false, timing = false;

  Error run(const DeviceRegistry &devices);

private:
  Expected<CompileResult> compileModel(const DeviceRegistry &devices);
  Error commit(CompileResult &result);

  std::optional<OutputFile> reportFile;
};

/// One line on the terminal that says which stage runs; it is gone at the end.
class ProgressLine {
public:
  explicit ProgressLine(bool enabled)
      : enabled(enabled && sys::Process::StandardErrIsDisplayed()) {}
  ~ProgressLine() { clear(); }

  void show(StringRef stage, unsigned number, unsigned count) {
    if (!enabled)
      return;
    clear();
    errs() << '[' << number << '/' << count << "] " << stage;
    errs().flush();
  }
  void clear() {
    if (enabled)
      errs() << "\r\033[K";
  }

private:
  bool enabled;
};

} // namespace

static void printTimes(const CompileResult &result, double total) {
  constexpr double percent = 100;
  for (const StageTime &time : result.stages)
    errs() << format("%8.3f s %5.1f %%  ", time.seconds,
                     time.seconds / total * percent)
           << time.stage << '\n';
  errs() << format("%8.3f s          total\n", total);
}

/// What the binary itself says, without data.
static Expected<Report> measureBinary(const OutputFile &binary,
                                      const DeviceRegistry &devices) {
  Expected<std::shared_ptr<const Executable>> executable =
      loadOutput(binary, binary.getPath(), devices);
  Expected<Report> report =
      executable ? measure(*executable) : executable.takeError();
  if (report)
    return report;
  // It was written just now: that it cannot be used is no fault of the user.
  return createStringError("internal error: the binary does not run: " +
                           toString(report.takeError()));
}

Expected<CompileResult>
CompileCommand::compileModel(const DeviceRegistry &devices) {
  ProgressLine progress(!quiet);
  options.onStage = [&](StringRef stage, unsigned number, unsigned count) {
    progress.show(stage, number, count);
  };
  return compile(options, devices);
}

Error CompileCommand::commit(CompileResult &result) {
  SmallVector<OutputFile *> files;
  for (OutputFile &file : result.outputs)
    files.push_back(&file);
  if (reportFile)
    files.push_back(&*reportFile);
  return commitAll(files);
}

/// What was compiled here from a model may run here.
static void trust(const OutputFile &binary,
                  std::vector<std::string> &warnings) {
  ErrorOr<std::unique_ptr<MemoryBuffer>> file =
      MemoryBuffer::getFile(binary.getTemporaryPath(), /*IsText=*/false,
                            /*RequiresNullTerminator=*/false);
  if (file)
    noteAsTrusted(arrayRefFromStringRef((*file)->getBuffer()), binary.getPath(),
                  warnings);
  else
    warnings.push_back("the binary is not noted as trusted: " +
                       file.getError().message());
}

Error CompileCommand::run(const DeviceRegistry &devices) {
  bool makesBinary = options.emitStage.empty() || options.emitStage == "binary";
  if (options.output.empty() && makesBinary)
    return makeUserError(ExitCode::Usage,
                         "no output; hint: pass -o FILE.garam");
  if (!reportPath.empty() && !makesBinary)
    return makeUserError(ExitCode::Usage,
                         "--report is of a binary; leave it or --emit out");
  // -o names what is written, the IR of a stage or a binary.
  if (!makesBinary && !options.output.empty())
    options.emitPath = options.output;

  // The report is begun first and takes its place last: it comes with the
  // binary, or neither does.
  if (!reportPath.empty()) {
    options.otherOutputs.emplace_back("--report", reportPath);
    Expected<OutputFile> file = OutputFile::create(reportPath);
    if (!file)
      return file.takeError();
    reportFile = std::move(*file);
  }
  auto start = std::chrono::steady_clock::now();
  Expected<CompileResult> result = compileModel(devices);
  if (!result)
    return result.takeError();
  std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;

  // Before the report, which holds the binary: it is in memory once, not twice.
  if (result->holdsNativeCode && options.fromStage.empty())
    trust(result->outputs.front(), result->warnings);
  else if (result->holdsNativeCode)
    result->warnings.push_back(
        "the binary is not noted as trusted: unlike a model, IR may hold any "
        "native code; 'garam trust FILE' lets it run here if you trust the IR");
  std::optional<Report> report;
  if (makesBinary && (!quiet || reportFile)) {
    Expected<Report> measured = measureBinary(result->outputs.front(), devices);
    if (!measured)
      return measured.takeError();
    report = std::move(*measured);
    report->compileSeconds = time.count();
  }
  if (reportFile)
    if (Error error = appendReport(*report, *reportFile))
      return error;
  if (Error error = commit(*result))
    return error;

  for (const std::string &remark : result->remarks)
    WithColor::remark() << remark << '\n';
  for (const std::string &warning : result->warnings)
    WithColor::warning() << warning << '\n';
  if (timing)
    printTimes(*result, time.count());
  if (report && !quiet)
    printSummary(*report, getSummaryStream({options.output, reportPath}));
  return Error::success();
}

/// Devices say themselves which options they have.
static void addDeviceOptions(CLI::App &sub, const DeviceRegistry &devices,
                             CompileOptions &options) {
  for (const auto &device : devices.getDevices())
    for (const DeviceOption &option : device->getCompileOptions())
      sub.add_option_function<std::string>(
             "--" + option.flag,
             [&options, flag = option.flag](const std::string &value) {
               options.deviceOptions[flag] = value;
             },
             option.help)
          ->type_name(option.valueName)
          ->default_str(option.defaultValue)
          ->check(isNotEmpty());
}

void addCompileCommand(CLI::App &app, const DeviceRegistry &devices,
                       Action &action) {
  auto command = std::make_shared<CompileCommand>();
  CompileOptions &options = command->options;
  CLI::App *sub =
      app.add_subcommand("compile", "Compile an ONNX model to a device binary");
  sub->add_option("model", options.model, "ONNX file (with --from: MLIR file)")
      ->required();
  sub->add_option("--target,-t", options.target,
                  "name ('garam targets' lists them) or file of the target")
      ->check(isNotEmpty());
  sub->add_option("--output,-o", options.output, "file to write")
      ->check(isNotEmpty());
  sub->add_option("--precision", options.precision,
                  "arithmetic of float models: bf16 or fp16")
      ->check(isNotEmpty());
  sub->add_option("-O", options.optimizationLevel,
                  "-O0 to -O3: how long to search for a faster program")
      ->type_name("LEVEL")
      ->default_str(std::to_string(defaultOptimizationLevel))
      ->check(isNotEmpty());
  addDeviceOptions(*sub, devices, options);
  sub->add_option("--calibrate", options.calibration,
                  "FILE.npz: samples of the inputs, for devices that need the "
                  "ranges of values: an array of the name and type of each "
                  "input, whose first axis counts samples, or goes on along "
                  "the input's own")
      ->check(isNotEmpty());
  sub->add_option("--placement", options.placement,
                  "JSON file that says which nodes run on which device")
      ->check(isNotEmpty());
  sub->add_option("--emit-placement", options.emitPlacement,
                  "file for the placement that was used")
      ->check(isNotEmpty());
  sub->add_flag("!--no-fallback", options.hasFallback,
                "an error for what only the host takes");
  sub->add_option("--shape", options.shapes,
                  "NAME=1x3x224x224: shape of an input")
      ->expected(1)
      ->take_all();
  sub->add_option("--dim", options.dims,
                  "NAME=1: size of a named dimension; NAME=1..16: any between, "
                  "given at run time")
      ->expected(1)
      ->take_all();
  sub->add_option("--state", options.states,
                  "INPUT=OUTPUT: the output is the input of the next run, and "
                  "stays on the device; zero before the first run")
      ->expected(1)
      ->take_all();
  sub->add_option("--emit", options.emitStage,
                  "stop after this stage and write its IR")
      ->check(isNotEmpty());
  sub->add_option("--from", options.fromStage,
                  "resume from the IR of this stage")
      ->check(isNotEmpty());
  sub->add_option("--dump-stages", options.dumpDirectory,
                  "folder for the IR of every stage")
      ->check(isNotEmpty());
  sub->add_option("--remarks-filter", options.remarksFilter,
                  "print the remarks of passes whose category this regular "
                  "expression matches: onnx-raise says which operators were "
                  "found in others, and what nearly was one")
      ->type_name("REGEX")
      ->check(isNotEmpty());
  sub->add_option("--threads", options.threads,
                  "threads of the compiler; 0: one a processor")
      ->check(isNumber(0, maxThreads))
      ->capture_default_str();
  sub->add_option("--report", command->reportPath, "file for a JSON report")
      ->check(isNotEmpty());
  sub->add_flag("--quiet,-q", command->quiet, "no progress and no summary");
  sub->add_flag("--timing", command->timing, "print the time of each stage");
  sub->footer("MLIR's options for passes hold too: "
              "--mlir-print-ir-after-all, --mlir-timing, "
              "--mlir-pass-pipeline-crash-reproducer=FILE, ...");
  sub->callback([command, &action] {
    action = [command](const DeviceRegistry &devices) {
      return command->run(devices);
    };
  });
}

} // namespace garam::tool
