//===- CostModelTest.cpp - Costs of schedules within a limit --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CostModel.h"

#include "Machine.h"
#include "ScheduleCandidates.h"
#include "TileGeometry.h"
#include "garam/InitAll.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

#include "gtest/gtest.h"

using namespace garam;
using namespace garam::npu;
using namespace mlir;

namespace {

/// Two products one behind the other: the second one moves what the cores have
/// of the first.
constexpr llvm::StringLiteral products = R"mlir(
  #row = affine_map<(m, n, k) -> (m, k)>
  #column = affine_map<(m, n, k) -> (k, n)>
  #result = affine_map<(m, n, k) -> (m, n)>
  func.func @products(%x: tensor<512x256xf16>) -> tensor<512x256xf16> {
    %w = npu.constant dense<1.0> : tensor<256x256xf16> : tensor<256x256xf16>
    %0 = npu.contract %x, %w sizes [512, 256, 256]
      iterators [#npu.iterator<row>, #npu.iterator<column>,
                 #npu.iterator<reduction>]
      maps [#row, #column, #result]
      : (tensor<512x256xf16>, tensor<256x256xf16>) -> tensor<512x256xf16>
    %1 = npu.contract %0, %w sizes [512, 256, 256]
      iterators [#npu.iterator<row>, #npu.iterator<column>,
                 #npu.iterator<reduction>]
      maps [#row, #column, #result]
      : (tensor<512x256xf16>, tensor<256x256xf16>) -> tensor<512x256xf16>
    return %1 : tensor<512x256xf16>
  }
)mlir";

class CostModelTest : public testing::Test {
protected:
  CostModelTest() {
    DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
    module = parseSourceString<ModuleOp>(products, &context);
    function = *module->getOps<func::FuncOp>().begin();
    for (ContractOp op : function.getOps<ContractOp>())
      ops.push_back(op);
    FailureOr<MachineDescription> atom = loadMachine(function, "atom");
    EXPECT_TRUE(succeeded(atom));
    machine = *atom;
  }

  /// The timeline behind the first product, which is cut along its columns.
  Timeline followFirst() {
    Timeline timeline(machine);
    for (Operation &op : function.front()) {
      if (&op == ops[0])
        break;
      timeline.runOther(&op);
    }
    Stage stage = getStage(ops[0]);
    EngineTimes times(stage, machine);
    StageSchedule schedule{{1, 8, 1}, {64, 32, 256}, {1, 1, 1}};
    setSchedule(ops[0], schedule);
    StageTiles tiles(stage, schedule, times, machine);
    StageCost(timeline, stage, machine).advance(timeline, schedule, tiles);
    return timeline;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  func::FuncOp function;
  SmallVector<Operation *> ops;
  MachineDescription machine;
};

// A limit changes nothing of what ends before it, and nothing that ends behind
// it seems to end before it.
TEST_F(CostModelTest, LimitsAreExact) {
  Timeline past = followFirst();
  Stage stage = getStage(ops[1]);
  EngineTimes times(stage, machine);
  StageCost cost(past, stage, machine);
  FoundSchedules found = findSchedules(stage, machine);
  ASSERT_FALSE(found.schedules.empty());
  for (const StageSchedule &schedule : found.schedules) {
    StageTiles tiles(stage, schedule, times, machine);
    double end = cost.getEnd(schedule, tiles);
    EXPECT_GE(end, cost.getLeastEnd(schedule,
                                    getEngineSeconds(stage, schedule, times)));
    for (double share : {1.0 + 1e-12, 1.001, 2.0})
      EXPECT_EQ(cost.getEnd(schedule, tiles, end * share), end);
    for (double share : {0.1, 0.5, 0.9, 0.999, 1.0 - 1e-12, 1.0})
      EXPECT_GE(cost.getEnd(schedule, tiles, end * share), end * share);
  }
}

// Slots have the tiles that each core computes, in their order, whether they
// are asked for once or again.
TEST_F(CostModelTest, SlotsAreTheTilesOfTheCores) {
  Stage stage = getStage(ops[0]);
  EngineTimes times(stage, machine);
  StageSchedule schedule{{3, 1, 1}, {2, 100, 256}, {1, 1, 1}};
  StageTiles tiles(stage, schedule, times, machine);
  ASSERT_EQ(tiles.getParts().size(), 3u);
  EXPECT_EQ(tiles.getNumSlots(), 86u * 3);
  for (int round = 0; round < 2; ++round) {
    SmallVector<SmallVector<Box>> seen(3);
    for (uint64_t number = 0; number < tiles.getNumSlots(); ++number)
      for (const StageTile &tile : tiles.getSlot(number))
        seen[tile.core].push_back(tile.loops);
    for (auto [part, boxes] : llvm::zip_equal(tiles.getParts(), seen))
      EXPECT_EQ(boxes, enumerateTiles(stage, part, schedule.tile, machine));
  }
}

// Each core's tiles cover its part, once each.
TEST_F(CostModelTest, TilesCoverTheirPart) {
  Stage stage = getStage(ops[0]);
  Box part = Box::ofShape({171, 256, 256});
  part.low[0] = 5;
  SmallVector<Box> tiles = enumerateTiles(stage, part, {50, 100, 256}, machine);
  EXPECT_EQ(tiles.size(), 4u * 3);
  int64_t volume = 0;
  for (auto [index, tile] : llvm::enumerate(tiles)) {
    EXPECT_TRUE(part.contains(tile));
    volume += tile.getVolume();
    for (const Box &other : ArrayRef(tiles).drop_front(index + 1))
      EXPECT_TRUE(tile.intersect(other).isEmpty());
  }
  EXPECT_EQ(volume, part.getVolume());
  // Rows pass while the columns, and so their weights, stay.
  EXPECT_EQ(tiles[0].low[1], tiles[1].low[1]);
  EXPECT_EQ(tiles[1].low[0], 55);
}

} // namespace
