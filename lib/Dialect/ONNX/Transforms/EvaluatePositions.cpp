//===- EvaluatePositions.cpp - Nodes that ask where an element is ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "EvaluateNode.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace garam::onnx {
namespace {

/// A number as an element of any type.
Element ofNumber(int64_t number) {
  return {/*known=*/true, number, double(number)};
}

/// The elements on one side of a diagonal of each matrix, zeros elsewhere.
std::optional<Results> evaluateTrilu(const NodeInputs &in) {
  const SmallTensor *input = in.get(0);
  auto diagonal = in.getIntegers(1);
  if (!input || input->getRank() < 2 ||
      (in.has(1) && (!diagonal || diagonal->size() != 1)))
    return std::nullopt;
  int64_t first = diagonal ? diagonal->front() : 0;
  bool keepsUpper = in.getInt("upper", 1);
  int64_t rows = input->shape.end()[-2], columns = input->shape.back();
  SmallTensor result = *input;
  for (auto [number, element] : llvm::enumerate(result.elements)) {
    int64_t place =
        int64_t(number) % columns - int64_t(number) / columns % rows;
    if (keepsUpper ? place < first : place > first)
      element = ofNumber(0);
  }
  return Results{std::move(result)};
}

std::optional<Results> evaluateEyeLike(const NodeInputs &in) {
  auto type = dyn_cast<RankedTensorType>(in.node.getInputs().front().getType());
  if (!type || !type.hasStaticShape() || type.getRank() != 2)
    return std::nullopt;
  auto count = countElements(type.getShape(), in.maxElements);
  if (!count)
    return std::nullopt;
  int64_t diagonal = in.getInt("k", 0), columns = type.getDimSize(1);
  SmallTensor result{in.elementType, llvm::to_vector(type.getShape()), {}};
  for (int64_t i = 0; i < *count; ++i)
    result.elements.push_back(ofNumber(i % columns - i / columns == diagonal));
  return Results{std::move(result)};
}

/// Indices, which may be floats; none when one is not known or no integer.
std::optional<SmallVector<int64_t>> getIndices(const SmallTensor *value) {
  if (!value || !value->isFullyKnown())
    return std::nullopt;
  if (!value->isFloat())
    return value->getIntegers();
  SmallVector<int64_t> indices;
  for (const Element &element : value->elements) {
    if (!(std::abs(element.number) <= std::numeric_limits<int32_t>::max()) ||
        std::trunc(element.number) != element.number)
      return std::nullopt;
    indices.push_back(int64_t(element.number));
  }
  return indices;
}

/// Indices out of range have no hot element.
std::optional<Results> evaluateOneHot(const NodeInputs &in) {
  auto indices = getIndices(in.get(0)), depth = getIndices(in.get(1));
  const SmallTensor *values = in.get(2);
  if (!indices || !depth || depth->size() != 1 || depth->front() < 0 ||
      !values || values->elements.size() != 2)
    return std::nullopt;
  SmallVector<int64_t> shape(in.get(0)->shape);
  auto axis = normalizeAxis(in.getInt("axis", -1), int64_t(shape.size()) + 1);
  if (!axis)
    return std::nullopt;
  int64_t size = depth->front();
  shape.insert(shape.begin() + *axis, size);
  auto count = countElements(shape, in.maxElements);
  if (!count)
    return std::nullopt;
  int64_t stride = getStrides(shape)[*axis];
  SmallTensor result{in.elementType, shape, {}};
  for (int64_t i = 0; i < *count; ++i) {
    int64_t place = i / stride % size;
    int64_t index = (*indices)[i / (stride * size) * stride + i % stride];
    bool isHot = index == place || index == place - size;
    result.elements.push_back(values->elements[isHot]);
  }
  return Results{std::move(result)};
}

} // namespace

void addPositionEvaluators(EvaluatorTable &table) {
  table["EyeLike"] = evaluateEyeLike;
  table["OneHot"] = evaluateOneHot;
  table["Trilu"] = evaluateTrilu;
}

} // namespace garam::onnx
