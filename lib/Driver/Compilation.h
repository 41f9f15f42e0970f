//===- Compilation.h - One run of the compiler ------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DRIVER_COMPILATION_H
#define GARAM_LIB_DRIVER_COMPILATION_H

#include "Diagnostics.h"
#include "ImageBuilder.h"
#include "StageFile.h"
#include "garam/Dialect/Hetero/Transforms/Passes.h"
#include "garam/Driver/Compile.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/ThreadPool.h"

#include <chrono>
#include <set>
#include <tuple>

namespace garam {

/// Of an internal error that reports nothing.
constexpr llvm::StringLiteral noReason = "it failed without a reason";

/// One run of the compiler: a module goes down the stages, each of which can be
/// the first and the last.
class Compilation {
public:
  Compilation(const CompileOptions &options, const DeviceRegistry &devices);

  llvm::Expected<CompileResult> run();

private:
  // Before the first stage.
  llvm::Error checkOptions();
  llvm::Error checkDeviceOptions();
  llvm::Error enableRemarks();
  llvm::Error openOutput();
  llvm::Error openTarget();
  llvm::Error readStart();
  llvm::Error chooseSystem();
  llvm::Error listStages();
  llvm::Error checkStart();
  /// Takes over what was recorded of the option `name`, unless `value` is
  /// given.
  llvm::Error restoreOption(llvm::StringRef name, std::string &value);

  /// As above, for the level of optimisation.
  llvm::Error restoreLevel();
  llvm::Error checkStageOptions();

  // The stages.
  llvm::Error import();
  llvm::Error lowerToLinalg();
  /// Observes the ranges of values of stage 'linalg', if samples are given.
  llvm::Error calibrateValues();
  llvm::Error readPlacement();
  /// Inputs whose dimensions are not fixed, where no device takes them so: told
  /// of the model, not of each node and device.
  bool isHostAlone() const;
  llvm::Error checkDimensions();
  llvm::Error placeAndCompile();
  llvm::Error place();
  llvm::Error runDeviceStages();
  mlir::ArrayAttr makeRefusedAttr();
  llvm::Expected<std::optional<MemoryOverflow>> findOverflow() const;
  /// Lays out the binary. Regions that do not fit a device's memory together
  /// are not placed there together again, or it is an error.
  llvm::Error layOut();
  llvm::Error writeBinary();
  llvm::Error writePlacement();

  // Placement and devices.
  /// Whether a node may go to one device or another.
  bool canChoose() const;
  /// Whether what the device of `executable` does not compile may go to the
  /// host instead.
  bool canFallBack(hetero::ExecutableOp executable) const;
  /// Classes of the system's devices, in its order.
  llvm::SmallVector<llvm::StringRef> listKinds() const;
  void listDeviceFunctions();
  llvm::Error runDeviceStage(llvm::StringRef stage, llvm::StringRef previous,
                             llvm::MutableArrayRef<DeviceFunction> functions);
  /// A device has not compiled a function: its nodes, or some, are to go
  /// elsewhere, or it is an error.
  llvm::Error failDevice(const DeviceFunction &function, llvm::StringRef stage,
                         const CompileOutcome &outcome,
                         DiagnosticCollector &diagnostics);
  /// The rule that places a node, or null.
  const hetero::PlacementRule *findRule(llvm::StringRef node) const;
  /// Those of `nodes` that no rule places.
  std::vector<std::string> findMovable(llvm::ArrayRef<std::string> nodes) const;
  /// Notes of the rules that place something on `device`, for an error.
  std::vector<std::string> describeRules(llvm::StringRef device) const;
  /// Nodes of `function` go elsewhere the next time, for `reason`; where rules
  /// place all of them, those of the last function of the device that has
  /// others. Fails when there are none, or they had to go before.
  mlir::LogicalResult moveElsewhere(const DeviceFunction &function,
                                    llvm::ArrayRef<std::string> nodes,
                                    const std::string &reason);
  void releaseInputs();

  /// Begins the stage `stage` and runs `build`'s passes.
  llvm::Error runPasses(llvm::StringRef stage,
                        llvm::function_ref<void(mlir::OpPassManager &)> build);
  /// A stage begins: reports it and keeps the IR for a reproducer.
  void beginStage(llvm::StringRef stage);
  /// A stage is complete: takes its time, dumps its IR, and stops here when
  /// it is the one to emit.
  llvm::Error endStage(llvm::StringRef stage);
  llvm::Error emitIfAsked(llvm::StringRef stage);
  /// Writes IR as that of a stage into a folder.
  llvm::Error dump(llvm::StringRef stage, llvm::StringRef directory,
                   mlir::ModuleOp ir);
  /// Keeps what was asked for in the IR, for a later start from it.
  void recordOptions();
  /// An ONNX file, or one of weights, that is mapped from now on.
  llvm::Error addMappedFile(std::shared_ptr<llvm::MemoryBuffer> file);
  bool makesBinary() const;
  /// Whether the IR was read at this stage or a later one.
  bool isBeforeStart(llvm::StringRef stage) const;
  /// The error of a stage that failed: the user's when it has diagnostics and
  /// the IR is sound, with `notes` behind them, else an internal one with a
  /// reproducer.
  llvm::Error makeStageError(llvm::StringRef stage,
                             DiagnosticCollector &diagnostics,
                             llvm::ArrayRef<std::string> notes = {});
  llvm::Error makeInternalError(llvm::StringRef stage,
                                const llvm::Twine &message);
  unsigned getStageNumber(llvm::StringRef stage) const;

  /// As given; of a start from IR, also what an earlier compile was given.
  CompileOptions options;
  const DeviceRegistry &devices;
  std::unique_ptr<llvm::ThreadPoolInterface> threads; // null: this one only
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  /// That of the target or, of a start from a later stage, of the IR.
  hetero::SystemAttr system;
  bool isChip = false; // and its host
  DeviceCompileOptions deviceOptions;
  std::shared_ptr<hetero::PlacementResources> placement;
  /// The module before it was placed, when it may have to be placed again.
  mlir::OwningOpRef<mlir::ModuleOp> unplaced;
  bool isRetried = false;
  /// What devices have refused when they compiled: device, ids of nodes,
  /// reason.
  std::set<std::tuple<std::string, std::vector<std::string>, std::string>>
      refused;
  std::string startStage; // of the IR that was read, if it says it
  std::vector<std::string> stages;
  NodeLabels labels;
  std::vector<DeviceFunction> functions;
  ImageSource image; // at the end
  FileRoles roles;
  StageWriter writer{roles};
  llvm::StringSet<> dumped; // paths
  /// Of the binary or of the emitted stage, until it is complete.
  std::optional<OutputFile> output;
  std::optional<OutputFile> placementOutput;
  std::vector<std::shared_ptr<llvm::MemoryBuffer>> mappedFiles;
  CompileResult result;
  bool isStopped = false;

  // Of the current stage.
  std::chrono::steady_clock::time_point stageStart;
  mlir::OwningOpRef<mlir::ModuleOp> stageInput;
  std::string previousStage;
};

} // namespace garam

#endif // GARAM_LIB_DRIVER_COMPILATION_H
