//===- EngineTimes.h - Engine time of a stage's tiles -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_ENGINETIMES_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_ENGINETIMES_H

#include "MicroCode.h"
#include "Stage.h"
#include "garam/Target/NPU/Machine/MachineDescription.h"

#include <vector>

namespace garam::npu {

/// How long the tensor or vector engine takes for tiles of one stage, by
/// Timing.h. Tiles of equal size are computed once.
class EngineTimes {
public:
  EngineTimes(const Stage &stage, const MachineDescription &machine);

  /// In seconds.
  double get(const Box &tile);

private:
  double computeContract(llvm::ArrayRef<int64_t> sizes) const;
  double computeVector(llvm::ArrayRef<int64_t> sizes) const;

  const Stage &stage;
  const MachineDescription &machine;
  /// Of a vector stage that the engine can run.
  std::optional<MicroCode> code;
  struct Known {
    llvm::SmallVector<int64_t> sizes;
    double seconds;
  };
  std::vector<Known> known;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_ENGINETIMES_H
