//===- DeviceTarget.h - The compiler's side of a device ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_DEVICETARGET_H
#define GARAM_TARGET_DEVICETARGET_H

#include "garam/Target/Device.h"
#include "garam/Target/DeviceProgram.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Attributes.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Location.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/Visitors.h"
#include "mlir/Support/LLVM.h"

#include <map>
#include <string>

namespace llvm {
class ThreadPoolInterface;
} // namespace llvm

namespace garam {

class LaterForm;

struct DeviceCompileOptions {
  /// Arithmetic of float models ("bf16", "fp16"), or empty for the device's
  /// choice.
  std::string precision;
  /// 0 to maxOptimizationLevel. What a device accepts, and what it is estimated
  /// to cost, do not depend on it.
  unsigned optimizationLevel = defaultOptimizationLevel;
  /// The stage of the device that the function is at already, or empty.
  std::string startStage;
  /// Whether the function was read from a file at that stage or at an earlier
  /// one of the device, so that its faults are the user's.
  bool isFromFile = false;
  /// Whether no other function is compiled for the same instances of the
  /// device, so that what its program leaves on them is there in the next run.
  bool isAlone = false;
  /// Values of the options of `garam compile` that devices have of their own
  /// (Device::getCompileOptions), by flag. Those of other devices are in it
  /// too.
  std::map<std::string, std::string> values;

  /// What a stage of the function has made for a later one; may be null.
  LaterForm *laterForm = nullptr;
  /// Threads that stages may share their work out to; null: this one only.
  llvm::ThreadPoolInterface *threads = nullptr;

  /// The value of an option of the device, or its default.
  llvm::StringRef getValue(const DeviceOption &option) const;
};

/// The name of an input in the model, for messages; "#NUMBER" when it has none.
std::string getInputName(mlir::func::FuncOp function, unsigned number);

/// Why a device does not take a part of a function.
struct Refusal {
  mlir::Location loc;
  /// Ids of the ONNX nodes that the location names.
  llvm::SmallVector<std::string, 1> nodes;
  /// Name of the operation; empty for the function, or for several operations
  /// that the device would carry out as one.
  std::string operation;
  std::string reason;
  /// What the user can do about it; may be empty.
  std::string hint;

  /// Of `op` by itself; a function has no name to a user.
  Refusal(mlir::Operation *op, const llvm::Twine &reason,
          const llvm::Twine &hint = "");
  /// Of whatever is at `loc`.
  Refusal(mlir::Location loc, const llvm::Twine &reason,
          const llvm::Twine &hint = "");
};

/// Reports `refusal` as an error at its location, which RefusalCollector takes
/// apart again. The error names `target`, which may be empty. Fails, for passes
/// to return it.
llvm::LogicalResult emitRefusal(const Refusal &refusal,
                                llvm::StringRef target = "");

/// Makes a refusal of an error that is being reported: its message is the
/// reason.
llvm::LogicalResult emitAsRefusal(mlir::InFlightDiagnostic &&error);

/// Marks an error that is being reported as a fault of the compiler, which
/// isFault finds out: the user cannot mend it.
llvm::LogicalResult emitAsFault(mlir::InFlightDiagnostic &&error);
bool isFault(mlir::Diagnostic &diagnostic);

/// While it lives, keeps the refusals that this thread reports in a context.
/// What else it reports is handed on or dropped.
class RefusalCollector {
public:
  enum class Others {
    Report,     // all of them
    OnlyErrors, // warnings and remarks are dropped
    Drop,
  };

  explicit RefusalCollector(mlir::MLIRContext *context,
                            Others others = Others::Report);

  /// What was refused up to now, and once only.
  llvm::SmallVector<Refusal> takeRefusals() { return std::move(refusals); }
  /// Whether an error was reported that is no refusal.
  bool hasErrors() const { return hasOtherErrors; }

private:
  mlir::LogicalResult collect(mlir::Diagnostic &diagnostic, Others others);

  llvm::SmallVector<Refusal> refusals;
  bool hasOtherErrors = false;
  mlir::ScopedDiagnosticHandler handler;
};

/// How a compile ended.
enum class CompileStatus {
  Program,       // there is a program
  Stopped,       // where the observer said so
  Refused,       // the device does not take all of the function
  InvalidInput,  // errors were reported: the IR, which is the user's, is wrong
  InternalError, // the compiler is at fault; errors may have been reported
};

/// What came of compiling a function.
struct CompileOutcome {
  CompileStatus status;
  DeviceProgram program;                 // of CompileStatus::Program
  llvm::SmallVector<Refusal> refusals{}; // of CompileStatus::Refused

  CompileOutcome(CompileStatus status) : status(status) {}
  CompileOutcome(DeviceProgram program)
      : status(CompileStatus::Program), program(std::move(program)) {}
  CompileOutcome(llvm::SmallVector<Refusal> refusals)
      : status(CompileStatus::Refused), refusals(std::move(refusals)) {}
};

/// What a part of a function would take.
struct EstimatedPart {
  std::vector<std::string> nodes; // ids of those that it carries out, or parts
  double seconds = 0;
};

/// What a function would cost on a device.
struct DeviceEstimate {
  double seconds = 0;
  double joules = 0;        // idle power in that time included
  uint64_t dramBytes = 0;   // read and written
  uint64_t weightBytes = 0; // in device precision
  uint64_t onChipBytes = 0; // in use at most, of all memories together
  /// Whether the accuracy of the results rests on ranges of values that nobody
  /// observed (`garam_ext.range`). The default placement avoids it.
  bool hasGuessedRanges = false;
  /// What its time is made of, where the device can say it: else nothing.
  std::vector<EstimatedPart> parts;
};

} // namespace garam

#include "garam/Target/DeviceTarget.h.inc"
#include "garam/Target/TargetedOp.h.inc"

#endif // GARAM_TARGET_DEVICETARGET_H
