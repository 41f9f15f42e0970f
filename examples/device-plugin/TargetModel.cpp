//===- TargetModel.cpp - What #abacus.target implements -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The compiler's side of the device. DeviceTargetModel implements
// DeviceTargetAttrInterface from what is here.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/DeviceTargetModel.h"

#include "Export.h"
#include "Simulator.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

namespace abacus {
namespace {

struct TargetModel
    : garam::DeviceTargetModel<TargetModel, TargetAttr, Machine> {
  static constexpr llvm::StringLiteral kind = deviceKind;
  static constexpr unsigned numTriedStages = 2;

  static constexpr auto readMachine = abacus::readMachine;
  static ArrayRef<garam::DeviceStage<Machine>> listStages();
  static LogicalResult checkOptions(func::FuncOp function,
                                    const Machine &machine,
                                    const garam::DeviceCompileOptions &options);
  static FailureOr<garam::DeviceProgram>
  finish(func::FuncOp function, const Machine &machine,
         const garam::DeviceCompileOptions &) {
    return exportProgram(function, machine);
  }
  static FailureOr<garam::DeviceEstimate>
  estimateTried(func::FuncOp function, const Machine &machine,
                const garam::DeviceCompileOptions &);
};

} // namespace

static void buildChains(OpPassManager &functions, const Machine &machine,
                        const garam::DeviceCompileOptions &) {
  functions.addPass(createConvertLinalgToAbacus({machine.chainInstructions}));
  functions.addPass(createCSEPass()); // a weight that is used twice
}

static void planMemory(OpPassManager &functions, const Machine &,
                       const garam::DeviceCompileOptions &) {
  functions.addPass(createAbacusPlanMemory());
}

/// What `garam compile --emit` and `--from` take.
ArrayRef<garam::DeviceStage<Machine>> TargetModel::listStages() {
  static constexpr garam::DeviceStage<Machine> stages[] = {
      {"abacus-chains", buildChains}, {"abacus-planned", planMemory}};
  return stages;
}

/// `--precision` is about devices that have a choice.
LogicalResult
TargetModel::checkOptions(func::FuncOp function, const Machine &machine,
                          const garam::DeviceCompileOptions &options) {
  if (options.precision.empty())
    return success();
  return garam::emitRefusal(
      {function,
       "'" + machine.name + "' does not compute in " + options.precision,
       "it does float32"});
}

/// The cost model, chain by chain: the simulator adds up the same.
FailureOr<garam::DeviceEstimate>
TargetModel::estimateTried(func::FuncOp function, const Machine &machine,
                           const garam::DeviceCompileOptions &) {
  FailureOr<garam::DeviceProgram> compiled = exportProgram(function, machine);
  if (failed(compiled))
    return failure();
  Program program = llvm::cantFail(decode(compiled->code)); // encoded just now
  garam::DeviceEstimate estimate;
  for (const Chain &chain : program.chains) {
    garam::CommandCost cost = getCost(chain, machine);
    for (garam::sim::Time time : cost.times)
      estimate.seconds += time / static_cast<double>(garam::sim::fsPerSecond);
    estimate.joules += cost.joules;
    estimate.dramBytes += cost.dramReadBytes + cost.dramWriteBytes;
  }
  estimate.joules += machine.idleWatts * estimate.seconds;
  estimate.weightBytes = compiled->bound.weightBytes;
  return estimate;
}

void registerTargetModel(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, AbacusDialect *) {
    TargetAttr::attachInterface<TargetModel>(*context);
  });
}

} // namespace abacus
