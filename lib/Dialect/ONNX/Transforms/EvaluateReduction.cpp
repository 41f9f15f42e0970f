//===- EvaluateReduction.cpp - Reductions of small tensors ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "EvaluateNode.h"

using namespace mlir;

namespace garam::onnx {
namespace {

using Combine = Element (*)(const Element &, const Element &, bool isFloat);

Element combineProduct(const Element &a, const Element &b, bool isFloat) {
  return isFloat ? Element::ofNumber(a.number * b.number)
                 : Element::ofInteger(
                       int64_t(uint64_t(a.integer) * uint64_t(b.integer)));
}

Element combineSum(const Element &a, const Element &b, bool isFloat) {
  return isFloat ? Element::ofNumber(a.number + b.number)
                 : Element::ofInteger(
                       int64_t(uint64_t(a.integer) + uint64_t(b.integer)));
}

Element combineMax(const Element &a, const Element &b, bool isFloat) {
  return (isFloat ? a.number < b.number : a.integer < b.integer) ? b : a;
}

Element combineMin(const Element &a, const Element &b, bool isFloat) {
  return (isFloat ? b.number < a.number : b.integer < a.integer) ? b : a;
}

/// Which dimensions a reduction removes; none when that is not known.
std::optional<SmallVector<bool>> getReducedDims(const NodeInputs &in,
                                                int64_t rank) {
  SmallVector<int64_t> axes;
  if (in.has(1)) {
    auto given = in.getIntegers(1);
    if (!given)
      return std::nullopt;
    axes = *given;
  }
  if (axes.empty() && in.getInt("noop_with_empty_axes", 0))
    return SmallVector<bool>(rank, false);
  SmallVector<bool> reduced(rank, axes.empty());
  for (int64_t axis : axes) {
    auto normalized = normalizeAxis(axis, rank);
    if (!normalized)
      return std::nullopt;
    reduced[*normalized] = true;
  }
  return reduced;
}

/// What a reduction of no elements is; of a maximum that depends on the type.
template <Combine combine>
Element getIdentity() {
  if constexpr (combine == combineSum)
    return {/*known=*/true, 0, 0};
  if constexpr (combine == combineProduct)
    return {/*known=*/true, 1, 1};
  return {};
}

template <Combine combine>
std::optional<Results> evaluateReduction(const NodeInputs &in) {
  const SmallTensor *input = in.get(0);
  Element identity = getIdentity<combine>();
  if (!input || !input->isFullyKnown() ||
      (input->elements.empty() && !identity.known))
    return std::nullopt;
  auto reduced = getReducedDims(in, input->getRank());
  if (!reduced)
    return std::nullopt;
  SmallVector<int64_t> keptShape, shape;
  for (auto [dim, isReduced] : llvm::zip(input->shape, *reduced)) {
    keptShape.push_back(isReduced ? 1 : dim);
    if (!isReduced || in.getInt("keepdims", 1))
      shape.push_back(keptShape.back());
  }
  auto count = countElements(keptShape, in.maxElements);
  if (!count)
    return std::nullopt;
  SmallVector<int64_t> strides = getStrides(input->shape);
  SmallVector<int64_t> outStrides = getStrides(keptShape);
  SmallTensor result{in.elementType, shape,
                     std::vector<Element>(*count, identity)};
  std::vector<bool> isBegun(*count);
  for (auto [index, element] : llvm::enumerate(input->elements)) {
    int64_t position = 0;
    for (size_t dim = 0; dim < strides.size(); ++dim)
      if (!(*reduced)[dim])
        position += (int64_t(index) / strides[dim]) % input->shape[dim] *
                    outStrides[dim];
    Element &out = result.elements[position];
    out = isBegun[position] ? convertTo(in.elementType,
                                        combine(out, element, input->isFloat()))
                            : element;
    isBegun[position] = true;
  }
  return Results{std::move(result)};
}

/// Of floats: the mean of integers is not rounded everywhere alike.
std::optional<Results> evaluateMean(const NodeInputs &in) {
  auto sums = evaluateReduction<combineSum>(in);
  if (!sums || !sums->front().isFloat() || in.get(0)->elements.empty())
    return std::nullopt;
  SmallTensor &result = sums->front();
  double count =
      double(in.get(0)->elements.size()) / double(result.elements.size());
  for (Element &element : result.elements)
    element =
        convertTo(in.elementType, Element::ofNumber(element.number / count));
  return sums;
}

} // namespace

void addReductionEvaluators(EvaluatorTable &table) {
  table["ReduceMax"] = evaluateReduction<combineMax>;
  table["ReduceMean"] = evaluateMean;
  table["ReduceMin"] = evaluateReduction<combineMin>;
  table["ReduceProd"] = evaluateReduction<combineProduct>;
  table["ReduceSum"] = evaluateReduction<combineSum>;
}

} // namespace garam::onnx
