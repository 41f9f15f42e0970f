//===- Stage.h - A uniform view of the stage operations ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// What scheduling needs to know of npu.contract and npu.vector: a loop nest,
// the role of each loop, and which part of each tensor a part of the nest
// touches.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGE_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGE_H

#include "Box.h"
#include "garam/Dialect/NPU/IR/ElementKinds.h"
#include "garam/Dialect/NPU/IR/NPU.h"
#include "garam/Target/NPU/Machine/MachineDescription.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <vector>

namespace garam::npu {

/// Bytes of one element of a tensor.
int64_t getElementBytes(mlir::Value tensor);
mlir::RankedTensorType getTensorType(mlir::Value tensor);

enum class OperandRole { Activation, Weight, Bias, Scale, Residual, Plain };

/// How a stage reads or writes one tensor.
struct StageOperand {
  mlir::Value tensor;
  OperandRole role = OperandRole::Plain;
  ElementKind type = ElementKind::i8;
  /// Coordinate c of the tensor is
  /// constants[c] + sum over d of coefficients[c][d] * loop index d.
  llvm::SmallVector<llvm::SmallVector<int64_t, 7>, 4> coefficients;
  llvm::SmallVector<int64_t, 4> constants;
  /// Coordinates that may lie outside of the tensor; they read as `fill`.
  llvm::SmallVector<bool, 4> padding;
  double fill = 0.0;
  /// Of 64-bit integers the upper halves are read.
  bool isUpper = false;
  /// Of a slice of a fused group: planned to lie in local memory as a whole
  /// when the stage begins, or to stay there when it ends.
  bool isHeld = false;

  /// Coordinates that the loop box touches, before they are clipped.
  Box getRange(const Box &loops) const;
  /// The part of the tensor that the loop box touches.
  Box getRegion(const Box &loops) const;
  /// Whether any coordinate depends on loop `dim`.
  bool dependsOn(unsigned dim) const;
};

struct Stage {
  mlir::Operation *op = nullptr;
  llvm::SmallVector<int64_t> sizes;
  llvm::SmallVector<IteratorKind> kinds; // of npu.vector: row and reduction
  std::vector<StageOperand> inputs, outputs;

  bool isContract() const { return mlir::isa<ContractOp>(op); }
  bool isParallel(unsigned dim) const {
    return kinds[dim] != IteratorKind::reduction;
  }
  unsigned getNumLoops() const { return sizes.size(); }
  Box getLoops() const { return Box::ofShape(sizes); }
  const StageOperand *getInput(OperandRole role) const;
};

/// Fails with a diagnostic when `func` is not what the passes on stages take: a
/// declaration, or one block of stages and movements that are in use, on
/// tensors of fixed shape, and whatever has no use.
mlir::LogicalResult checkStageFunction(mlir::func::FuncOp func);
bool isStage(mlir::Operation *op);
/// Which slice of a fused group a stage computes; null for a stage of its own.
SliceAttr getSlice(mlir::Operation *stage);
void setSlice(mlir::Operation *stage, SliceAttr slice);
/// Whether a tensor is there before `stage` runs, so that it can be brought
/// meanwhile.
bool isThereBefore(mlir::Value tensor, mlir::Operation *stage);
/// Whether the stage's constants stay in local memory for the next slices.
bool keepsConstants(mlir::Operation *stage);
/// `op` must be a stage.
Stage getStage(mlir::Operation *op);

//===----------------------------------------------------------------------===//
// Decisions, kept in the schedule (#npu.schedule) of the stage
//===----------------------------------------------------------------------===//

/// The dimensions of the tensor from the slowest to the fastest in memory.
/// Row-major where it is not decided.
llvm::SmallVector<int64_t> getLayout(mlir::OpResult result);
void setLayouts(mlir::Operation *op,
                llvm::ArrayRef<llvm::SmallVector<int64_t>> layouts);

/// Cores that follow one another.
struct CoreGroup {
  int64_t first = 0, count = 1;

  static CoreGroup ofAll(const MachineDescription &machine) {
    return {0, machine.cores};
  }
};

/// How the loops of a stage are cut: see #npu.schedule.
struct StageSchedule {
  llvm::SmallVector<int64_t> split, tile, grain;
  int64_t firstCore = 0; // that of part 0; the others follow

  int64_t getNumParts() const;
  int64_t getCore(int64_t part) const { return firstCore + part; }
  /// The part of 0 .. getNumParts() - 1 that `core` has; nothing where it has
  /// none.
  std::optional<int64_t> findPart(int64_t core) const;
  /// The loops of part `part` of 0 .. getNumParts() - 1; may be empty.
  Box getPart(const Stage &stage, int64_t part) const;
  /// The part with the most grains along every loop; where there is one, with
  /// parts on both sides.
  int64_t getFullestPart(const Stage &stage) const;
};
/// Whether it is decided.
bool isScheduled(mlir::Operation *stage);
/// Empty where it is not decided.
StageSchedule getSchedule(mlir::Operation *stage);
StageSchedule getSchedule(const Stage &stage);
/// Fails with an error at a stage that has no schedule yet, or one for cores
/// that `machine` does not have.
mlir::LogicalResult checkScheduled(mlir::Operation *op,
                                   const MachineDescription &machine);
void setSchedule(mlir::Operation *stage, const StageSchedule &schedule);

/// Where a result lives; HomeKind::Split where it is not decided.
HomeKind getHome(mlir::OpResult result);
/// Fails with an error at a stage whose homes cannot be: one in the output
/// segment of a result that is not returned.
mlir::LogicalResult checkHomes(mlir::Operation *op);
void setHomes(mlir::Operation *op, llvm::ArrayRef<HomeKind> homes);

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGE_H
