//===- EvaluateProducts.cpp - Sums of products of small tensors -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "EvaluateNode.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"

#include <map>

using namespace mlir;

namespace garam::onnx {
namespace {

/// A name for each dimension: a letter or, of those that "..." stands for, how
/// far it is from behind the last of them, negative.
using Labels = SmallVector<int>;

struct Equation {
  SmallVector<Labels> operands;
  Labels result;
};

/// The labels of a term, whose "..." stands for `numHidden` dimensions.
std::optional<Labels> parseTerm(StringRef text, int64_t numHidden) {
  Labels labels;
  while (!text.empty()) {
    if (text.consume_front("...")) {
      for (int64_t i = -numHidden; i < 0; ++i)
        labels.push_back(int(i));
      continue;
    }
    if (!llvm::isAlpha(text.front()))
      return std::nullopt;
    labels.push_back(text.front());
    text = text.drop_front();
  }
  return labels;
}

/// Without "->": what "..." stands for, and the letters that are there once in
/// the order of the alphabet.
Labels getImplicitResult(ArrayRef<Labels> operands) {
  std::map<int, int> counts;
  for (const Labels &labels : operands)
    for (int label : labels)
      ++counts[label];
  Labels result;
  for (auto [label, count] : counts)
    if (label < 0 || count == 1)
      result.push_back(label);
  return result;
}

std::optional<Equation> parseEquation(StringRef given,
                                      ArrayRef<const SmallTensor *> values) {
  std::string text;
  llvm::copy_if(given, std::back_inserter(text),
                [](char c) { return c != ' '; });
  auto [left, right] = StringRef(text).split("->");
  SmallVector<StringRef> terms;
  left.split(terms, ',');
  if (terms.size() != values.size())
    return std::nullopt;
  Equation equation;
  int64_t mostHidden = 0;
  for (auto [term, value] : llvm::zip_equal(terms, values)) {
    int64_t numLetters = llvm::count_if(term, llvm::isAlpha);
    int64_t numHidden = value->getRank() - numLetters;
    auto labels = parseTerm(term, std::max<int64_t>(numHidden, 0));
    if (!labels || int64_t(labels->size()) != value->getRank())
      return std::nullopt;
    mostHidden = std::max(mostHidden, numHidden);
    equation.operands.push_back(std::move(*labels));
  }
  if (!StringRef(text).contains("->")) {
    equation.result = getImplicitResult(equation.operands);
    return equation;
  }
  auto labels = parseTerm(right, mostHidden);
  if (!labels)
    return std::nullopt;
  equation.result = std::move(*labels);
  return equation;
}

/// The size of each label, those of the result first; none when the sizes of
/// one differ, or the result has one twice, or one that no operand has.
std::optional<llvm::MapVector<int, int64_t>>
findSizes(const Equation &equation, ArrayRef<const SmallTensor *> values) {
  llvm::MapVector<int, int64_t> sizes;
  for (int label : equation.result)
    sizes[label] = -1;
  if (sizes.size() != equation.result.size())
    return std::nullopt;
  for (auto [labels, value] : llvm::zip_equal(equation.operands, values))
    for (auto [label, size] : llvm::zip_equal(labels, value->shape)) {
      int64_t &known = sizes.insert({label, size}).first->second;
      if (known == -1 || known == 1)
        known = size;
      else if (size != 1 && size != known)
        return std::nullopt;
    }
  if (llvm::any_of(sizes, [](auto entry) { return entry.second < 0; }))
    return std::nullopt;
  return sizes;
}

/// How far an operand's element moves when one label's index grows by one.
SmallVector<int64_t> getSteps(const llvm::MapVector<int, int64_t> &sizes,
                              const Labels &labels, ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides = getStrides(shape), steps;
  for (auto [label, ignored] : sizes) {
    steps.push_back(0);
    for (auto [own, stride, size] : llvm::zip_equal(labels, strides, shape))
      steps.back() += own == label && size != 1 ? stride : 0;
  }
  return steps;
}

/// Of how many products each element of a result is the sum of, at most and on
/// average over results of the greatest size.
constexpr int64_t kMaxDepth = 16;

/// Products of known elements, summed over the labels that the result has not.
class Sums {
public:
  Sums(const NodeInputs &in, const Equation &equation)
      : in(in), equation(equation) {}

  std::optional<Results> compute() {
    auto sizes = findSizes(equation, in.values);
    if (!sizes)
      return std::nullopt;
    for (auto [label, size] : *sizes)
      loops.push_back(size);
    SmallVector<int64_t> shape(
        ArrayRef(loops).take_front(equation.result.size()));
    auto numProducts = countElements(loops, in.maxElements * kMaxDepth);
    auto numResults = countElements(shape, in.maxElements);
    if (!numProducts || !numResults)
      return std::nullopt;
    for (auto [labels, value] : llvm::zip_equal(equation.operands, in.values))
      steps.push_back(getSteps(*sizes, labels, value->shape));
    loopStrides = getStrides(loops);
    SmallTensor result{in.elementType, std::move(shape), {}};
    // The result's labels are the outer ones.
    int64_t depth = *numResults ? *numProducts / *numResults : 0;
    for (int64_t i = 0; i < *numResults; ++i)
      result.elements.push_back(
          convertTo(in.elementType, sumProducts(i * depth, depth)));
    return Results{std::move(result)};
  }

private:
  /// Integers wrap around, floats are rounded once.
  Element sumProducts(int64_t begin, int64_t count) const {
    uint64_t integer = 0;
    double number = 0;
    for (int64_t i = begin; i < begin + count; ++i) {
      uint64_t integers = 1;
      double numbers = 1;
      for (auto [operandSteps, value] : llvm::zip_equal(steps, in.values)) {
        int64_t position = 0;
        for (auto [step, stride, size] :
             llvm::zip_equal(operandSteps, loopStrides, loops))
          position += i / stride % size * step;
        integers *= uint64_t(value->elements[position].integer);
        numbers *= value->elements[position].number;
      }
      integer += integers;
      number += numbers;
    }
    return {/*known=*/true, int64_t(integer), number};
  }

  const NodeInputs &in;
  const Equation &equation;
  SmallVector<int64_t> loops, loopStrides;
  SmallVector<SmallVector<int64_t>> steps; // of each operand
};

bool areAllKnown(const NodeInputs &in) {
  return llvm::all_of(in.values, [](const SmallTensor *value) {
    return value && value->isFullyKnown();
  });
}

std::optional<Results> evaluateEinsum(const NodeInputs &in) {
  auto text = in.node.getNodeAttributes().getAs<StringAttr>("equation");
  if (!text || !areAllKnown(in))
    return std::nullopt;
  auto equation = parseEquation(text.getValue(), in.values);
  return equation ? Sums(in, *equation).compute() : std::nullopt;
}

/// A vector is a row on the left, a column on the right.
std::optional<Results> evaluateMatMul(const NodeInputs &in) {
  if (in.values.size() != 2 || !areAllKnown(in) || in.get(0)->getRank() < 1 ||
      in.get(1)->getRank() < 1)
    return std::nullopt;
  StringRef left = in.get(0)->getRank() == 1 ? "k" : "...mk";
  StringRef right = in.get(1)->getRank() == 1 ? "k" : "...kn";
  int64_t depth = in.get(0)->shape.back();
  int64_t place = in.get(1)->getRank() == 1 ? 0 : in.get(1)->getRank() - 2;
  // 1 does not broadcast here.
  if (depth != in.get(1)->shape[place])
    return std::nullopt;
  std::string text = (left + "," + right + "->...").str();
  text += left.contains('m') ? "m" : "";
  text += right.contains('n') ? "n" : "";
  auto equation = parseEquation(text, in.values);
  return equation ? Sums(in, *equation).compute() : std::nullopt;
}

} // namespace

void addProductEvaluators(EvaluatorTable &table) {
  table["Einsum"] = evaluateEinsum;
  table["MatMul"] = evaluateMatMul;
}

} // namespace garam::onnx
