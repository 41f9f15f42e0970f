//===- StageClasses.h - Stages that cost the same ---------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Networks repeat their layers. Stages of one class have the same candidates of
// schedules and keep their engine busy for the same times, so that these are
// found once for all of them.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGECLASSES_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGECLASSES_H

#include "Stage.h"
#include "llvm/ADT/DenseMap.h"

#include <map>
#include <vector>

namespace garam::npu {

/// Numbers different lists of numbers, from 0 on. A list must say how long its
/// parts are where that is not fixed.
class KeyNumbers {
public:
  unsigned get(std::vector<int64_t> key) {
    return numbers.try_emplace(std::move(key), numbers.size()).first->second;
  }

private:
  std::map<std::vector<int64_t>, unsigned> numbers;
};

class StageClasses {
public:
  /// The class of a stage as getStage gives it, from 0 on. What differs within
  /// a class is what neither findSchedules nor EngineTimes look at: the values
  /// of constants, zero points and scales, and where other tensors than results
  /// of contractions come from. Layouts must be decided and stay as they are.
  unsigned getClass(const Stage &stage);

private:
  KeyNumbers numbers;
  /// Of contractions, on which the grains of their readers depend.
  llvm::DenseMap<mlir::Operation *, unsigned> contracts;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGECLASSES_H
