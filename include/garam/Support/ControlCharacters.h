//===- ControlCharacters.h - Texts that are safe to print -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_CONTROLCHARACTERS_H
#define GARAM_SUPPORT_CONTROLCHARACTERS_H

#include "llvm/ADT/StringRef.h"

#include <string>

namespace garam {

/// `text` with "\xHH" for each control character of Unicode: what a terminal
/// would obey, and line feeds, which would let a stranger's name pass for a
/// message of ours. What comes of it is left as it is.
std::string escapeControlCharacters(llvm::StringRef text);

} // namespace garam

#endif // GARAM_SUPPORT_CONTROLCHARACTERS_H
