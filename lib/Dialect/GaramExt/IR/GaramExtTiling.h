//===- GaramExtTiling.h - Tiles of garam_ext operations ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_GARAMEXT_IR_GARAMEXTTILING_H
#define GARAM_LIB_DIALECT_GARAMEXT_IR_GARAMEXTTILING_H

#include "mlir/IR/MLIRContext.h"

namespace garam::ext {

/// Attaches TilingInterface and ReifyRankedShapedTypeOpInterface to the
/// operations of the dialect, which must be registered.
void attachTilingInterfaces(mlir::MLIRContext &context);

} // namespace garam::ext

#endif // GARAM_LIB_DIALECT_GARAMEXT_IR_GARAMEXTTILING_H
