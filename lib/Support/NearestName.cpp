//===- NearestName.cpp - Which name was meant -----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/NearestName.h"

using namespace llvm;

namespace garam {

StringRef findNearestName(StringRef text, ArrayRef<StringRef> names) {
  constexpr unsigned mostEdits = 3;
  StringRef nearest;
  unsigned best = std::min<unsigned>(mostEdits, text.size() / 2) + 1;
  for (StringRef name : names) {
    unsigned distance =
        text.edit_distance(name, /*AllowReplacements=*/true, best);
    if (distance < best) {
      best = distance;
      nearest = name;
    }
  }
  return nearest;
}

} // namespace garam
