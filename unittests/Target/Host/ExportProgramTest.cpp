//===- ExportProgramTest.cpp - From kernels to a host program -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/InitAll.h"
#include "garam/Target/Host/Compile.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

#include <cstring>

using namespace garam;
using namespace garam::host;
using namespace mlir;

namespace {

class HostExportTest : public testing::Test {
protected:
  HostExportTest() {
    DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
  }

  FailureOr<DeviceProgram> exportText(llvm::StringRef text) {
    auto module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(module);
    Program program;
    return exportProgram(*module->getOps<func::FuncOp>().begin(), {}, program);
  }

  MLIRContext context;
};

// The IR is gone when sections are written.
TEST_F(HostExportTest, WeightsAreWrittenOnceInEachOrder) {
  FailureOr<DeviceProgram> program = exportText(R"mlir(
    func.func @main() {
      %w = arith.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
      %0 = host.permute %w [1, 0] : tensor<2x3xf32> to tensor<3x2xf32>
      %1 = host.permute %w [1, 0] : tensor<2x3xf32> to tensor<3x2xf32>
      %e = tensor.expand_shape %w [[0, 1], [2]] output_shape [1, 2, 3]
          : tensor<2x3xf32> into tensor<1x2x3xf32>
      %2 = host.permute %e [1, 2, 0] : tensor<1x2x3xf32> to tensor<2x3x1xf32>
      return
    })mlir");
  ASSERT_TRUE(succeeded(program));
  ASSERT_EQ(program->constants.size(), 2u);
  std::vector<std::vector<float>> expected = {{1, 4, 2, 5, 3, 6},
                                              {1, 2, 3, 4, 5, 6}};
  for (auto [constant, values] :
       llvm::zip_equal(program->constants, expected)) {
    std::vector<uint8_t> bytes(constant.size);
    constant.write(bytes);
    std::vector<float> written(values.size());
    ASSERT_EQ(bytes.size(), written.size() * sizeof(float));
    std::memcpy(written.data(), bytes.data(), bytes.size());
    EXPECT_EQ(written, values);
  }
}

TEST_F(HostExportTest, OnlyWeightsArePermuted) {
  std::string text;
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    text += diagnostic.str();
    return success();
  });
  EXPECT_TRUE(failed(exportText(R"mlir(
    func.func @main(%x: tensor<4x5xf32>) {
      %p = host.permute %x [1, 0] : tensor<4x5xf32> to tensor<5x4xf32>
      return
    })mlir")));
  EXPECT_NE(text.find("permutes what is no weight"), std::string::npos) << text;
}

} // namespace
