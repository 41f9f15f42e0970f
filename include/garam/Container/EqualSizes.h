//===- EqualSizes.h - Sizes that a run has to have equal --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_CONTAINER_EQUALSIZES_H
#define GARAM_CONTAINER_EQUALSIZES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace garam {

/// A dimension of inputs whose size a run gives, with its bounds.
struct Symbol {
  std::string name;
  int64_t least = 0, most = 0;
};

/// A step of computing a size.
struct SizeTerm {
  enum class Kind : uint8_t {
    Constant, // `value`
    Symbol,   // the size of that number `value`
    Sum,
    Product,
    Quotient, // rounded down, by a divisor above 0
  };

  Kind kind = Kind::Constant;
  int64_t value = 0;
  /// Of an operation: numbers of earlier terms.
  uint32_t left = 0, right = 0;
};

/// A size as a term, and in words.
struct ComputedSize {
  uint32_t term = 0;
  std::string name;
};

/// Two sizes that a run has to have equal.
struct EqualSizes {
  std::vector<SizeTerm> terms;
  ComputedSize left, right;
  std::string node; // which needs it
};

/// Each number in `condition` refers to something that exists.
llvm::Error checkEqualSizes(const EqualSizes &condition, size_t numSymbols);

/// Both sizes of a run, of a condition that checkEqualSizes accepts; none where
/// one is no number of 64 bits.
std::optional<std::pair<int64_t, int64_t>>
computeSizes(const EqualSizes &condition, llvm::ArrayRef<int64_t> symbols);

/// So many sizes, and one, are tried to find those that fit; of longer ranges a
/// part says enough, for what fits repeats itself.
constexpr int64_t mostSizeTrials = 1 << 14;

/// Where `conditions[number]` is of one symbol: the sizes of it, of those
/// around what it has in `sizes`, that fit all conditions that are of it alone.
/// Ascending. None when the condition is of several symbols.
std::optional<std::vector<int64_t>>
listFittingSizes(llvm::ArrayRef<EqualSizes> conditions, size_t number,
                 llvm::ArrayRef<Symbol> symbols, llvm::ArrayRef<int64_t> sizes);

/// What the conditions that are of the symbol of `conditions[number]` alone
/// need of it, where these are multiples: "'h' must be a multiple of 16". Empty
/// where they are not.
std::string describeMultiples(llvm::ArrayRef<EqualSizes> conditions,
                              size_t number, llvm::ArrayRef<Symbol> symbols,
                              llvm::ArrayRef<int64_t> sizes);

} // namespace garam

#endif // GARAM_CONTAINER_EQUALSIZES_H
