//===- Einsum.cpp - Einsum ------------------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Operands are multiplied from left to right; each product is summed at once
// over the labels that neither the result nor a later operand has.
//
//===----------------------------------------------------------------------===//

#include "Constants.h"
#include "Contraction.h"
#include "OperatorTable.h"
#include "StructuredBuilders.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace garam::onnx {

namespace {

/// One name per dimension: a letter, or for one that "..." stands for its
/// distance from the last of those, which is negative.
using Labels = SmallVector<int>;

struct Term {
  Value value;
  Labels labels;
};

class Einsum {
public:
  Einsum(NodeAccessor &node) : node(node), b(node.b) {}

  LogicalResult lower();

private:
  FailureOr<Labels> parse(StringRef text, std::optional<int64_t> rank);
  LogicalResult readEquation();
  LogicalResult recordSizes(const Term &term);
  Labels getImplicitResult();
  AffineMap getMap(const Term &term, ArrayRef<int> loops, bool broadcasts);
  Value makeProduct(ArrayRef<Term> factors, const Labels &labels);
  InFlightDiagnostic reportEquation() {
    return node.error() << "attribute 'equation' is '"
                        << node.getString("equation", "") << "', but ";
  }

  NodeAccessor &node;
  ImplicitLocOpBuilder &b;
  SmallVector<Term> terms;
  Labels result;
  /// How many dimensions "..." stands for at most.
  int ellipsisRank = 0;
  llvm::MapVector<int, OpFoldResult> sizes;
};

} // namespace

/// The labels of a term; `rank` is that of its operand, none for the result.
FailureOr<Labels> Einsum::parse(StringRef text, std::optional<int64_t> rank) {
  Labels labels;
  StringRef rest = text;
  bool hasEllipsis = false;
  while (!rest.empty()) {
    if (!hasEllipsis && rest.consume_front("...")) {
      int letters = labels.size() + rest.size();
      int count = rank ? *rank - letters : ellipsisRank;
      ellipsisRank = std::max(ellipsisRank, count);
      for (int i = -count; i < 0; ++i)
        labels.push_back(i);
      hasEllipsis = true;
      continue;
    }
    if (!llvm::isAlpha(rest.front()))
      return reportEquation()
             << "'" << text << "' must consist of letters and one ellipsis";
    labels.push_back(rest.front());
    rest = rest.drop_front();
  }
  if (rank && int64_t(labels.size()) != *rank)
    return reportEquation()
           << "'" << text << "' does not fit " << *rank << " dimensions";
  return labels;
}

/// A size other than 1 is that of the label; 1 broadcasts.
LogicalResult Einsum::recordSizes(const Term &term) {
  Sizes own = getSizes(b, term.value);
  for (auto [label, size] : llvm::zip_equal(term.labels, own)) {
    OpFoldResult &known = sizes.insert({label, size}).first->second;
    std::optional<int64_t> old = getConstantIntValue(known);
    std::optional<int64_t> found = getConstantIntValue(size);
    if (old && found && *old != *found && *old != 1 && *found != 1)
      return reportEquation() << "the sizes of a dimension that it names twice "
                                 "differ: "
                              << *old << " and " << *found;
    if (old == 1 || (!old && found && *found != 1))
      known = size;
  }
  return success();
}

/// Without "->" the result has what "..." stands for and, in the order of the
/// alphabet, the letters that are there once.
Labels Einsum::getImplicitResult() {
  std::map<int, int> counts;
  for (const Term &term : terms)
    for (int label : term.labels)
      ++counts[label];
  Labels labels;
  for (auto [label, count] : counts)
    if (label < 0 || count == 1)
      labels.push_back(label);
  return labels;
}

LogicalResult Einsum::readEquation() {
  std::string equation;
  llvm::copy_if(node.getString("equation", ""), std::back_inserter(equation),
                [](char c) { return c != ' '; });
  auto [operands, output] = StringRef(equation).split("->");
  SmallVector<StringRef> texts;
  operands.split(texts, ',');
  if (texts.size() != node.getNumInputs())
    return reportEquation() << node.getNumInputs() << " operands are given";
  if (failed(node.checkSameElementType(0, node.getNumInputs())))
    return failure();
  for (auto [i, text] : llvm::enumerate(texts)) {
    FailureOr<Labels> labels = parse(text, node.getRank(i));
    if (failed(labels))
      return failure();
    terms.push_back({node.getInput(i), *labels});
    if (failed(recordSizes(terms.back())))
      return failure();
  }
  if (!StringRef(equation).contains("->")) {
    result = getImplicitResult();
    return success();
  }
  FailureOr<Labels> labels = parse(output, std::nullopt);
  if (failed(labels))
    return failure();
  result = *labels;
  for (auto [i, label] : llvm::enumerate(result))
    if (!sizes.contains(label) ||
        llvm::is_contained(ArrayRef(result).drop_front(i + 1), label))
      return reportEquation() << "each dimension of the result must be one of "
                                 "an operand, and be there once";
  return success();
}

/// The coordinates of a term in a nest of `loops`. A dimension of size 1 that
/// broadcasts is read at 0.
AffineMap Einsum::getMap(const Term &term, ArrayRef<int> loops,
                         bool broadcasts) {
  SmallVector<AffineExpr> coordinates;
  Sizes own = getSizes(b, term.value);
  for (auto [label, size] : llvm::zip_equal(term.labels, own)) {
    bool isRepeated = broadcasts && getConstantIntValue(size) == 1 &&
                      getConstantIntValue(sizes[label]) != 1;
    const int *loop = llvm::find(loops, label);
    coordinates.push_back(isRepeated
                              ? b.getAffineConstantExpr(0)
                              : b.getAffineDimExpr(loop - loops.begin()));
  }
  return AffineMap::get(loops.size(), 0, coordinates, b.getContext());
}

/// The product of one or two factors, summed over what is not in `labels`.
Value Einsum::makeProduct(ArrayRef<Term> factors, const Labels &labels) {
  Labels loops = labels;
  for (const Term &factor : factors)
    for (int label : factor.labels)
      if (!llvm::is_contained(loops, label))
        loops.push_back(label);
  Sizes outputSizes;
  for (int label : labels)
    outputSizes.push_back(sizes[label]);
  Type type = getAccumulatorType(node.getElementType());
  Value init = makeFilled(b, outputSizes, getScalarAttr(type, 0));
  SmallVector<AffineMap> maps;
  for (const Term &factor : factors)
    maps.push_back(getMap(factor, loops, /*broadcasts=*/true));
  maps.push_back(getMap({init, labels}, loops, /*broadcasts=*/false));
  if (factors.size() == 2)
    return makeContraction(b, factors[0].value, factors[1].value, init, maps);

  SmallVector<utils::IteratorType> iterators(loops.size(),
                                             utils::IteratorType::reduction);
  std::fill_n(iterators.begin(), labels.size(), utils::IteratorType::parallel);
  auto sum = [&](OpBuilder &nested, Location loc, ValueRange s) {
    ImplicitLocOpBuilder inner(loc, nested);
    Value element = s[0];
    if (element.getType() != type)
      element = arith::ExtFOp::create(inner, type, element);
    Value total = isFloat(type)
                      ? arith::AddFOp::create(inner, s[1], element).getResult()
                      : arith::AddIOp::create(inner, s[1], element).getResult();
    linalg::YieldOp::create(inner, total);
  };
  return linalg::GenericOp::create(b, init.getType(), factors[0].value, init,
                                   maps, iterators, sum)
      .getResult(0);
}

LogicalResult Einsum::lower() {
  if (failed(readEquation()))
    return failure();
  Type type = node.getElementType();
  Term product = terms.front();
  if (terms.size() == 1)
    product = {makeProduct(terms, result), result};
  for (size_t i = 1; i < terms.size(); ++i) {
    Labels kept;
    auto isNeeded = [&](int label) {
      return llvm::is_contained(result, label) ||
             llvm::any_of(ArrayRef(terms).drop_front(i + 1),
                          [&](const Term &later) {
                            return llvm::is_contained(later.labels, label);
                          });
    };
    if (i + 1 == terms.size()) {
      kept = result;
    } else {
      for (const Term &term : {product, terms[i]})
        for (int label : term.labels)
          if (isNeeded(label) && !llvm::is_contained(kept, label))
            kept.push_back(label);
    }
    Value value = makeProduct({product, terms[i]}, kept);
    product = {castFloat(b, value, type), kept};
  }
  return node.setOutput(castFloat(b, product.value, type));
}

static LogicalResult lowerEinsum(NodeAccessor &node) {
  return Einsum(node).lower();
}

void registerEinsum(OperatorTable &table) {
  table.add("Einsum", 1, lowerEinsum);
}

} // namespace garam::onnx
