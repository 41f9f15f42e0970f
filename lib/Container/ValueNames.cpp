//===- ValueNames.cpp - Names of values of nodes --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Container/ValueNames.h"

#include "llvm/ADT/STLExtras.h"

using namespace llvm;

namespace garam {

StringRef getNodeId(StringRef value, ArrayRef<std::string> nodes) {
  if (is_contained(nodes, value))
    return value;
  auto [id, output] = value.rsplit(':');
  return is_contained(nodes, id) ? id : StringRef();
}

} // namespace garam
