//===- EvaluateIndexing.cpp - Elements at computed positions --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// How exporters write single elements of a shape. Elements that are not known
// are moved as those are that are.
//
//===----------------------------------------------------------------------===//

#include "EvaluateNode.h"

using namespace mlir;

namespace garam::onnx {
namespace {

/// What stands at `index`, a tuple of the first dimensions: its position and
/// number of elements; none when the tuple is outside.
struct Part {
  int64_t begin, count;
};

std::optional<Part> findPart(ArrayRef<int64_t> shape, ArrayRef<int64_t> index) {
  SmallVector<int64_t> strides = getStrides(shape);
  Part part{0, 1};
  for (auto [position, size, stride] : llvm::zip(index, shape, strides)) {
    int64_t wrapped = position + (position < 0 ? size : 0);
    if (wrapped < 0 || wrapped >= size)
      return std::nullopt;
    part.begin += wrapped * stride;
  }
  for (int64_t size : shape.drop_front(index.size()))
    part.count *= size;
  return part;
}

/// The parts that the tuples of a GatherND or ScatterND say, in their order.
std::optional<SmallVector<Part>> findParts(const SmallTensor &data,
                                           const SmallTensor &indices) {
  auto numbers = indices.getIntegers();
  if (!numbers || indices.getRank() == 0)
    return std::nullopt;
  int64_t length = indices.shape.back();
  if (length < 1 || length > data.getRank())
    return std::nullopt;
  SmallVector<Part> parts;
  for (ArrayRef<int64_t> rest = *numbers; !rest.empty();
       rest = rest.drop_front(length)) {
    auto part = findPart(data.shape, rest.take_front(length));
    if (!part)
      return std::nullopt;
    parts.push_back(*part);
  }
  return parts;
}

std::optional<Results> evaluateGatherND(const NodeInputs &in) {
  const SmallTensor *data = in.get(0), *indices = in.get(1);
  if (!data || !indices || in.getInt("batch_dims", 0) != 0)
    return std::nullopt;
  auto parts = findParts(*data, *indices);
  if (!parts)
    return std::nullopt;
  SmallVector<int64_t> shape(indices->shape);
  int64_t length = shape.pop_back_val();
  llvm::append_range(shape, ArrayRef(data->shape).drop_front(length));
  if (!countElements(shape, in.maxElements))
    return std::nullopt;
  SmallTensor result{in.elementType, std::move(shape), {}};
  for (const Part &part : *parts) {
    auto begin = data->elements.begin() + part.begin;
    result.elements.insert(result.elements.end(), begin, begin + part.count);
  }
  return Results{std::move(result)};
}

/// Without a reduction: later updates overwrite earlier ones.
bool isReduced(const NodeInputs &in) {
  auto reduction = in.node.getNodeAttributes().getAs<StringAttr>("reduction");
  return reduction && reduction != "none";
}

std::optional<Results> evaluateScatterND(const NodeInputs &in) {
  const SmallTensor *data = in.get(0), *indices = in.get(1),
                    *updates = in.get(2);
  if (!data || !indices || !updates || isReduced(in))
    return std::nullopt;
  auto parts = findParts(*data, *indices);
  if (!parts)
    return std::nullopt;
  SmallTensor result = *data;
  auto next = updates->elements.begin();
  for (const Part &part : *parts) {
    if (updates->elements.end() - next < part.count)
      return std::nullopt;
    std::copy(next, next + part.count, result.elements.begin() + part.begin);
    next += part.count;
  }
  return Results{std::move(result)};
}

std::optional<Results> evaluateScatterElements(const NodeInputs &in) {
  const SmallTensor *data = in.get(0), *updates = in.get(2);
  auto indices = in.getIntegers(1);
  if (!data || !indices || !updates || isReduced(in) ||
      updates->shape != in.get(1)->shape ||
      updates->getRank() != data->getRank())
    return std::nullopt;
  auto axis = normalizeAxis(in.getInt("axis", 0), data->getRank());
  if (!axis)
    return std::nullopt;
  SmallVector<int64_t> strides = getStrides(updates->shape);
  SmallTensor result = *data;
  for (auto [number, update] : llvm::enumerate(updates->elements)) {
    SmallVector<int64_t> index;
    for (auto [stride, size] : llvm::zip(strides, updates->shape))
      index.push_back(int64_t(number) / stride % size);
    index[*axis] = (*indices)[number];
    auto part = findPart(data->shape, index);
    if (!part)
      return std::nullopt;
    result.elements[part->begin] = update;
  }
  return Results{std::move(result)};
}

} // namespace

void addIndexingEvaluators(EvaluatorTable &table) {
  table["GatherND"] = evaluateGatherND;
  table["ScatterElements"] = evaluateScatterElements;
  table["ScatterND"] = evaluateScatterND;
}

} // namespace garam::onnx
