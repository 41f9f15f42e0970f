//===- DeviceTargetModel.cpp - Base of target models ----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/DeviceTargetModel.h"

#include "garam/Target/CompileTarget.h"

using namespace mlir;

namespace garam {

LogicalResult runDevicePasses(func::FuncOp function, Attribute target,
                              llvm::function_ref<void(OpPassManager &)> build) {
  PassManager manager(function.getContext(), func::FuncOp::getOperationName());
  (void)applyPassManagerCLOptions(manager); // fails where none are declared
  applyDefaultTimingPassManagerCLOptions(manager);
  build(manager);
  Attribute before = function->getAttr(targetAttrName);
  function->setAttr(targetAttrName, target);
  LogicalResult result = manager.run(function);
  if (before)
    function->setAttr(targetAttrName, before);
  else
    function->removeAttr(targetAttrName);
  return result;
}

SmallVector<Refusal> takeRefusals(RefusalCollector &diagnostics,
                                  func::FuncOp function) {
  SmallVector<Refusal> refusals = diagnostics.takeRefusals();
  if (refusals.empty())
    refusals.push_back({function, "the conversion failed"});
  return refusals;
}

CompileOutcome makeFailedOutcome(RefusalCollector &diagnostics,
                                 const DeviceCompileOptions &options) {
  SmallVector<Refusal> refusals = diagnostics.takeRefusals();
  if (!refusals.empty())
    return refusals;
  bool isTheirs = options.isFromFile && diagnostics.hasErrors();
  return isTheirs ? CompileStatus::InvalidInput : CompileStatus::InternalError;
}

} // namespace garam
