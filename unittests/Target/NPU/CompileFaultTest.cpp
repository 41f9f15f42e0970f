//===- CompileFaultTest.cpp - Faults of a device's passes -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A device whose first stage fails, as one with a fault would: the compile
// fails with it, and no other device takes its place.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/NPU/IR/NPU.h"
#include "garam/Driver/Compile.h"
#include "garam/InitAll.h"
#include "garam/Support/Errors.h"
#include "garam/Target/DeviceTargetModel.h"
#include "garam/Target/LoadedProgram.h"
#include "garam/Target/NPU/Machine/TargetFile.h"
#include "garam/Target/TargetRegistry.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/Pass.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

#include "gtest/gtest.h"

using namespace garam;
using namespace mlir;

namespace {

/// Fails with an error, by itself or beside a refusal, or without one, as its
/// function's name says.
struct FailingPass
    : public PassWrapper<FailingPass, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(FailingPass)

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function->hasAttr("refuses"))
      (void)emitRefusal({function, "it is too large"});
    if (!function->hasAttr("silent"))
      function.emitError("lost the thread");
    signalPassFailure();
  }
};

void buildFailing(OpPassManager &functions, const npu::MachineDescription &,
                  const DeviceCompileOptions &) {
  functions.addPass(std::make_unique<FailingPass>());
}

struct FaultyModel
    : DeviceTargetModel<FaultyModel, npu::TargetAttr, npu::MachineDescription> {
  static constexpr llvm::StringLiteral kind = "npu";
  static llvm::Expected<npu::MachineDescription>
  readMachine(llvm::MemoryBufferRef file) {
    return npu::readTargetFile(file);
  }
  static ArrayRef<DeviceStage<npu::MachineDescription>> listStages() {
    static constexpr DeviceStage<npu::MachineDescription> stages[] = {
        {"npu-faulty", buildFailing}};
    return stages;
  }
  static FailureOr<DeviceProgram> finish(func::FuncOp,
                                         const npu::MachineDescription &,
                                         const DeviceCompileOptions &) {
    return failure();
  }
  static FailureOr<DeviceEstimate>
  estimateTried(func::FuncOp, const npu::MachineDescription &,
                const DeviceCompileOptions &) {
    return failure();
  }
};

/// A device of this tree, in a registry where others are not.
class ForwardingDevice : public Device {
public:
  explicit ForwardingDevice(StringRef kind) {
    registerBuiltinDevices(devices);
    whole = devices.lookup(kind);
  }

  StringRef getKind() const override { return whole->getKind(); }
  void registerDialects(DialectRegistry &registry) const override {
    whole->registerDialects(registry);
  }
  void registerPasses() const override {}
  llvm::Error checkTarget(const TargetFile &file) const override {
    return whole->checkTarget(file);
  }
  llvm::Expected<std::vector<MachineFact>>
  describeTarget(const TargetFile &file) const override {
    return whole->describeTarget(file);
  }
  Attribute getTargetAttr(MLIRContext *context,
                          const TargetFile &file) const override {
    return whole->getTargetAttr(context, file);
  }
  llvm::Expected<MachineSummary>
  summarizeMachine(llvm::MemoryBufferRef target) const override {
    return whole->summarizeMachine(target);
  }
  bool isFallback() const override { return whole->isFallback(); }
  llvm::Expected<std::unique_ptr<LoadedProgram>>
  load(ArrayRef<uint8_t> code, llvm::MemoryBufferRef target) const override {
    return whole->load(code, target);
  }

private:
  DeviceRegistry devices;
  const Device *whole;
};

/// The same but for its compiler.
class FaultyDevice : public ForwardingDevice {
public:
  FaultyDevice() : ForwardingDevice(FaultyModel::kind) {}

  void registerDialects(DialectRegistry &registry) const override {
    registry.insert<npu::NPUDialect>();
    registry.addExtension(+[](MLIRContext *context, npu::NPUDialect *dialect) {
      FaultyModel::attach(context, dialect);
    });
  }
};

class CompileFaultTest : public testing::Test {
protected:
  CompileFaultTest() {
    devices.add(std::make_unique<FaultyDevice>());
    DeviceRegistry all;
    registerBuiltinDevices(all);
    devices.add(
        std::make_unique<ForwardingDevice>(all.findFallback()->getKind()));
  }

  /// What the device says of a function with `attributes`, and what it reports.
  FailureOr<SmallVector<Refusal>> ask(StringRef attributes) {
    DialectRegistry registry;
    registerAllDialects(registry, devices);
    context = std::make_unique<MLIRContext>(registry);
    context->loadAllAvailableDialects();
    module = parseSourceString<ModuleOp>(
        ("func.func @main() attributes {" + attributes + "} { return }").str(),
        context.get());
    ScopedDiagnosticHandler handler(context.get(), [&](Diagnostic &diagnostic) {
      errors.push_back(diagnostic.str());
    });
    auto target =
        cast<DeviceTargetAttrInterface>(devices.lookup("npu")->getTargetAttr(
            context.get(), llvm::cantFail(loadTarget("atom"))));
    return target.accepts(*module->getOps<func::FuncOp>().begin(), {});
  }

  DeviceRegistry devices;
  std::unique_ptr<MLIRContext> context;
  OwningOpRef<ModuleOp> module;
  std::vector<std::string> errors;
};

TEST_F(CompileFaultTest, ErrorsAreNoRefusals) {
  EXPECT_TRUE(failed(ask("")));
  EXPECT_EQ(errors, std::vector<std::string>{"lost the thread"});
}

TEST_F(CompileFaultTest, ErrorsBesideRefusalsCount) {
  EXPECT_TRUE(failed(ask("refuses")));
  EXPECT_EQ(errors, std::vector<std::string>{"lost the thread"});
}

TEST_F(CompileFaultTest, RefusalsAreRefusals) {
  FailureOr<SmallVector<Refusal>> refusals = ask("refuses, silent");
  ASSERT_TRUE(succeeded(refusals));
  ASSERT_EQ(refusals->size(), 1u);
  EXPECT_EQ(refusals->front().reason, "it is too large");
  EXPECT_TRUE(errors.empty());
}

TEST_F(CompileFaultTest, SilenceIsAFault) {
  EXPECT_TRUE(failed(ask("silent")));
  EXPECT_EQ(errors, std::vector<std::string>{
                        "the device failed on it without a reason"});
}

// The host would take the node, and hide the fault.
TEST_F(CompileFaultTest, PlacementFailsWithAReproducer) {
  llvm::SmallString<128> folder;
  ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("fault", folder));
  llvm::SmallString<128> model(folder), binary(folder);
  llvm::sys::path::append(model, "model.mlir");
  llvm::sys::path::append(binary, "model.garam");
  std::error_code code;
  llvm::raw_fd_ostream(model, code) << R"mlir(
    func.func @main(%x: tensor<8xf32> {onnx.name = "x"})
        -> (tensor<8xf32> {onnx.name = "y"}) {
      %e = tensor.empty() : tensor<8xf32>
      %y = linalg.exp ins(%x : tensor<8xf32>) outs(%e : tensor<8xf32>)
          -> tensor<8xf32> loc("node:exp")
      return %y : tensor<8xf32>
    }
  )mlir";
  ASSERT_FALSE(code);

  CompileOptions options;
  options.model = model.str().str();
  options.target = "kcloud-stage1";
  options.output = binary.str().str();
  options.fromStage = "linalg";
  llvm::Expected<CompileResult> result = compile(options, devices);
  ASSERT_FALSE(result);
  std::string message;
  bool isOfUser = false;
  llvm::handleAllErrors(
      result.takeError(),
      [&](const UserError &error) {
        isOfUser = true;
        message = error.message();
      },
      [&](const llvm::ErrorInfoBase &error) { message = error.message(); });
  EXPECT_FALSE(isOfUser) << message;
  std::string reproducer = binary.str().str() + ".reproducer";
  for (const std::string &part :
       {std::string("internal error in stage 'placed': "),
        std::string("lost the thread"),
        std::string("target 'atom' did not find out whether it takes this"),
        "reproduce it with the file in '" + reproducer + "' and --from=linalg"})
    EXPECT_NE(message.find(part), std::string::npos) << message;
  EXPECT_TRUE(llvm::sys::fs::is_directory(reproducer));
  EXPECT_FALSE(llvm::sys::fs::exists(binary));
  llvm::sys::fs::remove_directories(folder);
}

} // namespace
