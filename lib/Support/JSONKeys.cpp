//===- JSONKeys.cpp - Keys that JSON objects have twice -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/JSONKeys.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/Support/JSON.h"

#include <vector>

namespace garam {

/// The end of the string that begins at `start`, behind its quotation mark.
static size_t findEnd(llvm::StringRef text, size_t start) {
  size_t end = start + 1;
  while (end < text.size() && text[end] != '"')
    end += text[end] == '\\' ? 2 : 1;
  return std::min(end + 1, text.size());
}

static JSONKeyPlace locate(llvm::StringRef text, size_t offset,
                           llvm::StringRef key) {
  llvm::StringRef before = text.take_front(offset);
  size_t lineStart = before.rfind('\n') + 1; // npos + 1 is 0
  return {key.str(), static_cast<unsigned>(before.count('\n')) + 1,
          static_cast<unsigned>(offset - lineStart) + 1};
}

std::optional<JSONKeyPlace> findRepeatedKey(llvm::StringRef text) {
  std::vector<llvm::StringSet<>> open; // keys of objects, of lists none
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '{' || c == '[') {
      open.emplace_back();
    } else if ((c == '}' || c == ']') && !open.empty()) {
      open.pop_back();
    } else if (c == '"') {
      size_t end = findEnd(text, i);
      size_t next = text.find_first_not_of(" \t\r\n", end);
      bool isKey = next != llvm::StringRef::npos && text[next] == ':';
      if (isKey && !open.empty()) {
        // Without escapes, which are several ways to write one key.
        llvm::Expected<llvm::json::Value> key =
            llvm::json::parse(text.slice(i, end));
        if (!key)
          llvm::consumeError(key.takeError());
        else if (std::optional<llvm::StringRef> name = key->getAsString();
                 name && !open.back().insert(*name).second)
          return locate(text, i, *name);
      }
      i = end - 1;
    }
  }
  return std::nullopt;
}

} // namespace garam
