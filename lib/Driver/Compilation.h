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
#include "garam/Driver/Compile.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Pass/PassManager.h"

#include <chrono>

namespace garam {

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
  llvm::Error openOutput();
  llvm::Error openTarget();
  llvm::Error readStart();
  llvm::Error listStages();
  llvm::Error checkStart();
  /// Takes over what was recorded of the option `name`, unless `value` is
  /// given.
  llvm::Error restoreOption(llvm::StringRef name, std::string &value);

  // The stages.
  llvm::Error import();
  llvm::Error lowerToLinalg();
  /// Observes the ranges of values, if samples are given.
  llvm::Error calibrateValues();
  llvm::Error place();
  llvm::Error compileExecutables();
  llvm::Error compileExecutable(hetero::ExecutableOp executable);
  llvm::Error writeBinary();
  void releaseInputs(ImageSource &image);

  /// Runs `build`'s passes as the stage `stage`.
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
  /// the IR is sound, else an internal one with a reproducer.
  llvm::Error makeStageError(llvm::StringRef stage,
                             DiagnosticCollector &diagnostics);
  llvm::Error makeInternalError(llvm::StringRef stage,
                                const llvm::Twine &message);
  unsigned getStageNumber(llvm::StringRef stage) const;

  /// As given; of a start from IR, also what an earlier compile was given.
  CompileOptions options;
  const DeviceRegistry &devices;
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::Attribute target; // null when the IR brings its own
  std::string startStage; // of the IR that was read, if it says it
  std::vector<std::string> stages;
  NodeLabels labels;
  std::vector<CompiledExecutable> executables;
  llvm::StringMap<ObservedRange> ranges;
  FileRoles roles;
  StageWriter writer{roles};
  /// Of the binary or of the emitted stage, until it is complete.
  std::optional<OutputFile> output;
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
