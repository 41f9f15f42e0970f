//===- DeviceTargetModel.h - Base of target models --------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// What devices have in common as compilers: stages of passes, one after the
// other, and a last step that makes the program.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_DEVICETARGETMODEL_H
#define GARAM_TARGET_DEVICETARGETMODEL_H

#include "garam/Target/DeviceTarget.h"
#include "garam/Target/FunctionCopy.h"
#include "garam/Target/MachineCache.h"
#include "mlir/Pass/PassManager.h"

namespace garam {

/// A stage of a device: its name, as --emit takes it, and the passes on
/// functions that bring a function there from the stage before.
template <typename Machine>
struct DeviceStage {
  llvm::StringLiteral name;
  void (*build)(mlir::OpPassManager &functions, const Machine &machine,
                const DeviceCompileOptions &options);
  /// Whether its passes share out their work over the threads of the context.
  bool usesThreads = false;
};

/// Runs the passes that `build` appends on `function`, which says meanwhile
/// that `target` is its target (findTarget). MLIR's options for pass managers
/// (--mlir-print-ir-after-all and the like) hold for them. A context without
/// threads has those of `threads` meanwhile, unless that is null; nothing else
/// may use the context then.
mlir::LogicalResult
runDevicePasses(mlir::func::FuncOp function, mlir::Attribute target,
                llvm::function_ref<void(mlir::OpPassManager &)> build,
                llvm::ThreadPoolInterface *threads = nullptr);

/// Why `function` was not accepted: at least one refusal. Fails with an error
/// when it was for something else.
mlir::FailureOr<llvm::SmallVector<Refusal>>
takeRefusals(RefusalCollector &diagnostics, mlir::func::FuncOp function);

/// How a compile ended that has failed.
CompileOutcome makeFailedOutcome(RefusalCollector &diagnostics,
                                 const DeviceCompileOptions &options);

/// Implements DeviceTargetAttrInterface for a target attribute with the
/// parameters `name` and `text`. `Model`, which derives from it, has these
/// static members:
///
///     /// The device class, as in target files.
///     static constexpr llvm::StringLiteral kind;
///     /// Reads and validates a target file.
///     static llvm::Expected<Machine> readMachine(llvm::MemoryBufferRef);
///     static llvm::ArrayRef<DeviceStage<Machine>> listStages();
///     /// The program of a function at the last stage.
///     static mlir::FailureOr<DeviceProgram>
///     finish(mlir::func::FuncOp, const Machine &,
///            const DeviceCompileOptions &);
///     /// Of a function at the last stage that is tried.
///     static mlir::FailureOr<DeviceEstimate>
///     estimateTried(mlir::func::FuncOp, const Machine &,
///                   const DeviceCompileOptions &);
///
/// and may have others in place of those below. What the passes and `finish`
/// cannot do for reasons of the device they report with emitRefusal.
template <typename Model, typename TargetAttr, typename Machine>
class DeviceTargetModel
    : public DeviceTargetAttrInterface::ExternalModel<Model, TargetAttr> {
public:
  /// Implements the interface for the attribute in `context`, with a cache of
  /// machines in its dialect.
  static void attach(mlir::MLIRContext *context, mlir::Dialect *dialect) {
    TargetAttr::template attachInterface<Model>(*context);
    dialect->addInterfaces<MachineCache<Machine>>();
  }

  //===--- What a device may have otherwise ------------------------------===//

  /// How many stages `accepts` and `estimate` try.
  static constexpr unsigned numTriedStages = 1;

  /// See DeviceTargetAttrInterface.
  bool hasFloat(mlir::Attribute) const { return true; }

  /// Refuses options that the machine cannot follow, before the first stage.
  static mlir::LogicalResult checkOptions(mlir::func::FuncOp, const Machine &,
                                          const DeviceCompileOptions &) {
    return mlir::success();
  }
  /// What `accepts` finds out behind the stages that are tried.
  static mlir::LogicalResult checkTried(mlir::func::FuncOp, const Machine &,
                                        const DeviceCompileOptions &) {
    return mlir::success();
  }
  /// Refuses more of a function that passes have refused in part.
  static void checkRefused(mlir::func::FuncOp, mlir::Attribute /*target*/) {}

  //===--- DeviceTargetAttrInterface -------------------------------------===//

  llvm::StringRef getDeviceKind(mlir::Attribute) const { return Model::kind; }
  llvm::StringRef getTargetName(mlir::Attribute attr) const {
    return mlir::cast<TargetAttr>(attr).getName();
  }
  llvm::StringRef getTargetText(mlir::Attribute attr) const {
    return mlir::cast<TargetAttr>(attr).getText();
  }
  llvm::SmallVector<llvm::StringRef> getStages(mlir::Attribute) const {
    return llvm::map_to_vector(
        Model::listStages(),
        [](const DeviceStage<Machine> &stage) -> llvm::StringRef {
          return stage.name;
        });
  }

  mlir::FailureOr<llvm::SmallVector<Refusal>>
  accepts(mlir::Attribute attr, mlir::func::FuncOp function,
          const DeviceCompileOptions &options) const {
    RefusalCollector diagnostics(function.getContext(),
                                 RefusalCollector::Others::OnlyErrors);
    mlir::FailureOr<Machine> machine = readMachine(attr, function);
    FunctionCopy copy(function, attr);
    if (failed(machine)) {
      // It is reported.
    } else if (failed(tryStages(copy.get(), attr, *machine, options))) {
      Model::checkRefused(copy.get(), attr);
    } else if (succeeded(Model::checkTried(copy.get(), *machine, options))) {
      return llvm::SmallVector<Refusal>();
    }
    return takeRefusals(diagnostics, function);
  }

  mlir::FailureOr<DeviceEstimate>
  estimate(mlir::Attribute attr, mlir::func::FuncOp function,
           const DeviceCompileOptions &options) const {
    RefusalCollector silence(function.getContext(),
                             RefusalCollector::Others::Drop);
    mlir::FailureOr<Machine> machine = readMachine(attr, function);
    FunctionCopy copy(function, attr);
    if (failed(machine) ||
        failed(tryStages(copy.get(), attr, *machine, options)))
      return mlir::failure();
    return Model::estimateTried(copy.get(), *machine, options);
  }

  CompileOutcome compile(
      mlir::Attribute attr, mlir::func::FuncOp function,
      const DeviceCompileOptions &options,
      llvm::function_ref<mlir::WalkResult(llvm::StringRef)> observer) const {
    RefusalCollector diagnostics(function.getContext());
    mlir::FailureOr<Machine> machine = readMachine(attr, function);
    if (failed(machine))
      return makeFailedOutcome(diagnostics, options);
    bool isAtStart = options.startStage.empty();
    if (isAtStart && failed(Model::checkOptions(function, *machine, options)))
      return makeFailedOutcome(diagnostics, options);
    for (const DeviceStage<Machine> &stage : Model::listStages()) {
      if (!isAtStart) {
        isAtStart = stage.name == options.startStage;
        continue;
      }
      if (failed(runStage(function, attr, stage, *machine, options)))
        return makeFailedOutcome(diagnostics, options);
      if (observer(stage.name).wasInterrupted())
        return CompileStatus::Stopped;
    }
    mlir::FailureOr<DeviceProgram> program =
        Model::finish(function, *machine, options);
    if (failed(program))
      return makeFailedOutcome(diagnostics, options);
    return std::move(*program);
  }

private:
  /// What is wrong with the text of a target is the user's fault.
  static mlir::FailureOr<Machine> readMachine(mlir::Attribute attr,
                                              mlir::func::FuncOp function) {
    auto target = mlir::cast<TargetAttr>(attr);
    llvm::Expected<Machine> machine = readMachineOnce<Machine>(attr, [&] {
      return Model::readMachine(
          llvm::MemoryBufferRef(target.getText(), target.getName()));
    });
    if (machine)
      return std::move(*machine);
    return emitRefusal({function, llvm::toString(machine.takeError())});
  }

  static mlir::LogicalResult runStage(mlir::func::FuncOp function,
                                      mlir::Attribute attr,
                                      const DeviceStage<Machine> &stage,
                                      const Machine &machine,
                                      const DeviceCompileOptions &options) {
    return runDevicePasses(
        function, attr,
        [&](mlir::OpPassManager &manager) {
          stage.build(manager, machine, options);
        },
        stage.usesThreads ? options.threads : nullptr);
  }

  static mlir::LogicalResult tryStages(mlir::func::FuncOp function,
                                       mlir::Attribute attr,
                                       const Machine &machine,
                                       const DeviceCompileOptions &options) {
    if (failed(Model::checkOptions(function, machine, options)))
      return mlir::failure();
    for (const DeviceStage<Machine> &stage :
         Model::listStages().take_front(Model::numTriedStages))
      if (failed(runStage(function, attr, stage, machine, options)))
        return mlir::failure();
    return mlir::success();
  }
};

} // namespace garam

#endif // GARAM_TARGET_DEVICETARGETMODEL_H
