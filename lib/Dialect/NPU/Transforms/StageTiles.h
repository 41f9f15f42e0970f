//===- StageTiles.h - What the tiles of a schedule touch --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// What a Timeline needs to know of the tiles of a stage under one schedule and
// what does not depend on what is before the stage. The scheduler follows a
// schedule behind many pasts, and behind those of equal stages (StageFamilies);
// here is what it computes once.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGETILES_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGETILES_H

#include "CopyTimes.h"
#include "EngineTimes.h"

#include <deque>

namespace garam::npu {

/// A tile, and the regions of tensors that go with it.
struct StageTile {
  int64_t core;
  Box loops;
  /// Of each input, in their order, unless it is a packed constant: what is
  /// brought of it for the tile, and what the tile itself reads.
  llvm::SmallVector<Box, 2> brought, read;
  /// What the tile writes of each result.
  llvm::SmallVector<Box, 1> written;
  /// What is stored of each result behind the tile, where that lies elsewhere;
  /// nothing while other tiles are stored with it.
  llvm::SmallVector<std::optional<Box>, 1> stored;
  /// The transfer of the packed constants, where there are some, and the loops
  /// that tell it from another: those that none depends on are empty.
  std::optional<Transfer> constantTransfer;
  Box constants;
  EngineCost cost;
  bool endsSums;
};

class StageTiles {
public:
  /// `stage`, or one that is equal to it, and `engineTimes`, those of its
  /// tiles, must stay.
  /// Tiles that it keeps are counted in `numTiles`, where that is given.
  StageTiles(const Stage &stage, const StageSchedule &schedule,
             EngineTimes &engineTimes, const MachineDescription &machine,
             size_t *numTiles = nullptr);
  StageTiles(const StageTiles &) = delete;
  ~StageTiles();

  /// The loops of each part, some perhaps empty.
  llvm::ArrayRef<Box> getParts() const { return parts; }
  int64_t getCore(int64_t part) const { return firstCore + part; }
  /// Tiles of the core that has the most.
  uint64_t getNumSlots() const { return numSlots; }
  /// Tile `number` of each core that has so many. Stays until the next call.
  llvm::ArrayRef<StageTile> getSlot(uint64_t number);
  /// Inputs that are no packed constants.
  llvm::ArrayRef<unsigned> getBroughtInputs() const { return broughtInputs; }
  /// At least what all tiles of part `part` take its engine, in seconds.
  double getEngineSeconds(int64_t part) const { return engineSeconds[part]; }

private:
  StageTile makeTile(int64_t part, uint64_t number);
  void addConstants(StageTile &tile) const;

  const Stage &stage;
  EngineTimes &engineTimes;
  const MachineDescription &machine;
  size_t *numTiles;
  llvm::SmallVector<int64_t> tileSizes;
  int64_t firstCore;
  llvm::SmallVector<unsigned> order, broughtInputs;
  std::vector<Box> parts;
  std::vector<uint64_t> tileCounts; // a part
  uint64_t numSlots = 0;
  std::vector<double> engineSeconds; // a part
  /// The first slots, and the last one asked for that is not one of them.
  std::deque<std::vector<StageTile>> kept;
  std::vector<StageTile> other;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGETILES_H
