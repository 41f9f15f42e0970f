//===- Ranges.h - What values lie between -----------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_LINALGTOANALOG_RANGES_H
#define GARAM_LIB_CONVERSION_LINALGTOANALOG_RANGES_H

#include "garam/Dialect/Analog/IR/Analog.h"
#include "garam/Target/DeviceTarget.h"

namespace garam::analog {

/// The ranges of a function's values: observed ones, and guesses elsewhere.
class Ranges {
public:
  explicit Ranges(const llvm::StringMap<ObservedRange> &observed)
      : observed(observed) {}

  /// What a value lies between, with zero.
  ObservedRange get(mlir::Value value);
  /// Tells how a product's result is made from inputs within `input`, in case
  /// its range must be guessed.
  void addResult(RescaleOp result, ObservedRange input);
  bool hasGuessed() const { return isGuessed; }

private:
  ObservedRange guess(mlir::Value origin);

  const llvm::StringMap<ObservedRange> &observed;
  llvm::DenseMap<mlir::Value, ObservedRange> inputs; // of products, by result
  bool isGuessed = false; // a range that was asked for
};

/// The code bounds and the scale of a DAC for inputs within `range`: the scale
/// is its largest magnitude over `limit`.
DACAttr makeDAC(mlir::MLIRContext *context, ObservedRange range, int32_t limit);

} // namespace garam::analog

#endif // GARAM_LIB_CONVERSION_LINALGTOANALOG_RANGES_H
