//===- ObservedRange.h - What values were observed to be --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_GARAMEXT_IR_OBSERVEDRANGE_H
#define GARAM_DIALECT_GARAMEXT_IR_OBSERVEDRANGE_H

#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Value.h"

#include <optional>

namespace garam::ext {

/// Of an argument of a function, or of an operation for its one result: the
/// least and the largest element that calibration has observed, as
/// array<f64: least, largest>.
constexpr llvm::StringLiteral rangeAttrName = "garam_ext.range";

/// The least and the largest element of a value that were observed.
struct ObservedRange {
  double min = 0, max = 0;
};

mlir::DenseF64ArrayAttr getRangeAttr(mlir::Value value);

/// What was observed of a value; nothing if nothing was.
std::optional<ObservedRange> getObservedRange(mlir::Value value);

/// Notes that on an argument of a function, or on the operation whose only
/// result the value is; of others nothing is noted.
void setObservedRange(mlir::Value value, ObservedRange range);

} // namespace garam::ext

#endif // GARAM_DIALECT_GARAMEXT_IR_OBSERVEDRANGE_H
