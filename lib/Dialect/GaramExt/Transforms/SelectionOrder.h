//===- SelectionOrder.h - What comes first in a selection -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_GARAMEXT_TRANSFORMS_SELECTIONORDER_H
#define GARAM_LIB_DIALECT_GARAMEXT_TRANSFORMS_SELECTIONORDER_H

#include "garam/Dialect/GaramExt/Transforms/Selection.h"

namespace garam::ext {

/// Whether the scalar `other` comes before `own` in the order of the selection;
/// `isEarlier` is whether it stands before it.
mlir::Value isBefore(mlir::ImplicitLocOpBuilder &b, const Selection &rows,
                     mlir::Value other, mlir::Value own, mlir::Value isEarlier);

} // namespace garam::ext

#endif // GARAM_LIB_DIALECT_GARAMEXT_TRANSFORMS_SELECTIONORDER_H
