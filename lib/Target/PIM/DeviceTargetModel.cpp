//===- DeviceTargetModel.cpp - What #pim.target implements ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "DeviceTargetModel.h"

#include "DeviceProgram.h"
#include "ExportProgram.h"
#include "garam/Conversion/LinalgToPIM/Passes.h"
#include "garam/Dialect/PIM/IR/PIM.h"
#include "garam/Dialect/PIM/Transforms/Pipeline.h"
#include "garam/Support/NodeIds.h"
#include "garam/Target/DeviceTarget.h"
#include "garam/Target/FunctionCopy.h"
#include "garam/Target/PIM/Machine/CostModel.h"
#include "garam/Target/PIM/Machine/TargetFile.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace garam::pim {

// Stages of the pipeline, in order; garam compile --emit takes their names.
/// Kernels on tensors, with their places in the banks.
static constexpr llvm::StringLiteral kernelsStage = "pim-kernels";
/// Transactions and commands of the driver.
static constexpr llvm::StringLiteral streamsStage = "pim-streams";

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
    return {kernelsStage, streamsStage};
  }
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

} // namespace

static llvm::Expected<MachineDescription> readMachine(Attribute attr) {
  auto target = cast<TargetAttr>(attr);
  return readTargetFile(
      llvm::MemoryBufferRef(target.getText(), target.getName()));
}

/// Products are of fp16 whatever is asked for, unless it is something else.
static LogicalResult checkPrecision(func::FuncOp function, StringRef precision,
                                    const MachineDescription &machine,
                                    const RefusalHandler &onRefusal) {
  if (precision.empty() || precision == "fp16")
    return success();
  onRefusal({function, "'" + machine.name + "' does not multiply " + precision,
             "it does fp16"});
  return failure();
}

/// Brings `function` of linalg to kernels with places. All that is not
/// supported goes to `onRefusal`.
static LogicalResult convertToKernels(func::FuncOp function,
                                      const MachineDescription &machine,
                                      StringRef precision,
                                      const RefusalHandler &onRefusal) {
  if (failed(checkPrecision(function, precision, machine, onRefusal)))
    return failure();
  PassManager manager(function.getContext(), func::FuncOp::getOperationName());
  manager.addPass(createCanonicalizerPass());
  manager.addPass(createCSEPass());
  manager.addPass(createConvertLinalgToPIM(onRefusal));
  bool isConverted = succeeded(manager.run(function));
  // What was converted still may be too large.
  if (!function.getBody().hasOneBlock() ||
      failed(placeKernels(function, machine, onRefusal)))
    return failure();
  return success(isConverted);
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
  LogicalResult converted = convertToKernels(
      copy.get(), *machine, options.precision,
      [&](const Refusal &refusal) { refusals.push_back(refusal); });
  if (failed(converted) && refusals.empty())
    refusals.push_back(
        {function, internalErrorPrefix + Twine("the conversion failed")});
  return refusals;
}

//===----------------------------------------------------------------------===//
// Compiling
//===----------------------------------------------------------------------===//

/// What a function of kernels needs at least, and what is expected of it, kept
/// on it for the stage in which they are gone.
static constexpr llvm::StringLiteral macsAttrName = "pim.macs";
static constexpr llvm::StringLiteral weightBytesAttrName = "pim.weight_bytes";
static constexpr llvm::StringLiteral estimateAttrName = "pim.estimate";

/// On a function whose kernels were read from a file: their places are the
/// user's, and so are the faults of its streams.
static constexpr llvm::StringLiteral fromFileAttrName = "pim.from_file";

/// What lies in the banks, as dictionaries with rank, offset, size and name.
static constexpr llvm::StringLiteral planAttrName = "pim.plan";

namespace {
struct Totals {
  uint64_t macs = 0, weightBytes = 0;
  KernelCost cost; // by the cost model

  void add(const KernelCost &kernel) {
    cost.seconds += kernel.seconds;
    cost.joules += kernel.joules;
    cost.dramBytes += kernel.dramBytes;
  }
};
} // namespace

/// Rows of all banks of a rank, in bytes, that a kernel has for itself or
/// shares with later ones.
static Attribute makeRegion(Operation *kernel, int64_t rank, int64_t row,
                            uint64_t rows, const MachineDescription &machine) {
  const Geometry &g = machine.geometry;
  int64_t rowBytes =
      int64_t(g.channels) * g.getBanks() * g.columns * bytesPerBurst;
  Builder builder(kernel->getContext());
  SmallVector<StringRef> nodes = getNodeIds(kernel->getLoc());
  return builder.getDictionaryAttr(
      {builder.getNamedAttr("rank", builder.getI64IntegerAttr(rank)),
       builder.getNamedAttr("offset",
                            builder.getI64IntegerAttr(row * rowBytes)),
       builder.getNamedAttr("size", builder.getI64IntegerAttr(rows * rowBytes)),
       builder.getNamedAttr("name",
                            builder.getStringAttr(llvm::join(nodes, " ")))});
}

static void recordPlan(func::FuncOp kernels,
                       const MachineDescription &machine) {
  SmallVector<Attribute> regions;
  kernels.walk([&](Operation *op) {
    if (auto gemv = dyn_cast<GemvOp>(op); gemv && gemv.getPlacement()) {
      auto place = *gemv.getPlacement();
      regions.push_back(makeRegion(op, place.getRank(), place.getRow(),
                                   place.getRows(), machine));
    } else if (auto kernel = dyn_cast<ElementwiseOp>(op);
               kernel && kernel.getPlacement()) {
      auto place = *kernel.getPlacement();
      uint64_t rows = getTiling(kernel, machine).getRows(machine.geometry);
      for (int64_t row : place.getOperands())
        regions.push_back(makeRegion(op, place.getRank(), row, rows, machine));
      regions.push_back(
          makeRegion(op, place.getRank(), place.getResult(), rows, machine));
    }
  });
  kernels->setAttr(planAttrName, ArrayAttr::get(kernels.getContext(), regions));
}

static std::vector<PlannedRegion> readPlan(func::FuncOp function) {
  std::vector<PlannedRegion> plan;
  auto regions = function->getAttrOfType<ArrayAttr>(planAttrName);
  for (Attribute attr : regions ? regions.getValue() : ArrayRef<Attribute>()) {
    auto region = dyn_cast<DictionaryAttr>(attr);
    auto rank = region ? region.getAs<IntegerAttr>("rank") : IntegerAttr();
    auto offset = region ? region.getAs<IntegerAttr>("offset") : IntegerAttr();
    auto size = region ? region.getAs<IntegerAttr>("size") : IntegerAttr();
    auto name = region ? region.getAs<StringAttr>("name") : StringAttr();
    if (rank && offset && size && name)
      plan.push_back(
          {"banks of rank " + std::to_string(rank.getInt()),
           /*isOnChip=*/false, static_cast<uint64_t>(offset.getInt()),
           static_cast<uint64_t>(size.getInt()), name.getValue().str()});
  }
  return plan;
}

static Totals addUp(func::FuncOp kernels, const MachineDescription &machine) {
  Totals totals;
  kernels.walk([&](Operation *op) {
    if (auto gemv = dyn_cast<GemvOp>(op); gemv && gemv.getPlacement()) {
      uint64_t weights = gemv.getInputs() * gemv.getOutputs();
      totals.macs += weights;
      totals.weightBytes += weights * bytesPerBurst / numLanes;
      totals.add(estimateCost(machine, getTiling(gemv, machine)));
    } else if (auto kernel = dyn_cast<ElementwiseOp>(op)) {
      ElementwiseOperands operands;
      for (Value operand : kernel.getOperands()) {
        ElementsAttr constant = getConstant(operand);
        ++(constant ? operands.constant : operands.computed);
        if (constant)
          totals.weightBytes +=
              constant.getNumElements() * bytesPerBurst / numLanes;
      }
      totals.add(estimateCost(machine, getTiling(kernel, machine), operands));
    }
  });
  return totals;
}

static void record(func::FuncOp function, const Totals &totals) {
  Builder builder(function.getContext());
  function->setAttr(macsAttrName, builder.getI64IntegerAttr(totals.macs));
  function->setAttr(weightBytesAttrName,
                    builder.getI64IntegerAttr(totals.weightBytes));
  function->setAttr(estimateAttrName,
                    builder.getF64FloatAttr(totals.cost.seconds));
}

static Totals readTotals(func::FuncOp function) {
  Totals totals;
  if (auto macs = function->getAttrOfType<IntegerAttr>(macsAttrName))
    totals.macs = macs.getInt();
  if (auto bytes = function->getAttrOfType<IntegerAttr>(weightBytesAttrName))
    totals.weightBytes = bytes.getInt();
  if (auto seconds = function->getAttrOfType<FloatAttr>(estimateAttrName))
    totals.cost.seconds = seconds.getValueAsDouble();
  return totals;
}

/// Brings `function`, which is at `stage` (empty: linalg), to the next one.
static LogicalResult runNextStage(func::FuncOp function, StringRef stage,
                                  const MachineDescription &machine,
                                  const DeviceCompileOptions &options) {
  if (stage == kernelsStage) {
    if (options.isFromFile && options.startStage == stage)
      function->setAttr(fromFileAttrName, UnitAttr::get(function.getContext()));
    record(function, addUp(function, machine));
    recordPlan(function, machine);
    return lowerToStreams(function, machine);
  }
  auto report = [&](const Refusal &refusal) {
    emitRefusal(refusal, machine.name);
  };
  return convertToKernels(function, machine, options.precision, report);
}

static FailureOr<DeviceProgram> finish(func::FuncOp function,
                                       const MachineDescription &machine,
                                       bool areOwnStreams) {
  FailureOr<DeviceProgram> program =
      exportProgram(function, machine, areOwnStreams);
  if (failed(program))
    return failure();
  Totals totals = readTotals(function);
  program->bound.macs = totals.macs;
  program->bound.computeSeconds = totals.macs / getMACsPerSecond(machine);
  program->bound.weightBytes = totals.weightBytes;
  program->bound.peakBytesPerSecond = getBankBytesPerSecond(machine);
  program->estimatedSeconds = totals.cost.seconds;
  program->plan = readPlan(function);
  return program;
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
    if (failed(runNextStage(function, stage, *machine, options)))
      return failure();
    stage = *next;
    if (observer(stage).wasInterrupted())
      return std::optional<DeviceProgram>();
  }
  bool isFromFile = function->hasAttr(fromFileAttrName) ||
                    (options.isFromFile && options.startStage == stages.back());
  FailureOr<DeviceProgram> program =
      finish(function, *machine, /*areOwnStreams=*/!isFromFile);
  if (failed(program))
    return failure();
  return std::optional<DeviceProgram>(std::move(*program));
}

/// By the cost model alone: placement asks for many regions.
FailureOr<DeviceEstimate>
TargetModel::estimate(Attribute attr, func::FuncOp function,
                      const DeviceCompileOptions &options) const {
  llvm::Expected<MachineDescription> machine = readMachine(attr);
  if (!machine) {
    llvm::consumeError(machine.takeError());
    return failure();
  }
  FunctionCopy copy(function);
  if (failed(convertToKernels(copy.get(), *machine, options.precision,
                              [](const Refusal &) {})))
    return failure();
  Totals totals = addUp(copy.get(), *machine);
  DeviceEstimate estimate;
  estimate.seconds = totals.cost.seconds;
  estimate.joules =
      totals.cost.joules + machine->idleWatts * totals.cost.seconds;
  estimate.weightBytes = totals.weightBytes;
  estimate.dramBytes = totals.cost.dramBytes;
  return estimate;
}

void registerTargetModel(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, PIMDialect *) {
    TargetAttr::attachInterface<TargetModel>(*context);
  });
}

} // namespace garam::pim
