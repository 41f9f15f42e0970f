//===- RefusalCollectorTest.cpp - Refusals as diagnostics -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/DeviceTarget.h"

#include "garam/Support/NodeIds.h"
#include "mlir/IR/MLIRContext.h"

#include "gtest/gtest.h"

#include <thread>

using namespace garam;
using namespace mlir;

namespace {

class RefusalCollectorTest : public testing::Test {
protected:
  RefusalCollectorTest()
      : outer(&context, [this](Diagnostic &diagnostic) {
          passedOn.push_back(diagnostic.str());
        }) {}

  MLIRContext context;
  Location loc = getNodeLoc(&context, "m.onnx", "fc");
  std::vector<std::string> passedOn;
  ScopedDiagnosticHandler outer;
};

TEST_F(RefusalCollectorTest, TakesRefusalsApart) {
  RefusalCollector collector(&context);
  Refusal given(loc, "it is too large", "cut it");
  given.operation = "linalg.matmul";
  EXPECT_TRUE(failed(emitRefusal(given, "chip")));
  EXPECT_TRUE(failed(emitAsRefusal(emitError(loc, "needs ") << 3)));
  SmallVector<Refusal> refusals = collector.takeRefusals();
  ASSERT_EQ(refusals.size(), 2u);
  EXPECT_EQ(refusals[0].operation, "linalg.matmul");
  EXPECT_EQ(refusals[0].reason, "it is too large");
  EXPECT_EQ(refusals[0].hint, "cut it");
  EXPECT_EQ(refusals[0].nodes, (SmallVector<std::string, 1>{"fc"}));
  EXPECT_EQ(refusals[1].reason, "needs 3");
  EXPECT_FALSE(collector.hasErrors());
  EXPECT_TRUE(passedOn.empty());
}

// Without a collector a refusal is an error like any other.
TEST_F(RefusalCollectorTest, RefusalsAreErrors) {
  Refusal given(loc, "it is too large", "cut it");
  given.operation = "linalg.matmul";
  EXPECT_TRUE(failed(emitRefusal(given, "chip")));
  EXPECT_EQ(passedOn,
            std::vector<std::string>{"the device cannot carry it out: it is "
                                     "too large; cut it (target 'chip')"});
}

TEST_F(RefusalCollectorTest, OthersArePassedOnOrDropped) {
  using Others = RefusalCollector::Others;
  for (Others others : {Others::Report, Others::OnlyErrors, Others::Drop}) {
    passedOn.clear();
    RefusalCollector collector(&context, others);
    emitWarning(loc, "warning");
    EXPECT_FALSE(collector.hasErrors());
    emitError(loc, "error");
    EXPECT_TRUE(collector.hasErrors());
    std::vector<std::string> expected;
    if (others == Others::Report)
      expected = {"warning", "error"};
    else if (others == Others::OnlyErrors)
      expected = {"error"};
    EXPECT_EQ(passedOn, expected);
  }
}

// Several threads ask devices about functions of one context.
TEST_F(RefusalCollectorTest, OtherThreadsAreLeftAlone) {
  RefusalCollector collector(&context);
  std::thread([&] { (void)emitRefusal({loc, "theirs"}); }).join();
  EXPECT_TRUE(collector.takeRefusals().empty());
  EXPECT_EQ(passedOn, std::vector<std::string>{"theirs"});
}

} // namespace
