//===- ControlCharacters.cpp - Texts that are safe to print ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/ControlCharacters.h"

#include "llvm/ADT/StringExtras.h"

#include <optional>

using namespace llvm;

namespace garam {

/// The control character that `text` begins with, which is taken off it: of
/// Unicode's category Cc, which are C0, DEL and C1.
static std::optional<unsigned> takeControl(StringRef &text) {
  unsigned first = static_cast<unsigned char>(text[0]);
  if (first < 0x20 || first == 0x7f) {
    text = text.drop_front();
    return first;
  }
  // U+0080 to U+009F are, in UTF-8, 0xC2 and the code.
  constexpr unsigned firstByteOfC1 = 0xc2;
  if (first != firstByteOfC1 || text.size() == 1)
    return std::nullopt;
  unsigned second = static_cast<unsigned char>(text[1]);
  if (second < 0x80 || second >= 0xa0)
    return std::nullopt;
  text = text.drop_front(2);
  return second;
}

std::string escapeControlCharacters(StringRef text) {
  std::string escaped;
  while (!text.empty()) {
    if (std::optional<unsigned> code = takeControl(text)) {
      escaped += "\\x" + utohexstr(*code, /*LowerCase=*/false, /*Width=*/2);
      continue;
    }
    escaped += text[0];
    text = text.drop_front();
  }
  return escaped;
}

} // namespace garam
