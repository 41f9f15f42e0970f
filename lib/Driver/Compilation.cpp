//===- Compilation.cpp - One run of the compiler --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Compilation.h"

#include "Calibration.h"
#include "Pipelines.h"
#include "SizeConditions.h"
#include "StageFile.h"
#include "States.h"
#include "WeightCheck.h"
#include "garam/Dialect/Hetero/IR/Hetero.h"
#include "garam/Dialect/Hetero/Transforms/Passes.h"
#include "garam/Frontend/ONNX/Import.h"
#include "garam/InitAll.h"
#include "garam/Support/Errors.h"
#include "garam/Support/OutputFile.h"
#include "mlir/IR/Verifier.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"

#include <atomic>
#include <sys/mman.h>

using namespace mlir;

namespace garam {

static DialectRegistry makeRegistry(const DeviceRegistry &devices) {
  DialectRegistry registry;
  registerAllDialects(registry, devices);
  return registry;
}

Compilation::Compilation(const CompileOptions &options,
                         const DeviceRegistry &devices)
    : options(options), devices(devices),
      // One function goes down one pipeline: threads have nothing to share but
      // where a stage of a device says so.
      context(makeRegistry(devices), MLIRContext::Threading::DISABLED) {
  llvm::ThreadPoolStrategy strategy =
      llvm::hardware_concurrency(options.threads);
  if (strategy.compute_thread_count() > 1) {
    threads = std::make_unique<llvm::DefaultThreadPool>(strategy);
    deviceOptions.threads = threads.get();
  }
  // A message names the node; the operation may be a screenful.
  context.printOpOnDiagnostic(false);
}

//===----------------------------------------------------------------------===//
// Around every stage
//===----------------------------------------------------------------------===//

/// Makes a folder unless it is there.
static llvm::Error
makeFolder(StringRef path,
           llvm::function_ref<std::error_code(const Twine &)> create) {
  if (std::error_code code = create(path))
    return makeUserError(ExitCode::Usage, "cannot make folder '" + path +
                                              "': " + code.message());
  return llvm::Error::success();
}

void Compilation::beginStage(StringRef stage) {
  stageStart = std::chrono::steady_clock::now();
  if (options.onStage)
    options.onStage(stage, getStageNumber(stage), stages.size());
  // Weights are resources, so that this copies operations only.
  if (module)
    stageInput = module->clone();
}

llvm::Error Compilation::endStage(StringRef stage) {
  std::chrono::duration<double> time =
      std::chrono::steady_clock::now() - stageStart;
  result.stages.push_back({stage.str(), time.count()});
  previousStage = stage.str();
  if (stage == binaryStage)
    return llvm::Error::success();
  const std::string &folder = options.dumpDirectory;
  if (!folder.empty()) {
    if (llvm::Error error = makeFolder(folder, [](const Twine &path) {
          return llvm::sys::fs::create_directories(path);
        }))
      return error;
    if (llvm::Error error = dump(stage, folder, *module))
      return error;
  }
  return emitIfAsked(stage);
}

llvm::Error Compilation::emitIfAsked(StringRef stage) {
  isStopped = stage == options.emitStage;
  if (!isStopped)
    return llvm::Error::success();
  if (!output) {
    printStage(*module, stage, llvm::outs());
    return llvm::Error::success();
  }
  // Its weights are beside it, also when a dump has the same elsewhere.
  llvm::Expected<std::optional<OutputFile>> weights =
      StageWriter(roles).write(*module, stage, *output);
  if (!weights)
    return weights.takeError();
  result.outputs.push_back(std::move(*output));
  if (*weights)
    result.outputs.push_back(std::move(**weights));
  return llvm::Error::success();
}

llvm::Error Compilation::dump(StringRef stage, StringRef directory,
                              ModuleOp ir) {
  std::string name;
  llvm::raw_string_ostream(name)
      << llvm::format("%02u.", getStageNumber(stage)) << stage << ".mlir";
  llvm::SmallString<128> path(directory);
  llvm::sys::path::append(path, name);
  // A stage that is done again, after another placement, takes its own place.
  if (dumped.insert(path).second)
    if (llvm::Error error = roles.addOutput("a dumped stage", path))
      return error;
  llvm::Expected<OutputFile> text = OutputFile::create(path);
  if (!text)
    return text.takeError();
  llvm::Expected<std::optional<OutputFile>> weights =
      writer.write(ir, stage, *text);
  if (!weights)
    return weights.takeError();
  SmallVector<OutputFile *> files = {&*text};
  if (*weights)
    files.push_back(&**weights);
  return commitAll(files);
}

llvm::Error Compilation::makeInternalError(StringRef stage,
                                           const Twine &message) {
  std::string text =
      ("internal error in stage '" + stage + "': " + message).str();
  bool hasOutputFile = !options.output.empty() && options.output != "-";
  std::string directory =
      (hasOutputFile ? options.output : "garam") + ".reproducer";
  if (!stageInput || previousStage.empty())
    return llvm::createStringError(text + "\nnote: reproduce it with the model "
                                          "itself");
  // Beside the output, whose folder is there.
  llvm::Error error = makeFolder(directory, [](const Twine &path) {
    return llvm::sys::fs::create_directory(path);
  });
  if (!error)
    error = dump(previousStage, directory, *stageInput);
  if (error)
    return llvm::joinErrors(llvm::createStringError(text), std::move(error));
  return llvm::createStringError(text +
                                 "\nnote: reproduce it with the file in '" +
                                 directory + "' and --from=" + previousStage);
}

/// What is not valid in the IR, empty when it verifies.
static std::string findInvalid(ModuleOp module) {
  DiagnosticCollector diagnostics(module.getContext());
  if (succeeded(verify(module)))
    return "";
  return "the IR is not valid any more: " + diagnostics.takeText();
}

llvm::Error Compilation::makeStageError(StringRef stage,
                                        DiagnosticCollector &diagnostics,
                                        llvm::ArrayRef<std::string> notes) {
  if (std::string invalid = findInvalid(*module); !invalid.empty())
    return makeInternalError(stage, invalid);
  if (!diagnostics.hasErrors())
    return makeInternalError(stage, noReason);
  if (diagnostics.hasFaults())
    return makeInternalError(stage, diagnostics.takeText());
  for (const std::string &note : notes)
    diagnostics.addNote(note);
  return diagnostics.takeError(ExitCode::Model);
}

llvm::Error
Compilation::runPasses(StringRef stage,
                       llvm::function_ref<void(OpPassManager &)> build) {
  beginStage(stage);
  PassManager manager(&context, ModuleOp::getOperationName());
  (void)applyPassManagerCLOptions(manager); // fails where none are declared
  applyDefaultTimingPassManagerCLOptions(manager);
  build(manager);
  DiagnosticCollector diagnostics(&context, &labels);
  bool hasFailed = failed(manager.run(*module));
  llvm::append_range(result.warnings, diagnostics.takeWarnings());
  llvm::append_range(result.remarks, diagnostics.takeRemarks());
  if (hasFailed)
    return makeStageError(stage, diagnostics);
  return llvm::Error::success();
}

//===----------------------------------------------------------------------===//
// The stages
//===----------------------------------------------------------------------===//

llvm::Error Compilation::import() {
  onnx::ImportOptions importOptions;
  for (const std::string &shape : options.shapes)
    if (llvm::Error error = onnx::parseShapeOption(shape, importOptions))
      return error;
  for (const std::string &dim : options.dims)
    if (llvm::Error error = onnx::parseDimOption(dim, importOptions))
      return error;
  if (isBeforeStart(onnxStage))
    return llvm::Error::success();
  std::vector<std::shared_ptr<llvm::MemoryBuffer>> files;
  importOptions.onMappedFile = [&](std::shared_ptr<llvm::MemoryBuffer> file) {
    files.push_back(file);
  };
  importOptions.onGraph = recordNodes;
  importOptions.bytes = options.modelBytes;

  beginStage(onnxStage);
  DiagnosticCollector diagnostics(&context);
  llvm::Expected<OwningOpRef<ModuleOp>> imported =
      onnx::importModel(options.model, importOptions, &context);
  llvm::append_range(result.warnings, diagnostics.takeWarnings());
  if (!imported)
    return imported.takeError();
  module = std::move(*imported);
  for (const std::shared_ptr<llvm::MemoryBuffer> &file : files)
    if (llvm::Error error = addMappedFile(file))
      return error;
  if (llvm::Error error = checkInterface(*module, options.model))
    return error;
  if (llvm::Error error = declareStates(*module, options.states))
    return error;
  recordOptions();
  labels = readNodeLabels(*module);
  return endStage(onnxStage);
}

llvm::Error Compilation::lowerToLinalg() {
  bool isRead = isBeforeStart(linalgStage);
  if (!isRead)
    if (llvm::Error error = runPasses(linalgStage, [&](OpPassManager &manager) {
          buildLinalgPipeline(manager, /*padsSizes=*/!isHostAlone());
        }))
      return error;
  if (llvm::Error error = calibrateValues())
    return error;
  if (!isRead)
    return endStage(linalgStage);
  return options.fromStage == linalgStage ? emitIfAsked(linalgStage)
                                          : llvm::Error::success();
}

llvm::Error Compilation::calibrateValues() {
  if (options.calibration.empty())
    return llvm::Error::success();
  // Not the precision: ranges are those of the model's own arithmetic.
  DeviceCompileOptions ownOptions;
  ownOptions.values = options.deviceOptions;
  DiagnosticCollector diagnostics(&context, &labels);
  llvm::Error error =
      calibrate(*module, options.calibration, devices, ownOptions);
  if (error && diagnostics.hasErrors())
    return llvm::joinErrors(std::move(error),
                            diagnostics.takeError(ExitCode::Model));
  return error;
}

/// Lets the pages of a mapped file go; they come back when they are read.
/// MemoryBuffer::dontNeedIfMmap is posix_madvise, which glibc ignores.
static void releasePages(const llvm::MemoryBuffer &file) {
  if (file.getBufferKind() != llvm::MemoryBuffer::MemoryBuffer_MMap)
    return;
  auto start = llvm::alignDown(
      reinterpret_cast<uintptr_t>(file.getBufferStart()),
      static_cast<uintptr_t>(llvm::sys::Process::getPageSizeEstimate()));
  auto end = reinterpret_cast<uintptr_t>(file.getBufferEnd());
  madvise(reinterpret_cast<void *>(start), end - start, MADV_DONTNEED);
}

/// Wraps the functions that write weights, so that pages of the mapped files
/// that are behind them leave the memory of this process: it holds those of one
/// weight, or of `grain` bytes, and not of the whole model.
void Compilation::releaseInputs() {
  constexpr uint64_t grain = uint64_t(64) << 20;
  auto written = std::make_shared<std::atomic<uint64_t>>(0);
  auto wrap = [&](std::vector<DeviceConstant> &constants) {
    for (DeviceConstant &constant : constants)
      constant.write = [this, written, write = std::move(constant.write)](
                           llvm::MutableArrayRef<uint8_t> bytes) {
        write(bytes);
        // Of threads that arrive here at once, one is enough.
        uint64_t count = *written += bytes.size();
        if (count < grain || !written->compare_exchange_strong(count, 0))
          return;
        for (const auto &file : mappedFiles)
          releasePages(*file);
      };
  };
  for (DeviceProgram &program : image.programs)
    wrap(program.constants);
  for (auto &[segment, constants] : image.constants)
    wrap(constants);
}

/// Devices have seen their programs one by one.
llvm::Expected<std::optional<MemoryOverflow>>
Compilation::findOverflow() const {
  std::vector<SegmentMemory> memories;
  for (const auto &[device, text] :
       llvm::zip_equal(image.manifest.devices, image.targetTexts)) {
    llvm::Expected<MachineSummary> machine =
        devices.lookup(device.kind)
            ->summarizeMachine(llvm::MemoryBufferRef(text, device.target));
    if (!machine)
      return machine.takeError();
    memories.push_back({machine->memoryBytes, machine->memoryHoldsConstants});
  }
  return findMemoryOverflow(image.manifest, memories);
}

llvm::Error Compilation::layOut() {
  StringRef file = isBeforeStart(placedStage) ? options.model : StringRef();
  if (llvm::Error error = buildImage(*module, functions, file).moveInto(image))
    return error;
  llvm::Expected<std::optional<MemoryOverflow>> overflow = findOverflow();
  if (!overflow)
    return overflow.takeError();
  if (!*overflow)
    return llvm::Error::success();
  std::string reason = (*overflow)->describe(image.manifest);
  StringRef device = image.manifest.devices[(*overflow)->device].name;
  // The others stay where they are.
  auto last = llvm::find_if(llvm::reverse(functions), [&](auto &function) {
    return function.executable.getDevice() == device;
  });
  if (last != functions.rend() &&
      succeeded(moveElsewhere(*last, last->nodes, reason)))
    return llvm::Error::success();
  DiagnosisParts parts;
  parts.message = std::move(reason);
  parts.notes = describeRules(device);
  parts.hint = "place fewer nodes on it";
  return makeDiagnosedError(ExitCode::Model, {std::move(parts)});
}

llvm::Error Compilation::writeBinary() {
  for (const EntryPoint &entry : image.manifest.entryPoints) {
    auto conditions = describeConditions(entry);
    if (!conditions)
      return conditions.takeError();
    llvm::append_range(result.warnings, *conditions);
  }
  for (auto [name, text] : readOptions(*module))
    image.manifest.options.emplace_back(name, text);
  for (const ImageProgram &program : image.manifest.programs)
    result.holdsNativeCode |=
        devices.lookup(image.manifest.getTarget(program).kind)
            ->executesNativeCode();
  WeightCheck check(image);
  releaseInputs();
  if (llvm::Error error = writeImage(*output, image, threads.get()))
    return error;
  DiagnosticCollector diagnostics(&context, &labels);
  check.warn(*module);
  for (std::string &warning : diagnostics.takeWarnings())
    if (!llvm::is_contained(result.warnings, warning))
      result.warnings.push_back(std::move(warning));
  if (llvm::Error error = endStage(binaryStage))
    return error;
  result.outputs.push_back(std::move(*output));
  return llvm::Error::success();
}

llvm::Expected<CompileResult> Compilation::run() {
  using Step = llvm::Error (Compilation::*)();
  constexpr Step steps[] = {
      &Compilation::checkOptions,    &Compilation::openOutput,
      &Compilation::openTarget,      &Compilation::readStart,
      &Compilation::listStages,      &Compilation::import,
      &Compilation::lowerToLinalg,   &Compilation::readPlacement,
      &Compilation::checkDimensions, &Compilation::placeAndCompile,
      &Compilation::writeBinary};
  for (Step step : steps) {
    if (llvm::Error error = (this->*step)())
      return error;
    if (isStopped)
      break;
  }
  if (llvm::Error error = writePlacement())
    return error;
  return std::move(result);
}

llvm::Expected<CompileResult> compile(const CompileOptions &options,
                                      const DeviceRegistry &devices) {
  return Compilation(options, devices).run();
}

} // namespace garam
