//===- CompilationStart.cpp - Options, target and the first IR ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Compilation.h"

#include "Pipelines.h"
#include "StageFile.h"
#include "garam/Support/Errors.h"
#include "garam/Target/System.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Remarks.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Regex.h"

using namespace mlir;

namespace garam {

/// In the IR and in the manifest.
static constexpr llvm::StringLiteral precisionOption = "precision";
static constexpr llvm::StringLiteral levelOption = "O";

/// The level that an option says, or nothing where it says none.
static std::optional<unsigned> parseLevel(StringRef text) {
  unsigned level = defaultOptimizationLevel;
  if (!text.empty() &&
      (text.getAsInteger(/*Radix=*/10, level) || level > maxOptimizationLevel))
    return std::nullopt;
  return level;
}

llvm::Error Compilation::checkOptions() {
  const std::string &precision = options.precision;
  if (!precision.empty() && precision != "bf16" && precision != "fp16")
    return makeUserError(ExitCode::Usage, "--precision " + precision +
                                              ": expected bf16 or fp16");
  std::optional<unsigned> level = parseLevel(options.optimizationLevel);
  if (!level)
    return makeUserError(ExitCode::Usage, "-O" + options.optimizationLevel +
                                              ": expected -O0 to -O" +
                                              Twine(maxOptimizationLevel));
  deviceOptions.optimizationLevel = *level;
  if (llvm::Error error = checkDeviceOptions())
    return error;
  if (llvm::Error error = enableRemarks())
    return error;
  // Shapes are in the IR of every stage, and what is state.
  if (!options.fromStage.empty() &&
      (!options.shapes.empty() || !options.dims.empty()))
    return makeUserError(
        ExitCode::Usage,
        StringRef(options.shapes.empty() ? "--dim" : "--shape") +
            " is for ONNX files; the shapes of IR are fixed");
  if (!options.fromStage.empty() && !options.states.empty())
    return makeUserError(ExitCode::Usage,
                         "--state is for ONNX files; IR has its states");
  const std::string &folder = options.dumpDirectory;
  if (llvm::sys::fs::exists(folder) && !llvm::sys::fs::is_directory(folder))
    return makeUserError(ExitCode::Usage,
                         "--dump-stages: '" + folder + "' is not a folder");
  return llvm::Error::success();
}

/// All devices' own options.
static std::vector<DeviceOption> listOptions(const DeviceRegistry &devices) {
  std::vector<DeviceOption> all;
  for (const auto &device : devices.getDevices())
    llvm::append_range(all, device->getCompileOptions());
  return all;
}

llvm::Error Compilation::checkDeviceOptions() {
  std::vector<DeviceOption> all = listOptions(devices);
  for (const auto &[flag, value] : options.deviceOptions) {
    auto it = llvm::find_if(
        all, [name = StringRef(flag)](const DeviceOption &option) {
          return option.flag == name;
        });
    std::string fault;
    if (it == all.end())
      fault = "no device has this option";
    else if (it->findFault)
      fault = it->findFault(value);
    if (!fault.empty())
      return makeUserError(ExitCode::Usage, "--" + flag + ": " + fault);
  }
  return llvm::Error::success();
}

/// Remarks become diagnostics, which collectors keep.
llvm::Error Compilation::enableRemarks() {
  const std::string &filter = options.remarksFilter;
  if (filter.empty())
    return llvm::Error::success();
  std::string fault;
  if (!llvm::Regex(filter).isValid(fault))
    return makeUserError(ExitCode::Usage,
                         "--remarks-filter=" + filter +
                             ": not a regular expression: " + fault);
  remark::RemarkCategories categories;
  categories.passed = categories.missed = filter;
  categories.analysis = categories.failed = filter;
  if (failed(remark::enableOptimizationRemarks(
          context, /*streamer=*/nullptr,
          std::make_unique<remark::RemarkEmittingPolicyAll>(), categories,
          /*printAsEmitRemarks=*/true)))
    return llvm::createStringError("internal error: " + Twine(noReason));
  return llvm::Error::success();
}

bool Compilation::makesBinary() const {
  return options.emitStage.empty() || options.emitStage == binaryStage;
}

/// What cannot be written, or would overwrite something, is told before any
/// work.
llvm::Error Compilation::openOutput() {
  if (!options.modelBytes)
    if (llvm::Error error = roles.addInput("the model", options.model))
      return error;
  if (!options.calibration.empty())
    if (llvm::Error error = roles.addInput("--calibrate", options.calibration))
      return error;
  for (const auto &[role, path] : options.otherOutputs)
    if (llvm::Error error = roles.addOutput(role, path))
      return error;
  if (!options.emitPlacement.empty()) {
    if (llvm::Error error =
            roles.addOutput("--emit-placement", options.emitPlacement))
      return error;
    llvm::Expected<OutputFile> file = OutputFile::create(options.emitPlacement);
    if (!file)
      return file.takeError();
    placementOutput = std::move(*file);
  }
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

/// The system as an attribute, for the compiler.
static hetero::SystemAttr makeSystemAttr(const System &system,
                                         MLIRContext *context) {
  Builder builder(context);
  SmallVector<hetero::DeviceAttr> devices;
  for (const System::Device &device : system.devices)
    devices.push_back(hetero::DeviceAttr::get(
        context, device.name,
        device.device->getTargetAttr(context, device.file)));
  SmallVector<hetero::LinkAttr> links;
  for (const SystemLink &link : system.links)
    links.push_back(
        hetero::LinkAttr::get(context, link.ends[0], link.ends[1],
                              builder.getF64FloatAttr(link.bytesPerSecond),
                              builder.getF64FloatAttr(link.seconds),
                              builder.getF64FloatAttr(link.energyPerByte)));
  return hetero::SystemAttr::get(context, system.name, system.host, devices,
                                 links);
}

llvm::Error Compilation::openTarget() {
  if (options.target.empty())
    return llvm::Error::success();
  llvm::Expected<TargetFile> file = loadTarget(options.target);
  if (!file)
    return file.takeError();
  if (llvm::Error error = roles.addInput("the target file", file->path))
    return error;
  isChip = file->header.kind != systemKind;
  llvm::Expected<System> opened = loadSystem(std::move(*file), devices);
  if (!opened)
    return opened.takeError();
  for (const System::Device &device : opened->devices)
    if (llvm::Error error = roles.addInput("a target file", device.file.path))
      return error;
  context.loadDialect<hetero::HeteroDialect>();
  system = makeSystemAttr(*opened, &context);
  return llvm::Error::success();
}

llvm::Error
Compilation::addMappedFile(std::shared_ptr<llvm::MemoryBuffer> file) {
  mappedFiles.push_back(file);
  if (file == options.modelBytes)
    return llvm::Error::success();
  return roles.addInput("a file of the model's weights",
                        file->getBufferIdentifier());
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
  record(levelOption, options.optimizationLevel);
  for (const auto &[flag, value] : options.deviceOptions)
    record(flag, value);
  record("shape", llvm::join(options.shapes, " "));
  record("dim", llvm::join(options.dims, " "));
  record("state", llvm::join(options.states, " "));
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

llvm::Error Compilation::restoreLevel() {
  // Each stage has its own use of it, so that another one may follow.
  std::string &given = options.optimizationLevel;
  for (auto [name, text] : readOptions(*module))
    if (name == levelOption && given.empty())
      given = text.str();
  std::optional<unsigned> level = parseLevel(given);
  if (!level)
    return makeUserError(ExitCode::Model, options.model +
                                              ": the optimisation level is '" +
                                              given + "', needed 0 to " +
                                              Twine(maxOptimizationLevel));
  deviceOptions.optimizationLevel = *level;
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
  if (llvm::Error error = restoreLevel())
    return error;
  for (const DeviceOption &option : listOptions(devices)) {
    std::string &value = options.deviceOptions[option.flag];
    if (llvm::Error error = restoreOption(option.flag, value))
      return error;
    if (value.empty())
      options.deviceOptions.erase(option.flag);
  }
  if (llvm::Error error = checkDeviceOptions())
    return error;
  recordOptions();
  return llvm::Error::success();
}

/// Whether IR that was placed is of `system`, perhaps without a host that it
/// does not need.
static bool isOf(hetero::SystemAttr own, hetero::SystemAttr system) {
  return own == system || own == system.withoutHost();
}

llvm::Error Compilation::chooseSystem() {
  auto own =
      module
          ? (*module)->getAttrOfType<hetero::SystemAttr>(hetero::systemAttrName)
          : hetero::SystemAttr();
  if (own && system && !isOf(own, system))
    return makeUserError(ExitCode::Usage,
                         "--target: the file was made for another target; "
                         "leave the option out, or start from a stage before "
                         "'placed'");
  if (own)
    system = own;
  if (!system)
    return makeUserError(ExitCode::Usage,
                         "no target; hint: pass --target NAME, one of those "
                         "that 'garam targets' lists");
  return llvm::Error::success();
}

llvm::Error Compilation::listStages() {
  if (llvm::Error error = chooseSystem())
    return error;
  stages = {onnxStage.str(), linalgStage.str(), placedStage.str()};
  // Those of each class of devices, once.
  for (hetero::DeviceAttr device : system.getDevices())
    for (StringRef stage :
         cast<DeviceTargetAttrInterface>(device.getTarget()).getStages())
      if (!llvm::is_contained(stages, stage))
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
  if (llvm::Error error = checkStageOptions())
    return error;
  previousStage = options.fromStage;
  // Samples add to the IR of 'linalg', also when it is read.
  return module && options.fromStage != linalgStage
             ? emitIfAsked(options.fromStage)
             : llvm::Error::success();
}

unsigned Compilation::getStageNumber(StringRef stage) const {
  return llvm::find(stages, stage) - stages.begin() + 1;
}

bool Compilation::isBeforeStart(StringRef stage) const {
  return !options.fromStage.empty() &&
         getStageNumber(stage) <= getStageNumber(options.fromStage);
}

} // namespace garam
