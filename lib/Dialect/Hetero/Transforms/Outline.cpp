//===- Outline.cpp - Moves functions into executables ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/Hetero/IR/Hetero.h"
#include "garam/Dialect/Hetero/Transforms/Passes.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_HETEROOUTLINEPASS
#include "garam/Dialect/Hetero/Transforms/Passes.h.inc"

namespace {

struct HeteroOutlinePass
    : public impl::HeteroOutlinePassBase<HeteroOutlinePass> {
  using HeteroOutlinePassBase::HeteroOutlinePassBase;

  void runOnOperation() override;
};

} // namespace

/// Reports all that the device does not take, so that a user sees it at once.
static LogicalResult checkAccepted(DeviceTargetAttrInterface target,
                                   func::FuncOp function,
                                   const DeviceCompileOptions &options) {
  SmallVector<Refusal> refusals = target.accepts(function, options);
  for (const Refusal &refusal : refusals)
    emitRefusal(refusal, target.getTargetName());
  return success(refusals.empty());
}

/// Moves the body of `function` into an executable in front of it and
/// dispatches it from where it was. `symbols` makes `name` unique.
static void outline(DeviceTargetAttrInterface target, func::FuncOp function,
                    const Twine &name, SymbolTable &symbols) {
  Location loc = function.getLoc();
  OpBuilder builder(function);
  auto executable = hetero::ExecutableOp::create(
      builder, loc, builder.getStringAttr(name), Attribute(target));
  symbols.insert(executable);
  builder.createBlock(&executable.getBody());
  auto kernel = cast<func::FuncOp>(builder.cloneWithoutRegions(*function));
  kernel.getBody().takeBody(function.getBody());

  Block *entry = function.addEntryBlock();
  builder.setInsertionPointToStart(entry);
  auto callee =
      SymbolRefAttr::get(executable.getSymNameAttr(),
                         FlatSymbolRefAttr::get(kernel.getSymNameAttr()));
  auto dispatch = hetero::DispatchOp::create(
      builder, loc, builder.getType<hetero::TokenType>(),
      function.getResultTypes(), callee, entry->getArguments(),
      /*dependencies=*/ValueRange());
  hetero::AwaitOp::create(builder, loc, dispatch.getToken());
  func::ReturnOp::create(builder, loc, dispatch.getOutputs());
}

void HeteroOutlinePass::runOnOperation() {
  ModuleOp module = getOperation();
  auto target =
      module->getAttrOfType<DeviceTargetAttrInterface>(heteroTargetAttrName);
  if (!target) {
    module.emitError() << "needs a device target as attribute '"
                       << heteroTargetAttrName << "'";
    return signalPassFailure();
  }
  DeviceCompileOptions options;
  options.precision = precision;
  bool accepted = true;
  // A declaration has nothing to run.
  auto functions = llvm::to_vector(llvm::make_filter_range(
      module.getOps<func::FuncOp>(),
      [](func::FuncOp function) { return !function.isExternal(); }));
  for (func::FuncOp function : functions)
    accepted &= !check || succeeded(checkAccepted(target, function, options));
  if (!accepted)
    return signalPassFailure();
  SymbolTable symbols(module);
  for (auto [number, function] : llvm::enumerate(functions))
    outline(target, function, function.getName() + "_" + Twine(number),
            symbols);
  module->removeAttr(heteroTargetAttrName);
}

} // namespace garam
