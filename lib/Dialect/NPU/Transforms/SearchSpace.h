//===- SearchSpace.h - What is known before schedules are ------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_SEARCHSPACE_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_SEARCHSPACE_H

#include "RemainingTime.h"
#include "StageFamilies.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/DenseMap.h"

namespace garam::npu {

/// What all searches for the schedules of a function share.
class SearchSpace {
public:
  /// `func` must stay as it is.
  SearchSpace(mlir::func::FuncOp func, const MachineDescription &machine);

  const MachineDescription &getMachine() const { return machine; }
  llvm::ArrayRef<mlir::Operation *> getOperations() const { return operations; }
  llvm::ArrayRef<mlir::Operation *> getStages() const { return stages; }
  /// The position of the first stage at `position` or behind it, or the end.
  size_t findStage(size_t position) const;
  /// Whether nothing behind `position` reads a tensor or a view of it, but the
  /// operation there.
  bool isLastUse(mlir::Value tensor, size_t position) const {
    return lastUses.lookup(tensor) == position;
  }
  /// Bytes of a core's memory that tensors which could be kept while the
  /// operation at `position` runs leave, if all cores keep as much; less than 0
  /// where they do not fit.
  int64_t getFreeBytes(size_t position) const {
    return static_cast<int64_t>(machine.local.bytes) - keptBytes[position];
  }
  StageFamilies &getFamilies() { return families; }
  const RemainingTime &getRemaining() const { return remaining; }
  /// Of each stage, the cores that it would have beside other branches.
  llvm::ArrayRef<std::optional<BranchCores>> getBranchCores() const {
    return branchCores;
  }

private:
  static std::vector<mlir::Operation *> listStages(mlir::func::FuncOp func);
  void findLastUses();
  void countKeptBytes();

  const MachineDescription &machine;
  std::vector<mlir::Operation *> operations, stages;
  /// Positions behind which nothing reads a tensor or a view of it.
  llvm::DenseMap<mlir::Value, size_t> lastUses;
  /// Of the tensors that could be kept while each operation runs, the bytes in
  /// each core's memory if all cores keep as much.
  std::vector<int64_t> keptBytes;
  StageFamilies families;
  RemainingTime remaining;
  std::vector<std::optional<BranchCores>> branchCores;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_SEARCHSPACE_H
