//===- Tuning.h - Figures that decisions are tuned by -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Thresholds of decisions that follow from neither the machine nor the model:
// what each stands for, and how it was chosen. Programs are right with any of
// them. Figures of machines stay in target files, limits that only keep the
// time of a search in bounds beside that search.
//
// "Swept" says which values were compared over the networks and targets of
// benchmarks/measure.py, or over those named. To change one, build, run
// benchmarks/measure.py, and write down what was compared.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_TUNING_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_TUNING_H

#include "garam/Dialect/NPU/Transforms/MemoryFill.h"

#include <cstdint>

namespace garam::npu::tuning {

//===----------------------------------------------------------------------===//
// Fused groups of stages (npu-fuse-groups)
//===----------------------------------------------------------------------===//

/// The part of transfers that are not brought forward to other stages, for
/// which local memory has no room when it is full. Not swept.
constexpr double stayingTransfers = 0.75;
/// The part of the shorter of two activities that does not hide behind the
/// longer one: transfers at the beginning and end, and those that wait. Not
/// swept.
constexpr double exposedActivity = 0.2;
/// A plan with groups is taken when it is this much shorter than whole stages
/// by the estimate, whose error is as large.
constexpr double leastFusionGain = 0.03;
/// Halos may make a group's computation this many times as long as without
/// them; groups that repeat more are not looked at. Not swept.
constexpr double maxRecomputation = 2.0;

//===----------------------------------------------------------------------===//
// Tiles (npu-schedule-stages)
//===----------------------------------------------------------------------===//

/// Tiles of one stage that are being computed and being brought share a core's
/// memory with tensors and weights that wait: a tile may take one in so many
/// parts of it at most. Where tiles cost little more than their work, smaller
/// ones leave more room to what waits, down to the other part. Swept for the
/// least: 16, 20 and 24, by ResNet-50 in a batch of 16 on soma-edge-16.
constexpr int64_t tileMemoryFraction = 6, leastTileMemoryFraction = 20;
/// A tile is large enough when it takes as long to bring as so many start-ups
/// of a transfer, and when it has so many bytes: smaller ones repeat more of
/// their edges.
constexpr double enoughTileStartUps = 400;
constexpr double enoughTileBytes = 256 << 10;
/// What a tile reads and writes of tensors that are held may take one in so
/// many parts of a core's memory, lest nothing fit when they do not stay after
/// all.
constexpr int64_t heldMemoryFraction = 3;

/// Branches are tried on cores of their own where they should take this part
/// less time than one after the other: what they bring from each other's cores
/// does not count there, and the search takes longer.
/// Swept: 0 and 0.05; SqueezeNet, UltraFace and a convolutional transformer
/// take the same time.
constexpr double leastBranchGain = 0.15;

/// A vector stage of at most so many tiles on a core may have them halved.
/// Swept: 1 and 8; with 1, ResNet-50 v1 in int8 on soma-edge-64 takes 0.8 %
/// longer.
constexpr int64_t maxHalvedTiles = 8;

//===----------------------------------------------------------------------===//
// Homes of tensors (npu-place-tensors, and what foresees it)
//===----------------------------------------------------------------------===//

/// A tensor is kept whole in every core when its consumers need more than this
/// many times core 0's own part there. That part has a halo on one side; by
/// those of cores with two, ResNet-50 and MobileNetV2 on atom took 2 and 4 %
/// longer.
constexpr int64_t maxHaloGrowth = 2;
/// What is kept whole in every core takes at most one in so many parts of a
/// core's memory.
constexpr int64_t replicatedFraction = 4;
/// Shared memory keeps what takes at most one in so many parts of it.
constexpr int64_t sharedFraction = 2;
/// A tensor that must be row-major in one piece is copied into every core when
/// it takes at most one in so many parts of a core's memory.
constexpr int64_t rowMajorFraction = 8;
/// A core's part of a tensor gets room for its consumers' halo, which then
/// arrives once, when its buffer becomes at most this many times as large by
/// it. Not swept.
constexpr int64_t maxRoomGrowth = 2;

//===----------------------------------------------------------------------===//
// Transfers of activations (npu-lower-to-commands, and what foresees it)
//===----------------------------------------------------------------------===//

/// A region that takes more than one in so many parts of a core's memory is
/// brought tile by tile instead of once for the core's part of the stage.
constexpr int64_t wholePartFraction = 4;
/// A copy within DRAM is cut into parts of at least this many bytes, one an
/// engine: of smaller ones the start-up is the larger part of the time.
constexpr int64_t leastSpreadBytes = 64 << 10;
/// Results that leave together are enough when they take as long as so many
/// start-ups of a transfer: these are a ninth of the time then.
constexpr int64_t enoughStoreStartUps = 8;
/// They may take one in so many parts of a core's memory, where two or three
/// such buffers are live at once.
constexpr int64_t gatheredFraction = 64;

//===----------------------------------------------------------------------===//
// Weights brought ahead (npu-prefetch-weights)
//===----------------------------------------------------------------------===//

/// Longer loads are cut, so that they find time between other commands: a
/// start-up of 500 cycles is then a seventh of the time of a part at 64 bytes
/// a cycle. Swept: half and twice of it, by ResNet-50 on atom; the same six
/// start-ups at the rate of the DMA engine on rngd, 829 KB, where ResNet-50 is
/// 2.9 % faster and MobileNetV2 0.1 % slower.
constexpr int64_t maxLoadBytes = 192 << 10;
/// The part of the time until the next command that a whole load may take: that
/// command comes earlier or later than the clock says. Swept: 0.9, 0.95 and 1,
/// by MobileNetV2 and ResNet-50 with integers on atom.
constexpr double usedTimeOfWhole = 0.95;
/// The same of a part of a load. Swept: 0.8 and 1, by ResNet-50 on atom with
/// float and with integers.
constexpr double usedTimeOfPart = 0.8;
/// A part of a load, and what is left of the load, take at least so many
/// start-ups of the DMA engine. Swept: 1 to 3, by MobileNetV2 and ResNet-50 on
/// atom.
constexpr double leastPartStartUps = 1.5;

//===----------------------------------------------------------------------===//
// What is tried until memory suffices (npu-lower-to-planned-commands)
//===----------------------------------------------------------------------===//

/// Fractions of local memory that tensors are placed for, tried in this order
/// until addresses are found: the address planner needs room that the sum of
/// sizes does not show. Not swept.
constexpr double fillFractions[] = {plannedFill, 0.65, 0.45, 0.25, 0.0};

/// What becomes of weights.
struct WeightPlan {
  double fill; // up to which local memory is filled with them; 0: it is not
  /// For how many commands addresses rest. A load that takes them over at once
  /// waits for who had them, and what stands behind it in its queue waits too:
  /// better to bring less ahead, but not none.
  int64_t resting = 0;
  /// Whether they stay from run to run, where there is room.
  bool pins = false;
};
/// Tried in this order for each of the fractions above. The more weights stay,
/// the fewer loads there are to wait, and where a core runs few large commands
/// no addresses can rest. Not swept.
constexpr WeightPlan weightPlans[] = {
    {0.95, 0, true}, {0.8, 0, true}, {0.65, 0, true},
    {0.95, 64},      {0.8, 64},      {0.65, 64},
    {1.0},           {0.95},         {0.8},
    {0.65},          {0.0}};

/// For how many commands a buffer's addresses rest before another buffer takes
/// them, so that engines which run ahead do not wait for each other
/// (npu-plan-memory). Tried in this order until the plan fits. Not swept.
constexpr int64_t restingTimes[] = {256, 64};

//===----------------------------------------------------------------------===//
// The order of commands (npu-schedule-commands)
//===----------------------------------------------------------------------===//

/// Another order is taken when it is this much shorter by the estimate: so much
/// may the estimates of two orders of a program differ from what they take.
/// Swept: 0, 0.01. With 0, ResNet-50 on atom takes 1.5 % longer, with integers
/// 0.8 %, for gains of 0.3 and 0.9 % by the estimate; EfficientNet-B0, which
/// would gain 0.8 % there, is not reordered with 0.01.
constexpr double leastOrderGain = 0.01;
/// The part of their time that commands save at most by another order: of
/// schedules that are compared, those that end later than the first ones by
/// more are not ordered. Measured: 0.2 to 2 % with MobileNetV2 and ResNet-50,
/// 0.8 to 14 % with BERT-base, ViT-B/16 and GPT-2, on atom and rngd.
constexpr double mostOrderGain = 0.15;

//===----------------------------------------------------------------------===//
// Weights that stay (npu-pin-weights)
//===----------------------------------------------------------------------===//

/// Fractions of the memory that may be in use at all that weights which stay
/// may take with the rest, tried in this order: what they leave is for those
/// that are brought ahead. Not swept.
constexpr double pinnedFractions[] = {1.0, 0.7, 0.4, 0.0};
/// By how much a run must be faster for fewer weights to stay: each that does
/// saves the energy of its transfer, and times without addresses are not more
/// exact than that.
constexpr double leastUnpinnedGain = 0.05;

} // namespace garam::npu::tuning

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_TUNING_H
