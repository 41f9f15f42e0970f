//===- DeviceTargetTest.cpp - What #host.target answers -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/DeviceTarget.h"
#include "garam/Target/DeviceRegistry.h"
#include "garam/Target/LoadedProgram.h"

#include "garam/InitAll.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

#include <cstring>

using namespace garam;
using namespace mlir;

namespace {

/// y = x w + x w, of which the product is node fc and the sum node twice.
constexpr llvm::StringLiteral model = R"mlir(
  #id = affine_map<(m, n) -> (m, n)>
  func.func @main(%x: tensor<2x3xf32> {onnx.name = "x"})
      -> (tensor<2x2xf32> {onnx.name = "y"}) {
    %w = arith.constant dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>
    %zero = arith.constant 0.0 : f32
    %e = tensor.empty() : tensor<2x2xf32>
    %f = linalg.fill ins(%zero : f32) outs(%e : tensor<2x2xf32>) -> tensor<2x2xf32>
    %p = linalg.matmul ins(%x, %w : tensor<2x3xf32>, tensor<3x2xf32>)
        outs(%f : tensor<2x2xf32>) -> tensor<2x2xf32>
        loc(fused<{node_value = "fc", type = tensor<2x2xf32>}>["node:fc"])
    %y = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
        ins(%p : tensor<2x2xf32>) outs(%e : tensor<2x2xf32>) {
    ^bb0(%a: f32, %o: f32):
      %s = arith.addf %a, %a : f32 loc("node:twice")
      linalg.yield %s : f32
    } -> tensor<2x2xf32> loc("node:twice")
    return %y : tensor<2x2xf32>
  }
)mlir";

class HostTargetTest : public testing::Test {
protected:
  HostTargetTest() : context(makeRegistry()) {
    registerBuiltinDevices(devices);
    device = devices.lookup("host");
    file = llvm::cantFail(loadTarget("host"));
    context.loadAllAvailableDialects();
    target =
        cast<DeviceTargetAttrInterface>(device->getTargetAttr(&context, file));
  }

  static DialectRegistry makeRegistry() {
    DialectRegistry registry;
    registerAllDialects(registry);
    return registry;
  }

  func::FuncOp parse(llvm::StringRef text) {
    module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(module);
    return *module->getOps<func::FuncOp>().begin();
  }

  DeviceProgram compile() {
    CompileOutcome outcome =
        target.compile(parse(model), options,
                       [](llvm::StringRef) { return WalkResult::advance(); });
    EXPECT_EQ(outcome.status, CompileStatus::Program);
    return std::move(outcome.program);
  }

  /// Memory for the segments of `program`, with its constants.
  std::vector<std::vector<uint8_t>> allocate(const DeviceProgram &program) {
    std::vector<std::vector<uint8_t>> memory;
    for (const DeviceSegment &segment : program.segments)
      memory.emplace_back(segment.size);
    for (const DeviceConstant &constant : program.constants)
      constant.write(llvm::MutableArrayRef(memory[0]).slice(constant.offset,
                                                            constant.size));
    return memory;
  }

  std::unique_ptr<LoadedProgram> load(const DeviceProgram &program) {
    return llvm::cantFail(device->load(program.code, file.getBuffer()));
  }

  DeviceRegistry devices;
  const Device *device = nullptr;
  TargetFile file;
  MLIRContext context;
  DeviceTargetAttrInterface target;
  DeviceCompileOptions options;
  OwningOpRef<ModuleOp> module;
};

std::vector<MutableArrayRef<uint8_t>>
getReferences(std::vector<std::vector<uint8_t>> &memory) {
  return {memory.begin(), memory.end()};
}

TEST_F(HostTargetTest, TakesWhatOthersRefuseAndRunsNativeCode) {
  EXPECT_TRUE(device->isFallback());
  EXPECT_TRUE(device->executesNativeCode());
  EXPECT_TRUE(target.accepts(parse(model), options)->empty());
}

TEST_F(HostTargetTest, RefusesShapesThatDependOnValues) {
  FailureOr<SmallVector<Refusal>> refusals = target.accepts(
      parse("func.func @main(%x: tensor<?xf32>) -> tensor<?xf32> {"
            "  return %x : tensor<?xf32>"
            "}"),
      options);
  ASSERT_TRUE(succeeded(refusals));
  ASSERT_EQ(refusals->size(), 1u);
  EXPECT_EQ(refusals->front().reason, "input #0: dimension 0 is not fixed");
}

TEST_F(HostTargetTest, ProgramsRunWithTheirValues) {
  DeviceProgram program = compile();
  std::vector<std::vector<uint8_t>> memory = allocate(program);
  std::vector<float> x = {1, 2, 3, 4, 5, 6};
  std::memcpy(memory[1].data(), x.data(), memory[1].size());
  std::vector<std::string> values;
  DeviceRunOptions run;
  run.values = program.debug.values;
  run.onValue = [&](const Tensor &tensor) {
    values.push_back(tensor.name);
    float first;
    std::memcpy(&first, tensor.data.data(), sizeof(first));
    EXPECT_EQ(first, 22);
  };
  auto references = getReferences(memory);
  std::unique_ptr<LoadedProgram> loaded = load(program);
  auto instance = llvm::cantFail(loaded->instantiate(memory[0], {}));
  auto result = instance->run(references, run);
  ASSERT_TRUE(static_cast<bool>(result)) << llvm::toString(result.takeError());
  EXPECT_EQ(result->macs, 12u);
  EXPECT_EQ(values, std::vector<std::string>{"fc"});
  std::vector<float> y(4);
  std::memcpy(y.data(), memory[2].data(), memory[2].size());
  EXPECT_EQ(y, (std::vector<float>{44, 56, 98, 128}));
  EXPECT_EQ(program.debug.nodes, (std::vector<std::string>{"fc", "twice"}));
}

// One model of cost: the estimate is the simulated time, the critical path is
// all of it.
TEST_F(HostTargetTest, EstimateIsTheSimulatedTime) {
  auto estimate = target.estimate(parse(model), options);
  ASSERT_TRUE(succeeded(estimate));
  DeviceProgram program = compile();
  auto result = load(program)->measure();
  ASSERT_TRUE(static_cast<bool>(result));
  EXPECT_NEAR(result->latencyFs * 1e-15, estimate->seconds, 1e-14);
  EXPECT_EQ(program.estimatedSeconds, estimate->seconds);
  EXPECT_EQ(estimate->weightBytes, 24u);
  uint64_t sum = 0;
  for (const TimeShare &share : result->criticalPath)
    sum += share.femtoseconds;
  EXPECT_EQ(sum, result->latencyFs);
  EXPECT_EQ(result->laneBusyFs, std::vector<uint64_t>{result->latencyFs});
}

TEST_F(HostTargetTest, SmallSegmentsAndForeignValuesAreErrors) {
  DeviceProgram program = compile();
  std::unique_ptr<LoadedProgram> loaded = load(program);
  std::vector<std::vector<uint8_t>> memory = allocate(program);
  auto references = getReferences(memory);
  references[2] = references[2].drop_back();
  auto instance = llvm::cantFail(loaded->instantiate(memory[0], {}));
  auto small = instance->run(references);
  ASSERT_FALSE(static_cast<bool>(small));
  EXPECT_EQ(llvm::toString(small.takeError()),
            "segment 'y' has 15 bytes, needed 16");
  auto missing = loaded->instantiate(llvm::ArrayRef(memory[0]).drop_back(), {});
  ASSERT_FALSE(static_cast<bool>(missing));
  EXPECT_EQ(llvm::toString(missing.takeError()),
            "segment 'constants' has 63 bytes, needed 64");

  references = getReferences(memory);
  using Damage = void (*)(DeviceValue &);
  constexpr Damage damages[] = {
      [](DeviceValue &value) { value.pieces.clear(); },
      [](DeviceValue &value) { value.pieces[0].lastWrites.clear(); },
      [](DeviceValue &value) { value.pieces[0].lastWrites[0].command = 99; },
      [](DeviceValue &value) { value.pieces[0].memory = 99; },
      [](DeviceValue &value) { value.pieces[0].offset = -1; },
      [](DeviceValue &value) { value.pieces[0].offset = 1 << 20; },
      [](DeviceValue &value) { value.pieces[0].strides[0] = 1; },
      [](DeviceValue &value) { value.type.shape[0] = 1 << 20; }};
  for (Damage damage : damages) {
    std::vector<DeviceValue> values = program.debug.values;
    damage(values.front());
    DeviceRunOptions run;
    run.values = values;
    run.onValue = [](const Tensor &) {};
    auto result = instance->run(references, run);
    ASSERT_FALSE(static_cast<bool>(result));
    EXPECT_EQ(llvm::toString(result.takeError()),
              "value 'fc' of the debug map is no tensor in a segment");
  }
}

TEST_F(HostTargetTest, UnknownProcessorsAreErrors) {
  options.values["host-cpu"] = "pentium";
  CompileOutcome outcome =
      target.compile(parse(model), options,
                     [](llvm::StringRef) { return WalkResult::advance(); });
  ASSERT_EQ(outcome.status, CompileStatus::Refused);
  ASSERT_EQ(outcome.refusals.size(), 1u);
  EXPECT_TRUE(llvm::StringRef(outcome.refusals[0].reason)
                  .starts_with("--host-cpu: found 'pentium'"));
}

} // namespace
