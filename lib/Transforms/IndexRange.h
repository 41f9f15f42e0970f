//===- IndexRange.h - Between what an index is ------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TRANSFORMS_INDEXRANGE_H
#define GARAM_LIB_TRANSFORMS_INDEXRANGE_H

#include "mlir/IR/Value.h"

#include <utility>

namespace garam {

/// The least and the greatest value that an index can have, by the arithmetic
/// that makes it; those of 64 bits where nothing says more.
std::pair<int64_t, int64_t> getIndexRange(mlir::Value index);

} // namespace garam

#endif // GARAM_LIB_TRANSFORMS_INDEXRANGE_H
