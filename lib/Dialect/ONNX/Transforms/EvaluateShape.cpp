//===- EvaluateShape.cpp - Nodes that make values from shapes -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "EvaluateNode.h"

#include <cmath>

using namespace mlir;

namespace garam::onnx {
namespace {

std::optional<Results> evaluateShape(const NodeInputs &in) {
  auto type = dyn_cast<RankedTensorType>(in.node.getInputs().front().getType());
  if (!type)
    return std::nullopt;
  int64_t rank = type.getRank();
  auto clampIndex = [&](int64_t index) {
    return std::clamp<int64_t>(index < 0 ? index + rank : index, 0, rank);
  };
  int64_t begin = clampIndex(in.getInt("start", 0));
  int64_t end = std::max(begin, clampIndex(in.getInt("end", rank)));
  SmallTensor result{in.elementType, {end - begin}, {}};
  for (int64_t dim = begin; dim < end; ++dim)
    result.elements.push_back(Element::ofSize(in.sizes[dim]));
  return Results{std::move(result)};
}

std::optional<Results> evaluateSize(const NodeInputs &in) {
  auto type = dyn_cast<RankedTensorType>(in.node.getInputs().front().getType());
  if (!type)
    return std::nullopt;
  AffineExpr count = getAffineConstantExpr(1, type.getContext());
  for (AffineExpr size : in.sizes) {
    if (!size)
      return std::nullopt;
    count = count * size;
  }
  return Results{SmallTensor{in.elementType, {}, {Element::ofSize(count)}}};
}

std::optional<Results> evaluateConstantOfShape(const NodeInputs &in) {
  auto shape = in.getIntegers(0);
  if (!shape)
    return std::nullopt;
  auto count = countElements(*shape, in.maxElements);
  if (!count)
    return std::nullopt;
  // Without a value, float zeros.
  Element element = Element::ofNumber(0);
  if (auto value = in.node.getNodeAttributes().getAs<ElementsAttr>("value")) {
    auto tensor = SmallTensor::fromAttr(value, 1);
    if (!tensor || tensor->elements.size() != 1)
      return std::nullopt;
    element = tensor->elements.front();
  }
  return Results{SmallTensor{in.elementType, *shape,
                             std::vector<Element>(*count, element)}};
}

/// The number of elements of a Range, by ONNX's formula.
std::optional<int64_t> countRange(double start, double limit, double delta,
                                  int64_t maxElements) {
  double count = std::ceil((limit - start) / delta);
  if (std::isnan(count) || count > double(maxElements))
    return std::nullopt;
  return std::max<int64_t>(0, int64_t(std::max(count, -1.0)));
}

std::optional<Results> evaluateRange(const NodeInputs &in) {
  Element operand[3];
  for (size_t i = 0; i < 3; ++i) {
    const SmallTensor *value = in.get(i);
    if (!value || value->elements.size() != 1 || !value->elements[0].known)
      return std::nullopt;
    operand[i] = value->elements[0];
  }
  bool isFloat = in.get(0)->isFloat();
  auto asDouble = [&](const Element &e) {
    return isFloat ? e.number : double(e.integer);
  };
  if (asDouble(operand[2]) == 0)
    return std::nullopt;
  auto count = countRange(asDouble(operand[0]), asDouble(operand[1]),
                          asDouble(operand[2]), in.maxElements);
  if (!count)
    return std::nullopt;
  SmallTensor result{in.elementType, {*count}, {}};
  for (int64_t i = 0; i < *count; ++i) {
    Element element =
        isFloat ? Element::ofNumber(operand[0].number + i * operand[2].number)
                : Element::ofInteger(
                      int64_t(uint64_t(operand[0].integer) +
                              uint64_t(i) * uint64_t(operand[2].integer)));
    result.elements.push_back(convertTo(in.elementType, element));
  }
  return Results{std::move(result)};
}

/// The indices of non-zero elements: a row for each dimension.
std::optional<Results> evaluateNonZero(const NodeInputs &in) {
  const SmallTensor *input = in.get(0);
  if (!input || !input->isFullyKnown() || input->getRank() == 0)
    return std::nullopt;
  SmallVector<int64_t> found;
  for (auto [index, element] : llvm::enumerate(input->elements))
    if (input->isFloat() ? element.number != 0 : element.integer != 0)
      found.push_back(index);
  int64_t rank = input->getRank(), columns = found.size();
  if (!countElements({rank, columns}, in.maxElements))
    return std::nullopt;
  SmallTensor result{in.elementType, {rank, columns}, {}};
  SmallVector<int64_t> strides = getStrides(input->shape);
  for (int64_t dim = 0; dim < rank; ++dim)
    for (int64_t index : found)
      result.elements.push_back(
          Element::ofInteger((index / strides[dim]) % input->shape[dim]));
  return Results{std::move(result)};
}

} // namespace

void addShapeEvaluators(EvaluatorTable &table) {
  table["ConstantOfShape"] = evaluateConstantOfShape;
  table["NonZero"] = evaluateNonZero;
  table["Range"] = evaluateRange;
  table["Shape"] = evaluateShape;
  table["Size"] = evaluateSize;
}

} // namespace garam::onnx
