//===- NativeCodeTest.cpp - Native code, emitted and linked ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Target/Host/NativeCode.h"

#include "Target/Host/Processor.h"
#include "garam/InitAll.h"
#include "garam/Target/Host/Compile.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

using namespace garam;
using namespace garam::host;

namespace {

class NativeCodeTest : public testing::Test {
protected:
  NativeCodeTest() {
    mlir::DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
  }

  /// The object of a module of the LLVM dialect with one kernel.
  std::vector<uint8_t> emit(llvm::StringRef text,
                            llvm::StringRef level = "x86-64") {
    LoweredKernels kernels;
    kernels.module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
    EXPECT_TRUE(kernels.module);
    kernels.numbers = {0};
    kernels.kernels = {{}};
    Processor processor = llvm::cantFail(findProcessor(level));
    llvm::Expected<std::vector<uint8_t>> object =
        emitObject(kernels, processor.name, processor.features);
    EXPECT_TRUE(static_cast<bool>(object));
    return std::move(*object);
  }

  std::string getLinkError(llvm::ArrayRef<uint8_t> object,
                           unsigned numKernels = 1) {
    auto code = link(object, numKernels);
    return code ? "" : llvm::toString(code.takeError());
  }

  mlir::MLIRContext context;
};

constexpr llvm::StringLiteral addOne = R"mlir(
  llvm.func @garam_kernel_0(%x: !llvm.ptr, %y: !llvm.ptr) {
    %one = llvm.mlir.constant(1.0 : f32) : f32
    %0 = llvm.load %x : !llvm.ptr -> f32
    %1 = llvm.fadd %0, %one : f32
    llvm.store %1, %y : f32, !llvm.ptr
    llvm.return
  })mlir";

TEST_F(NativeCodeTest, KernelsRun) {
  auto code = link(emit(addOne), 1);
  ASSERT_TRUE(static_cast<bool>(code));
  float x = 41, y = 0;
  void *arguments[] = {&x, &y};
  (*code)->getKernel(0)(arguments, /*part=*/0);
  EXPECT_EQ(y, 42);
}

TEST_F(NativeCodeTest, PartAndWorkspaceArePassed) {
  auto code = link(emit(R"mlir(
    llvm.func @garam_kernel_0(%y: !llvm.ptr, %part: i64, %workspace: !llvm.ptr) {
      llvm.store %part, %y : i64, !llvm.ptr
      llvm.store %part, %workspace : i64, !llvm.ptr
      llvm.return
    })mlir"),
                   1);
  ASSERT_TRUE(static_cast<bool>(code));
  uint64_t y = 0, workspace = 0;
  void *arguments[] = {&y, &workspace};
  (*code)->getKernel(0)(arguments, /*part=*/7);
  EXPECT_EQ(y, 7u);
  EXPECT_EQ(workspace, 7u);
}

TEST_F(NativeCodeTest, BytesAreTheSameEachTime) {
  EXPECT_EQ(emit(addOne), emit(addOne));
  EXPECT_NE(emit(addOne, "x86-64-v3"), emit(addOne, "x86-64"));
}

TEST_F(NativeCodeTest, AllowedSymbolsAreLinked) {
  auto code = link(emit(R"mlir(
    llvm.func @sinhf(f32) -> f32
    llvm.func @garam_kernel_0(%x: !llvm.ptr, %y: !llvm.ptr) {
      %0 = llvm.load %x : !llvm.ptr -> f32
      %1 = llvm.call @sinhf(%0) : (f32) -> f32
      llvm.store %1, %y : f32, !llvm.ptr
      llvm.return
    })mlir"),
                   1);
  ASSERT_TRUE(static_cast<bool>(code));
  float x = 1, y = 0;
  void *arguments[] = {&x, &y};
  (*code)->getKernel(0)(arguments, /*part=*/0);
  EXPECT_NEAR(y, 1.17520119f, 1e-6);
}

TEST_F(NativeCodeTest, OtherSymbolsAreRefused) {
  std::string text = getLinkError(emit(R"mlir(
    llvm.func @system(!llvm.ptr) -> i32
    llvm.func @garam_kernel_0(%x: !llvm.ptr) {
      %0 = llvm.call @system(%x) : (!llvm.ptr) -> i32
      llvm.return
    })mlir"));
  EXPECT_NE(text.find("its native code cannot be linked: "), std::string::npos);
  EXPECT_NE(text.find("system"), std::string::npos) << text;
}

TEST_F(NativeCodeTest, MissingKernelsAreErrors) {
  EXPECT_NE(getLinkError(emit(addOne), 2).find("garam_kernel_1"),
            std::string::npos);
}

TEST_F(NativeCodeTest, DamagedObjectsAreErrors) {
  EXPECT_NE(getLinkError({}), "");
  EXPECT_NE(getLinkError({1, 2, 3, 4}), "");
  std::vector<uint8_t> object = emit(addOne);
  for (size_t length : {size_t(16), size_t(63), object.size() / 2})
    EXPECT_NE(getLinkError(llvm::ArrayRef(object).take_front(length)), "")
        << length;
}

} // namespace
