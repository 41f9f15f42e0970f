//===- AccessTable.h - What commands touch ----------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_ACCESSTABLE_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_ACCESSTABLE_H

#include "garam/Dialect/NPU/Transforms/CommandAccess.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"

#include <iterator>
#include <vector>

namespace garam::npu {

/// The copies of its buffer that `access` touches, each by its core; the only
/// copy of a buffer in no core's memory is that of core -1.
inline llvm::SmallVector<int64_t, 2> getCopies(const CommandAccess &access) {
  BufferOp buffer = access.buffer;
  return buffer.getCores() ? access.cores : llvm::SmallVector<int64_t, 2>{-1};
}

/// The accesses of some commands, made once for all who look at several orders
/// of them. Commands must not change meanwhile.
class AccessTable {
public:
  explicit AccessTable(llvm::ArrayRef<mlir::Operation *> commands) {
    ranges.reserve(commands.size());
    for (mlir::Operation *command : commands) {
      size_t begin = accesses.size();
      llvm::move(getAccesses(command), std::back_inserter(accesses));
      ranges[command] = {begin, accesses.size() - begin};
    }
    buffers.reserve(accesses.size());
    for (const CommandAccess &access : accesses)
      buffers.push_back(
          numbers.try_emplace(access.buffer, numbers.size()).first->second);
  }

  /// Of one of the commands.
  llvm::ArrayRef<CommandAccess> of(mlir::Operation *command) const {
    auto [begin, size] = ranges.find(command)->second;
    return llvm::ArrayRef(accesses).slice(begin, size);
  }

  /// The numbers of the buffers that a command accesses, in the same order.
  llvm::ArrayRef<unsigned> buffersOf(mlir::Operation *command) const {
    auto [begin, size] = ranges.find(command)->second;
    return llvm::ArrayRef(buffers).slice(begin, size);
  }
  /// Of a buffer that some command accesses: they have numbers from 0 on.
  unsigned getNumber(BufferOp buffer) const {
    return numbers.find(buffer)->second;
  }
  size_t getNumBuffers() const { return numbers.size(); }

private:
  std::vector<CommandAccess> accesses;
  std::vector<unsigned> buffers;                       // of the accesses
  llvm::DenseMap<mlir::Operation *, unsigned> numbers; // of buffers
  /// Where those of a command begin, and how many they are.
  llvm::DenseMap<mlir::Operation *, std::pair<size_t, size_t>> ranges;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_ACCESSTABLE_H
