//===- Figures.cpp - Numbers as text --------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/Figures.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace garam {

std::string formatNumber(double value) {
  std::string text;
  raw_string_ostream(text) << format("%.6g", value);
  double parsed;
  if (!StringRef(text).getAsDouble(parsed) && parsed == value)
    return text;
  text.clear();
  raw_string_ostream(text) << format("%.17g", value);
  return text;
}

std::string formatFigure(double value, double unit, StringRef name) {
  std::string text;
  raw_string_ostream(text) << format("%.4g ", value / unit) << name;
  return text;
}

} // namespace garam
