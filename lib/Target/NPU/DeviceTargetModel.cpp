//===- DeviceTargetModel.cpp - What #npu.target implements ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "DeviceTargetModel.h"

#include "DeviceProgram.h"
#include "garam/Conversion/LinalgToNPU/Pipeline.h"
#include "garam/Dialect/NPU/IR/NPU.h"
#include "garam/Target/DeviceTarget.h"
#include "garam/Target/NPU/TargetFile.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;

namespace garam::npu {

/// Stages of the pipeline, in order; garam compile --emit takes their names.
static constexpr llvm::StringLiteral stagesStage = "npu-stages";

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
  SmallVector<StringRef> getStages(Attribute) const { return {stagesStage}; }

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

static FailureOr<MachineDescription> readMachine(TargetAttr target,
                                                 Location loc) {
  llvm::Expected<MachineDescription> machine =
      readTargetFile(llvm::MemoryBufferRef(target.getText(), target.getName()));
  if (machine)
    return std::move(*machine);
  return emitError(loc) << llvm::toString(machine.takeError());
}

SmallVector<Refusal>
TargetModel::accepts(Attribute attr, func::FuncOp function,
                     const DeviceCompileOptions &options) const {
  SmallVector<Refusal> refusals;
  // What the conversion of a copy complains about is what is not accepted.
  ScopedDiagnosticHandler handler(
      function.getContext(), [&](Diagnostic &diagnostic) {
        if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
          refusals.push_back({diagnostic.getLocation(), diagnostic.str()});
        return success();
      });
  FailureOr<MachineDescription> machine =
      readMachine(cast<TargetAttr>(attr), function.getLoc());
  if (failed(machine))
    return refusals;
  OwningOpRef<ModuleOp> copy = ModuleOp::create(function.getLoc());
  auto clone = function.clone();
  copy->push_back(clone);
  if (failed(convertToStages(clone, *machine, options.precision)) && refusals.empty())
    refusals.push_back({function.getLoc(), "not supported"});
  return refusals;
}

FailureOr<DeviceEstimate>
TargetModel::estimate(Attribute attr, func::FuncOp function,
                      const DeviceCompileOptions &options) const {
  return failure();
}

FailureOr<std::optional<DeviceProgram>>
TargetModel::compile(Attribute attr, func::FuncOp function,
                     const DeviceCompileOptions &options,
                     llvm::function_ref<WalkResult(StringRef)> observer) const {
  FailureOr<MachineDescription> machine =
      readMachine(cast<TargetAttr>(attr), function.getLoc());
  if (failed(machine))
    return failure();
  if (options.startStage.empty()) {
    if (failed(convertToStages(function, *machine, options.precision)))
      return failure();
    if (observer(stagesStage).wasInterrupted())
      return std::optional<DeviceProgram>();
  }
  LowerBound bound = computeLowerBound(function, *machine);
  (void)bound;
  return failure();
}

void registerTargetModel(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, NPUDialect *) {
    TargetAttr::attachInterface<TargetModel>(*context);
  });
}

} // namespace garam::npu
