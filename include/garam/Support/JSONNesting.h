//===- JSONNesting.h - How deep a JSON text goes ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_JSONNESTING_H
#define GARAM_SUPPORT_JSONNESTING_H

#include "llvm/ADT/StringRef.h"

namespace garam {

/// Whether objects and lists of a JSON text are at most `most` deep. To be
/// asked before a stranger's text is parsed: LLVM's parser recurses as deep as
/// its text does.
bool isJSONNestingBounded(llvm::StringRef text, unsigned most);

} // namespace garam

#endif // GARAM_SUPPORT_JSONNESTING_H
