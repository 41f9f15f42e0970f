//===- ChooseDevices.h - The default placement ------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_HETERO_TRANSFORMS_CHOOSEDEVICES_H
#define GARAM_LIB_DIALECT_HETERO_TRANSFORMS_CHOOSEDEVICES_H

#include "RegionQueries.h"
#include "garam/Dialect/Hetero/IR/Hetero.h"

namespace garam::hetero {

/// Chooses a device of `system`, by its number, for each unit of `graph` out of
/// those in `allowed`, of which there is at least one, so that the function
/// ends early by the devices' estimates (hetero-place says how).
std::vector<unsigned>
chooseDevices(mlir::func::FuncOp function, const PlacementGraph &graph,
              SystemAttr system,
              llvm::ArrayRef<llvm::SmallVector<unsigned>> allowed,
              RegionQueries &queries);

} // namespace garam::hetero

#endif // GARAM_LIB_DIALECT_HETERO_TRANSFORMS_CHOOSEDEVICES_H
