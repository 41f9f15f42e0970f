//===- DeriveSizes.cpp - Sizes of run time through nodes ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "DeriveSizes.h"

#include "EvaluateNode.h"

using namespace mlir;

namespace garam::onnx {
namespace {

AffineExpr getConstant(const NodeSizes &in, int64_t value) {
  return getAffineConstantExpr(value, in.node->getContext());
}

AffineExpr getProduct(const NodeSizes &in, ArrayRef<AffineExpr> sizes) {
  AffineExpr product = getConstant(in, 1);
  for (AffineExpr size : sizes) {
    if (!size)
      return {};
    product = product * size;
  }
  return normalizeSize(product);
}

bool isConstant(AffineExpr size, int64_t value) {
  auto constant = dyn_cast_or_null<AffineConstantExpr>(size);
  return constant && constant.getValue() == value;
}

/// The integers of an operand, null where one is not known; none when it is no
/// tensor of a fixed size.
std::optional<SizeList> getIntegers(const NodeSizes &in, size_t index) {
  if (index >= in.values.size() || !in.values[index] ||
      in.values[index]->isFloat())
    return std::nullopt;
  SizeList integers;
  for (const Element &element : in.values[index]->elements)
    integers.push_back(element.getSize(in.node->getContext()));
  return integers;
}

int64_t getInt(const NodeSizes &in, StringRef name, int64_t missing) {
  NodeOp node = in.node;
  auto value = node.getNodeAttributes().getAs<IntegerAttr>(name);
  return value ? value.getInt() : missing;
}

bool isAtLeast(const NodeSizes &in, AffineExpr left, AffineExpr right) {
  return getSizeRange(normalizeSize(left - right), in.symbols).first >= 0;
}

std::optional<SizeList> deriveReshape(const NodeSizes &in) {
  std::optional<SizeList> wanted = getIntegers(in, 1);
  if (!wanted)
    return std::nullopt;
  bool allowsZero = getInt(in, "allowzero", 0) != 0;
  std::optional<size_t> inferred;
  SizeList others;
  for (auto [dim, size] : llvm::enumerate(*wanted)) {
    if (isConstant(size, 0) && !allowsZero)
      size = dim < in.sizes[0].size() ? in.sizes[0][dim] : AffineExpr();
    if (isConstant(size, -1) && !inferred)
      inferred = dim;
    else
      others.push_back(size);
  }
  if (!inferred)
    return wanted;
  AffineExpr all = getProduct(in, in.sizes[0]), known = getProduct(in, others);
  (*wanted)[*inferred] = all && known ? divideSize(all, known) : AffineExpr();
  return wanted;
}

std::optional<SizeList> deriveExpand(const NodeSizes &in) {
  std::optional<SizeList> wanted = getIntegers(in, 1);
  if (!wanted)
    return std::nullopt;
  SizeList result(*wanted);
  const SizeList &input = in.sizes[0];
  if (input.size() > result.size())
    result.insert(result.begin(), input.size() - result.size(),
                  getConstant(in, 1));
  for (size_t dim = 0; dim < input.size(); ++dim) {
    AffineExpr &size = result[result.size() - input.size() + dim];
    if (isConstant(size, 1))
      size = input[dim];
    else if (size != input[dim] && !isConstant(input[dim], 1))
      size = AffineExpr();
  }
  return result;
}

/// The number of elements, which a step of 1 does not need divided.
std::optional<SizeList> deriveRange(const NodeSizes &in) {
  SizeList operands;
  for (size_t i = 0; i < 3; ++i) {
    std::optional<SizeList> integers = getIntegers(in, i);
    if (!integers || integers->size() != 1 || !integers->front())
      return std::nullopt;
    operands.push_back(integers->front());
  }
  auto step = dyn_cast<AffineConstantExpr>(operands[2]);
  if (!step || step.getValue() <= 0 || !isAtLeast(in, operands[1], operands[0]))
    return std::nullopt;
  return SizeList{
      normalizeSize((operands[1] - operands[0]).ceilDiv(step.getValue()))};
}

std::optional<SizeList> deriveConcat(const NodeSizes &in) {
  SizeList result = in.sizes[0];
  auto axis = normalizeAxis(getInt(in, "axis", 0), result.size());
  if (!axis)
    return std::nullopt;
  for (const SizeList &sizes : in.sizes.drop_front()) {
    if (sizes.size() != result.size())
      return std::nullopt;
    AffineExpr &sum = result[*axis];
    sum =
        sum && sizes[*axis] ? normalizeSize(sum + sizes[*axis]) : AffineExpr();
  }
  return result;
}

/// Of two sizes that broadcast, neither of which is fixed at 1. Where both are
/// more than 1 in every run, no run has them differ.
AffineExpr joinSizes(const NodeSizes &in, AffineExpr left, AffineExpr right) {
  if (left == right)
    return left;
  auto isAboveOne = [&](AffineExpr size) {
    return size && getSizeRange(size, in.symbols).first > 1;
  };
  if (!isAboveOne(left) || !isAboveOne(right))
    return {};
  return isa<AffineConstantExpr>(right) ? right : left;
}

/// Of an elementwise operator, whose sizes inference does not tell where they
/// are equal only in a run.
std::optional<SizeList> deriveBroadcast(const NodeSizes &in) {
  size_t rank = 0;
  for (const SizeList &sizes : in.sizes)
    rank = std::max(rank, sizes.size());
  SizeList result(rank, getConstant(in, 1));
  for (auto [sizes, operand] :
       llvm::zip_equal(in.sizes, NodeOp(in.node).getInputs())) {
    if (!isa<RankedTensorType>(operand.getType()))
      return std::nullopt;
    for (auto [joined, size] :
         llvm::zip(llvm::drop_begin(result, rank - sizes.size()), sizes))
      if (isConstant(joined, 1))
        joined = size;
      else if (!isConstant(size, 1))
        joined = joinSizes(in, joined, size);
  }
  return result;
}

std::optional<SizeList> deriveFlatten(const NodeSizes &in) {
  int64_t rank = in.sizes[0].size(), axis = getInt(in, "axis", 1);
  axis += axis < 0 ? rank : 0;
  if (axis < 0 || axis > rank)
    return std::nullopt;
  ArrayRef<AffineExpr> sizes = in.sizes[0];
  return SizeList{getProduct(in, sizes.take_front(axis)),
                  getProduct(in, sizes.drop_front(axis))};
}

/// As opsets from 11 on have it: the pads, then the axes, are operands.
std::optional<SizeList> derivePad(const NodeSizes &in) {
  std::optional<SizeList> pads = getIntegers(in, 1), axes = getIntegers(in, 3);
  NodeOp node = in.node;
  bool hasAxes = node.getInputs().size() > 3;
  SizeList result = in.sizes[0];
  size_t count = axes ? axes->size() : result.size();
  if (!pads || pads->size() != 2 * count || (hasAxes && !axes))
    return std::nullopt;
  for (size_t i = 0; i < count; ++i) {
    auto axis = dyn_cast_or_null<AffineConstantExpr>(axes ? (*axes)[i]
                                                          : getConstant(in, i));
    auto dim = axis ? normalizeAxis(axis.getValue(), result.size())
                    : std::optional<int64_t>();
    if (!dim)
      return std::nullopt;
    AffineExpr before = (*pads)[i], behind = (*pads)[count + i];
    AffineExpr &size = result[*dim];
    size = size && before && behind ? normalizeSize(size + before + behind)
                                    : AffineExpr();
  }
  return result;
}

std::optional<SizeList> deriveTile(const NodeSizes &in) {
  std::optional<SizeList> repeats = getIntegers(in, 1);
  if (!repeats || repeats->size() != in.sizes[0].size())
    return std::nullopt;
  SizeList result;
  for (auto [size, count] : llvm::zip_equal(in.sizes[0], *repeats))
    result.push_back(size && count ? normalizeSize(size * count)
                                   : AffineExpr());
  return result;
}

/// Of an operator without inference in onnx.
std::optional<SizeList> deriveSameSizes(const NodeSizes &in) {
  if (in.sizes[0].empty())
    return std::nullopt;
  return in.sizes[0];
}

/// Begin and end of a sliced dimension, within it, and the distance between
/// what is taken.
struct Section {
  AffineExpr begin, end;
  int64_t step = 1;
  bool isReversed = false;
};

/// A position counted from the end when it is negative, as one in [low, high];
/// null when it cannot be told which.
AffineExpr clampPosition(const NodeSizes &in, AffineExpr position,
                         AffineExpr size, AffineExpr low, AffineExpr high) {
  if (!position || !size)
    return {};
  auto [least, most] = getSizeRange(position, in.symbols);
  if (most < 0)
    position = normalizeSize(position + size);
  else if (least < 0)
    return {};
  if (isAtLeast(in, low, position))
    return low;
  if (isAtLeast(in, position, high))
    return high;
  bool isWithin = isAtLeast(in, position, low) && isAtLeast(in, high, position);
  return isWithin ? position : AffineExpr();
}

/// What a Slice takes of a dimension; of a negative step in the other order.
Section getSection(const NodeSizes &in, AffineExpr start, AffineExpr end,
                   int64_t step, AffineExpr size) {
  if (!size)
    return {};
  AffineExpr zero = getConstant(in, 0), last = size - 1;
  if (step > 0) {
    start = clampPosition(in, start, size, zero, size);
    end = clampPosition(in, end, size, zero, size);
    bool isInOrder = start && end && isAtLeast(in, end, start);
    return isInOrder ? Section{start, end, step} : Section{};
  }
  start = clampPosition(in, start, size, zero, last);
  end = clampPosition(in, end, size, getConstant(in, -1), last);
  // An empty dimension has no last element.
  if (!start || !end || !isAtLeast(in, size, getConstant(in, 1)) ||
      !isAtLeast(in, start - end, getConstant(in, 1)))
    return {};
  AffineExpr first = start - (start - end - 1).floorDiv(-step) * -step;
  return {normalizeSize(first), normalizeSize(start + 1), -step};
}

/// Whether a position is before the first element of every dimension, as
/// exporters write the end of a reversed one.
bool isBeforeAll(AffineExpr position) {
  auto constant = dyn_cast_or_null<AffineConstantExpr>(position);
  return constant && constant.getValue() <= -INT32_MAX;
}

/// The sections of a Slice by dimension; those of others are whole, as are
/// those that are reversed.
std::optional<SmallVector<Section>> getSections(const NodeSizes &in) {
  std::optional<SizeList> starts = getIntegers(in, 1),
                          ends = getIntegers(in, 2), axes = getIntegers(in, 3),
                          steps = getIntegers(in, 4);
  NodeOp node = in.node;
  auto isGiven = [&](size_t index) {
    return index < node.getInputs().size() &&
           !isa<NoneType>(node.getInputs()[index].getType());
  };
  if (!starts || !ends || starts->size() != ends->size() ||
      (isGiven(3) && (!axes || axes->size() != starts->size())) ||
      (isGiven(4) && (!steps || steps->size() != starts->size())))
    return std::nullopt;
  const SizeList &sizes = in.sizes[0];
  SmallVector<Section> sections;
  for (AffineExpr size : sizes)
    sections.push_back({getConstant(in, 0), size});
  for (size_t i = 0; i < starts->size(); ++i) {
    auto axis = dyn_cast_or_null<AffineConstantExpr>(axes ? (*axes)[i]
                                                          : getConstant(in, i));
    auto dim = axis ? normalizeAxis(axis.getValue(), sizes.size())
                    : std::optional<int64_t>();
    if (!dim)
      return std::nullopt;
    Section &section = sections[*dim];
    if (steps && isConstant((*steps)[i], -1) && isConstant((*starts)[i], -1) &&
        isBeforeAll((*ends)[i])) {
      section.isReversed = true;
      continue;
    }
    auto step = dyn_cast_or_null<AffineConstantExpr>(
        steps ? (*steps)[i] : getConstant(in, 1));
    if (!step || step.getValue() == 0 || step.getValue() == INT64_MIN)
      return std::nullopt;
    section =
        getSection(in, (*starts)[i], (*ends)[i], step.getValue(), sizes[*dim]);
  }
  return sections;
}

std::optional<SizeList> deriveSlice(const NodeSizes &in) {
  std::optional<SmallVector<Section>> sections = getSections(in);
  if (!sections)
    return std::nullopt;
  return llvm::map_to_vector<6>(*sections, [](const Section &section) {
    return section.begin && section.end
               ? normalizeSize(
                     (section.end - section.begin).ceilDiv(section.step))
               : AffineExpr();
  });
}

bool isOfRunTime(AffineExpr size) {
  return size && !isa<AffineConstantExpr>(size);
}

/// Whether a tensor has no element in any run, and so no place to begin at.
bool isEmpty(ArrayRef<AffineExpr> sizes) {
  return llvm::any_of(sizes,
                      [](AffineExpr size) { return isConstant(size, 0); });
}

/// The integers of an operand, or of the attribute that it was before opset 13.
std::optional<SizeList> getGivenParts(const NodeSizes &in) {
  if (std::optional<SizeList> integers = getIntegers(in, 1))
    return integers;
  NodeOp node = in.node;
  auto attr = node.getNodeAttributes().getAs<DenseI64ArrayAttr>("split");
  if (!attr)
    return std::nullopt;
  return llvm::map_to_vector<6>(
      attr.asArrayRef(), [&](int64_t part) { return getConstant(in, part); });
}

} // namespace

std::optional<SizeList> deriveParts(const NodeSizes &in) {
  NodeOp node = in.node;
  if (!node.getDomain().empty() || node.getOpType() != "Split")
    return std::nullopt;
  auto axis = normalizeAxis(getInt(in, "axis", 0), in.sizes[0].size());
  AffineExpr size = axis ? in.sizes[0][*axis] : AffineExpr();
  size_t count = node.getNumResults();
  if (!isOfRunTime(size) || isEmpty(in.sizes[0]))
    return std::nullopt;
  AffineExpr rest = size, zero = getConstant(in, 0);
  if (std::optional<SizeList> parts = getGivenParts(in)) {
    for (AffineExpr part : *parts) {
      if (!part || !isAtLeast(in, part, zero))
        return std::nullopt;
      rest = rest - part;
    }
    bool isWhole = parts->size() == count && isConstant(normalizeSize(rest), 0);
    return isWhole ? parts : std::nullopt;
  }
  if (node.getInputs().size() > 1 &&
      !isa<NoneType>(node.getInputs()[1].getType()))
    return std::nullopt;
  SizeList parts(count, normalizeSize(size.ceilDiv(count)));
  parts.back() = normalizeSize(size - parts.front() * int64_t(count - 1));
  // Of few elements those before the last have less, too.
  return isAtLeast(in, parts.back(), zero) ? std::optional(parts)
                                           : std::nullopt;
}

std::optional<SizeList> deriveSizes(const NodeSizes &in) {
  NodeOp node = in.node;
  if (!node.getDomain().empty() || in.sizes.empty())
    return std::nullopt;
  using Derive = std::optional<SizeList> (*)(const NodeSizes &);
  auto derive =
      llvm::StringSwitch<Derive>(node.getOpType())
          .Cases({"Add", "And", "Div", "Equal", "Greater", "GreaterOrEqual",
                  "Less", "LessOrEqual", "Max", "Min", "Mul", "Or", "Sub",
                  "Where"},
                 deriveBroadcast)
          .Case("Concat", deriveConcat)
          .Case("ConstantOfShape",
                [](const NodeSizes &in) { return getIntegers(in, 0); })
          .Case("Expand", deriveExpand)
          .Case("Flatten", deriveFlatten)
          .Case("GroupNormalization", deriveSameSizes)
          .Case("Pad", derivePad)
          .Case("Range", deriveRange)
          .Case("Reshape", deriveReshape)
          .Case("Slice", deriveSlice)
          .Case("Tile", deriveTile)
          .Default(deriveSpatialSizes);
  return derive(in);
}

SmallVector<ResolvedOperand> resolveOperands(const NodeSizes &in,
                                             const SizeList &result) {
  NodeOp node = in.node;
  bool isKnown = llvm::all_of(result, [](AffineExpr size) { return !!size; });
  if (!node.getDomain().empty() || !isKnown || in.sizes.empty())
    return {};
  bool isDynamic = llvm::any_of(in.sizes[0], isOfRunTime) ||
                   llvm::any_of(result, isOfRunTime);
  if (node.getOpType() == "Reshape" && isDynamic)
    return {{1, result}};
  if (node.getOpType() != "Slice" || !isDynamic || isEmpty(in.sizes[0]))
    return {};
  std::optional<SmallVector<Section>> sections = getSections(in);
  std::optional<SizeList> axes = getIntegers(in, 3);
  if (!sections || llvm::any_of(*sections, [](const Section &section) {
        return section.isReversed;
      }))
    return {};
  SizeList begins, ends;
  for (size_t i = 0; i < getIntegers(in, 1)->size(); ++i) {
    int64_t dim = i;
    if (axes)
      dim = *normalizeAxis(cast<AffineConstantExpr>((*axes)[i]).getValue(),
                           sections->size());
    begins.push_back((*sections)[dim].begin);
    ends.push_back((*sections)[dim].end);
    // An empty section may begin behind the last element.
    if (!begins.back() || !ends.back() || begins.back() == ends.back())
      return {};
  }
  return {{1, begins}, {2, ends}};
}

} // namespace garam::onnx
