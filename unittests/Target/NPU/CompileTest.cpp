//===- CompileTest.cpp - Stages compiled and executed ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Stages on f32 tensors are compiled for the shipped machines, executed on the
// simulator and compared with a plain interpretation of their loop nests.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/NPU/Compile.h"
#include "garam/InitAll.h"
#include "garam/Target/NPU/Machine/TargetFile.h"
#include "garam/Target/NPU/Simulator.h"
#include "garam/Target/TargetRegistry.h"
#include "mlir/Parser/Parser.h"

#include "gtest/gtest.h"

#include <cmath>

using namespace garam;
using namespace garam::npu;
using namespace mlir;

namespace {

MachineDescription getMachine(StringRef name) {
  TargetFile file = llvm::cantFail(loadTarget(name));
  return llvm::cantFail(readTargetFile(file.getBuffer()));
}

/// Numbers that look random, small enough for bf16 sums to stay exact enough.
std::vector<float> makeData(int64_t count, uint32_t seed) {
  std::vector<float> data(count);
  for (float &value : data) {
    seed = seed * 1664525u + 1013904223u;
    value = static_cast<float>(static_cast<int32_t>(seed >> 24) - 128) / 64;
  }
  return data;
}

class CompileTest : public testing::TestWithParam<const char *> {
protected:
  CompileTest() {
    DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
  }

  /// Compiles the function in `source` and runs it on `input`.
  std::vector<float> run(StringRef source, ArrayRef<float> input) {
    OwningOpRef<ModuleOp> module =
        parseSourceString<ModuleOp>(source, &context);
    EXPECT_TRUE(module);
    auto func = *module->getOps<func::FuncOp>().begin();
    MachineDescription machine = getMachine(GetParam());
    FailureOr<CompiledProgram> compiled =
        compileStages(func, llvm::cantFail(loadTarget(GetParam())));
    EXPECT_TRUE(succeeded(compiled));
    if (failed(compiled))
      return {};
    const Program &program = compiled->program;
    std::vector<std::vector<uint8_t>> segments;
    for (const Segment &segment : program.segments)
      segments.emplace_back(segment.size);
    for (const DeviceConstant &chunk : compiled->constants)
      chunk.write(MutableArrayRef<uint8_t>(segments[0])
                      .slice(chunk.offset, chunk.size));
    std::vector<MutableArrayRef<uint8_t>> memory(segments.begin(),
                                                 segments.end());
    std::vector<float> output;
    for (auto [i, segment] : llvm::enumerate(program.segments))
      if (segment.role == SegmentRole::Input)
        memcpy(segments[i].data(), input.data(), segments[i].size());
    llvm::Expected<SimulationResult> result =
        simulate(program, machine, memory, {});
    if (!result) {
      ADD_FAILURE() << llvm::toString(result.takeError());
      return {};
    }
    latencyFs = result->latencyFs;
    for (auto [i, segment] : llvm::enumerate(program.segments))
      if (segment.role == SegmentRole::Output) {
        output.resize(segment.size / sizeof(float));
        memcpy(output.data(), segments[i].data(), segment.size);
      }
    return output;
  }

  MLIRContext context;
  uint64_t latencyFs = 0;
};

/// A copy that changes the type on the way in and on the way out.
TEST_P(CompileTest, VectorRoundTrip) {
  StringRef source = R"(
    func.func @main(%x: tensor<1x5x17x19xf32>) -> tensor<1x5x17x19xf32> {
      %0 = npu.vector ins(%x) sizes [1, 5, 17, 19] {indexing_maps = [
          affine_map<(n, c, h, w) -> (n, c, h, w)>,
          affine_map<(n, c, h, w) -> (n, c, h, w)>]}
          : (tensor<1x5x17x19xf32>) -> tensor<1x5x17x19xf32> {
      ^bb0(%e: f32):
        %two = arith.constant 2.0 : f32
        %1 = arith.mulf %e, %two : f32
        npu.yield %1 : f32
      }
      return %0 : tensor<1x5x17x19xf32>
    })";
  std::vector<float> input = makeData(5 * 17 * 19, 1);
  std::vector<float> output = run(source, input);
  ASSERT_EQ(output.size(), input.size());
  for (size_t i = 0; i < input.size(); ++i)
    EXPECT_EQ(output[i], 2 * input[i]) << i;
  EXPECT_GT(latencyFs, 0u);
}

/// A convolution with padding, stride, weights and bias in between two
/// conversions, on halves of the machine's own type.
TEST_P(CompileTest, Convolution) {
  constexpr int64_t channels = 6, size = 23, filters = 40, out = 12;
  std::string type = StringRef(GetParam()) == "atom" ? "f16" : "bf16";
  std::vector<float> weights = makeData(filters * channels * 9, 3);
  std::string source;
  llvm::raw_string_ostream os(source);
  os << "func.func @main(%x: tensor<1x6x23x23xf32>) -> tensor<1x40x12x12xf32> {"
     << "%w = npu.constant dense<[";
  for (int64_t f = 0; f < filters; ++f) {
    os << (f ? ",[" : "[");
    for (int64_t c = 0; c < channels; ++c) {
      os << (c ? ",[" : "[");
      for (int64_t i = 0; i < 3; ++i) {
        os << (i ? ",[" : "[");
        for (int64_t j = 0; j < 3; ++j)
          os << (j ? "," : "")
             << llvm::format("%f",
                             weights[((f * channels + c) * 3 + i) * 3 + j]);
        os << "]";
      }
      os << "]";
    }
    os << "]";
  }
  os << "]> : tensor<40x6x3x3xf32> : tensor<40x6x3x3x" << type << ">\n"
     << "%b = npu.constant dense<0.5> : tensor<40xf32> : tensor<40xf32>\n"
     << "%0 = npu.vector ins(%x) sizes [1, 6, 23, 23] {indexing_maps = ["
        "affine_map<(n, c, h, w) -> (n, c, h, w)>,"
        "affine_map<(n, c, h, w) -> (n, c, h, w)>]}"
        ": (tensor<1x6x23x23xf32>) -> tensor<1x6x23x23x"
     << type
     << "> {\n^bb0(%e: f32):\n npu.yield %e : f32\n}\n"
        "%1 = npu.contract %0, %w bias(%b) sizes [1, 40, 12, 12, 6, 3, 3] "
        "iterators [#npu.iterator<row>, #npu.iterator<column>, "
        "#npu.iterator<row>, #npu.iterator<row>, #npu.iterator<reduction>, "
        "#npu.iterator<reduction>, #npu.iterator<reduction>] maps ["
        "affine_map<(n, f, h, w, c, i, j) -> (n, c, h * 2 + i - 1, w * 2 + j - "
        "1)>, affine_map<(n, f, h, w, c, i, j) -> (f, c, i, j)>, "
        "affine_map<(n, f, h, w, c, i, j) -> (f)>, "
        "affine_map<(n, f, h, w, c, i, j) -> (n, f, h, w)>] "
        "{activation_padding = array<i1: false, false, true, true>, "
        "clamp_low = 0.0 : f32} : (tensor<1x6x23x23x"
     << type << ">, tensor<40x6x3x3x" << type
     << ">, tensor<40xf32>) -> tensor<1x40x12x12xf32>\n"
        "return %1 : tensor<1x40x12x12xf32> }";
  std::vector<float> input = makeData(channels * size * size, 7);
  std::vector<float> output = run(source, input);
  ASSERT_EQ(output.size(), static_cast<size_t>(filters * out * out));
  for (int64_t f = 0; f < filters; ++f)
    for (int64_t h = 0; h < out; ++h)
      for (int64_t w = 0; w < out; ++w) {
        float sum = 0.5f;
        for (int64_t c = 0; c < channels; ++c)
          for (int64_t i = 0; i < 3; ++i)
            for (int64_t j = 0; j < 3; ++j) {
              int64_t y = h * 2 + i - 1, x = w * 2 + j - 1;
              if (y >= 0 && y < size && x >= 0 && x < size)
                sum += input[(c * size + y) * size + x] *
                       weights[((f * channels + c) * 3 + i) * 3 + j];
            }
        // All operands are multiples of 2^-6 below 2: the sums are exact.
        EXPECT_EQ(output[(f * out + h) * out + w], std::max(sum, 0.0f))
            << f << " " << h << " " << w;
      }
}

/// Rows of a table by an indirect transfer, which clamps what lies outside.
TEST_P(CompileTest, Gather) {
  StringRef source = R"(
    func.func @main(%x: tensor<10x6xf32>) -> tensor<2x2x6xf32> {
      %i = npu.constant dense<[[3, 12], [9, -10]]> : tensor<2x2xi64> : tensor<2x2xi64>
      %0 = npu.gather %x[%i] axis 0 : tensor<10x6xf32>, tensor<2x2xi64> -> tensor<2x2x6xf32>
      return %0 : tensor<2x2x6xf32>
    })";
  std::vector<float> input = makeData(60, 5);
  std::vector<float> output = run(source, input);
  ASSERT_EQ(output.size(), 24u);
  constexpr int64_t rows[] = {3, 9, 9, 0};
  for (int64_t i = 0; i < 4; ++i)
    for (int64_t j = 0; j < 6; ++j)
      EXPECT_EQ(output[i * 6 + j], input[rows[i] * 6 + j]) << i << " " << j;
}

/// Indices of both dimensions reach every tile, whatever its core.
TEST_P(CompileTest, Index) {
  StringRef source = R"(
    func.func @main(%x: tensor<33x40xf32>) -> tensor<33x40xf32> {
      %0 = npu.vector ins(%x) sizes [33, 40] {indexing_maps = [
          affine_map<(a, b) -> (a, b)>, affine_map<(a, b) -> (a, b)>]}
          : (tensor<33x40xf32>) -> tensor<33x40xf32> {
      ^bb0(%e: f32):
        %a = npu.index 0
        %b = npu.index 1
        %k = arith.constant 100 : i32
        %m = arith.muli %a, %k : i32
        %s = arith.addi %m, %b : i32
        %f = arith.sitofp %s : i32 to f32
        %1 = arith.addf %e, %f : f32
        npu.yield %1 : f32
      }
      return %0 : tensor<33x40xf32>
    })";
  std::vector<float> input = makeData(33 * 40, 9);
  std::vector<float> output = run(source, input);
  ASSERT_EQ(output.size(), input.size());
  for (int64_t a = 0; a < 33; ++a)
    for (int64_t b = 0; b < 40; ++b)
      EXPECT_EQ(output[a * 40 + b], input[a * 40 + b] + 100 * a + b);
}

INSTANTIATE_TEST_SUITE_P(Machines, CompileTest,
                         testing::Values("rngd", "atom"));

} // namespace
