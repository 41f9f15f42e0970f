//===- DeviceTargetModel.cpp - What #analog.target implements -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "DeviceTargetModel.h"

#include "CheckTiles.h"
#include "ExportProgram.h"
#include "LoadedProgram.h"
#include "garam/Conversion/LinalgToAnalog/Passes.h"
#include "garam/Dialect/Analog/Transforms/Passes.h"
#include "garam/Target/Analog/Machine/TargetFile.h"
#include "garam/Target/CompileTarget.h"
#include "garam/Target/DeviceTargetModel.h"
#include "mlir/Transforms/Passes.h"

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
    : DeviceTargetModel<TargetModel, TargetAttr, MachineDescription> {
  static constexpr llvm::StringLiteral kind = deviceKind;
  /// Only the last says whether the crossbars are enough.
  static constexpr unsigned numTriedStages = 2;

  /// Ranges that nobody observed are guessed by them.
  bool readsWeights(Attribute) const { return true; }
  static constexpr auto readMachine = readTargetFile;
  static ArrayRef<DeviceStage<MachineDescription>> listStages();
  std::vector<ResidentRange> getResidents(Attribute,
                                          func::FuncOp function) const {
    return listCores(function);
  }
  static LogicalResult checkTried(func::FuncOp tiles,
                                  const MachineDescription &machine,
                                  const DeviceCompileOptions &options) {
    return finish(tiles, machine, options);
  }
  static FailureOr<DeviceProgram> finish(func::FuncOp tiles,
                                         const MachineDescription &machine,
                                         const DeviceCompileOptions &);
  static FailureOr<DeviceEstimate> estimateTried(func::FuncOp tiles,
                                                 const MachineDescription &,
                                                 const DeviceCompileOptions &);
};

} // namespace

static void buildProducts(OpPassManager &functions, const MachineDescription &,
                          const DeviceCompileOptions &) {
  // Constants and shapes in their simplest form, for patterns to see them.
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());
  functions.addPass(createConvertLinalgToAnalog());
}

static void buildTiles(OpPassManager &functions, const MachineDescription &,
                       const DeviceCompileOptions &options) {
  AnalogSplitTilesOptions split;
  split.phases = options.getValue(getReadPhasesOption()) == "1" ? 1 : 4;
  functions.addPass(createAnalogSplitTiles(split));
}

ArrayRef<DeviceStage<MachineDescription>> TargetModel::listStages() {
  static constexpr DeviceStage<MachineDescription> stages[] = {
      {productsStage, buildProducts}, {tilesStage, buildTiles}};
  return stages;
}

FailureOr<DeviceProgram> TargetModel::finish(func::FuncOp tiles,
                                             const MachineDescription &machine,
                                             const DeviceCompileOptions &) {
  if (failed(checkTiles(tiles, machine)))
    return failure();
  return exportProgram(tiles, machine);
}

/// The program's commands without data are few, so that the simulator itself is
/// the cost model.
FailureOr<DeviceEstimate>
TargetModel::estimateTried(func::FuncOp tiles,
                           const MachineDescription &machine,
                           const DeviceCompileOptions &options) {
  FailureOr<DeviceProgram> program = finish(tiles, machine, options);
  if (failed(program))
    return failure();
  auto target = cast<TargetAttr>(findTarget(tiles));
  llvm::Expected<std::unique_ptr<LoadedProgram>> loaded = loadProgram(
      program->code, llvm::MemoryBufferRef(target.getText(), target.getName()));
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
  estimate.hasGuessedRanges = tiles->getContext()
                                  ->getLoadedDialect<AnalogDialect>()
                                  ->getGuessedRangesAttrHelper()
                                  .isAttrPresent(tiles);
  estimate.seconds = run->latencyFs * 1e-15;
  estimate.joules = run->energyJoule + machine.idleWatts * estimate.seconds;
  estimate.dramBytes = run->dramReadBytes + run->dramWriteBytes;
  estimate.weightBytes = program->segments[0].size;
  estimate.onChipBytes = getPeakOnChipBytes(program->plan);
  return estimate;
}

void registerTargetModel(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, AnalogDialect *dialect) {
    TargetModel::attach(context, dialect);
  });
}

} // namespace garam::analog
