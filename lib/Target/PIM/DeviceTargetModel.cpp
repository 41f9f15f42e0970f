//===- DeviceTargetModel.cpp - What #pim.target implements ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "DeviceTargetModel.h"

#include "ExportProgram.h"
#include "LoadedProgram.h"
#include "garam/Conversion/LinalgToPIM/Passes.h"
#include "garam/Dialect/PIM/Transforms/KernelSummary.h"
#include "garam/Dialect/PIM/Transforms/Passes.h"
#include "garam/Dialect/PIM/Transforms/Pipeline.h"
#include "garam/Target/DeviceTargetModel.h"
#include "garam/Target/PIM/Machine/TargetFile.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace garam::pim {

// Stages of the pipeline, in order; garam compile --emit takes their names.
/// Kernels on tensors, with their places in the banks.
static constexpr llvm::StringLiteral kernelsStage = "pim-kernels";
/// Transactions and commands of the driver.
static constexpr llvm::StringLiteral streamsStage = "pim-streams";

namespace {

struct TargetModel
    : DeviceTargetModel<TargetModel, TargetAttr, MachineDescription> {
  static constexpr llvm::StringLiteral kind = deviceKind;

  static constexpr auto readMachine = readTargetFile;
  static ArrayRef<DeviceStage<MachineDescription>> listStages();
  std::vector<ResidentRange> getResidents(Attribute attr,
                                          func::FuncOp function) const;
  static LogicalResult checkOptions(func::FuncOp function,
                                    const MachineDescription &machine,
                                    const DeviceCompileOptions &options);
  static void checkRefused(func::FuncOp function, Attribute target);
  static FailureOr<DeviceProgram> finish(func::FuncOp function,
                                         const MachineDescription &machine,
                                         const DeviceCompileOptions &);
  static FailureOr<DeviceEstimate>
  estimateTried(func::FuncOp kernels, const MachineDescription &machine,
                const DeviceCompileOptions &);
};

} // namespace

static void buildKernels(OpPassManager &functions, const MachineDescription &,
                         const DeviceCompileOptions &) {
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());
  functions.addPass(createConvertLinalgToPIM());
  functions.addPass(createPIMPlaceKernels());
}

static void buildStreams(OpPassManager &functions, const MachineDescription &,
                         const DeviceCompileOptions &) {
  functions.addPass(createPIMSummarizeKernels());
  functions.addPass(createPIMLowerToStreams());
}

ArrayRef<DeviceStage<MachineDescription>> TargetModel::listStages() {
  static constexpr DeviceStage<MachineDescription> stages[] = {
      {kernelsStage, buildKernels}, {streamsStage, buildStreams}};
  return stages;
}

/// Products are of fp16 whatever is asked for, unless it is something else.
LogicalResult TargetModel::checkOptions(func::FuncOp function,
                                        const MachineDescription &machine,
                                        const DeviceCompileOptions &options) {
  StringRef precision = options.precision;
  if (precision.empty() || precision == "fp16")
    return success();
  return emitRefusal({function,
                      "'" + machine.name + "' does not multiply " + precision,
                      "it does fp16"});
}

std::vector<ResidentRange>
TargetModel::getResidents(Attribute attr, func::FuncOp function) const {
  auto target = cast<TargetAttr>(attr);
  llvm::Expected<MachineDescription> machine =
      readTargetFile(llvm::MemoryBufferRef(target.getText(), target.getName()));
  if (machine)
    return listRows(function, *machine);
  // Its compile says so.
  llvm::consumeError(machine.takeError());
  return {};
}

/// What was converted still may be too large.
void TargetModel::checkRefused(func::FuncOp function, Attribute target) {
  if (function.getBody().hasOneBlock())
    (void)runDevicePasses(function, target, [](OpPassManager &functions) {
      functions.addPass(createPIMPlaceKernels());
    });
}

FailureOr<DeviceProgram> TargetModel::finish(func::FuncOp function,
                                             const MachineDescription &machine,
                                             const DeviceCompileOptions &) {
  FailureOr<DeviceProgram> program = exportProgram(function, machine);
  if (failed(program))
    return failure();
  KernelTotals totals = readTotals(function);
  program->bound.macs = totals.macs;
  program->bound.computeSeconds = totals.macs / getMACsPerSecond(machine);
  program->bound.weightBytes = totals.weightBytes;
  program->bound.peakBytesPerSecond = getBankBytesPerSecond(machine);
  program->estimatedSeconds = totals.cost.seconds;
  program->plan = readPlan(function);
  return program;
}

/// By the cost model alone: placement asks for many regions.
FailureOr<DeviceEstimate>
TargetModel::estimateTried(func::FuncOp kernels,
                           const MachineDescription &machine,
                           const DeviceCompileOptions &) {
  KernelTotals totals = addUpKernels(kernels, machine);
  DeviceEstimate estimate;
  estimate.seconds = totals.cost.seconds;
  estimate.joules =
      totals.cost.joules + machine.idleWatts * totals.cost.seconds;
  estimate.weightBytes = totals.weightBytes;
  estimate.dramBytes = totals.cost.dramBytes;
  return estimate;
}

void registerTargetModel(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, PIMDialect *dialect) {
    TargetModel::attach(context, dialect);
  });
}

} // namespace garam::pim
