//===- Compilation.cpp - One run of the compiler --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Compilation.h"

#include "Calibration.h"
#include "Pipelines.h"
#include "StageFile.h"
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

#include <sys/mman.h>

using namespace mlir;

namespace garam {

/// In the IR and in the manifest.
static constexpr llvm::StringLiteral precisionOption = "precision";

static DialectRegistry makeRegistry(const DeviceRegistry &devices) {
  DialectRegistry registry;
  registerAllDialects(registry, devices);
  return registry;
}

Compilation::Compilation(const CompileOptions &options,
                         const DeviceRegistry &devices)
    : options(options), devices(devices),
      // One function goes down one pipeline: threads have nothing to share.
      context(makeRegistry(devices), MLIRContext::Threading::DISABLED) {
  // A message names the node; the operation may be a screenful.
  context.printOpOnDiagnostic(false);
}

//===----------------------------------------------------------------------===//
// Before the first stage
//===----------------------------------------------------------------------===//

llvm::Error Compilation::checkOptions() {
  const std::string &precision = options.precision;
  if (!precision.empty() && precision != "bf16" && precision != "fp16")
    return makeUserError(ExitCode::Usage, "--precision " + precision +
                                              ": expected bf16 or fp16");
  if (llvm::Error error = checkDeviceOptions())
    return error;
  // Shapes are in the IR of every stage.
  if (!options.fromStage.empty() &&
      (!options.shapes.empty() || !options.dims.empty()))
    return makeUserError(
        ExitCode::Usage,
        StringRef(options.shapes.empty() ? "--dim" : "--shape") +
            " is for ONNX files; the shapes of IR are fixed");
  const std::string &folder = options.dumpDirectory;
  if (llvm::sys::fs::exists(folder) && !llvm::sys::fs::is_directory(folder))
    return makeUserError(ExitCode::Usage,
                         "--dump-stages: '" + folder + "' is not a folder");
  return llvm::Error::success();
}

/// The flags of all devices' own options.
static std::vector<std::string> listFlags(const DeviceRegistry &devices) {
  std::vector<std::string> flags;
  for (const auto &device : devices.getDevices())
    for (const DeviceOption &option : device->getCompileOptions())
      flags.push_back(option.flag);
  return flags;
}

llvm::Error Compilation::checkDeviceOptions() {
  std::vector<std::string> flags = listFlags(devices);
  for (const auto &[flag, value] : options.deviceOptions)
    if (!llvm::is_contained(flags, flag))
      return makeUserError(ExitCode::Usage,
                           "--" + flag + ": no device has this option");
  return llvm::Error::success();
}

bool Compilation::makesBinary() const {
  return options.emitStage.empty() || options.emitStage == binaryStage;
}

/// What cannot be written, or would overwrite something, is told before any
/// work.
llvm::Error Compilation::openOutput() {
  if (llvm::Error error = roles.addInput("the model", options.model))
    return error;
  if (!options.calibration.empty())
    if (llvm::Error error = roles.addInput("--calibrate", options.calibration))
      return error;
  for (const auto &[role, path] : options.otherOutputs)
    if (llvm::Error error = roles.addOutput(role, path))
      return error;
  const std::string &path = makesBinary() ? options.output : options.emitPath;
  if (llvm::Error error = roles.addOutput("--output", path))
    return error;
  if (!makesBinary() && path == "-")
    return llvm::Error::success();
  llvm::Expected<OutputFile> file = OutputFile::create(path);
  if (!file)
    return file.takeError();
  output = std::move(*file);
  return llvm::Error::success();
}

llvm::Error Compilation::openTarget() {
  if (options.target.empty())
    return llvm::Error::success();
  llvm::Expected<TargetFile> file = loadTarget(options.target);
  if (!file)
    return file.takeError();
  if (llvm::Error error = roles.addInput("the target file", file->path))
    return error;
  const Device *device = devices.lookup(file->header.kind);
  if (!device) {
    std::string known;
    llvm::raw_string_ostream os(known);
    llvm::interleaveComma(devices.getDevices(), os, [&](const auto &candidate) {
      os << "'" << candidate->getKind() << "'";
    });
    return makeUserError(ExitCode::Config,
                         file->path + ": kind '" + file->header.kind +
                             "' is not that of a known device (" + known + ")");
  }
  if (llvm::Error error = device->checkTarget(*file))
    return error;
  target = device->getTargetAttr(&context, *file);
  return llvm::Error::success();
}

llvm::Error
Compilation::addMappedFile(std::shared_ptr<llvm::MemoryBuffer> file) {
  mappedFiles.push_back(file);
  return roles.addInput("a file of the model's weights",
                        file->getBufferIdentifier());
}

/// What an earlier compile was given, in the order of its names.
static std::vector<std::pair<StringRef, StringRef>>
readOptions(ModuleOp module) {
  std::vector<std::pair<StringRef, StringRef>> found;
  if (auto attr = module->getAttrOfType<DictionaryAttr>(optionsAttrName))
    for (NamedAttribute option : attr)
      if (auto text = dyn_cast<StringAttr>(option.getValue()))
        found.emplace_back(option.getName().getValue(), text.getValue());
  return found;
}

void Compilation::recordOptions() {
  Builder builder(&context);
  NamedAttrList attrs;
  for (auto [name, text] : readOptions(*module))
    attrs.set(name, builder.getStringAttr(text));
  auto record = [&](StringRef name, const std::string &text) {
    if (!text.empty())
      attrs.set(name, builder.getStringAttr(text));
  };
  record(precisionOption, options.precision);
  for (const auto &[flag, value] : options.deviceOptions)
    record(flag, value);
  record("shape", llvm::join(options.shapes, " "));
  record("dim", llvm::join(options.dims, " "));
  if (!attrs.empty())
    (*module)->setAttr(optionsAttrName, attrs.getDictionary(&context));
}

llvm::Error Compilation::readStart() {
  if (options.fromStage.empty())
    return llvm::Error::success();
  llvm::Expected<StageInput> read = readStage(options.model, &context);
  if (!read)
    return read.takeError();
  module = std::move(read->module);
  if (llvm::Error error = checkInterface(*module, options.model))
    return error;
  if (llvm::Error error = checkNodes(*module, options.model))
    return error;
  startStage = std::move(read->stage);
  if (read->weights)
    if (llvm::Error error = addMappedFile(std::move(read->weights)))
      return error;
  labels = readNodeLabels(*module);
  return llvm::Error::success();
}

llvm::Error Compilation::restoreOption(StringRef name, std::string &value) {
  std::string recorded;
  for (auto [candidate, text] : readOptions(*module))
    if (candidate == name)
      recorded = text.str();
  bool isPlaced =
      options.fromStage != onnxStage && options.fromStage != linalgStage;
  if (isPlaced && !value.empty() && value != recorded)
    return makeUserError(ExitCode::Usage,
                         "--" + name +
                             ": it is chosen in this IR; start from a stage "
                             "before 'placed'");
  if (value.empty())
    value = recorded;
  return llvm::Error::success();
}

/// The IR is of the stage that it is taken for, and the options still matter.
llvm::Error Compilation::checkStart() {
  const std::string &stage = options.fromStage;
  if (stage.empty())
    return llvm::Error::success();
  bool isPlaced = stage != onnxStage && stage != linalgStage;
  if (startStage.empty() ? !isPlaced : startStage != stage)
    return makeUserError(
        ExitCode::Usage,
        "--from=" + stage + ": '" + options.model + "' is the IR of " +
            (startStage.empty()
                 ? std::string("a later stage")
                 : "stage '" + startStage + "'; hint: --from=" + startStage));
  if (llvm::Error error = restoreOption(precisionOption, options.precision))
    return error;
  for (const std::string &flag : listFlags(devices)) {
    std::string &value = options.deviceOptions[flag];
    if (llvm::Error error = restoreOption(flag, value))
      return error;
    if (value.empty())
      options.deviceOptions.erase(flag);
  }
  recordOptions();
  return llvm::Error::success();
}

/// The target that the IR itself carries, or null.
static Attribute findTarget(ModuleOp module) {
  if (Attribute target = module->getAttr(heteroTargetAttrName))
    return target;
  for (auto executable : module.getOps<hetero::ExecutableOp>())
    return executable.getTarget();
  return nullptr;
}

llvm::Error Compilation::listStages() {
  if (Attribute own = module ? findTarget(*module) : nullptr;
      own && target && own != target)
    return makeUserError(ExitCode::Usage,
                         "--target: the file was made for another target; "
                         "leave the option out, or start from a stage before "
                         "'placed'");
  Attribute attr = target ? target : module ? findTarget(*module) : nullptr;
  auto device = dyn_cast_if_present<DeviceTargetAttrInterface>(attr);
  if (!device)
    return makeUserError(ExitCode::Usage,
                         "no target; hint: pass --target NAME, one of those "
                         "that 'garam targets' lists");
  stages = {onnxStage.str(), linalgStage.str(), placedStage.str()};
  for (StringRef stage : device.getStages())
    stages.push_back(stage.str());
  stages.push_back(binaryStage.str());

  for (const auto &[flag, stage] : {std::pair("--emit", &options.emitStage),
                                    std::pair("--from", &options.fromStage)})
    if (!stage->empty() && !llvm::is_contained(stages, *stage))
      return makeUserError(ExitCode::Usage, Twine(flag) + "=" + *stage +
                                                ": no such stage; the stages "
                                                "are " +
                                                llvm::join(stages, ", "));
  if (options.fromStage == binaryStage)
    return makeUserError(ExitCode::Usage,
                         "--from=binary: a device binary is not compiled "
                         "further; run it with 'garam run'");
  if (!options.emitStage.empty() && !options.fromStage.empty() &&
      getStageNumber(options.emitStage) < getStageNumber(options.fromStage))
    return makeUserError(ExitCode::Usage,
                         "--emit=" + options.emitStage +
                             " comes before --from=" + options.fromStage);
  if (llvm::Error error = checkStart())
    return error;
  previousStage = options.fromStage;
  return module ? emitIfAsked(options.fromStage) : llvm::Error::success();
}

unsigned Compilation::getStageNumber(StringRef stage) const {
  return llvm::find(stages, stage) - stages.begin() + 1;
}

bool Compilation::isBeforeStart(StringRef stage) const {
  return !options.fromStage.empty() &&
         getStageNumber(stage) <= getStageNumber(options.fromStage);
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
  std::string directory =
      (options.output.empty() ? "garam" : options.output) + ".reproducer";
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
                                        DiagnosticCollector &diagnostics) {
  std::string text = diagnostics.takeText();
  if (std::string invalid = findInvalid(*module); !invalid.empty())
    return makeInternalError(stage, invalid);
  if (text.empty())
    return makeInternalError(stage, "it failed without a reason");
  if (diagnostics.hasInternalErrors())
    return makeInternalError(stage, text);
  return makeUserError(ExitCode::Model, text);
}

llvm::Error
Compilation::runPasses(StringRef stage,
                       llvm::function_ref<void(OpPassManager &)> build) {
  beginStage(stage);
  PassManager manager(&context, ModuleOp::getOperationName());
  build(manager);
  DiagnosticCollector diagnostics(&context, &labels);
  bool hasFailed = failed(manager.run(*module));
  llvm::append_range(result.warnings, diagnostics.takeWarnings());
  if (hasFailed)
    return makeStageError(stage, diagnostics);
  return endStage(stage);
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
  recordOptions();
  recordNodes(*module);
  labels = readNodeLabels(*module);
  return endStage(onnxStage);
}

llvm::Error Compilation::lowerToLinalg() {
  if (isBeforeStart(linalgStage))
    return llvm::Error::success();
  return runPasses(linalgStage, buildLinalgPipeline);
}

llvm::Error Compilation::calibrateValues() {
  if (options.calibration.empty())
    return llvm::Error::success();
  if (isBeforeStart(placedStage))
    return makeUserError(ExitCode::Usage,
                         "--calibrate: this IR is placed; start from a stage "
                         "before 'placed'");
  DiagnosticCollector diagnostics(&context, &labels);
  llvm::Expected<llvm::StringMap<ObservedRange>> observed =
      calibrate(*module, options.calibration, devices);
  if (!observed) {
    std::string reasons = diagnostics.takeText();
    return reasons.empty()
               ? observed.takeError()
               : llvm::joinErrors(observed.takeError(),
                                  makeUserError(ExitCode::Model, reasons));
  }
  ranges = std::move(*observed);
  return llvm::Error::success();
}

llvm::Error Compilation::place() {
  if (isBeforeStart(placedStage))
    return llvm::Error::success();
  if (!target)
    target = findTarget(*module);
  (*module)->setAttr(heteroTargetAttrName, target);
  return runPasses(placedStage, [&](OpPassManager &manager) {
    buildPlacementPipeline(manager, cast<DeviceTargetAttrInterface>(target),
                           options);
  });
}

llvm::Error Compilation::compileExecutable(hetero::ExecutableOp executable) {
  auto device = cast<DeviceTargetAttrInterface>(executable.getTarget());
  SmallVector<StringRef> deviceStages = device.getStages();
  auto functions = executable.getOps<func::FuncOp>();
  if (!llvm::hasSingleElement(functions))
    return makeUserError(ExitCode::Model,
                         "an executable holds exactly one function");

  DeviceCompileOptions deviceOptions;
  deviceOptions.precision = options.precision;
  deviceOptions.ranges = ranges;
  deviceOptions.values = options.deviceOptions;
  if (llvm::is_contained(deviceStages, options.fromStage))
    deviceOptions.startStage = options.fromStage;
  // The device's stages that are still to come, then the binary.
  auto next = llvm::find_if(
      deviceStages, [&](StringRef stage) { return !isBeforeStart(stage); });
  auto getNext = [&] {
    return next == deviceStages.end() ? StringRef(binaryStage) : *next;
  };
  beginStage(getNext());

  llvm::Error stageError = llvm::Error::success();
  DiagnosticCollector diagnostics(&context, &labels);
  auto observe = [&](StringRef stage) {
    if (failed(verify(*module)))
      return WalkResult::interrupt();
    stageError = llvm::joinErrors(std::move(stageError), endStage(stage));
    if (stageError || isStopped)
      return WalkResult::interrupt();
    ++next;
    beginStage(getNext());
    return WalkResult::advance();
  };
  FailureOr<std::optional<DeviceProgram>> program =
      device.compile(*functions.begin(), deviceOptions, observe);
  llvm::append_range(result.warnings, diagnostics.takeWarnings());
  if (stageError || isStopped)
    return stageError;
  if (failed(program) || !*program)
    return makeStageError(getNext(), diagnostics);
  executables.push_back({executable, std::move(**program)});
  return llvm::Error::success();
}

llvm::Error Compilation::compileExecutables() {
  for (auto executable : module->getOps<hetero::ExecutableOp>())
    if (llvm::Error error = compileExecutable(executable); error || isStopped)
      return error;
  return llvm::Error::success();
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
void Compilation::releaseInputs(ImageSource &image) {
  constexpr uint64_t grain = uint64_t(64) << 20;
  auto written = std::make_shared<uint64_t>(0);
  for (DeviceProgram &program : image.programs)
    for (DeviceConstant &constant : program.constants)
      constant.write = [this, written, write = std::move(constant.write)](
                           llvm::MutableArrayRef<uint8_t> bytes) {
        write(bytes);
        *written += bytes.size();
        if (*written < grain)
          return;
        *written = 0;
        for (const auto &file : mappedFiles)
          releasePages(*file);
      };
}

llvm::Error Compilation::writeBinary() {
  llvm::Expected<ImageSource> image =
      buildImage(*module, std::move(executables));
  if (!image)
    return image.takeError();
  for (auto [name, text] : readOptions(*module))
    image->manifest.options.emplace_back(name, text);
  releaseInputs(*image);
  if (llvm::Error error = writeImage(*output, *image))
    return error;
  if (llvm::Error error = endStage(binaryStage))
    return error;
  result.outputs.push_back(std::move(*output));
  return llvm::Error::success();
}

llvm::Expected<CompileResult> Compilation::run() {
  using Step = llvm::Error (Compilation::*)();
  constexpr Step steps[] = {
      &Compilation::checkOptions,  &Compilation::openOutput,
      &Compilation::openTarget,    &Compilation::readStart,
      &Compilation::listStages,    &Compilation::import,
      &Compilation::lowerToLinalg, &Compilation::calibrateValues,
      &Compilation::place,         &Compilation::compileExecutables,
      &Compilation::writeBinary};
  for (Step step : steps) {
    if (llvm::Error error = (this->*step)())
      return error;
    if (isStopped)
      break;
  }
  return std::move(result);
}

llvm::Expected<CompileResult> compile(const CompileOptions &options,
                                      const DeviceRegistry &devices) {
  return Compilation(options, devices).run();
}

} // namespace garam
