//===- DeviceTargetModel.cpp - What #npu.target implements ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "DeviceTargetModel.h"

#include "DeviceProgram.h"
#include "garam/Conversion/LinalgToNPU/Pipeline.h"
#include "garam/Dialect/NPU/Transforms/DebugChoices.h"
#include "garam/Dialect/NPU/Transforms/LowerBound.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Support/NodeIds.h"
#include "garam/Target/DeviceTargetModel.h"
#include "garam/Target/NPU/Compile.h"
#include "garam/Target/NPU/Machine/TargetFile.h"

using namespace mlir;

namespace garam::npu {

// Stages of the pipeline, in order; garam compile --emit takes their names.
/// Stages on tensors.
static constexpr llvm::StringLiteral stagesStage = "npu-stages";
/// The same with layouts, core splits and tiles as attributes.
static constexpr llvm::StringLiteral scheduledStage = "npu-scheduled";
/// Commands on buffers with addresses, queues ordered by semaphores.
static constexpr llvm::StringLiteral commandsStage = "npu-commands";

DeviceOption getResidentWeightsOption() {
  DeviceOption option;
  option.flag = "resident-weights";
  option.valueName = "on|off";
  option.help =
      "keep weights in the SRAM of an NPU from run to run, as many as "
      "fit beside the rest, if it has one program only";
  option.defaultValue = "off";
  option.findFault = [](llvm::StringRef value) -> std::string {
    if (value == "on" || value == "off")
      return "";
    return ("found '" + value + "', needed on or off").str();
  };
  return option;
}

static bool wantsResidentWeights(const DeviceCompileOptions &options) {
  return options.getValue(getResidentWeightsOption()) == "on";
}

static bool pinsWeights(const DeviceCompileOptions &options) {
  return wantsResidentWeights(options) && options.isAlone;
}

namespace {

struct TargetModel
    : DeviceTargetModel<TargetModel, TargetAttr, MachineDescription> {
  static constexpr llvm::StringLiteral kind = deviceKind;

  static constexpr auto readMachine = readTargetFile;
  static ArrayRef<DeviceStage<MachineDescription>> listStages();
  bool hasFloat(Attribute attr) const;
  static LogicalResult checkOptions(func::FuncOp function,
                                    const MachineDescription &machine,
                                    const DeviceCompileOptions &options) {
    return checkPrecision(function, options.precision, machine);
  }
  static FailureOr<DeviceProgram> finish(func::FuncOp commands,
                                         const MachineDescription &machine,
                                         const DeviceCompileOptions &);
  static FailureOr<DeviceEstimate>
  estimateTried(func::FuncOp stages, const MachineDescription &machine,
                const DeviceCompileOptions &);
};

} // namespace

static void buildStages(OpPassManager &functions,
                        const MachineDescription &machine,
                        const DeviceCompileOptions &options) {
  buildStagePipeline(functions, machine, options.precision);
}

static void buildSchedule(OpPassManager &functions, const MachineDescription &,
                          const DeviceCompileOptions &options) {
  buildSchedulePipeline(functions, options.optimizationLevel,
                        pinsWeights(options), options.laterForm);
}

static void buildCommands(OpPassManager &functions, const MachineDescription &,
                          const DeviceCompileOptions &options) {
  NPULowerToPlannedCommandsOptions lowering;
  lowering.level = options.optimizationLevel;
  lowering.pinWeights = pinsWeights(options);
  functions.addPass(createLowerToPlannedCommands(lowering, options.laterForm));
  functions.addPass(createNPURollLoops());
}

ArrayRef<DeviceStage<MachineDescription>> TargetModel::listStages() {
  static constexpr DeviceStage<MachineDescription> stages[] = {
      {stagesStage, buildStages},
      {scheduledStage, buildSchedule, /*usesThreads=*/true},
      {commandsStage, buildCommands}};
  return stages;
}

bool TargetModel::hasFloat(Attribute attr) const {
  llvm::Expected<MachineDescription> machine = readTargetFile(
      llvm::MemoryBufferRef(getTargetText(attr), getTargetName(attr)));
  if (machine)
    return machine->vector.hasFloat;
  llvm::consumeError(machine.takeError());
  return true;
}

/// Encodes a function of commands, after the static checker has proved it.
FailureOr<DeviceProgram>
TargetModel::finish(func::FuncOp commands, const MachineDescription &machine,
                    const DeviceCompileOptions &options) {
  if (wantsResidentWeights(options) && !pinsWeights(options))
    commands.emitWarning("weights do not stay on '")
        << machine.name
        << "', which runs several programs: they share its SRAM";
  FailureOr<CompiledProgram> compiled = exportChecked(commands, machine);
  if (failed(compiled))
    return failure();
  llvm::Expected<DeviceProgram> program =
      makeDeviceProgram(std::move(*compiled), machine);
  if (!program)
    return commands.emitError("the program cannot be encoded: ")
           << llvm::toString(program.takeError());
  program->bound = readLowerBound(commands, machine);
  // What stays on the chip crosses DRAM in no run.
  program->bound.weightBytes -=
      std::min(program->bound.weightBytes, countResidentBytes(commands));
  program->estimatedSeconds = readEstimatedSeconds(commands);
  readChoices(commands, program->debug);
  return std::move(*program);
}

/// By the cost model that chooses tiles and core splits. Bytes and energy are
/// those of its commands and transfers: with less than the first memories
/// tried, or where the lowering shares buffers better, a program's differ a
/// little.
FailureOr<DeviceEstimate>
TargetModel::estimateTried(func::FuncOp stages,
                           const MachineDescription &machine,
                           const DeviceCompileOptions &) {
  LowerBound bound = computeLowerBound(stages, machine);
  FailureOr<StagesEstimate> expected = estimateStages(stages, machine);
  if (failed(expected))
    return failure();
  DeviceEstimate estimate;
  estimate.seconds = expected->cost.seconds;
  estimate.joules =
      expected->cost.joules + machine.idleWatts * estimate.seconds;
  estimate.dramBytes = expected->cost.dramBytes;
  estimate.weightBytes = bound.weightBytes;
  estimate.onChipBytes = expected->onChipBytes;
  for (const auto &[loc, seconds] : expected->cost.stageSeconds) {
    EstimatedPart &part = estimate.parts.emplace_back();
    for (StringRef node : getNodeIds(loc))
      part.nodes.push_back(node.str());
    part.seconds = seconds;
  }
  return estimate;
}

void registerTargetModel(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, NPUDialect *dialect) {
    TargetModel::attach(context, dialect);
  });
}

} // namespace garam::npu
