//===- CompiledMutationTest.cpp - Damage to compiled programs -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The mutation test of the static checker on programs that the compiler wrote.
//
//===----------------------------------------------------------------------===//

#include "Mutations.h"
#include "garam/Conversion/LinalgToNPU/Pipeline.h"
#include "garam/Conversion/Passes.h"
#include "garam/Dialect/NPU/IR/NPU.h"
#include "garam/Frontend/ONNX/Import.h"
#include "garam/InitAll.h"
#include "garam/Target/DeviceTargetModel.h"
#include "garam/Target/NPU/Compile.h"
#include "garam/Target/NPU/Machine/TargetFile.h"
#include "garam/Target/TargetRegistry.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

#include "gtest/gtest.h"

using namespace garam;
using namespace garam::npu;
using namespace garam::npu::test;

namespace {

/// A strided convolution with padding, a pointwise one that follows it, and an
/// output that is not in the first one's layout.
constexpr const char *stages = R"mlir(
func.func @main(%x: tensor<1x6x24x24xf32>) -> tensor<1x24x12x12xf32> {
  %w0 = npu.constant dense<0.25> : tensor<40x6x3x3xf32> : tensor<40x6x3x3xTYPE>
  %b0 = npu.constant dense<0.5> : tensor<40xf32> : tensor<40xf32>
  %w1 = npu.constant dense<0.125> : tensor<24x40x1x1xf32> : tensor<24x40x1x1xTYPE>
  %0 = npu.vector ins(%x) sizes [1, 6, 24, 24] {indexing_maps = [
      affine_map<(n, c, h, w) -> (n, c, h, w)>,
      affine_map<(n, c, h, w) -> (n, c, h, w)>]}
      : (tensor<1x6x24x24xf32>) -> tensor<1x6x24x24xTYPE> {
  ^bb0(%e: f32):
    npu.yield %e : f32
  }
  %1 = npu.contract %0, %w0 bias(%b0) sizes [1, 40, 12, 12, 6, 3, 3]
      iterators [#npu.iterator<row>, #npu.iterator<column>,
        #npu.iterator<row>, #npu.iterator<row>, #npu.iterator<reduction>,
        #npu.iterator<reduction>, #npu.iterator<reduction>]
      maps [affine_map<(n, f, h, w, c, i, j) -> (n, c, h * 2 + i - 1, w * 2 + j - 1)>,
        affine_map<(n, f, h, w, c, i, j) -> (f, c, i, j)>,
        affine_map<(n, f, h, w, c, i, j) -> (f)>,
        affine_map<(n, f, h, w, c, i, j) -> (n, f, h, w)>]
      {activation_padding = array<i1: false, false, true, true>,
       clamp_low = 0.0 : f32}
      : (tensor<1x6x24x24xTYPE>, tensor<40x6x3x3xTYPE>, tensor<40xf32>)
      -> tensor<1x40x12x12xTYPE>
  %2 = npu.contract %1, %w1 sizes [1, 24, 12, 12, 40, 1, 1]
      iterators [#npu.iterator<row>, #npu.iterator<column>,
        #npu.iterator<row>, #npu.iterator<row>, #npu.iterator<reduction>,
        #npu.iterator<reduction>, #npu.iterator<reduction>]
      maps [affine_map<(n, f, h, w, c, i, j) -> (n, c, h + i, w + j)>,
        affine_map<(n, f, h, w, c, i, j) -> (f, c, i, j)>,
        affine_map<(n, f, h, w, c, i, j) -> (n, f, h, w)>]
      : (tensor<1x40x12x12xTYPE>, tensor<24x40x1x1xTYPE>)
      -> tensor<1x24x12x12xf32>
  return %2 : tensor<1x24x12x12xf32>
}
)mlir";

/// Waits that are stored once and executed several times.
unsigned countWaitsInLoops(const Program &program) {
  unsigned count = 0;
  for (const Queue &queue : program.queues) {
    unsigned depth = 0;
    for (const Command &command : queue.commands) {
      depth += std::holds_alternative<LoopBeginCommand>(command);
      depth -= std::holds_alternative<LoopEndCommand>(command);
      count += depth > 0 && std::holds_alternative<WaitCommand>(command);
    }
  }
  return count;
}

/// Compiles a function of stages and damages the program.
void expectHarmIsCaught(mlir::func::FuncOp function, const TargetFile &target,
                        unsigned minWaitsInLoops = 0) {
  MachineDescription machine =
      llvm::cantFail(readTargetFile(target.getBuffer()));
  auto compiled = compileStages(function, target);
  ASSERT_TRUE(mlir::succeeded(compiled));
  EXPECT_GE(countWaitsInLoops(compiled->program), minWaitsInLoops);
  MutationReport report =
      testMutants(compiled->program, compiled->plan, machine);
  report.print(llvm::outs());
  EXPECT_EQ(report.missed, std::vector<std::string>());
  EXPECT_GT(report.kinds["wait removed"].getHarmful(), 0u);
  EXPECT_GT(report.kinds["operand moved"].getHarmful(), 0u);
}

class CompiledTest : public testing::Test {
protected:
  CompiledTest() : context(makeRegistry()) {
    context.loadAllAvailableDialects();
  }

  static mlir::DialectRegistry makeRegistry() {
    mlir::DialectRegistry registry;
    registerAllDialects(registry);
    return registry;
  }

  mlir::MLIRContext context;
};

/// Target and float type of the tensors.
using MachineAndType = std::pair<const char *, const char *>;

class CompiledMutationTest
    : public CompiledTest,
      public testing::WithParamInterface<MachineAndType> {};

TEST_P(CompiledMutationTest, EveryHarmIsCaught) {
  auto [target, type] = GetParam();
  std::string source = stages;
  for (size_t at; (at = source.find("TYPE")) != std::string::npos;)
    source.replace(at, 4, type);
  auto module = mlir::parseSourceString<mlir::ModuleOp>(source, &context);
  ASSERT_TRUE(module);
  expectHarmIsCaught(*module->getOps<mlir::func::FuncOp>().begin(),
                     llvm::cantFail(loadTarget(target)));
}

INSTANTIATE_TEST_SUITE_P(Machines, CompiledMutationTest,
                         testing::Values(MachineAndType("rngd", "bf16"),
                                         MachineAndType("atom", "f16")));

/// A machine with one core, so that the program is small, and with so little
/// memory that a queue repeats transfers, waits and signals.
TargetFile makeSmallTarget() {
  TargetFile file = llvm::cantFail(loadTarget("atom"));
  auto replace = [&](llvm::StringRef before, llvm::StringRef after) {
    size_t begin = file.text.find(before);
    EXPECT_NE(begin, std::string::npos) << before.str();
    if (begin != std::string::npos)
      file.text.replace(begin, before.size(), after);
  };
  replace("cores: { value: 8,", "cores: { value: 1,");
  replace("bytes: { value: 4194304,", "bytes: { value: 20480,");
  replace("accumulator_bytes: { value: 131072,",
          "accumulator_bytes: { value: 2048,");
  return file;
}

TEST_F(CompiledTest, EveryHarmInLoopsIsCaught) {
  std::string source = stages;
  for (size_t at; (at = source.find("TYPE")) != std::string::npos;)
    source.replace(at, 4, "f16");
  auto module = mlir::parseSourceString<mlir::ModuleOp>(source, &context);
  ASSERT_TRUE(module);
  expectHarmIsCaught(*module->getOps<mlir::func::FuncOp>().begin(),
                     makeSmallTarget(), /*minWaitsInLoops=*/2);
}

/// Model of the digits example and target.
using ModelAndMachine = std::pair<const char *, const char *>;

class ModelMutationTest : public CompiledTest,
                          public testing::WithParamInterface<ModelAndMachine> {
};

TEST_P(ModelMutationTest, EveryHarmIsCaught) {
  auto [model, target] = GetParam();
  onnx::ImportOptions options;
  options.dims.emplace_back("N", 1);
  auto module = onnx::importModel(
      std::string(GARAM_SOURCE_DIR "/examples/digits/") + model, options,
      &context);
  ASSERT_TRUE(bool(module)) << llvm::toString(module.takeError());
  mlir::PassManager manager(&context);
  manager.addNestedPass<mlir::func::FuncOp>(createConvertONNXToLinalg());
  manager.addPass(mlir::createCanonicalizerPass());
  manager.addPass(mlir::createCSEPass());
  ASSERT_TRUE(mlir::succeeded(manager.run(**module)));
  TargetFile file = llvm::cantFail(loadTarget(target));
  MachineDescription machine = llvm::cantFail(readTargetFile(file.getBuffer()));
  auto function = *(*module)->getOps<mlir::func::FuncOp>().begin();
  auto attr = TargetAttr::get(&context, file.header.name, file.text);
  ASSERT_TRUE(mlir::succeeded(
      runDevicePasses(function, attr, [&](mlir::OpPassManager &functions) {
        buildStagePipeline(functions, machine, /*precision=*/"");
      })));
  expectHarmIsCaught(function, file);
}

INSTANTIATE_TEST_SUITE_P(Digits, ModelMutationTest,
                         testing::Values(ModelAndMachine("digits.onnx", "atom"),
                                         ModelAndMachine("digits_int8.onnx",
                                                         "atom")));

} // namespace
