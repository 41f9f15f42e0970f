//===- EvaluateMovement.cpp - Nodes that move elements --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// These nodes copy elements, so they work on partly known tensors too: a slice
// of a shape may be known where the shape is not.
//
//===----------------------------------------------------------------------===//

#include "EvaluateNode.h"

#include <cstdlib>
#include <limits>

using namespace mlir;

namespace garam::onnx {
namespace {

/// Makes a result of `shape` whose element at each index is what `source`
/// returns for it, a position in `input`; none when a position is outside.
template <typename Source>
std::optional<Results> moveElements(const NodeInputs &in,
                                    const SmallTensor &input,
                                    ArrayRef<int64_t> shape, Source &&source) {
  auto count = countElements(shape, in.maxElements);
  if (!count)
    return std::nullopt;
  SmallTensor result{in.elementType, SmallVector<int64_t>(shape), {}};
  SmallVector<int64_t> index(shape.size(), 0);
  for (int64_t i = 0; i < *count; ++i) {
    int64_t position = source(ArrayRef<int64_t>(index));
    if (position < 0 || position >= int64_t(input.elements.size()))
      return std::nullopt;
    result.elements.push_back(input.elements[position]);
    for (size_t dim = shape.size(); dim-- > 0;) {
      if (++index[dim] < shape[dim])
        break;
      index[dim] = 0;
    }
  }
  return Results{std::move(result)};
}

std::optional<Results> reshapeTo(const NodeInputs &in,
                                 ArrayRef<int64_t> shape) {
  const SmallTensor &input = *in.get(0);
  auto count = countElements(shape, in.maxElements);
  if (!count || *count != int64_t(input.elements.size()))
    return std::nullopt;
  return Results{
      SmallTensor{in.elementType, SmallVector<int64_t>(shape), input.elements}};
}

/// Squeeze, Unsqueeze, Reshape and Flatten: their inferred type has the shape.
std::optional<Results> evaluateReshape(const NodeInputs &in) {
  auto type =
      dyn_cast<RankedTensorType>(in.node.getOutputs().front().getType());
  if (!in.get(0) || !type || !type.hasStaticShape())
    return std::nullopt;
  return reshapeTo(in, type.getShape());
}

std::optional<Results> evaluateTranspose(const NodeInputs &in) {
  const SmallTensor *input = in.get(0);
  if (!input)
    return std::nullopt;
  int64_t rank = input->getRank();
  SmallVector<int64_t> perm;
  if (auto given = in.getInts("perm"))
    perm = *given;
  else
    for (int64_t i = rank; i-- > 0;)
      perm.push_back(i);
  if (int64_t(perm.size()) != rank ||
      llvm::any_of(perm, [&](int64_t p) { return p < 0 || p >= rank; }))
    return std::nullopt;
  SmallVector<int64_t> strides = getStrides(input->shape), shape, moved;
  for (int64_t axis : perm) {
    shape.push_back(input->shape[axis]);
    moved.push_back(strides[axis]);
  }
  return moveElements(in, *input, shape, [&](ArrayRef<int64_t> index) {
    int64_t position = 0;
    for (auto [i, stride] : llvm::zip(index, moved))
      position += i * stride;
    return position;
  });
}

/// `index` into a dimension of `size` elements, counted from its end when it is
/// negative; none when it is outside.
std::optional<int64_t> wrapIndex(int64_t index, int64_t size) {
  index += index < 0 ? size : 0;
  return index < 0 || index >= size ? std::nullopt : std::optional(index);
}

std::optional<Results> evaluateGather(const NodeInputs &in) {
  const SmallTensor *input = in.get(0);
  auto indices = in.getIntegers(1);
  if (!input || !indices)
    return std::nullopt;
  auto axis = normalizeAxis(in.getInt("axis", 0), input->getRank());
  if (!axis)
    return std::nullopt;
  ArrayRef<int64_t> indexShape = in.get(1)->shape;
  SmallVector<int64_t> shape(input->shape);
  shape.erase(shape.begin() + *axis);
  shape.insert(shape.begin() + *axis, indexShape.begin(), indexShape.end());
  SmallVector<int64_t> strides = getStrides(input->shape);
  SmallVector<int64_t> indexStrides = getStrides(indexShape);
  return moveElements(in, *input, shape, [&](ArrayRef<int64_t> index) {
    int64_t which = 0, position = 0;
    for (auto [i, stride] :
         llvm::zip(index.slice(*axis, indexShape.size()), indexStrides))
      which += i * stride;
    auto chosen = wrapIndex((*indices)[which], input->shape[*axis]);
    if (!chosen)
      return int64_t(-1);
    for (int64_t dim = 0; dim < *axis; ++dim)
      position += index[dim] * strides[dim];
    position += *chosen * strides[*axis];
    for (size_t dim = *axis + 1; dim < strides.size(); ++dim)
      position += index[dim + indexShape.size() - 1] * strides[dim];
    return position;
  });
}

std::optional<Results> evaluateGatherElements(const NodeInputs &in) {
  const SmallTensor *input = in.get(0);
  auto indices = in.getIntegers(1);
  if (!input || !indices || in.get(1)->getRank() != input->getRank())
    return std::nullopt;
  auto axis = normalizeAxis(in.getInt("axis", 0), input->getRank());
  if (!axis)
    return std::nullopt;
  ArrayRef<int64_t> shape = in.get(1)->shape;
  for (int64_t dim = 0; dim < input->getRank(); ++dim)
    if (dim != *axis && shape[dim] > input->shape[dim])
      return std::nullopt;
  SmallVector<int64_t> strides = getStrides(input->shape);
  SmallVector<int64_t> indexStrides = getStrides(shape);
  return moveElements(in, *input, shape, [&](ArrayRef<int64_t> index) {
    int64_t which = 0, position = 0;
    for (size_t dim = 0; dim < index.size(); ++dim) {
      which += index[dim] * indexStrides[dim];
      if (int64_t(dim) != *axis)
        position += index[dim] * strides[dim];
    }
    auto chosen = wrapIndex((*indices)[which], input->shape[*axis]);
    return chosen ? position + *chosen * strides[*axis] : int64_t(-1);
  });
}

/// Which element stands at `place`, which may be outside, of a dimension of
/// `size` elements that is extended by its own; none where that is not defined.
std::optional<int64_t> extendDimension(StringRef mode, int64_t place,
                                       int64_t size) {
  if (size == 0 || place <= -size || place >= 2 * size - 1)
    return std::nullopt;
  if (mode == "edge")
    return std::clamp<int64_t>(place, 0, size - 1);
  if (mode == "reflect")
    return place < size ? std::abs(place) : 2 * (size - 1) - place;
  return mode == "wrap" ? std::optional((place + size) % size) : std::nullopt;
}

/// In mode `constant`, the value is an element behind the others here.
std::optional<Results> evaluatePad(const NodeInputs &in) {
  auto given = in.node.getNodeAttributes().getAs<StringAttr>("mode");
  StringRef mode = given ? given.getValue() : "constant";
  bool isConstant = mode == "constant";
  const SmallTensor *input = in.get(0), *value = in.get(2);
  auto pads = in.getIntegers(1), axes = in.getIntegers(3);
  if (!input || !pads ||
      (in.has(2) && (!value || value->elements.size() != 1)) ||
      (in.has(3) && !axes))
    return std::nullopt;
  int64_t rank = input->getRank();
  if (!axes)
    axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (pads->size() != 2 * axes->size())
    return std::nullopt;
  SmallVector<int64_t> before(rank, 0), shape(input->shape);
  for (auto [number, named] : llvm::enumerate(*axes)) {
    auto axis = normalizeAxis(named, rank);
    int64_t begin = (*pads)[number], end = (*pads)[number + axes->size()];
    if (!axis || std::abs(begin) > in.maxElements ||
        std::abs(end) > in.maxElements ||
        input->shape[*axis] + begin + end < 0 ||
        (!isConstant && std::min(begin, end) < 0))
      return std::nullopt;
    before[*axis] = begin;
    shape[*axis] = input->shape[*axis] + begin + end;
  }
  SmallTensor extended = *input;
  extended.elements.push_back(value ? value->elements.front()
                                    : Element{/*known=*/true});
  SmallVector<int64_t> strides = getStrides(input->shape);
  return moveElements(in, extended, shape, [&](ArrayRef<int64_t> index) {
    int64_t position = 0;
    for (int64_t dim = 0; dim < rank; ++dim) {
      int64_t place = index[dim] - before[dim];
      bool isOutside = place < 0 || place >= input->shape[dim];
      if (isOutside && isConstant)
        return int64_t(input->elements.size());
      if (isOutside) {
        auto extended = extendDimension(mode, place, input->shape[dim]);
        if (!extended)
          return int64_t(-1);
        place = *extended;
      }
      position += place * strides[dim];
    }
    return position;
  });
}

/// The first elements of each sequence, as many as it is long, in reverse.
std::optional<Results> evaluateReverseSequence(const NodeInputs &in) {
  const SmallTensor *input = in.get(0);
  auto lengths = in.getIntegers(1);
  int64_t batchAxis = in.getInt("batch_axis", 1);
  int64_t timeAxis = in.getInt("time_axis", 0);
  if (!input || !lengths || input->getRank() < 2 || batchAxis + timeAxis != 1 ||
      std::abs(batchAxis - timeAxis) != 1 ||
      int64_t(lengths->size()) != input->shape[batchAxis] ||
      llvm::any_of(*lengths, [&](int64_t length) {
        return length < 0 || length > input->shape[timeAxis];
      }))
    return std::nullopt;
  SmallVector<int64_t> strides = getStrides(input->shape);
  return moveElements(in, *input, input->shape, [&](ArrayRef<int64_t> index) {
    int64_t position = 0;
    for (auto [i, stride] : llvm::zip(index, strides))
      position += i * stride;
    int64_t time = index[timeAxis], length = (*lengths)[index[batchAxis]];
    return time < length
               ? position + (length - 1 - 2 * time) * strides[timeAxis]
               : position;
  });
}

/// Along one dimension, or of the tensor as a vector.
std::optional<Results> evaluateCompress(const NodeInputs &in) {
  const SmallTensor *input = in.get(0);
  auto condition = in.getIntegers(1);
  if (!input || !condition)
    return std::nullopt;
  bool hasAxis = bool(in.node.getNodeAttributes().get("axis"));
  auto axis = hasAxis ? normalizeAxis(in.getInt("axis", 0), input->getRank())
                      : std::optional<int64_t>(0);
  if (!axis)
    return std::nullopt;
  SmallVector<int64_t> shape(input->shape), kept;
  if (!hasAxis)
    shape = {int64_t(input->elements.size())};
  for (auto [place, isKept] : llvm::enumerate(*condition))
    if (isKept)
      kept.push_back(place);
  if (int64_t(condition->size()) > shape[*axis])
    return std::nullopt;
  SmallVector<int64_t> strides = getStrides(shape);
  shape[*axis] = kept.size();
  return moveElements(in, *input, shape, [&](ArrayRef<int64_t> index) {
    int64_t position = 0;
    for (size_t dim = 0; dim < index.size(); ++dim)
      position += (int64_t(dim) == *axis ? kept[index[dim]] : index[dim]) *
                  strides[dim];
    return position;
  });
}

/// Begin, step and size of one sliced axis, by the rules of ONNX's Slice.
struct SliceRange {
  int64_t begin = 0, step = 1, size = 0;
};

std::optional<SliceRange> clampSlice(int64_t begin, int64_t end, int64_t step,
                                     int64_t dim) {
  if (step == 0 || step == std::numeric_limits<int64_t>::min())
    return std::nullopt;
  begin += begin < 0 ? dim : 0;
  end += end < 0 ? dim : 0;
  SliceRange range{begin, step, 0};
  if (step > 0) {
    range.begin = std::clamp<int64_t>(begin, 0, dim);
    end = std::clamp<int64_t>(end, 0, dim);
    if (end > range.begin)
      range.size = (end - range.begin - 1) / step + 1;
  } else {
    range.begin = std::clamp<int64_t>(begin, -1, dim - 1);
    end = std::clamp<int64_t>(end, -1, dim - 1);
    if (range.begin > end)
      range.size = (range.begin - end - 1) / -step + 1;
  }
  return range;
}

std::optional<SmallVector<SliceRange>> getSliceRanges(const NodeInputs &in,
                                                      ArrayRef<int64_t> shape) {
  int64_t rank = shape.size();
  auto starts = in.getIntegers(1), ends = in.getIntegers(2);
  auto axes = in.getIntegers(3), steps = in.getIntegers(4);
  if (!starts || !ends || starts->size() != ends->size() ||
      (in.has(3) && (!axes || axes->size() != starts->size())) ||
      (in.has(4) && (!steps || steps->size() != starts->size())))
    return std::nullopt;
  SmallVector<SliceRange> ranges;
  for (int64_t dim : shape)
    ranges.push_back({0, 1, dim});
  for (size_t i = 0; i < starts->size(); ++i) {
    auto axis = normalizeAxis(axes ? (*axes)[i] : int64_t(i), rank);
    if (!axis)
      return std::nullopt;
    auto range = clampSlice((*starts)[i], (*ends)[i], steps ? (*steps)[i] : 1,
                            shape[*axis]);
    if (!range)
      return std::nullopt;
    ranges[*axis] = *range;
  }
  return ranges;
}

std::optional<Results> evaluateSlice(const NodeInputs &in) {
  const SmallTensor *input = in.get(0);
  if (!input)
    return std::nullopt;
  auto ranges = getSliceRanges(in, input->shape);
  if (!ranges)
    return std::nullopt;
  SmallVector<int64_t> strides = getStrides(input->shape);
  SmallVector<int64_t> shape = llvm::map_to_vector(
      *ranges, [](const SliceRange &range) { return range.size; });
  return moveElements(in, *input, shape, [&](ArrayRef<int64_t> index) {
    int64_t position = 0;
    for (auto [i, range, stride] : llvm::zip(index, *ranges, strides))
      position += (range.begin + i * range.step) * stride;
    return position;
  });
}

/// Splits along an axis into parts of the sizes that the results have.
std::optional<Results> evaluateSplit(const NodeInputs &in) {
  const SmallTensor *input = in.get(0);
  if (!input)
    return std::nullopt;
  auto axis = normalizeAxis(in.getInt("axis", 0), input->getRank());
  if (!axis)
    return std::nullopt;
  SmallVector<int64_t> strides = getStrides(input->shape);
  Results results;
  int64_t begin = 0;
  for (Value output : in.node.getOutputs()) {
    auto type = dyn_cast<RankedTensorType>(output.getType());
    if (!type || !type.hasStaticShape() || type.getRank() != input->getRank())
      return std::nullopt;
    auto part =
        moveElements(in, *input, type.getShape(), [&](ArrayRef<int64_t> index) {
          int64_t position = begin * strides[*axis];
          for (auto [i, stride] : llvm::zip(index, strides))
            position += i * stride;
          return position;
        });
    if (!part)
      return std::nullopt;
    begin += type.getDimSize(*axis);
    results.push_back(std::move(part->front()));
  }
  return results;
}

std::optional<Results> evaluateConcat(const NodeInputs &in) {
  if (in.values.empty() ||
      llvm::any_of(in.values, [](const SmallTensor *v) { return !v; }))
    return std::nullopt;
  const SmallTensor &first = *in.values.front();
  auto axis = normalizeAxis(in.getInt("axis", 0), first.getRank());
  if (!axis)
    return std::nullopt;
  SmallVector<int64_t> shape(first.shape);
  shape[*axis] = 0;
  for (const SmallTensor *value : in.values) {
    SmallVector<int64_t> others(value->shape);
    if (others.size() != shape.size())
      return std::nullopt;
    shape[*axis] += others[*axis];
    others[*axis] = shape[*axis];
    if (others != shape)
      return std::nullopt;
  }
  if (!countElements(shape, in.maxElements))
    return std::nullopt;
  // Each input contributes a run of elements for each index before the axis.
  SmallTensor result{in.elementType, shape, {}};
  int64_t outer = 1;
  for (int64_t dim : ArrayRef(shape).take_front(*axis))
    outer *= dim;
  for (int64_t i = 0; i < outer; ++i)
    for (const SmallTensor *value : in.values) {
      int64_t run = int64_t(value->elements.size()) / outer;
      result.elements.insert(result.elements.end(),
                             value->elements.begin() + i * run,
                             value->elements.begin() + (i + 1) * run);
    }
  return Results{std::move(result)};
}

/// Expand and Tile: each dimension of the input repeats, or is broadcast.
std::optional<Results> repeatElements(const NodeInputs &in,
                                      ArrayRef<int64_t> shape) {
  const SmallTensor &input = *in.get(0);
  SmallVector<int64_t> strides = getStrides(input.shape);
  size_t skipped = shape.size() - input.shape.size();
  if (llvm::is_contained(input.shape, 0))
    return std::nullopt;
  return moveElements(in, input, shape, [&](ArrayRef<int64_t> index) {
    int64_t position = 0;
    for (size_t dim = 0; dim < strides.size(); ++dim)
      position += (index[skipped + dim] % input.shape[dim]) * strides[dim];
    return position;
  });
}

std::optional<Results> evaluateExpand(const NodeInputs &in) {
  const SmallTensor *input = in.get(0);
  auto wanted = in.getIntegers(1);
  if (!input || !wanted)
    return std::nullopt;
  SmallVector<int64_t> shape(*wanted);
  size_t rank = input->shape.size();
  if (rank > shape.size())
    shape.insert(shape.begin(), rank - shape.size(), 1);
  for (size_t i = 0; i < rank; ++i) {
    int64_t &out = shape[shape.size() - rank + i];
    if (out == 1)
      out = input->shape[i];
    else if (input->shape[i] != 1 && input->shape[i] != out)
      return std::nullopt;
  }
  return repeatElements(in, shape);
}

std::optional<Results> evaluateTile(const NodeInputs &in) {
  const SmallTensor *input = in.get(0);
  auto repeats = in.getIntegers(1);
  if (!input || !repeats || repeats->size() != input->shape.size())
    return std::nullopt;
  SmallVector<int64_t> shape;
  for (auto [dim, times] : llvm::zip(input->shape, *repeats)) {
    if (times < 0 || times > in.maxElements)
      return std::nullopt;
    shape.push_back(dim * times);
  }
  return repeatElements(in, shape);
}

} // namespace

void addMovementEvaluators(EvaluatorTable &table) {
  table["Compress"] = evaluateCompress;
  table["Concat"] = evaluateConcat;
  table["Expand"] = evaluateExpand;
  table["Flatten"] = evaluateReshape;
  table["Gather"] = evaluateGather;
  table["GatherElements"] = evaluateGatherElements;
  table["Pad"] = evaluatePad;
  table["Reshape"] = evaluateReshape;
  table["ReverseSequence"] = evaluateReverseSequence;
  table["Slice"] = evaluateSlice;
  table["Split"] = evaluateSplit;
  table["Squeeze"] = evaluateReshape;
  table["Tile"] = evaluateTile;
  table["Transpose"] = evaluateTranspose;
  table["Unsqueeze"] = evaluateReshape;
}

} // namespace garam::onnx
