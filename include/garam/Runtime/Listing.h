//===- Listing.h - What a device binary has, for people ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_RUNTIME_LISTING_H
#define GARAM_RUNTIME_LISTING_H

#include "garam/Runtime/Executable.h"

namespace garam {

/// Prints the devices and links of a binary, its entry points with their steps,
/// its segments, and its programs with the numbers of their commands.
void printContents(const Executable &executable, llvm::raw_ostream &os);

} // namespace garam

#endif // GARAM_RUNTIME_LISTING_H
