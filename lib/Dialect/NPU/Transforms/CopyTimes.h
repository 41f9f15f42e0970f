//===- CopyTimes.h - Time of a copy between pieces of tensors ---*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_COPYTIMES_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_COPYTIMES_H

#include "QueueClock.h"
#include "TensorHomes.h"
#include "llvm/ADT/StringMap.h"

namespace garam::npu {

MemorySpace getMemorySpace(SpaceKind space);

/// The copy of `box` from one view of a tensor to another on the DMA engine of
/// `core`. A local source is read in `sender`; the copy arrives in `receivers`
/// when the destination is local. A copy that needs several commands counts
/// them all.
Transfer makeTransfer(int64_t core, const Piece &source,
                      const Piece &destination, const Box &box,
                      int64_t elementBytes, int64_t sender,
                      llvm::ArrayRef<int64_t> receivers,
                      const MachineDescription &machine);

/// Makes transfers, and remembers how long copies of one form take: most of a
/// network's are alike.
class CopyTimes {
public:
  /// As makeTransfer.
  Transfer makeTransfer(int64_t core, const Piece &source,
                        const Piece &destination, const Box &box,
                        int64_t elementBytes, int64_t sender,
                        llvm::ArrayRef<int64_t> receivers,
                        const MachineDescription &machine);

private:
  llvm::StringMap<TransferTime> known; // by what getTime depends on
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_COPYTIMES_H
