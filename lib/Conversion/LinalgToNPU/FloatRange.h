//===- FloatRange.h - How large a float of a body may be --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_LINALGTONPU_FLOATRANGE_H
#define GARAM_LIB_CONVERSION_LINALGTONPU_FLOATRANGE_H

#include "mlir/IR/Value.h"

namespace garam::npu {

/// Whether the float `value` of a linalg body, rounded to an integer, is known
/// to fit a register of 32 bits: by its type, or by what the body and those of
/// the operations whose results it reads make it of. NaN, of which conversions
/// make 0, fits.
bool isWithinRegister(mlir::Value value);

} // namespace garam::npu

#endif // GARAM_LIB_CONVERSION_LINALGTONPU_FLOATRANGE_H
