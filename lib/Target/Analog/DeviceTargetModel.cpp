//===- DeviceTargetModel.cpp - What #analog.target implements -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "DeviceTargetModel.h"

#include "CheckTiles.h"
#include "ExportProgram.h"
#include "LoadedAnalogProgram.h"
#include "garam/Conversion/LinalgToAnalog/Passes.h"
#include "garam/Dialect/Analog/Transforms/Passes.h"
#include "garam/Target/Analog/Machine/TargetFile.h"
#include "garam/Target/FunctionCopy.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

#include <thread>

using namespace mlir;

namespace garam::analog {

// Stages of the pipeline, in order; garam compile --emit takes their names.
/// Products with whole matrices.
static constexpr llvm::StringLiteral productsStage = "analog-products";
/// Products split over crossbars.
static constexpr llvm::StringLiteral tilesStage = "analog-tiles";

DeviceOption getReadPhasesOption() {
  DeviceOption option;
  option.flag = "read-phases";
  option.valueName = "1|4";
  option.help = "reads of a crossbar for inputs that are not negative";
  option.defaultValue = "4";
  option.findFault = [](StringRef value) -> std::string {
    if (value == "1" || value == "4")
      return "";
    return ("found '" + value + "', needed 1 or 4").str();
  };
  return option;
}

namespace {

struct TargetModel
    : public DeviceTargetAttrInterface::ExternalModel<TargetModel, TargetAttr> {
  StringRef getDeviceKind(Attribute) const { return deviceKind; }
  StringRef getTargetName(Attribute attr) const {
    return cast<TargetAttr>(attr).getName();
  }
  StringRef getTargetText(Attribute attr) const {
    return cast<TargetAttr>(attr).getText();
  }
  SmallVector<StringRef> getStages(Attribute) const {
    return {productsStage, tilesStage};
  }
  /// Tensors are floats; only codes are integers.
  bool hasFloat(Attribute) const { return true; }

  SmallVector<Refusal> accepts(Attribute attr, func::FuncOp function,
                               const DeviceCompileOptions &options) const;
  FailureOr<DeviceEstimate> estimate(Attribute attr, func::FuncOp function,
                                     const DeviceCompileOptions &options) const;
  FailureOr<std::optional<DeviceProgram>>
  compile(Attribute attr, func::FuncOp function,
          const DeviceCompileOptions &options,
          llvm::function_ref<WalkResult(StringRef)> observer) const;
};

/// The stages of one compile.
class Pipeline {
public:
  Pipeline(func::FuncOp function, const MachineDescription &machine,
           const DeviceCompileOptions &options, RefusalHandler onRefusal)
      : function(function), machine(machine), options(options),
        onRefusal(std::move(onRefusal)) {}

  /// Brings the function to the stage behind `stage` (empty: linalg).
  LogicalResult runNextStage(StringRef stage);
  FailureOr<DeviceProgram> finish() {
    if (failed(checkTiles(function, machine)))
      return failure();
    bool areOwnTiles =
        !(options.isFromFile && options.startStage == tilesStage);
    return exportProgram(function, machine, areOwnTiles, onRefusal);
  }

private:
  LogicalResult makeProducts();
  LogicalResult makeTiles();

  func::FuncOp function;
  const MachineDescription &machine;
  const DeviceCompileOptions &options;
  RefusalHandler onRefusal;
};

} // namespace

static llvm::Expected<MachineDescription> readMachine(Attribute attr) {
  auto target = cast<TargetAttr>(attr);
  return readTargetFile(
      llvm::MemoryBufferRef(target.getText(), target.getName()));
}

LogicalResult Pipeline::makeProducts() {
  PassManager manager(function.getContext(), func::FuncOp::getOperationName());
  // Constants and shapes in their simplest form, for patterns to see them.
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  bool hasGuessed = false;
  if (failed(manager.run(function)) ||
      failed(convertToAnalog(function, machine, onRefusal, hasGuessed)))
    return failure();
  // The same text for every function, for the driver to join.
  if (hasGuessed)
    function.emitWarning(
        "ranges of tensors that are converted for crossbars are guesses; hint: "
        "--calibrate FILE.npz gives samples of the model's inputs");
  return success();
}

LogicalResult Pipeline::makeTiles() {
  SplitOptions split;
  split.unsignedPhases = options.getValue(getReadPhasesOption()) == "1" ? 1 : 4;
  return splitTiles(function, machine, split, onRefusal);
}

LogicalResult Pipeline::runNextStage(StringRef stage) {
  return stage.empty() ? makeProducts() : makeTiles();
}

/// All stages, quietly: what is refused is returned, other messages of this
/// thread are dropped.
static FailureOr<DeviceProgram>
compileQuietly(func::FuncOp function, const MachineDescription &machine,
               const DeviceCompileOptions &options,
               SmallVectorImpl<Refusal> &refusals) {
  ScopedDiagnosticHandler silence(
      function.getContext(),
      [thread = std::this_thread::get_id()](Diagnostic &diagnostic) {
        bool isOurs = std::this_thread::get_id() == thread;
        return success(isOurs &&
                       diagnostic.getSeverity() != DiagnosticSeverity::Error);
      });
  auto onRefusal = [&](const Refusal &refusal) { refusals.push_back(refusal); };
  Pipeline pipeline(function, machine, options, onRefusal);
  if (failed(pipeline.runNextStage("")) ||
      failed(pipeline.runNextStage(productsStage)))
    return failure();
  return pipeline.finish();
}

SmallVector<Refusal>
TargetModel::accepts(Attribute attr, func::FuncOp function,
                     const DeviceCompileOptions &options) const {
  SmallVector<Refusal> refusals;
  llvm::Expected<MachineDescription> machine = readMachine(attr);
  if (!machine) {
    refusals.push_back({function, llvm::toString(machine.takeError())});
    return refusals;
  }
  FunctionCopy copy(function);
  if (failed(compileQuietly(copy.get(), *machine, options, refusals)) &&
      refusals.empty())
    refusals.push_back(
        {function, internalErrorPrefix + Twine("the conversion failed")});
  return refusals;
}

FailureOr<std::optional<DeviceProgram>>
TargetModel::compile(Attribute attr, func::FuncOp function,
                     const DeviceCompileOptions &options,
                     llvm::function_ref<WalkResult(StringRef)> observer) const {
  llvm::Expected<MachineDescription> machine = readMachine(attr);
  if (!machine)
    return function.emitError() << llvm::toString(machine.takeError());
  auto onRefusal = [&](const Refusal &refusal) {
    emitRefusal(refusal, machine->name);
  };
  Pipeline pipeline(function, *machine, options, onRefusal);
  StringRef stage = options.startStage;
  SmallVector<StringRef> stages = getStages(attr);
  auto next = stage.empty() ? stages.begin() : llvm::find(stages, stage) + 1;
  for (; next != stages.end(); ++next) {
    if (failed(pipeline.runNextStage(stage)))
      return failure();
    stage = *next;
    if (observer(stage).wasInterrupted())
      return std::optional<DeviceProgram>();
  }
  FailureOr<DeviceProgram> program = pipeline.finish();
  if (failed(program))
    return failure();
  return std::optional<DeviceProgram>(std::move(*program));
}

/// The program's commands without data are few, so that the simulator itself is
/// the cost model.
FailureOr<DeviceEstimate>
TargetModel::estimate(Attribute attr, func::FuncOp function,
                      const DeviceCompileOptions &options) const {
  llvm::Expected<MachineDescription> machine = readMachine(attr);
  if (!machine) {
    llvm::consumeError(machine.takeError());
    return failure();
  }
  FunctionCopy copy(function);
  SmallVector<Refusal> refusals;
  FailureOr<DeviceProgram> program =
      compileQuietly(copy.get(), *machine, options, refusals);
  if (failed(program))
    return failure();
  llvm::Expected<std::unique_ptr<LoadedProgram>> loaded =
      loadProgram(program->code, llvm::MemoryBufferRef(getTargetText(attr),
                                                       getTargetName(attr)));
  if (!loaded) {
    llvm::consumeError(loaded.takeError());
    return failure();
  }
  llvm::Expected<DeviceRun> run = (*loaded)->measure();
  if (!run) {
    llvm::consumeError(run.takeError());
    return failure();
  }
  DeviceEstimate estimate;
  estimate.seconds = run->latencyFs * 1e-15;
  estimate.joules = run->energyJoule + machine->idleWatts * estimate.seconds;
  estimate.dramBytes = run->dramReadBytes + run->dramWriteBytes;
  estimate.weightBytes = program->segments[0].size;
  estimate.onChipBytes = getPeakOnChipBytes(program->plan);
  return estimate;
}

void registerTargetModel(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, AnalogDialect *) {
    TargetAttr::attachInterface<TargetModel>(*context);
  });
}

} // namespace garam::analog
