//===- RemainingTimeTest.cpp - Which splits pay later ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "RemainingTime.h"

#include "CostModel.h"
#include "Machine.h"
#include "ScheduleCandidates.h"
#include "garam/InitAll.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

#include "gtest/gtest.h"

using namespace garam;
using namespace garam::npu;
using namespace mlir;

namespace {

/// An elementwise stage in front of one that sums rows.
constexpr llvm::StringLiteral sums = R"mlir(
  #id = affine_map<(a, b) -> (a, b)>
  #row = affine_map<(a, b) -> (a)>
  func.func @sums(%x: tensor<256x256xf16>) -> tensor<256xf16> {
    %0 = npu.vector ins(%x) sizes [256, 256] {indexing_maps = [#id, #id]}
        : (tensor<256x256xf16>) -> tensor<256x256xf16> {
    ^bb0(%e: f32):
      npu.yield %e : f32
    }
    %1 = npu.vector ins(%0) sizes [256, 256] {num_reductions = 1 : i64,
        indexing_maps = [#id, #row], combiners = [#npu.combiner<addf, 0.0 : f32>]}
        : (tensor<256x256xf16>) -> tensor<256xf16> {
    ^bb0(%e: f32):
      npu.yield %e : f32
    } finish {
    ^bb0(%s: f32):
      npu.yield %s : f32
    }
    return %1 : tensor<256xf16>
  }
)mlir";

class RemainingTimeTest : public testing::Test {
protected:
  RemainingTimeTest() {
    DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    module = parseSourceString<ModuleOp>(sums, &context);
    function = *module->getOps<func::FuncOp>().begin();
    for (VectorOp op : function.getOps<VectorOp>())
      ops.push_back(op);
    FailureOr<MachineDescription> atom = loadMachine(function, "atom");
    EXPECT_TRUE(succeeded(atom));
    machine = *atom;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  func::FuncOp function;
  SmallVector<Operation *> ops;
  MachineDescription machine;
};

// Behind a split into rows each core has what it sums; behind one into columns
// the cores bring it, from each of the others.
TEST_F(RemainingTimeTest, ExchangesCount) {
  StageFamilies families(ops, machine);
  RemainingTime remaining(ops, families, machine);
  double rows = remaining.get(0, {8, 1});
  double columns = remaining.get(0, {1, 8});
  EXPECT_GT(rows, 0);
  EXPECT_GT(columns, rows + machine.synchronisation.remoteSeconds +
                         machine.dma.startSeconds);
}

// Nothing follows the last stage. In front of it there is at least its best
// schedule.
TEST_F(RemainingTimeTest, LeastIsTheStagesBehind) {
  StageFamilies families(ops, machine);
  RemainingTime remaining(ops, families, machine);
  Stage last = getStage(ops[1]);
  EngineTimes times(last, machine);
  double least = HUGE_VAL;
  for (const StageSchedule &schedule : findSchedules(last, machine).schedules) {
    EXPECT_EQ(remaining.get(1, schedule.split), 0);
    least = std::min(least, getEngineSeconds(last, schedule, times));
  }
  Stage first = getStage(ops[0]);
  for (const StageSchedule &schedule : findSchedules(first, machine).schedules)
    EXPECT_GE(remaining.get(0, schedule.split), least);
  EXPECT_EQ(remaining.get(0, {8, 1}), least);
}

} // namespace
