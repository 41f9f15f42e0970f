//===- Figures.h - Numbers as text ------------------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_FIGURES_H
#define GARAM_SUPPORT_FIGURES_H

#include "llvm/ADT/StringRef.h"

#include <string>

namespace garam {

/// A text that is read back as this number, of 6 digits where they do: "0.85",
/// "1e-09".
std::string formatNumber(double value);

/// For lists, in four digits: "1.5 GHz" of 1.5e9, 1e9 and "GHz".
std::string formatFigure(double value, double unit, llvm::StringRef name);

} // namespace garam

#endif // GARAM_SUPPORT_FIGURES_H
