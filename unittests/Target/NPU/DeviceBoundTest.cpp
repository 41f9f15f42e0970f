//===- DeviceBoundTest.cpp - What a machine needs and has for stages ------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/NPU/Transforms/LowerBound.h"

#include "garam/Conversion/LinalgToNPU/Passes.h"
#include "garam/InitAll.h"
#include "garam/Target/NPU/Machine/TargetFile.h"
#include "garam/Target/TargetRegistry.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FormatVariadic.h"

#include "gtest/gtest.h"

using namespace garam;
using namespace garam::npu;
using namespace mlir;

namespace {

class DeviceBoundTest : public testing::Test {
protected:
  DeviceBoundTest() {
    DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
  }

  static MachineDescription getMachine(StringRef name) {
    TargetFile file = llvm::cantFail(loadTarget(name));
    return llvm::cantFail(readTargetFile(file.getBuffer()));
  }

  /// Of npu-check-stages.
  SmallVector<Refusal> findRefusals(func::FuncOp func, StringRef target) {
    RefusalCollector refusals(&context);
    PassManager manager(&context, func::FuncOp::getOperationName());
    manager.addPass(createNPUCheckStages({target.str()}));
    (void)manager.run(func);
    EXPECT_FALSE(refusals.hasErrors());
    return refusals.takeRefusals();
  }

  func::FuncOp parse(StringRef source) {
    module = parseSourceString<ModuleOp>(source, &context);
    EXPECT_TRUE(module);
    return *module->getOps<func::FuncOp>().begin();
  }

  /// The sum over 64 numbers of what `body` makes of each, %e, as %r.
  LowerBound getBoundOfSum(StringRef body) {
    std::string source = R"mlir(
      func.func @sum(%x: tensor<64xf32>) -> tensor<f32> {
        %0 = npu.vector ins(%x) sizes [64] {num_reductions = 1 : i64,
            indexing_maps = [affine_map<(a) -> (a)>, affine_map<(a) -> ()>],
            combiners = [#npu.combiner<addf, 0.0 : f32>]}
            : (tensor<64xf32>) -> tensor<f32> {
        ^bb0(%e: f32):
    )mlir" + body.str() + R"mlir(
          npu.yield %r : f32
        } finish {
        ^bb0(%s: f32):
          npu.yield %s : f32
        }
        return %0 : tensor<f32>
      })mlir";
    return computeLowerBound(parse(source), getMachine("atom"));
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

// A product of what is read is a multiply-accumulate; scaling by a constant is
// not.
TEST_F(DeviceBoundTest, CountsProductsOfWhatIsRead) {
  EXPECT_EQ(getBoundOfSum(R"mlir(
    %c = arith.constant 2.0 : f32
    %r = arith.mulf %e, %c : f32
  )mlir")
                .macs,
            0u);
  EXPECT_EQ(getBoundOfSum(R"mlir(
    %p = arith.mulf %e, %e : f32
    %r = arith.addf %p, %p : f32
  )mlir")
                .macs,
            64u);
}

// Each operation is seen once: along 64 doublings lead 2^64 paths.
TEST_F(DeviceBoundTest, FollowsSharedValuesOnce) {
  constexpr int numDoublings = 64;
  std::string body = "%v0 = arith.mulf %e, %e : f32\n";
  for (int i = 0; i < numDoublings; ++i) {
    std::string from = "%v" + std::to_string(i);
    std::string to =
        i + 1 == numDoublings ? "%r" : "%v" + std::to_string(i + 1);
    body += to + " = arith.addf " + from + ", " + from + " : f32\n";
  }
  EXPECT_EQ(getBoundOfSum(body).macs, 64u);
}

// What a machine's tensor engine multiplies is one list, for the check of
// stages as for the bound of their time.
TEST_F(DeviceBoundTest, ModesAreThoseOfTheMachine) {
  for (StringRef type : {"f8E4M3FN", "f8E5M2", "f16", "bf16", "i8", "f32"}) {
    std::string result = type == "i8" ? "i32" : type.str();
    std::string source = llvm::formatv(
        R"mlir(
      func.func @product(%x: tensor<4x8x{0}>, %w: tensor<8x6x{0}>) -> tensor<4x6x{1}> {{
        %0 = npu.contract %x, %w sizes [4, 6, 8]
          iterators [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
          maps [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
                affine_map<(m, n, k) -> (m, n)>]
          : (tensor<4x8x{0}>, tensor<8x6x{0}>) -> tensor<4x6x{1}>
        return %0 : tensor<4x6x{1}>
      })mlir",
        type, result);
    for (StringRef name : {"atom", "rngd"}) {
      MachineDescription machine = getMachine(name);
      func::FuncOp func = parse(source);
      bool isSupported = findRefusals(func, name).empty();
      bool hasTime = computeLowerBound(func, machine).computeSeconds > 0;
      EXPECT_EQ(isSupported, hasTime) << name.str() << " " << type.str();
      bool isFloat8 = type.starts_with("f8");
      bool expected =
          type != "f32" &&
          (name == "rngd" ? type != "f16" : !isFloat8 && type != "bf16");
      EXPECT_EQ(isSupported, expected) << name.str() << " " << type.str();
    }
  }
}

} // namespace
