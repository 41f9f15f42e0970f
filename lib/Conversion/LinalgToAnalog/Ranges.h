//===- Ranges.h - What values lie between -----------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_LINALGTOANALOG_RANGES_H
#define GARAM_LIB_CONVERSION_LINALGTOANALOG_RANGES_H

#include "garam/Dialect/Analog/IR/Analog.h"
#include "garam/Dialect/GaramExt/IR/ObservedRange.h"
#include "llvm/ADT/DenseMap.h"

namespace garam::analog {

/// The ranges of a function's values: observed ones, and guesses elsewhere.
class Ranges {
public:
  /// What a value lies between, with zero.
  ext::ObservedRange get(mlir::Value value);
  /// Tells how a product's result is made from inputs within `input`, in case
  /// its range must be guessed.
  void addResult(RescaleOp result, ext::ObservedRange input);
  bool hasGuessed() const { return isGuessed; }

private:
  ext::ObservedRange guess(mlir::Value origin);

  llvm::DenseMap<mlir::Value, ext::ObservedRange>
      inputs;             // of products, by result
  bool isGuessed = false; // a range that was asked for
};

/// The code bounds and the scale of a DAC for inputs within `range`: the scale
/// is its largest magnitude over `limit`.
DACAttr makeDAC(mlir::MLIRContext *context, ext::ObservedRange range,
                int32_t limit);

} // namespace garam::analog

#endif // GARAM_LIB_CONVERSION_LINALGTOANALOG_RANGES_H
