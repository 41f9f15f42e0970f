//===- DeviceTargetModel.cpp - Base of target models ----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/DeviceTargetModel.h"

#include "garam/Target/CompileTarget.h"

using namespace mlir;

namespace garam {

namespace {

/// Gives a context without threads those of `pool`, unless that is null, for as
/// long as this lives.
class ContextThreads {
public:
  ContextThreads(MLIRContext *context, llvm::ThreadPoolInterface *pool)
      : context(pool && !context->isMultithreadingEnabled() ? context
                                                            : nullptr) {
    if (this->context)
      context->setThreadPool(*pool);
  }
  ~ContextThreads() {
    if (context)
      context->disableMultithreading();
  }
  ContextThreads(const ContextThreads &) = delete;
  ContextThreads &operator=(const ContextThreads &) = delete;

private:
  MLIRContext *context; // null if nothing is to be done
};

} // namespace

LogicalResult runDevicePasses(func::FuncOp function, Attribute target,
                              llvm::function_ref<void(OpPassManager &)> build,
                              llvm::ThreadPoolInterface *threads) {
  PassManager manager(function.getContext(), func::FuncOp::getOperationName());
  (void)applyPassManagerCLOptions(manager); // fails where none are declared
  applyDefaultTimingPassManagerCLOptions(manager);
  build(manager);
  Attribute before = function->getAttr(targetAttrName);
  function->setAttr(targetAttrName, target);
  // Not before the options are set: some are for contexts without threads. The
  // passes still run one after the other.
  ContextThreads contextThreads(function.getContext(), threads);
  LogicalResult result = manager.run(function);
  if (before)
    function->setAttr(targetAttrName, before);
  else
    function->removeAttr(targetAttrName);
  return result;
}

FailureOr<SmallVector<Refusal>> takeRefusals(RefusalCollector &diagnostics,
                                             func::FuncOp function) {
  SmallVector<Refusal> refusals = diagnostics.takeRefusals();
  // What else went wrong may be why something was refused.
  if (diagnostics.hasErrors())
    return failure();
  if (refusals.empty())
    return function.emitError("the device failed on it without a reason");
  return refusals;
}

CompileOutcome makeFailedOutcome(RefusalCollector &diagnostics,
                                 const DeviceCompileOptions &options) {
  if (diagnostics.hasErrors())
    return options.isFromFile ? CompileStatus::InvalidInput
                              : CompileStatus::InternalError;
  SmallVector<Refusal> refusals = diagnostics.takeRefusals();
  if (refusals.empty())
    return CompileStatus::InternalError;
  return refusals;
}

} // namespace garam
