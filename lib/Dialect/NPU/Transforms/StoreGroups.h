//===- StoreGroups.h - Results that are stored together ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A tile computes one element of each batch loop. Where that gives few bytes, a
// transfer of its own for each would take little more than start-ups: the core
// gathers the results of several in its memory and stores them at once.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_STOREGROUPS_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_STOREGROUPS_H

#include "Stage.h"
#include "garam/Target/NPU/Machine/MachineDescription.h"

namespace garam::npu {

/// The loops whose part of `output` is stored in one transfer with that of
/// `tile`, one of those of `tileSizes` in a core's `part`: `tile` itself, or
/// tiles next to each other in the order in which the core computes them, the
/// same ones for each of them.
Box getStoredLoops(const Stage &stage, const StageOperand &output,
                   const Box &part, llvm::ArrayRef<int64_t> tileSizes,
                   const Box &tile, const MachineDescription &machine);

/// Whether `tile` is the last one of `stored`, its getStoredLoops.
bool endsStore(const Box &stored, const Box &tile);

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_STOREGROUPS_H
