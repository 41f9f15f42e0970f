//===- LeastTrafficTiles.h - Tiles of large products ------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_LEASTTRAFFICTILES_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_LEASTTRAFFICTILES_H

#include "Stage.h"
#include "garam/Target/NPU/Machine/MachineDescription.h"

namespace garam::npu {

/// Sizes of tiles by which a product of matrices of the loops `part`,
/// neither of which stays in memory as a whole, moves the least with `bytes` of
/// a core's memory (findLeastTraffic): streams twice, sums in the accumulators,
/// whole passes over the array. They differ in how much streams at a time: much
/// takes few commands, little lets the first one begin early. None for another
/// stage, or where no tile fits.
llvm::SmallVector<llvm::SmallVector<int64_t>>
findLeastTrafficTiles(const Stage &stage, llvm::ArrayRef<int64_t> part,
                      int64_t bytes, const MachineDescription &machine);

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_LEASTTRAFFICTILES_H
