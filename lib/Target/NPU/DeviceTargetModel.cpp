//===- DeviceTargetModel.cpp - What #npu.target implements ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "DeviceTargetModel.h"

#include "DeviceProgram.h"
#include "garam/Conversion/LinalgToNPU/Pipeline.h"
#include "garam/Dialect/Hetero/IR/Hetero.h"
#include "garam/Dialect/NPU/IR/NPU.h"
#include "garam/Target/DeviceTarget.h"
#include "garam/Target/FunctionCopy.h"
#include "garam/Target/NPU/Compile.h"
#include "garam/Target/NPU/Machine/TargetFile.h"
#include "garam/Target/NPU/StaticChecker.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"

#include <thread>

using namespace mlir;

namespace garam::npu {

// Stages of the pipeline, in order; garam compile --emit takes their names.
/// Stages on tensors.
static constexpr llvm::StringLiteral stagesStage = "npu-stages";
/// The same with layouts, core splits and tiles as attributes.
static constexpr llvm::StringLiteral scheduledStage = "npu-scheduled";
/// Commands on buffers with addresses, queues ordered by semaphores.
static constexpr llvm::StringLiteral commandsStage = "npu-commands";

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
    return {stagesStage, scheduledStage, commandsStage};
  }

  bool hasFloat(Attribute attr) const;
  SmallVector<Refusal> accepts(Attribute attr, func::FuncOp function,
                               const DeviceCompileOptions &options) const;
  FailureOr<DeviceEstimate> estimate(Attribute attr, func::FuncOp function,
                                     const DeviceCompileOptions &options) const;
  FailureOr<std::optional<DeviceProgram>>
  compile(Attribute attr, func::FuncOp function,
          const DeviceCompileOptions &options,
          llvm::function_ref<WalkResult(StringRef)> observer) const;
};

} // namespace

static llvm::Expected<MachineDescription> readMachine(Attribute attr) {
  auto target = cast<TargetAttr>(attr);
  return readTargetFile(
      llvm::MemoryBufferRef(target.getText(), target.getName()));
}

bool TargetModel::hasFloat(Attribute attr) const {
  llvm::Expected<MachineDescription> machine = readMachine(attr);
  if (machine)
    return machine->vector.hasFloat;
  llvm::consumeError(machine.takeError());
  return true;
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
  LogicalResult converted = convertToStages(
      copy.get(), *machine, options.precision,
      [&](const Refusal &refusal) { refusals.push_back(refusal); });
  if (failed(converted) && refusals.empty())
    refusals.push_back(
        {function, internalErrorPrefix + Twine("the conversion failed")});
  return refusals;
}

/// The lower bound of a function of stages, kept on it for the later stages,
/// where what it is computed from is gone.
static constexpr llvm::StringLiteral boundAttrName = "npu.bound";

/// The cost model's time of a placed function, in seconds, for the same reason.
static constexpr llvm::StringLiteral estimateAttrName = "npu.estimate";

static void recordBound(func::FuncOp function, const LowerBound &bound) {
  Builder builder(function.getContext());
  function->setAttr(
      boundAttrName,
      builder.getDictionaryAttr(
          {builder.getNamedAttr("macs", builder.getI64IntegerAttr(bound.macs)),
           builder.getNamedAttr("compute_s",
                                builder.getF64FloatAttr(bound.computeSeconds)),
           builder.getNamedAttr(
               "weight_bytes", builder.getI64IntegerAttr(bound.weightBytes))}));
}

static LowerBound readBound(func::FuncOp function,
                            const MachineDescription &machine) {
  LowerBound bound;
  bound.peakBytesPerSecond = machine.dram.bytesPerSecond;
  auto attr = function->getAttrOfType<DictionaryAttr>(boundAttrName);
  if (!attr)
    return bound;
  if (auto macs = attr.getAs<IntegerAttr>("macs"))
    bound.macs = macs.getInt();
  if (auto seconds = attr.getAs<FloatAttr>("compute_s"))
    bound.computeSeconds = seconds.getValueAsDouble();
  if (auto bytes = attr.getAs<IntegerAttr>("weight_bytes"))
    bound.weightBytes = bytes.getInt();
  return bound;
}

/// Brings `function`, which is at `stage` (empty: linalg), to the next one.
static LogicalResult runNextStage(func::FuncOp function, StringRef stage,
                                  const MachineDescription &machine,
                                  StringRef precision) {
  if (stage.empty()) {
    auto report = [&](const Refusal &refusal) {
      emitRefusal(refusal, machine.name);
    };
    if (failed(convertToStages(function, machine, precision, report)))
      return failure();
    recordBound(function, computeLowerBound(function, machine));
    return success();
  }
  if (stage == stagesStage)
    return scheduleFunction(function, machine);
  FunctionType type = function.getFunctionType();
  FailureOr<LoweredFunction> lowered =
      lowerToPlannedCommands(function, machine);
  if (failed(lowered))
    return failure();
  function->setAttr(estimateAttrName,
                    Builder(function.getContext())
                        .getF64FloatAttr(lowered->estimatedSeconds));
  // Commands have no arguments: inputs and outputs are segments by now.
  function.removeArgAttrsAttr();
  function.removeResAttrsAttr();
  function->setAttr(hetero::loweredAttrName, TypeAttr::get(type));
  return success();
}

/// Encodes a function of commands, after the static checker has proved it.
/// Commands that this compiler did not make itself are to blame for their own
/// faults.
static FailureOr<DeviceProgram> finish(func::FuncOp function,
                                       const MachineDescription &machine,
                                       bool areOwnCommands) {
  StringRef blame = areOwnCommands ? StringRef(internalErrorPrefix) : "";
  FailureOr<CompiledProgram> compiled = exportProgram(function, machine);
  if (failed(compiled))
    return failure();
  if (llvm::Error error =
          checkProgram(compiled->program, compiled->plan, machine))
    return function.emitError(blame)
           << "the program breaks a rule: " << llvm::toString(std::move(error));
  llvm::Expected<DeviceProgram> program =
      makeDeviceProgram(std::move(*compiled));
  if (!program)
    return function.emitError(blame) << "the program cannot be encoded: "
                                     << llvm::toString(program.takeError());
  program->bound = readBound(function, machine);
  if (auto seconds = function->getAttrOfType<FloatAttr>(estimateAttrName))
    program->estimatedSeconds = seconds.getValueAsDouble();
  return std::move(*program);
}

FailureOr<std::optional<DeviceProgram>>
TargetModel::compile(Attribute attr, func::FuncOp function,
                     const DeviceCompileOptions &options,
                     llvm::function_ref<WalkResult(StringRef)> observer) const {
  llvm::Expected<MachineDescription> machine = readMachine(attr);
  if (!machine)
    return function.emitError() << llvm::toString(machine.takeError());
  StringRef stage = options.startStage;
  SmallVector<StringRef> stages = getStages(attr);
  auto next = stage.empty() ? stages.begin() : llvm::find(stages, stage) + 1;
  for (; next != stages.end(); ++next) {
    if (failed(runNextStage(function, stage, *machine, options.precision)))
      return failure();
    stage = *next;
    if (observer(stage).wasInterrupted())
      return std::optional<DeviceProgram>();
  }
  FailureOr<DeviceProgram> program =
      finish(function, *machine,
             !(options.isFromFile && options.startStage == stages.back()));
  if (failed(program))
    return failure();
  return std::optional<DeviceProgram>(std::move(*program));
}

/// By the cost model that chooses tiles and core splits. Bytes and energy are
/// those of its commands and transfers: with less than the first memories
/// tried, or where the lowering shares buffers better, a program's differ a
/// little.
FailureOr<DeviceEstimate>
TargetModel::estimate(Attribute attr, func::FuncOp function,
                      const DeviceCompileOptions &options) const {
  // What other threads report in the meantime is not of this function.
  ScopedDiagnosticHandler silence(
      function.getContext(),
      [thread = std::this_thread::get_id()](Diagnostic &) {
        return success(std::this_thread::get_id() == thread);
      });
  llvm::Expected<MachineDescription> machine = readMachine(attr);
  if (!machine) {
    llvm::consumeError(machine.takeError());
    return failure();
  }
  FunctionCopy copy(function);
  if (failed(convertToStages(copy.get(), *machine, options.precision,
                             [](const Refusal &) {})))
    return failure();
  LowerBound bound = computeLowerBound(copy.get(), *machine);
  FailureOr<StagesEstimate> stages = estimateStages(copy.get(), *machine);
  if (failed(stages))
    return failure();
  DeviceEstimate estimate;
  estimate.seconds = stages->cost.seconds;
  estimate.joules = stages->cost.joules + machine->idleWatts * estimate.seconds;
  estimate.dramBytes = stages->cost.dramBytes;
  estimate.weightBytes = bound.weightBytes;
  estimate.onChipBytes = stages->onChipBytes;
  return estimate;
}

void registerTargetModel(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, NPUDialect *) {
    TargetAttr::attachInterface<TargetModel>(*context);
  });
}

} // namespace garam::npu
