//===- NearestName.h - Which name was meant ---------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_NEARESTNAME_H
#define GARAM_SUPPORT_NEARESTNAME_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace garam {

/// The one of `names` that takes the fewest edits from `text`; empty where all
/// take more than half of its letters, or than three, and are another word.
llvm::StringRef findNearestName(llvm::StringRef text,
                                llvm::ArrayRef<llvm::StringRef> names);

} // namespace garam

#endif // GARAM_SUPPORT_NEARESTNAME_H
