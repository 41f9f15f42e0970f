//===- SizeConditions.cpp - Conditions on sizes for the runtime -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "SizeConditions.h"

#include "garam/Support/Errors.h"
#include "garam/Support/SizeEqualities.h"

using namespace mlir;

namespace garam {

/// Appends what computes `size`, whose value is the last term; a term that is
/// there stays the only one of its kind.
static uint32_t addTerms(AffineExpr size, std::vector<SizeTerm> &terms,
                         DenseMap<AffineExpr, uint32_t> &known) {
  if (auto found = known.find(size); found != known.end())
    return found->second;
  SizeTerm term;
  if (auto constant = dyn_cast<AffineConstantExpr>(size)) {
    term.value = constant.getValue();
  } else if (auto symbol = dyn_cast<AffineSymbolExpr>(size)) {
    term.kind = SizeTerm::Kind::Symbol;
    term.value = symbol.getPosition();
  } else {
    // Normalised sizes are of these three, and quotients by 0.
    auto binary = cast<AffineBinaryOpExpr>(size);
    term.kind = size.getKind() == AffineExprKind::Add ? SizeTerm::Kind::Sum
                : size.getKind() == AffineExprKind::Mul
                    ? SizeTerm::Kind::Product
                    : SizeTerm::Kind::Quotient;
    term.left = addTerms(binary.getLHS(), terms, known);
    term.right = addTerms(binary.getRHS(), terms, known);
  }
  terms.push_back(term);
  return known[size] = terms.size() - 1;
}

std::vector<EqualSizes> makeEqualSizes(ArrayAttr conditions,
                                       ArrayRef<Symbol> symbols) {
  std::vector<SizeSymbol> names;
  for (const Symbol &symbol : symbols)
    names.push_back({symbol.name, symbol.least, symbol.most});
  std::vector<EqualSizes> result;
  for (const SizeCondition &condition : readConditions(conditions)) {
    EqualSizes sizes;
    DenseMap<AffineExpr, uint32_t> known;
    auto compute = [&](AffineExpr size) {
      uint32_t term = addTerms(normalizeSize(size), sizes.terms, known);
      return ComputedSize{term, describeSize(size, names)};
    };
    sizes.left = compute(condition.left);
    sizes.right = compute(condition.right);
    sizes.node = condition.node;
    result.push_back(std::move(sizes));
  }
  return result;
}

llvm::Expected<std::vector<std::string>>
describeConditions(const EntryPoint &entry) {
  SmallVector<int64_t> least;
  for (const Symbol &symbol : entry.symbols)
    least.push_back(symbol.least);
  bool areAllTried = llvm::all_of(entry.symbols, [](const Symbol &symbol) {
    return symbol.most - symbol.least <= mostSizeTrials;
  });
  std::vector<std::string> lines;
  for (auto [number, condition] : llvm::enumerate(entry.conditions)) {
    std::string need = "node '" + condition.node + "' needs sizes " +
                       condition.left.name + " and " + condition.right.name +
                       " to be equal";
    auto fitting =
        listFittingSizes(entry.conditions, number, entry.symbols, least);
    if (fitting && fitting->empty() && areAllTried)
      return makeUserError(ExitCode::Model,
                           need + ", which they are in no run; hint: give the "
                                  "dimension other bounds with --dim "
                                  "NAME=LEAST..MOST");
    std::string multiples =
        describeMultiples(entry.conditions, number, entry.symbols, least);
    std::string line = (multiples.empty() ? need : multiples) +
                       " in each run, others are refused";
    if (!llvm::is_contained(lines, line))
      lines.push_back(std::move(line));
  }
  return lines;
}

} // namespace garam
