//===- NonFiniteWeights.h - Weights that a device cannot hold ---*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_NONFINITEWEIGHTS_H
#define GARAM_TARGET_NONFINITEWEIGHTS_H

#include "garam/Target/DeviceProgram.h"
#include "mlir/IR/BuiltinAttributes.h"

namespace garam {

/// The first element of `weights` that is no finite number as `type`, a type of
/// floats, where `written` says that there is one: that is those elements, or
/// some, as `type` and little endian. Most weights are finite, and then this
/// costs a look at `written` alone.
///
/// Where they `mayBeBounds`, infinities of constants that are inline are not
/// meant: the compiler has made them, as for a maximum to begin with.
std::optional<NonFiniteWeight> findNonFinite(mlir::ElementsAttr weights,
                                             DataType type,
                                             llvm::ArrayRef<uint8_t> written,
                                             bool mayBeBounds);

} // namespace garam

#endif // GARAM_TARGET_NONFINITEWEIGHTS_H
