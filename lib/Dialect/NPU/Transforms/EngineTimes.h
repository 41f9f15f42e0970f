//===- EngineTimes.h - Engine time of a stage's tiles -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_ENGINETIMES_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_ENGINETIMES_H

#include "CommandWalk.h"
#include "garam/Dialect/NPU/Transforms/MicroCode.h"
#include "garam/Target/NPU/Machine/MachineDescription.h"

#include <map>
#include <optional>

namespace garam::npu {

/// Dimensions of a tensor from the slowest to the fastest in memory, as far as
/// it is decided: of a concatenation, those of its first input.
llvm::SmallVector<int64_t> getMemoryOrder(mlir::Value tensor);

/// What the commands of a tile cost an engine.
struct EngineCost {
  double seconds = 0, joules = 0;
};

/// How long the tensor or vector engine takes for tiles of one stage: the sum
/// of its commands by Timing.h and Energy.h, with operands that lie densely in
/// memory, in the order of getMemoryOrder. Tiles of equal sizes are computed
/// once.
class EngineTimes {
public:
  EngineTimes(const Stage &stage, const MachineDescription &machine);

  EngineCost get(const Box &tile);
  /// At least all tiles of one core, one after the other, in seconds; `part`
  /// are its loops.
  double getAll(const Box &part, llvm::ArrayRef<int64_t> tileSizes);

private:
  EngineCost computeContract(const Walk &walk, bool first, bool last) const;
  EngineCost computeVector(const Walk &walk) const;

  const Stage &stage;
  const MachineDescription &machine;
  llvm::SmallVector<unsigned> order;
  /// Of a vector stage that the engine can run.
  std::optional<MicroCode> code;
  /// By the sizes of a tile, and whether it begins and ends its sums.
  std::map<std::tuple<llvm::SmallVector<int64_t>, bool, bool>, EngineCost>
      known;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_ENGINETIMES_H
