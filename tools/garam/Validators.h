//===- Validators.h - Checks of options' values -----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TOOLS_GARAM_VALIDATORS_H
#define GARAM_TOOLS_GARAM_VALIDATORS_H

#include <cstdint>
#include <functional>
#include <string>

namespace garam::tool {

/// A check of the text of an option, as CLI11 takes it: empty when the text is
/// good, else what is wrong with it.
using Validator = std::function<std::string(const std::string &)>;

/// Decimal digits of a number from `least` to `most`. CLI11 itself wraps "-1",
/// and takes what is beyond the largest number of a type for that number.
Validator isNumber(uint64_t least, uint64_t most);

/// More threads than any machine has, few enough to be made.
constexpr uint64_t maxThreads = 4096;

/// A number of seconds from 0 to `most`. CLI::Range lets "nan" pass.
Validator areSecondsUpTo(double most);

/// A text that is not empty.
Validator isNotEmpty();

} // namespace garam::tool

#endif // GARAM_TOOLS_GARAM_VALIDATORS_H
