//===- GroupCostsTest.cpp - Spans of chains, and their plans --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "GroupCosts.h"

#include "AllPlans.h"
#include "Machine.h"
#include "garam/InitAll.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

#include "gtest/gtest.h"

#include <deque>
#include <random>

using namespace garam;
using namespace garam::npu;
using namespace mlir;

namespace {

constexpr llvm::StringLiteral maps = R"mlir(
  #id = affine_map<(n, f, h, w) -> (n, f, h, w)>
  #x1 = affine_map<(n, f, h, w, c) -> (n, c, h, w)>
  #w1 = affine_map<(n, f, h, w, c) -> (f, c)>
  #y1 = affine_map<(n, f, h, w, c) -> (n, f, h, w)>
  #x3 = affine_map<(n, f, h, w, c, i, j) -> (n, c, h + i - 1, w + j - 1)>
  #w3 = affine_map<(n, f, h, w, c, i, j) -> (f, c, i, j)>
  #y3 = affine_map<(n, f, h, w, c, i, j) -> (n, f, h, w)>
)mlir";

/// Kinds of stages on tensors of 2x8x8x8 bytes.
enum class Kind { Pointwise, Window, Elementwise };

std::string makeStage(Kind kind, unsigned number) {
  std::string in = "%" + std::to_string(number);
  std::string out = "%" + std::to_string(number + 1);
  // No two stages have the same constants.
  std::string value = std::to_string(number + 1);
  std::string weight = "%w" + value;
  switch (kind) {
  case Kind::Pointwise:
    return weight + " = npu.constant dense<" + value +
           "> : tensor<8x8xi8> : tensor<8x8xi8>\n" + out + " = npu.contract " +
           in + ", " + weight +
           " sizes [2, 8, 8, 8, 8] iterators [#npu.iterator<row>, "
           "#npu.iterator<column>, #npu.iterator<row>, #npu.iterator<row>, "
           "#npu.iterator<reduction>] maps [#x1, #w1, #y1] {output_scale = " +
           value +
           ".0 : f32} : (tensor<2x8x8x8xi8>, tensor<8x8xi8>) -> "
           "tensor<2x8x8x8xi8>\n";
  case Kind::Window:
    return weight + " = npu.constant dense<" + value +
           "> : tensor<8x8x3x3xi8> : tensor<8x8x3x3xi8>\n" + out +
           " = npu.contract " + in + ", " + weight +
           " sizes [2, 8, 8, 8, 8, 3, 3] iterators [#npu.iterator<row>, "
           "#npu.iterator<column>, #npu.iterator<row>, #npu.iterator<row>, "
           "#npu.iterator<reduction>, #npu.iterator<reduction>, "
           "#npu.iterator<reduction>] maps [#x3, #w3, #y3] "
           "{activation_padding = array<i1: false, false, true, true>} : "
           "(tensor<2x8x8x8xi8>, tensor<8x8x3x3xi8>) -> tensor<2x8x8x8xi8>\n";
  case Kind::Elementwise:
    return out + " = npu.vector ins(" + in +
           ") sizes [2, 8, 8, 8] {indexing_maps = [#id, #id]} : "
           "(tensor<2x8x8x8xi8>) -> tensor<2x8x8x8xi8> {\n^bb0(%e: i32):\n"
           "%c = arith.constant " +
           value +
           " : i32\n%s = arith.addi %e, %c : i32\n"
           "npu.yield %s : i32\n}\n";
  }
  return {};
}

std::string makeChain(ArrayRef<Kind> kinds) {
  std::string text = maps.str() + "func.func @chain(%0: tensor<2x8x8x8xi8>) -> "
                                  "tensor<2x8x8x8xi8> {\n";
  for (auto [number, kind] : llvm::enumerate(kinds))
    text += makeStage(kind, number);
  return text + "return %" + std::to_string(kinds.size()) +
         " : tensor<2x8x8x8xi8>\n}\n";
}

class GroupCostsTest : public testing::Test {
protected:
  GroupCostsTest() {
    DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
  }

  /// A machine that has no room for two of the chain's tensors.
  func::FuncOp parse(const std::string &text) {
    module = parseSourceString<ModuleOp>(text, &context);
    func::FuncOp func = *module->getOps<func::FuncOp>().begin();
    FailureOr<MachineDescription> edge = loadMachine(func, "soma-edge-16");
    EXPECT_TRUE(succeeded(edge));
    machine = *edge;
    machine.local.bytes = 3072;
    return func;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  MachineDescription machine;
};

/// Everything that is known of the spans that end with a stage.
using SpanTable =
    std::vector<std::tuple<unsigned, double, double, bool, bool, uint32_t>>;
SpanTable listSpans(GroupCosts &costs, unsigned last) {
  SpanTable table;
  auto add = [&](unsigned first, ArrayRef<SpanChoice> choices) {
    for (const SpanChoice &choice : choices)
      table.push_back({first, choice.load.engines, choice.load.transfers,
                       choice.ends.keepsFirst, choice.ends.keepsLast,
                       choice.slicing});
  };
  add(last, costs.getWhole(last));
  for (const SpanChoices &list : costs.getSliced(last))
    add(list.first, list.choices);
  return table;
}

// What is known of spans that are alike is what each costs by itself.
TEST_F(GroupCostsTest, EqualSpansCostTheSame) {
  std::vector<Kind> kinds;
  for (unsigned number = 0; number < 12; ++number)
    kinds.push_back(number % 3 == 0   ? Kind::Window
                    : number % 3 == 1 ? Kind::Elementwise
                                      : Kind::Pointwise);
  func::FuncOp func = parse(makeChain(kinds));
  GroupCosts shared(func, machine);
  unsigned numSliced = 0;
  for (unsigned last = 0; last < kinds.size(); ++last) {
    GroupCosts alone(func, machine);
    SpanTable table = listSpans(shared, last);
    EXPECT_EQ(table, listSpans(alone, last)) << "stage " << last;
    numSliced += table.size();
  }
  // Among them are slices of several stages.
  EXPECT_GT(numSliced, 10 * kinds.size());
}

// Of chains of several kinds of stages no plan is shorter than the one that is
// found: all groups, all ways to cut them.
TEST_F(GroupCostsTest, NoPlanOfAChainIsShorter) {
  std::mt19937 random(7);
  unsigned numGrouped = 0;
  for (unsigned trial = 0; trial < 12; ++trial) {
    std::vector<Kind> kinds;
    for (unsigned number = 0; number < 3 + trial % 5; ++number)
      kinds.push_back(static_cast<Kind>(random() % 3));
    func::FuncOp func = parse(makeChain(kinds));
    GroupCosts costs(func, machine);
    AllSpans spans;
    for (unsigned last = 0; last < kinds.size(); ++last) {
      spans.push_back(costs.getSliced(last));
      spans.back().push_back({last, costs.getWhole(last)});
    }
    PlanSearch search(spans);
    double least = tryAllPlans(spans);
    EXPECT_EQ(search.getBest().load.getTime(), least) << "trial " << trial;
    EXPECT_EQ(search.getBound(), least) << "trial " << trial;
    for (const PlannedSpan &span : search.getBest().spans) {
      if (span.choice->slicing == SpanChoice::wholeStage)
        continue;
      ++numGrouped;
      SpanSlices slices = costs.getSlices(span);
      EXPECT_GT(slices.slicing.getCount(), 1);
      EXPECT_EQ(slices.keepsConstants.size(), span.last + 1 - span.first);
    }
  }
  EXPECT_GT(numGrouped, 0u);
}

} // namespace
