//===- SizeConditions.h - Conditions on sizes for the runtime ---*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DRIVER_SIZECONDITIONS_H
#define GARAM_LIB_DRIVER_SIZECONDITIONS_H

#include "garam/Container/Manifest.h"
#include "mlir/IR/BuiltinAttributes.h"

namespace garam {

/// Attribute `garam.conditions` (SizeEqualities.h), or null, in the form that
/// the runtime checks.
std::vector<EqualSizes> makeEqualSizes(mlir::ArrayAttr conditions,
                                       llvm::ArrayRef<Symbol> symbols);

/// What a caller should know of the conditions of `entry`: lines for people,
/// each once. Fails with a Model error where no size of a dimension fits.
llvm::Expected<std::vector<std::string>>
describeConditions(const EntryPoint &entry);

} // namespace garam

#endif // GARAM_LIB_DRIVER_SIZECONDITIONS_H
