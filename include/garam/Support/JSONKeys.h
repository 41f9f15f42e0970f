//===- JSONKeys.h - Keys that JSON objects have twice -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_JSONKEYS_H
#define GARAM_SUPPORT_JSONKEYS_H

#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>

namespace garam {

/// A key of an object in a JSON text, with the line and column, from 1, where
/// it stands.
struct JSONKeyPlace {
  std::string key;
  unsigned line, column;
};

/// The first key of a JSON text that its object has before already. LLVM's
/// parser keeps one of the two and says nothing.
std::optional<JSONKeyPlace> findRepeatedKey(llvm::StringRef text);

} // namespace garam

#endif // GARAM_SUPPORT_JSONKEYS_H
