//===- MachineTest.cpp - The machine that a pass compiles for -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Machine.h"
#include "garam/Dialect/Hetero/IR/Hetero.h"
#include "garam/InitAll.h"
#include "garam/Target/DeviceTarget.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"

#include "gtest/gtest.h"

using namespace garam;
using namespace garam::npu;
using namespace mlir;

namespace {

/// Makes a string attribute the target of a device that is no NPU.
struct OtherTarget
    : DeviceTargetAttrInterface::ExternalModel<OtherTarget, StringAttr> {
  StringRef getDeviceKind(Attribute) const { return "other"; }
  StringRef getTargetName(Attribute) const { return "other"; }
  StringRef getTargetText(Attribute) const { return ""; }
  SmallVector<StringRef> getStages(Attribute) const { return {}; }
  bool hasFloat(Attribute) const { return true; }
  FailureOr<SmallVector<Refusal>> accepts(Attribute, func::FuncOp,
                                          const DeviceCompileOptions &) const {
    return SmallVector<Refusal>();
  }
  FailureOr<DeviceEstimate> estimate(Attribute, func::FuncOp,
                                     const DeviceCompileOptions &) const {
    return failure();
  }
  CompileOutcome compile(Attribute, func::FuncOp, const DeviceCompileOptions &,
                         llvm::function_ref<WalkResult(StringRef)>) const {
    return CompileStatus::InternalError;
  }
};

TEST(MachineTest, ExecutableForAnotherDevice) {
  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry);
  context.loadAllAvailableDialects();
  StringAttr::attachInterface<OtherTarget>(context);
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(R"mlir(
    hetero.executable @there target("other chip") {
      func.func @main() {
        return
      }
    }
  )mlir",
                                                             &context);
  ASSERT_TRUE(module);
  func::FuncOp function;
  module->walk([&](func::FuncOp found) { function = found; });
  std::string message;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    message = diagnostic.str();
    return success();
  });
  EXPECT_TRUE(failed(loadMachine(function, /*option=*/"")));
  EXPECT_EQ(message, "is compiled for another device: \"other chip\"");
}

} // namespace
