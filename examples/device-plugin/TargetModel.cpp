//===- TargetModel.cpp - What #abacus.target implements -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The compiler's side of the device: the methods of DeviceTargetAttrInterface.
//
//===----------------------------------------------------------------------===//

#include "ChainPlan.h"
#include "Export.h"
#include "Loading.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

#include <thread>

using namespace mlir;

namespace abacus {

// What `garam compile --emit` and `--from` take.
static constexpr llvm::StringLiteral chainsStage = "abacus-chains";
static constexpr llvm::StringLiteral plannedStage = "abacus-planned";

static llvm::MemoryBufferRef getFile(TargetAttr target) {
  return {target.getText(), target.getName()};
}

StringRef TargetAttr::getDeviceKind() const { return deviceKind; }
StringRef TargetAttr::getTargetName() const { return getName(); }
StringRef TargetAttr::getTargetText() const { return getText(); }
bool TargetAttr::hasFloat() const { return true; }
SmallVector<StringRef> TargetAttr::getStages() const {
  return {chainsStage, plannedStage};
}

/// `--precision` is about devices that have a choice.
static std::optional<garam::Refusal>
checkPrecision(func::FuncOp function, const Machine &machine,
               const garam::DeviceCompileOptions &options) {
  if (options.precision.empty())
    return std::nullopt;
  return garam::Refusal(function,
                        "'" + machine.name + "' does not compute in " +
                            options.precision,
                        "it does float32");
}

SmallVector<garam::Refusal>
TargetAttr::accepts(func::FuncOp function,
                    const garam::DeviceCompileOptions &options) const {
  llvm::Expected<Machine> machine = readMachine(getFile(*this));
  if (!machine)
    return {{function, llvm::toString(machine.takeError())}};
  if (std::optional<garam::Refusal> refusal =
          checkPrecision(function, *machine, options))
    return {*refusal};
  return findRefusals(function, machine->chainInstructions);
}

/// Brings `function` from `stage` (empty: linalg) to the next one.
static LogicalResult runNextStage(func::FuncOp function, StringRef stage,
                                  const Machine &machine) {
  PassManager passes(function.getContext(), func::FuncOp::getOperationName());
  if (stage.empty()) {
    passes.addPass(createConvertLinalgToAbacus({machine.chainInstructions}));
    passes.addPass(createCSEPass()); // a weight that is used twice
  } else {
    passes.addPass(createAbacusPlanMemory());
  }
  return passes.run(function);
}

FailureOr<std::optional<garam::DeviceProgram>>
TargetAttr::compile(func::FuncOp function,
                    const garam::DeviceCompileOptions &options,
                    llvm::function_ref<WalkResult(StringRef)> observer) const {
  llvm::Expected<Machine> machine = readMachine(getFile(*this));
  if (!machine)
    return function.emitError() << llvm::toString(machine.takeError());
  // IR that is taken up again comes from a file, which may hold anything.
  if (!llvm::hasSingleElement(function.getBody()))
    return function.emitError("needed a function of one block");
  if (std::optional<garam::Refusal> refusal =
          checkPrecision(function, *machine, options)) {
    garam::emitRefusal(*refusal, machine->name);
    return failure();
  }
  StringRef stage = options.startStage;
  while (stage != plannedStage) {
    if (failed(runNextStage(function, stage, *machine)))
      return failure();
    stage = stage.empty() ? chainsStage : plannedStage;
    if (observer(stage).wasInterrupted())
      return std::optional<garam::DeviceProgram>();
  }
  FailureOr<garam::DeviceProgram> program = exportProgram(function, *machine);
  if (failed(program))
    return failure();
  return std::optional<garam::DeviceProgram>(std::move(*program));
}

/// An estimate is a compile without an output and a simulation without data,
/// which costs next to nothing here.
FailureOr<garam::DeviceEstimate>
TargetAttr::estimate(func::FuncOp function,
                     const garam::DeviceCompileOptions &options) const {
  // What other threads report in the meantime is not of this function.
  ScopedDiagnosticHandler silence(
      function.getContext(),
      [thread = std::this_thread::get_id()](Diagnostic &) {
        return success(std::this_thread::get_id() == thread);
      });
  // `function` stays as it is.
  OwningOpRef<ModuleOp> holder = ModuleOp::create(function.getLoc());
  func::FuncOp copy = function.clone();
  holder->push_back(copy);
  FailureOr<std::optional<garam::DeviceProgram>> program =
      compile(copy, options, [](StringRef) { return WalkResult::advance(); });
  if (failed(program))
    return failure();

  llvm::Expected<garam::DeviceEstimate> estimate =
      estimateProgram(**program, getFile(*this));
  if (estimate)
    return *estimate;
  llvm::consumeError(estimate.takeError());
  return failure();
}

} // namespace abacus
