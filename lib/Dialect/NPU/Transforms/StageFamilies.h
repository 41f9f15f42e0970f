//===- StageFamilies.h - What equal stages share ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Networks repeat their layers. Which schedules a stage can have, how long its
// engine takes for them and what their tiles touch depends on the stage alone
// and not on what is before it: for stages of one class (StageClasses), a
// family, it is computed once.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGEFAMILIES_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGEFAMILIES_H

#include "StageTiles.h"

#include <map>
#include <memory>

namespace garam::npu {

/// A schedule that the stages of a family can have.
struct Candidate {
  StageSchedule schedule;
  double engineSeconds;              // getEngineSeconds
  std::unique_ptr<StageTiles> tiles; // null until they are needed
};

struct CandidateList {
  std::vector<Candidate> candidates; // in the order of findSchedules
  uint64_t fewestTiles = 0;          // as FoundSchedules has it
};

/// What is known of a stage whatever is before it.
class StageFamily {
public:
  /// `op`, one of its stages, must stay as it is. Tiles that are kept are
  /// counted in `numTiles`.
  StageFamily(mlir::Operation *op, const MachineDescription &machine,
              size_t &numTiles);
  StageFamily(const StageFamily &) = delete;

  /// Those of a stage while which `freeBytes` of a core's memory are not needed
  /// for tensors that are kept, on `cores`, or on all where none are given.
  /// Stay.
  CandidateList &getCandidates(int64_t freeBytes,
                               std::optional<CoreGroup> cores = std::nullopt);
  /// `candidate` is one of those. Stay until dropTiles.
  StageTiles &getTiles(Candidate &candidate);
  void dropTiles();

private:
  const MachineDescription &machine;
  size_t &numTiles;
  Stage stage;
  EngineTimes engineTimes;
  bool dependsOnFreeBytes;
  /// By the free bytes, the first core and the number of cores.
  std::map<std::tuple<int64_t, int64_t, int64_t>, CandidateList> lists;
};

/// The families of the stages of a function.
class StageFamilies {
public:
  /// `stages`, those of a function in their order, must stay as they are.
  StageFamilies(llvm::ArrayRef<mlir::Operation *> stages,
                const MachineDescription &machine);
  StageFamilies(const StageFamilies &) = delete;

  /// The family of stage `number`. One that other stages belong to as well is
  /// the same each time.
  std::shared_ptr<StageFamily> get(size_t number);
  /// Gives back what the family of stage `number` takes of memory beyond what
  /// is worth it when that is done with, in the order of the stages.
  void finish(size_t number);

private:
  struct Entry {
    size_t first, last; // numbers of stages
    std::shared_ptr<StageFamily> family;
  };

  llvm::ArrayRef<mlir::Operation *> stages;
  const MachineDescription &machine;
  std::vector<Entry> entries;         // a class
  std::vector<unsigned> classNumbers; // a stage
  size_t numTiles = 0;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGEFAMILIES_H
