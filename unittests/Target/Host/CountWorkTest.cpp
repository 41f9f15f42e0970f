//===- CountWorkTest.cpp - What a kernel has to do ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Host/Compile.h"

#include "garam/InitAll.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "gtest/gtest.h"

#include <ostream>

using namespace mlir;

namespace garam::host {

// For messages of tests.
static std::ostream &operator<<(std::ostream &os, const Work &work) {
  return os << work.operations << " operations, " << work.functions
            << " functions, " << work.macs << " multiply-accumulates, "
            << work.readBytes << " bytes read, " << work.writtenBytes
            << " written";
}

namespace {

class CountWork : public testing::Test {
protected:
  CountWork() : context(makeRegistry()) {}

  static DialectRegistry makeRegistry() {
    DialectRegistry registry;
    registerAllDialects(registry);
    return registry;
  }

  /// The work of the first kernel in the IR of a function's body.
  Work count(StringRef arguments, StringRef kernel) {
    std::string text =
        ("func.func @f(" + arguments + ") {\n" + kernel + "\n  return\n}")
            .str();
    OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
    EXPECT_TRUE(module) << text;
    if (!module)
      return {};
    auto function = *module->getOps<func::FuncOp>().begin();
    return countWork(*function.getOps<KernelOp>().begin());
  }

  MLIRContext context;
};

// A multiply-accumulate is two operations.
TEST_F(CountWork, OfAProductOfMatrices) {
  Work work = count("%x: tensor<4x8xf32>, %w: tensor<8x16xf32>", R"(
    %y = host.kernel(%x, %w)
        : (tensor<4x8xf32>, tensor<8x16xf32>) -> tensor<4x16xf32> {
    ^bb0(%a: tensor<4x8xf32>, %b: tensor<8x16xf32>):
      %zero = arith.constant 0.0 : f32
      %e = tensor.empty() : tensor<4x16xf32>
      %f = linalg.fill ins(%zero : f32) outs(%e : tensor<4x16xf32>)
          -> tensor<4x16xf32>
      %r = linalg.matmul ins(%a, %b : tensor<4x8xf32>, tensor<8x16xf32>)
          outs(%f : tensor<4x16xf32>) -> tensor<4x16xf32>
      host.yield %r : tensor<4x16xf32>
    })");
  EXPECT_EQ(work, (Work{/*operations=*/1024, /*functions=*/0, /*macs=*/512,
                        /*readBytes=*/640, /*writtenBytes=*/256}));
}

// What a processor has an instruction for is no function, a constant and a
// change of an index's type are nothing.
TEST_F(CountWork, TellsFunctionsFromOperations) {
  Work work = count("%x: tensor<8xf32>", R"(
    %y = host.kernel(%x) : (tensor<8xf32>) -> tensor<8xf32> {
    ^bb0(%a: tensor<8xf32>):
      %e = tensor.empty() : tensor<8xf32>
      %r = linalg.generic {
          indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
          iterator_types = ["parallel"]}
          ins(%a : tensor<8xf32>) outs(%e : tensor<8xf32>) {
      ^bb1(%in: f32, %out: f32):
        %one = arith.constant 1.0 : f32
        %i = linalg.index 0 : index
        %j = arith.index_cast %i : index to i32
        %0 = math.exp %in : f32
        %1 = math.sqrt %0 : f32
        %2 = arith.addf %1, %one : f32
        linalg.yield %2 : f32
      } -> tensor<8xf32>
      host.yield %r : tensor<8xf32>
    })");
  EXPECT_EQ(work, (Work{/*operations=*/16, /*functions=*/8, /*macs=*/0,
                        /*readBytes=*/32, /*writtenBytes=*/32}));
}

// A table that is looked up in is not read whole, nor is what is cut out of.
TEST_F(CountWork, ReadsOfATableWhatIsLookedUp) {
  StringRef lookUp = R"(
    %y = host.kernel(%x, %t)
        : (tensor<2xi64>, tensor<1000xf32>) -> tensor<2xf32> {
    ^bb0(%a: tensor<2xi64>, %b: tensor<1000xf32>):
      %e = tensor.empty() : tensor<2xf32>
      %r = linalg.generic {
          indexing_maps = [affine_map<(i) -> (i)>, affine_map<(i) -> (i)>],
          iterator_types = ["parallel"]}
          ins(%a : tensor<2xi64>) outs(%e : tensor<2xf32>) {
      ^bb1(%in: i64, %out: f32):
        %i = arith.index_cast %in : i64 to index
        %0 = tensor.extract %b[%i] : tensor<1000xf32>
        linalg.yield %0 : f32
      } -> tensor<2xf32>
      host.yield %r : tensor<2xf32>
    })";
  EXPECT_EQ(count("%x: tensor<2xi64>, %t: tensor<1000xf32>", lookUp),
            (Work{/*operations=*/0, /*functions=*/0, /*macs=*/0,
                  /*readBytes=*/16 + 8, /*writtenBytes=*/8}));
  EXPECT_EQ(count("%t: tensor<1000xf32>", R"(
    %y = host.kernel(%t) : (tensor<1000xf32>) -> tensor<3xf32> {
    ^bb0(%b: tensor<1000xf32>):
      %r = tensor.extract_slice %b[5] [3] [1]
          : tensor<1000xf32> to tensor<3xf32>
      host.yield %r : tensor<3xf32>
    })"),
            (Work{/*operations=*/0, /*functions=*/0, /*macs=*/0,
                  /*readBytes=*/12, /*writtenBytes=*/12}));
}

} // namespace
} // namespace garam::host
