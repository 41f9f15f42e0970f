//===- RemainingTime.h - What follows a stage, roughly ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// How long the stages behind a stage take under each of its core splits, by a
// coarse model: they come one after another, each takes its engine's time or
// that of its weights, and between two of them the cores bring what they do not
// have. A dynamic program from the last stage to the first finds the best
// splits by that model. A search that goes forwards sees with it which splits
// pay later, such as one that the next ten stages can have too.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_REMAININGTIME_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_REMAININGTIME_H

#include "BranchCores.h"
#include "StageFamilies.h"

namespace garam::npu {

class RemainingTime {
public:
  /// `stages` are those of a function, in their order, with their families.
  RemainingTime(llvm::ArrayRef<mlir::Operation *> stages,
                StageFamilies &families, const MachineDescription &machine);

  /// Seconds from the end of stage `number`, cut by `split`, to the end of the
  /// chain that goes from each stage to the first one that reads its first
  /// result.
  double get(size_t number, llvm::ArrayRef<int64_t> split) const;

  /// What each stage takes by that model on so many cores.
  llvm::ArrayRef<StageSeconds> getStageSeconds() const { return stageSeconds; }

private:
  struct Entry {
    llvm::SmallVector<int64_t> split;
    double seconds;
  };
  std::vector<std::vector<Entry>> entries; // a stage
  std::vector<StageSeconds> stageSeconds;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_REMAININGTIME_H
