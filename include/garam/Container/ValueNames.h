//===- ValueNames.h - Names of values of nodes ------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_CONTAINER_VALUENAMES_H
#define GARAM_CONTAINER_VALUENAMES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <string>

namespace garam {

/// The part of a value's name (DeviceValue) that is the id of one of `nodes`:
/// what is behind it is nothing, or the number of an output. Empty when it is
/// the value of no node.
llvm::StringRef getNodeId(llvm::StringRef value,
                          llvm::ArrayRef<std::string> nodes);

} // namespace garam

#endif // GARAM_CONTAINER_VALUENAMES_H
