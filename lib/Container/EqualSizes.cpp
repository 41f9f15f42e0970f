//===- EqualSizes.cpp - Sizes that a run has to have equal ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Container/EqualSizes.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;

namespace garam {

static bool isOperation(const SizeTerm &term) {
  return term.kind != SizeTerm::Kind::Constant &&
         term.kind != SizeTerm::Kind::Symbol;
}

Error checkEqualSizes(const EqualSizes &condition, size_t numSymbols) {
  auto fail = [&](const Twine &message) {
    return createStringError(inconvertibleErrorCode(),
                             "manifest: the condition of node '" +
                                 condition.node + "' " + message);
  };
  for (auto [number, term] : enumerate(condition.terms)) {
    if (term.kind == SizeTerm::Kind::Symbol &&
        (term.value < 0 || uint64_t(term.value) >= numSymbols))
      return fail("is of symbol " + Twine(term.value) + " of " +
                  Twine(numSymbols));
    if (isOperation(term) && std::max(term.left, term.right) >= number)
      return fail("has term " + Twine(number) + " of terms " +
                  Twine(term.left) + " and " + Twine(term.right) +
                  ", which are not earlier ones");
  }
  for (const ComputedSize &size : {condition.left, condition.right})
    if (size.term >= condition.terms.size())
      return fail("compares term " + Twine(size.term) + " of " +
                  Twine(condition.terms.size()));
  return Error::success();
}

static std::optional<int64_t> compute(SizeTerm::Kind kind, int64_t left,
                                      int64_t right) {
  int64_t result = 0;
  bool overflows = false;
  switch (kind) {
  case SizeTerm::Kind::Sum:
    overflows = AddOverflow(left, right, result);
    break;
  case SizeTerm::Kind::Product:
    overflows = MulOverflow(left, right, result);
    break;
  case SizeTerm::Kind::Quotient:
    if (right <= 0)
      return std::nullopt;
    return divideFloorSigned(left, right);
  case SizeTerm::Kind::Constant:
  case SizeTerm::Kind::Symbol:
    break;
  }
  return overflows ? std::nullopt : std::optional(result);
}

std::optional<std::pair<int64_t, int64_t>>
computeSizes(const EqualSizes &condition, ArrayRef<int64_t> symbols) {
  std::vector<int64_t> values;
  for (const SizeTerm &term : condition.terms) {
    if (!isOperation(term)) {
      values.push_back(term.kind == SizeTerm::Kind::Symbol ? symbols[term.value]
                                                           : term.value);
      continue;
    }
    auto value = compute(term.kind, values[term.left], values[term.right]);
    if (!value)
      return std::nullopt;
    values.push_back(*value);
  }
  return std::pair(values[condition.left.term], values[condition.right.term]);
}

/// The one symbol that a condition is of, if it is of one.
static std::optional<int64_t> getOnlySymbol(const EqualSizes &condition) {
  std::optional<int64_t> only;
  for (const SizeTerm &term : condition.terms) {
    if (term.kind != SizeTerm::Kind::Symbol)
      continue;
    if (only && *only != term.value)
      return std::nullopt;
    only = term.value;
  }
  return only;
}

/// The first and the last of the sizes of a symbol that are tried.
static std::pair<int64_t, int64_t> getTrials(const Symbol &symbol,
                                             int64_t given) {
  int64_t least = std::max(symbol.least, given - mostSizeTrials / 2);
  return {least, least + std::min(symbol.most - least, mostSizeTrials)};
}

std::optional<std::vector<int64_t>>
listFittingSizes(ArrayRef<EqualSizes> conditions, size_t number,
                 ArrayRef<Symbol> symbols, ArrayRef<int64_t> sizes) {
  std::optional<int64_t> symbol = getOnlySymbol(conditions[number]);
  if (!symbol)
    return std::nullopt;
  SmallVector<const EqualSizes *> own;
  for (const EqualSizes &condition : conditions)
    if (getOnlySymbol(condition) == symbol)
      own.push_back(&condition);
  std::vector<int64_t> fitting;
  SmallVector<int64_t> trial(sizes);
  auto [least, most] = getTrials(symbols[*symbol], sizes[*symbol]);
  for (int64_t size = least;; ++size) {
    trial[*symbol] = size;
    bool fits = all_of(own, [&](const EqualSizes *condition) {
      auto values = computeSizes(*condition, trial);
      return values && values->first == values->second;
    });
    if (fits)
      fitting.push_back(size);
    if (size == most)
      return fitting;
  }
}

std::string describeMultiples(ArrayRef<EqualSizes> conditions, size_t number,
                              ArrayRef<Symbol> symbols,
                              ArrayRef<int64_t> sizes) {
  auto fitting = listFittingSizes(conditions, number, symbols, sizes);
  if (!fitting || fitting->size() < 2)
    return "";
  int64_t symbol = *getOnlySymbol(conditions[number]);
  auto [least, most] = getTrials(symbols[symbol], sizes[symbol]);
  int64_t step = (*fitting)[1] - (*fitting)[0];
  int64_t count = most / step - divideCeilSigned(least, step) + 1;
  bool areMultiples =
      count == int64_t(fitting->size()) &&
      all_of(*fitting, [&](int64_t size) { return size % step == 0; });
  return areMultiples ? ("'" + symbols[symbol].name +
                         "' must be a multiple of " + Twine(step))
                            .str()
                      : "";
}

} // namespace garam
