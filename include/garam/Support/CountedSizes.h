//===- CountedSizes.h - Results of a size of run time -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_COUNTEDSIZES_H
#define GARAM_SUPPORT_COUNTEDSIZES_H

#include "llvm/ADT/StringRef.h"

namespace garam {

/// Of a result of which only the first elements along `dimension` count: as
/// many as the result named `counter` says.
constexpr llvm::StringLiteral countedAttrName = "garam.counted";

} // namespace garam

#endif // GARAM_SUPPORT_COUNTEDSIZES_H
