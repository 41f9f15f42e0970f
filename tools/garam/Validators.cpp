//===- Validators.cpp - Checks of options' values -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Validators.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;

namespace garam::tool {

Validator isNumber(uint64_t least, uint64_t most) {
  return [least, most](const std::string &text) -> std::string {
    uint64_t number;
    if (all_of(text, isDigit) && !StringRef(text).getAsInteger(10, number) &&
        number >= least && number <= most)
      return "";
    return "'" + text + "': needed an integer from " + utostr(least) + " to " +
           utostr(most);
  };
}

Validator areSecondsUpTo(double most) {
  return [most](const std::string &text) -> std::string {
    double seconds;
    if (!StringRef(text).getAsDouble(seconds) && seconds >= 0 &&
        seconds <= most)
      return "";
    return "'" + text + "': needed seconds from 0 to " +
           formatv("{0:f0}", most).str();
  };
}

Validator isNotEmpty() {
  return [](const std::string &text) -> std::string {
    return text.empty() ? "needed a text that is not empty" : "";
  };
}

} // namespace garam::tool
