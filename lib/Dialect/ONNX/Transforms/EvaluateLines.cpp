//===- EvaluateLines.cpp - Nodes that follow one dimension ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "EvaluateNode.h"

#include <cmath>

using namespace mlir;

namespace garam::onnx {
namespace {

/// The elements of a tensor in lines along one dimension.
struct Lines {
  int64_t axis, size, stride;
  SmallVector<int64_t> begins; // in the order of the other dimensions
};

/// None when there is no such dimension, no element, or one that is not known
/// or no number.
std::optional<Lines> findLines(const SmallTensor *input, int64_t axis) {
  if (!input || !input->isFullyKnown() || input->elements.empty() ||
      llvm::any_of(input->elements, [](const Element &element) {
        return std::isnan(element.number);
      }))
    return std::nullopt;
  auto normalized = normalizeAxis(axis, input->getRank());
  if (!normalized)
    return std::nullopt;
  Lines lines{*normalized,
              input->shape[*normalized],
              getStrides(input->shape)[*normalized],
              {}};
  int64_t span = lines.size * lines.stride;
  for (int64_t outer = 0; outer < int64_t(input->elements.size());
       outer += span)
    for (int64_t inner = 0; inner < lines.stride; ++inner)
      lines.begins.push_back(outer + inner);
  return lines;
}

std::optional<Results> evaluateCumSum(const NodeInputs &in) {
  const SmallTensor *input = in.get(0);
  auto axis = in.getIntegers(1);
  if (!axis || axis->size() != 1)
    return std::nullopt;
  auto lines = findLines(input, axis->front());
  if (!lines)
    return std::nullopt;
  bool isReversed = in.getInt("reverse", 0);
  bool isExclusive = in.getInt("exclusive", 0);
  SmallTensor result = *input;
  for (int64_t begin : lines->begins) {
    Element sum{/*known=*/true};
    for (int64_t i = 0; i < lines->size; ++i) {
      int64_t place =
          begin + (isReversed ? lines->size - 1 - i : i) * lines->stride;
      const Element &element = input->elements[place];
      Element next{true,
                   int64_t(uint64_t(sum.integer) + uint64_t(element.integer)),
                   sum.number + element.number};
      next = convertTo(in.elementType, next);
      result.elements[place] = isExclusive ? sum : next;
      sum = next;
    }
  }
  return Results{std::move(result)};
}

/// The positions within a line, those with the largest, or least, elements
/// first; equal ones as they stand.
SmallVector<int64_t> sortLine(const SmallTensor &input, const Lines &lines,
                              int64_t begin, bool isLargestFirst) {
  auto isBefore = [&](int64_t first, int64_t second) {
    const Element &a = input.elements[begin + first * lines.stride];
    const Element &b = input.elements[begin + second * lines.stride];
    auto compare = [&](auto x, auto y) {
      return x == y ? first < second : (y < x) == isLargestFirst;
    };
    return input.isFloat() ? compare(a.number, b.number)
                           : compare(a.integer, b.integer);
  };
  auto order = llvm::to_vector(llvm::seq<int64_t>(0, lines.size));
  llvm::sort(order, isBefore);
  return order;
}

/// The last of the positions whose elements equal that of the first.
int64_t findLastEqual(const SmallTensor &input, const Lines &lines,
                      int64_t begin, ArrayRef<int64_t> order) {
  auto get = [&](int64_t place) -> const Element & {
    return input.elements[begin + place * lines.stride];
  };
  const Element &first = get(order.front());
  int64_t last = order.front();
  for (int64_t place : order) {
    if (get(place).integer != first.integer ||
        get(place).number != first.number)
      break;
    last = place;
  }
  return last;
}

template <bool isMaximum>
std::optional<Results> evaluateExtremum(const NodeInputs &in) {
  const SmallTensor *input = in.get(0);
  auto lines = findLines(input, in.getInt("axis", 0));
  if (!lines)
    return std::nullopt;
  bool takesLast = in.getInt("select_last_index", 0);
  SmallTensor result{in.elementType, input->shape, {}};
  result.shape[lines->axis] = 1;
  if (!in.getInt("keepdims", 1))
    result.shape.erase(result.shape.begin() + lines->axis);
  for (int64_t begin : lines->begins) {
    auto order = sortLine(*input, *lines, begin, isMaximum);
    result.elements.push_back(Element::ofInteger(
        takesLast ? findLastEqual(*input, *lines, begin, order)
                  : order.front()));
  }
  return Results{std::move(result)};
}

std::optional<Results> evaluateTopK(const NodeInputs &in) {
  const SmallTensor *input = in.get(0);
  auto count = in.getIntegers(1);
  auto lines = findLines(input, in.getInt("axis", -1));
  if (!lines || !count || count->size() != 1 || count->front() < 0 ||
      count->front() > lines->size)
    return std::nullopt;
  SmallVector<int64_t> shape(input->shape);
  shape[lines->axis] = count->front();
  auto numElements = countElements(shape, in.maxElements);
  if (!numElements)
    return std::nullopt;
  SmallTensor values{in.elementType, shape, std::vector<Element>(*numElements)};
  SmallTensor indices = values;
  indices.elementType = IntegerType::get(in.elementType.getContext(), 64);
  for (auto [number, begin] : llvm::enumerate(lines->begins)) {
    int64_t target =
        int64_t(number) / lines->stride * count->front() * lines->stride +
        int64_t(number) % lines->stride;
    auto order = sortLine(*input, *lines, begin, in.getInt("largest", 1));
    for (int64_t place : ArrayRef(order).take_front(count->front())) {
      values.elements[target] = input->elements[begin + place * lines->stride];
      indices.elements[target] = Element::ofInteger(place);
      target += lines->stride;
    }
  }
  return Results{std::move(values), std::move(indices)};
}

} // namespace

void addLineEvaluators(EvaluatorTable &table) {
  table["ArgMax"] = evaluateExtremum<true>;
  table["ArgMin"] = evaluateExtremum<false>;
  table["CumSum"] = evaluateCumSum;
  table["TopK"] = evaluateTopK;
}

} // namespace garam::onnx
