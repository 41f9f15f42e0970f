//===- StageClassesTest.cpp - Which stages cost the same ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "StageClasses.h"

#include "garam/InitAll.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

#include "gtest/gtest.h"

using namespace garam;
using namespace garam::npu;
using namespace mlir;

namespace {

/// The classes of the stages of `text`, the body of a function of %x.
std::vector<unsigned> getClasses(const std::string &text) {
  DialectRegistry registry;
  registerAllDialects(registry);
  MLIRContext context(registry);
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(
      R"mlir(
      #id = affine_map<(a, b) -> (a, b)>
      #turned = affine_map<(a, b) -> (b, a)>
      #x = affine_map<(m, n, k) -> (m, k)>
      #w = affine_map<(m, n, k) -> (k, n)>
      #y = affine_map<(m, n, k) -> (m, n)>
      func.func @stages(%x: tensor<16x16xi8>) {
      )mlir" +
          text + "return\n}",
      &context);
  EXPECT_TRUE(module);
  StageClasses classes;
  std::vector<unsigned> found;
  module->walk([&](Operation *op) {
    if (isStage(op))
      found.push_back(classes.getClass(getStage(op)));
  });
  return found;
}

std::string makeVector(StringRef result, StringRef input, StringRef body,
                       StringRef map = "#id") {
  return (llvm::Twine(result) + " = npu.vector ins(" + input +
          ") sizes [16, 16] {indexing_maps = [" + map +
          ", #id]} : (tensor<16x16xi8>) -> tensor<16x16xi8> {\n^bb0(%e: "
          "i32):\n" +
          body + "\nnpu.yield %v : i32\n}\n")
      .str();
}

constexpr llvm::StringLiteral addOne =
    "%c = arith.constant 1 : i32\n%v = arith.addi %e, %c : i32";
constexpr llvm::StringLiteral addTwo =
    "%c = arith.constant 2 : i32\n%v = arith.addi %e, %c : i32";
constexpr llvm::StringLiteral divide =
    "%c = arith.constant 2 : i32\n%v = arith.divsi %e, %c : i32";

TEST(StageClassesTest, ValuesOfConstantsDoNotCount) {
  EXPECT_EQ(getClasses(makeVector("%0", "%x", addOne) +
                       makeVector("%1", "%0", addTwo)),
            (std::vector<unsigned>{0, 0}));
}

TEST(StageClassesTest, OperationsCount) {
  EXPECT_EQ(getClasses(makeVector("%0", "%x", addOne) +
                       makeVector("%1", "%x", divide)),
            (std::vector<unsigned>{0, 1}));
}

TEST(StageClassesTest, MapsCount) {
  EXPECT_EQ(getClasses(makeVector("%0", "%x", addOne) +
                       makeVector("%1", "%x", addOne, "#turned")),
            (std::vector<unsigned>{0, 1}));
}

// The splits of a vector stage may be at the grains of the contraction that it
// reads.
TEST(StageClassesTest, ContractionsInFrontCount) {
  std::string product = R"mlir(
      %w = npu.constant dense<1> : tensor<16x16xi8> : tensor<16x16xi8>
      %p = npu.contract %x, %w sizes [16, 16, 16] iterators
        [#npu.iterator<row>, #npu.iterator<column>, #npu.iterator<reduction>]
        maps [#x, #w, #y]
        : (tensor<16x16xi8>, tensor<16x16xi8>) -> tensor<16x16xi8>
      )mlir";
  EXPECT_EQ(getClasses(makeVector("%0", "%x", addOne) + product +
                       makeVector("%1", "%p", addOne) +
                       makeVector("%2", "%p", addOne)),
            (std::vector<unsigned>{0, 1, 2, 2}));
}

} // namespace
