//===- Selection.h - The greatest elements of each row ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_GARAMEXT_TRANSFORMS_SELECTION_H
#define GARAM_DIALECT_GARAMEXT_TRANSFORMS_SELECTION_H

#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace garam::ext {

/// The rows of a tensor along `axis`, whose size is known and below 2^31, and
/// which of their elements are wanted: `count`, greatest or least first, of
/// equals the one that stands first. A NaN comes before every number.
struct Selection {
  mlir::Value input;
  int64_t axis = 0, count = 0;
  bool wantsLargest = true, isUnsigned = false;

  mlir::RankedTensorType getType() const {
    return mlir::cast<mlir::RankedTensorType>(input.getType());
  }
};

/// The one that `op` asks for.
Selection getSelection(TopKOp op);

/// What a selection yields: elements, and their positions in the row as i32.
struct Selected {
  mlir::Value values, positions;
};

/// `count` times the extremum of what is left, all rows at once: a loop whose
/// steps take the time of a few passes over the input. Other dimensions may be
/// of run time.
Selected selectByLoop(mlir::ImplicitLocOpBuilder &b,
                      const Selection &selection);

/// Each row by itself, in loops over single elements: a pass over it finds
/// candidates, which are sorted by merging whenever there is no room for more.
/// It takes n log k steps for `count` k of n elements, and with most of what is
/// wanted not at the row's end little more than n; the buffers hold two rows or
/// less. Other dimensions may be of run time.
Selected selectBySorting(mlir::ImplicitLocOpBuilder &b,
                         const Selection &selection);

/// The first of these where it takes no more steps than the second has passes
/// to sort by, else the second.
Selected selectInLessTime(mlir::ImplicitLocOpBuilder &b,
                          const Selection &selection);

/// The place of an element among those of its row is the number of those that
/// come before it: without a loop, with the square of the row's size in
/// comparisons. The shape is static.
Selected selectByRanks(mlir::ImplicitLocOpBuilder &b,
                       const Selection &selection);

} // namespace garam::ext

#endif // GARAM_DIALECT_GARAMEXT_TRANSFORMS_SELECTION_H
