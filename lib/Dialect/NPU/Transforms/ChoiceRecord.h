//===- ChoiceRecord.h - What was chosen, and what was next best -*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_CHOICERECORD_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_CHOICERECORD_H

#include "Stage.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"

namespace garam::npu {

/// A schedule of a stage for people: "4 parts by row, 2 parts by column; tiles
/// of 7 x 56 by row, 64 by column, 64 by reduction".
std::string describe(mlir::Operation *stage, const StageSchedule &schedule);

/// Collects choices for the attribute `npu.choices` of a function.
class ChoiceRecord {
public:
  /// Notes that for the stages at `loc` `next` would have taken `seconds`
  /// longer than `chosen`, or at least so much. What is known of the slices of
  /// one stage adds up, in the words of the first.
  void add(mlir::Location loc, std::string chosen, std::string next,
           double seconds, bool isExact);
  /// Appends all to those that the function has.
  void addTo(mlir::func::FuncOp func) const;

private:
  struct Choice {
    std::string chosen, next;
    double seconds;
    bool isExact;
  };
  llvm::MapVector<mlir::Location, Choice> choices;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_CHOICERECORD_H
