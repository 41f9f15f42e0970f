//===- ExportProgramTest.cpp - What is no program of the NPU --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Commands can come from a file that was edited by hand: what the operations'
// own verifiers cannot see is reported when they become a program.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/NPU/IR/NPU.h"
#include "garam/InitAll.h"
#include "garam/Target/NPU/Compile.h"
#include "garam/Target/NPU/Machine/TargetFile.h"
#include "garam/Target/TargetRegistry.h"
#include "mlir/Parser/Parser.h"

#include "gtest/gtest.h"

#include <numeric>

using namespace garam;
using namespace garam::npu;
using namespace mlir;

namespace {

class ExportProgramTest : public testing::Test {
protected:
  ExportProgramTest() {
    DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    TargetFile file = llvm::cantFail(loadTarget("atom"));
    machine = llvm::cantFail(readTargetFile(file.getBuffer()));
  }

  /// The message of exporting a function with this body; empty without one.
  std::string getError(const std::string &body) {
    std::string error;
    ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
      error = diagnostic.str();
      return success();
    });
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(
        "func.func @main(%a: f32) {\n" + body + "\nreturn\n}", &context);
    if (!module)
      return "cannot parse: " + error;
    func::FuncOp function = *module->getOps<func::FuncOp>().begin();
    bool failed = mlir::failed(exportProgram(function, machine));
    EXPECT_EQ(failed, !error.empty());
    return error;
  }

  /// The message for a buffer of 64 bytes with this part.
  std::string getPartError(const std::string &part) {
    return getError("npu.segment <constant> \"weights\"\n"
                    "%b = npu.buffer <dram> bytes 64 {segment = 0 : i64, "
                    "offset = 0 : i64, parts = [#npu.part<" +
                    part + ">]}");
  }

  /// The message for a micro-program of an f32 %x and an i32 %i.
  std::string getProgramError(const std::string &body) {
    return getError("%p = npu.micro_program {\n^bb0(%x: f32, %i: i32):\n" +
                    body + "\n}");
  }

  MLIRContext context;
  MachineDescription machine;
};

TEST_F(ExportProgramTest, OperationsThatAreNoCommands) {
  EXPECT_EQ(getError("%0 = arith.constant 1 : i32"),
            "'arith.constant' op is no command");
}

TEST_F(ExportProgramTest, BuffersWithoutAddress) {
  EXPECT_EQ(getError("%0 = npu.buffer <shared> bytes 64"),
            "'npu.buffer' op has no address: run npu-plan-memory first");
}

TEST_F(ExportProgramTest, WeightsThatDoNotFitTheirBuffer) {
  EXPECT_EQ(getPartError("0 : f32 sizes [4] from 0 strides [1] of "
                         "dense<1.0> : tensor<4xf32>"),
            "");
  EXPECT_EQ(getPartError("0 : f32 sizes [4] from 0 strides [1] of "
                         "dense_resource<gone> : tensor<4xf32>"),
            "holds weights whose elements are not loaded");
  EXPECT_EQ(getPartError("0 : f32 sizes [4] from 0 strides [1, 1] of "
                         "dense<1.0> : tensor<4xf32>"),
            "holds a part with 1 sizes and 2 strides");
  EXPECT_EQ(getPartError("60 : f32 sizes [4] from 0 strides [1] of "
                         "dense<1.0> : tensor<4xf32>"),
            "holds a part of 16 bytes at offset 60, beyond its own 64");
  EXPECT_EQ(getPartError("0 : f32 sizes [4] from 2 strides [1] of "
                         "dense<1.0> : tensor<4xf32>"),
            "holds a part that leaves its weights: elements 2 to 5 of 4");
  EXPECT_EQ(getPartError("0 : f32 sizes [4] from 2 strides [-1] of "
                         "dense<1.0> : tensor<4xf32>"),
            "holds a part that leaves its weights: elements -1 to 2 of 4");
  EXPECT_EQ(getPartError("0 : i8 sizes [4] from 0 strides [1] of "
                         "dense<1.0> : tensor<4xf32>"),
            "holds weights of type 'f32' as i8, which is no conversion of "
            "floats");
}

// Weights in one piece are written in runs, each on its own.
TEST_F(ExportProgramTest, LargeWeightsAreCut) {
  constexpr int64_t rows = 1 << 20, columns = 5;
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(
      "func.func @main() {\nnpu.segment <constant> \"weights\"\n"
      "%b = npu.buffer <dram> bytes 20971520 {segment = 0 : i64, "
      "offset = 128 : i64}\nreturn\n}",
      &context);
  ASSERT_TRUE(module);
  func::FuncOp function = *module->getOps<func::FuncOp>().begin();
  std::vector<float> values(rows * columns);
  std::iota(values.begin(), values.end(), 0.0f);
  auto type =
      RankedTensorType::get({columns, rows}, Float32Type::get(&context));
  // The rows of the buffer are the columns of the weight.
  auto part = PartAttr::get(&context, /*offset=*/0, ElementKind::f32,
                            {rows, columns}, /*sourceOffset=*/0, {1, rows},
                            DenseElementsAttr::get(type, ArrayRef(values)));
  BufferOp buffer = *function.getOps<BufferOp>().begin();
  buffer.setPartsAttr(ArrayAttr::get(&context, {part}));
  FailureOr<CompiledProgram> compiled = exportProgram(function, machine);
  ASSERT_TRUE(succeeded(compiled));
  ASSERT_EQ(compiled->constants.size(), 3u);
  uint64_t offset = 128;
  float row = 0;
  for (const DeviceConstant &constant : compiled->constants) {
    EXPECT_EQ(constant.offset, offset);
    offset += constant.size;
    std::vector<uint8_t> bytes(constant.size);
    constant.write(bytes);
    EXPECT_FALSE(constant.findNonFinite(bytes));
    auto *written = reinterpret_cast<const float *>(bytes.data());
    size_t numWrong = 0;
    for (size_t i = 0; i < bytes.size() / sizeof(float); i += columns, ++row)
      for (int64_t column = 0; column < columns; ++column)
        numWrong += written[i + column] != row + column * rows;
    EXPECT_EQ(numWrong, 0u);
  }
  EXPECT_EQ(offset, 128u + values.size() * sizeof(float));
}

TEST_F(ExportProgramTest, ScalarsThatTheVectorEngineDoesNotCompute) {
  EXPECT_EQ(getProgramError("%0 = arith.mulf %x, %x : f32\nnpu.yield %0 : f32"),
            "");
  EXPECT_EQ(getProgramError("%0 = math.atan2 %x, %x : f32\nnpu.yield %0 : f32"),
            "'math.atan2' op has no form on the vector engine");
  EXPECT_EQ(getProgramError("%0 = arith.constant true\n"
                            "%1 = arith.addi %0, %0 : i1\n"
                            "%2 = arith.extui %1 : i1 to i32\n"
                            "npu.yield %2 : i32"),
            "'arith.addi' op has no form on the vector engine");
  EXPECT_EQ(getProgramError("%0 = arith.constant true\n"
                            "%1 = arith.cmpi slt, %0, %0 : i1\n"
                            "%2 = arith.extui %1 : i1 to i32\n"
                            "npu.yield %2 : i32"),
            "'arith.cmpi' op has no form on the vector engine");
  EXPECT_EQ(getProgramError("%0 = arith.uitofp %i : i32 to f32\n"
                            "npu.yield %0 : f32"),
            "'arith.uitofp' op has no form on the vector engine for unsigned "
            "integers wider than i1");
  EXPECT_EQ(getProgramError("%0 = arith.cmpi ult, %i, %i : i32\n"
                            "%1 = arith.extui %0 : i1 to i32\n"
                            "npu.yield %1 : i32"),
            "'arith.cmpi' op compares unsigned integers, which the vector "
            "engine does not");
  EXPECT_EQ(getProgramError("%0 = arith.constant 1.0 : f32\n"
                            "%1 = arith.cmpf uno, %x, %0 : f32\n"
                            "%2 = arith.extui %1 : i1 to i32\n"
                            "npu.yield %2 : i32"),
            "'arith.cmpf' op has no form on the vector engine, which compares "
            "by oeq, une, olt, ole, ogt and oge, got: uno");
}

TEST_F(ExportProgramTest, MicroProgramsThatAreTooLong) {
  std::string chain = "%0 = arith.mulf %x, %x : f32\n", values, types, sum;
  constexpr unsigned length = 128;
  for (unsigned i = 0; i < length; ++i)
    chain += "%" + std::to_string(i + 1) + " = arith.mulf %" +
             std::to_string(i) + ", %x : f32\n";
  EXPECT_EQ(getProgramError(chain + "npu.yield %128 : f32"),
            "'npu.micro_program' op needs 130 micro-instructions, more than "
            "128");

  // Values that are all computed before the first of them is used.
  std::string wide;
  constexpr unsigned count = 40;
  for (unsigned i = 0; i < count; ++i)
    wide += "%v" + std::to_string(i) + " = math.exp %x : f32\n";
  for (unsigned i = 0; i < count; ++i)
    sum += "%s" + std::to_string(i) + " = arith.addf %" +
           (i ? "s" + std::to_string(i - 1) : "x") + ", %v" +
           std::to_string(i) + " : f32\n";
  EXPECT_EQ(getProgramError(wide + sum + "npu.yield %s39 : f32"),
            "'npu.micro_program' op needs more than 32 registers of the "
            "vector engine");
}

TEST_F(ExportProgramTest, ScalarsFromOutsideOfTheirRegion) {
  EXPECT_EQ(getProgramError("%0 = arith.addf %x, %a : f32\nnpu.yield %0 : f32"),
            "'npu.micro_program' op uses a value from outside of its region");
}

} // namespace
