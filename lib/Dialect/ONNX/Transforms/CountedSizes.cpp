//===- CountedSizes.cpp - Sizes that the data decides ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "DeriveSizes.h"
#include "EvaluateNode.h"

using namespace mlir;

namespace garam::onnx {
namespace {

using CountedSizes = SmallVector<CountedSize>;

/// More elements than that no buffer has.
constexpr int64_t mostElements = int64_t(1) << 48;

/// The greatest product of `sizes`; none when it is not known.
std::optional<int64_t> getMost(const NodeSizes &in,
                               ArrayRef<AffineExpr> sizes) {
  int64_t product = 1;
  for (AffineExpr size : sizes) {
    if (!size)
      return std::nullopt;
    int64_t most = getSizeRange(size, in.symbols).second;
    if (most < 0 || llvm::MulOverflow(product, most, product) ||
        product > mostElements)
      return std::nullopt;
  }
  return product;
}

std::optional<int64_t> getAttribute(const NodeSizes &in, StringRef name) {
  NodeOp node = in.node;
  auto value = node.getNodeAttributes().getAs<IntegerAttr>(name);
  return value ? std::optional(value.getInt()) : std::nullopt;
}

/// The one integer of an operand, if it is known.
std::optional<int64_t> getScalar(const NodeSizes &in, size_t index) {
  if (index >= in.values.size() || !in.values[index])
    return std::nullopt;
  auto integers = in.values[index]->getIntegers();
  if (!integers || integers->size() != 1)
    return std::nullopt;
  return integers->front();
}

/// The dimension of attribute 'axis' of operand 0: none without the attribute.
std::optional<int64_t> getAxis(const NodeSizes &in) {
  std::optional<int64_t> axis = getAttribute(in, "axis");
  return axis ? normalizeAxis(*axis, in.sizes[0].size()) : std::nullopt;
}

CountedSizes findNonZero(const NodeSizes &in) {
  std::optional<int64_t> most = getMost(in, in.sizes[0]);
  if (!most)
    return {};
  return {{*most, {{0, 1}}, {}}};
}

CountedSizes findCompress(const NodeSizes &in) {
  if (in.sizes.size() < 2)
    return {};
  std::optional<int64_t> most = getMost(in, in.sizes[1]);
  if (!most)
    return {};
  return {{*most, {{0, getAxis(in).value_or(0)}}, {}}};
}

/// The unique elements, the first of each, and how many there are of it.
CountedSizes findUnique(const NodeSizes &in) {
  std::optional<int64_t> axis = getAxis(in);
  std::optional<int64_t> most =
      getMost(in, axis ? in.sizes[0][*axis] : ArrayRef(in.sizes[0]));
  if (!most)
    return {};
  return {{*most, {{0, axis.value_or(0)}, {1, 0}, {3, 0}}, {}}};
}

/// Of each class of each batch as many boxes as input 2 says, or all.
CountedSizes findSuppression(const NodeSizes &in) {
  if (in.sizes.size() < 2 || in.sizes[1].size() != 3)
    return {};
  std::optional<int64_t> classes =
      getMost(in, ArrayRef(in.sizes[1]).take_front(2));
  std::optional<int64_t> boxes = getMost(in, in.sizes[1].back());
  if (!classes || !boxes)
    return {};
  int64_t kept =
      std::max<int64_t>(std::min(getScalar(in, 2).value_or(*boxes), *boxes), 0);
  int64_t most;
  if (llvm::MulOverflow(*classes, kept, most))
    return {};
  return {{most, {{0, 0}}, {}}};
}

/// The integers of an operand, if all are known.
std::optional<SmallVector<int64_t>> getIntegers(const NodeSizes &in,
                                                size_t index) {
  if (index >= in.values.size() || !in.values[index])
    return std::nullopt;
  return in.values[index]->getIntegers();
}

/// What a range of known positions, by a positive step, is long of a dimension
/// of `size`.
CountedSize sliceDimension(const NodeSizes &in, AffineExpr size, int64_t start,
                           int64_t end, int64_t step) {
  int64_t most = getSizeRange(size, in.symbols).second;
  if (start >= 0 && end >= 0)
    most = std::min(most, end) - start;
  else if (start < 0 && end < 0)
    most = end - start;
  else if (start < 0)
    most = std::min(most, -start);
  most = std::max<int64_t>(most, 0);
  MLIRContext *context = size.getContext();
  SizeList key{size};
  for (int64_t number : {start, end, step})
    key.push_back(getAffineConstantExpr(number, context));
  return {llvm::divideCeilSigned(most, step), {}, std::move(key)};
}

/// Of known positions, which the size of a dimension cuts off.
CountedSizes findSlice(const NodeSizes &in) {
  auto starts = getIntegers(in, 1), ends = getIntegers(in, 2),
       axes = getIntegers(in, 3), steps = getIntegers(in, 4);
  NodeOp node = in.node;
  auto isGiven = [&](size_t index) {
    return index < node.getInputs().size() &&
           !isa<NoneType>(node.getInputs()[index].getType());
  };
  if (!starts || !ends || starts->size() != ends->size() ||
      (isGiven(3) && (!axes || axes->size() != starts->size())) ||
      (isGiven(4) && (!steps || steps->size() != starts->size())))
    return {};
  CountedSizes counted;
  for (size_t i = 0; i < starts->size(); ++i) {
    std::optional<int64_t> dim =
        normalizeAxis(axes ? (*axes)[i] : int64_t(i), in.sizes[0].size());
    int64_t step = steps ? (*steps)[i] : 1;
    // Beyond these no dimension has positions.
    auto clamp = [](int64_t position) {
      return std::clamp(position, -mostElements, mostElements);
    };
    if (!dim || step <= 0 || !in.sizes[0][*dim] ||
        !getMost(in, in.sizes[0][*dim]))
      continue;
    counted.push_back(sliceDimension(in, in.sizes[0][*dim], clamp((*starts)[i]),
                                     clamp((*ends)[i]), step));
    counted.back().dims.push_back({0, *dim});
  }
  return counted;
}

} // namespace

CountedSizes findCountedSizes(const NodeSizes &in) {
  NodeOp node = in.node;
  if (!node.getDomain().empty() || in.sizes.empty())
    return {};
  using Find = CountedSizes (*)(const NodeSizes &);
  auto find = llvm::StringSwitch<Find>(node.getOpType())
                  .Case("Compress", findCompress)
                  .Case("NonMaxSuppression", findSuppression)
                  .Case("NonZero", findNonZero)
                  .Case("Slice", findSlice)
                  .Case("Unique", findUnique)
                  .Default([](const NodeSizes &) { return CountedSizes(); });
  return find(in);
}

} // namespace garam::onnx
