//===- JSONNesting.cpp - How deep a JSON text goes ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/JSONNesting.h"

namespace garam {

bool isJSONNestingBounded(llvm::StringRef text, unsigned most) {
  unsigned depth = 0;
  bool inString = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (inString) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        inString = false;
    } else if (c == '"') {
      inString = true;
    } else if (c == '{' || c == '[') {
      if (++depth > most)
        return false;
    } else if (c == '}' || c == ']') {
      depth -= depth > 0;
    }
  }
  return true;
}

} // namespace garam
