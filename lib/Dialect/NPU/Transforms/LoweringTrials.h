//===- LoweringTrials.h - Schedules that are tried as commands --*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Brings forms of a function to commands to see which is fastest. Where the
// context has threads, each is lowered beside the caller, who looks for the
// next meanwhile. What comes of it, and the order of diagnostics, do not depend
// on that.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_LOWERINGTRIALS_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_LOWERINGTRIALS_H

#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/ThreadPool.h"

#include <deque>
#include <future>
#include <optional>

namespace garam::npu {

class LoweringTrials {
public:
  /// `options` are those of npu-lower-to-planned-commands.
  LoweringTrials(mlir::MLIRContext *context,
                 NPULowerToPlannedCommandsOptions options);
  LoweringTrials(const LoweringTrials &) = delete;
  LoweringTrials &operator=(const LoweringTrials &) = delete;

  /// Tries a form, a scheduled function by itself that says its target.
  void add(mlir::OwningOpRef<mlir::func::FuncOp> form);

  struct Fastest {
    size_t number; // in the order in which forms were added
    mlir::OwningOpRef<mlir::func::FuncOp> commands;
  };
  /// The form whose commands end first (npu-record-estimate), of equal ones the
  /// first, with its commands; nothing where no commands fit the memories.
  /// Fails where one failed for another reason, with its diagnostics.
  mlir::FailureOr<std::optional<Fastest>> finish();

private:
  struct Trial {
    mlir::OwningOpRef<mlir::func::FuncOp> func; // null if it did not fit
    bool hasErrors = false;
  };

  void lower(size_t number, Trial &trial);
  void findLimit(const Trial &first);

  mlir::MLIRContext *context;
  NPULowerToPlannedCommandsOptions options;
  std::deque<Trial> trials;
  /// When other commands must end to be worth another order, in seconds, once
  /// those of the first trial are there.
  std::promise<double> limit;
  std::shared_future<double> knownLimit;
  mlir::ParallelDiagnosticHandler diagnostics;
  /// Of the context's threads, where it has some. The last member: others are
  /// in use until its tasks are done.
  std::optional<llvm::ThreadPoolTaskGroup> tasks;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_LOWERINGTRIALS_H
