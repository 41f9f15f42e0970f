//===- RaiseRotation.cpp - Rotary embeddings in several nodes -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Pairs of elements along the last dimension are turned by angles (Su et al.,
// RoFormer: Enhanced Transformer with Rotary Position Embedding, 2021). With a
// and b the first and the second element of each pair,
//
//   y = x * cosines + (-b, a) * sines
//
// or, part by part,
//
//   y = (a * cosines - b * sines, a * sines + b * cosines).
//
// The first elements are the first half of x, or those at even places. Parts
// are slices or results of a split, products have their factors and the sum its
// addends in either order.
//
//===----------------------------------------------------------------------===//

#include "RaisedNode.h"

#include "SmallTensor.h"

using namespace mlir;

namespace garam::onnx {
namespace {

/// One element of each pair of `whole`.
struct Part {
  Value whole;
  bool isInterleaved = false; // at even or odd places, not a half
  bool isSecond = false;
};

/// Two tensors that are put together as the parts of one.
struct Pair {
  Value first, second;
  bool isInterleaved = false;
};

/// A product of two tensors.
using Factors = std::pair<Value, Value>;

} // namespace

static RankedTensorType getType(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getRank() > 0 ? type : RankedTensorType();
}

static int64_t getInteger(NodeOp node, StringRef name, int64_t missing) {
  auto value = node.getNodeAttributes().getAs<IntegerAttr>(name);
  return value ? value.getInt() : missing;
}

/// The element of a constant of one integer.
static std::optional<int64_t> getInteger(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  std::optional<SmallTensor> tensor;
  if (constant)
    tensor = SmallTensor::fromAttr(constant.getValue(), /*maxElements=*/1);
  std::optional<SmallVector<int64_t>> integers;
  if (tensor)
    integers = tensor->getIntegers();
  return integers && integers->size() == 1 ? std::optional(integers->front())
                                           : std::nullopt;
}

/// Whether `axis` is the last dimension of `type`.
static bool isLast(std::optional<int64_t> axis, RankedTensorType type) {
  return axis == -1 || axis == type.getRank() - 1;
}

/// Whether `type` has the shape of `other` with `size` as its last dimension.
static bool isResized(RankedTensorType type, RankedTensorType other,
                      int64_t size) {
  return type && other && type.getRank() == other.getRank() &&
         type.getShape().drop_back() == other.getShape().drop_back() &&
         type.getShape().back() == size;
}

/// Where a Slice or a Split along the last dimension begins to take `value`
/// from its input, and every how manieth element; none of other nodes.
static std::optional<std::pair<int64_t, int64_t>> getStart(Value value) {
  auto node = value.getDefiningOp<NodeOp>();
  RankedTensorType from, to = getType(value);
  if (isNode(node, "Slice") || isNode(node, "Split"))
    from = getType(node.getInputs()[0]);
  if (!from || !isResized(to, from, to ? to.getShape().back() : 0) ||
      to.isDynamicDim(to.getRank() - 1) ||
      from.isDynamicDim(from.getRank() - 1))
    return std::nullopt;
  if (isNode(node, "Split")) {
    if (!isLast(getInteger(node, "axis", 0), from))
      return std::nullopt;
    int64_t start = 0;
    for (Value result : node.getResults().take_front(
             cast<OpResult>(value).getResultNumber())) {
      RankedTensorType type = getType(result);
      if (!type || type.isDynamicDim(type.getRank() - 1))
        return std::nullopt;
      start += type.getShape().back();
    }
    return std::pair(start, int64_t(1));
  }
  ValueRange inputs = node.getInputs();
  std::optional<int64_t> axis, step = 1, start = getInteger(inputs[1]);
  if (inputs.size() > 3 && !isa<NoneType>(inputs[3].getType()))
    axis = getInteger(inputs[3]);
  else if (from.getRank() == 1)
    axis = 0;
  if (inputs.size() > 4 && !isa<NoneType>(inputs[4].getType()))
    step = getInteger(inputs[4]);
  if (!start || !step || *step < 1 || !isLast(axis, from))
    return std::nullopt;
  if (*start < 0)
    *start += from.getShape().back();
  return std::pair(*start, *step);
}

/// The part that `value`, [..., N], is of [..., N, 2], which is another view of
/// its whole.
static std::optional<Part> getPartOfPairs(Value value) {
  RankedTensorType type = getType(value);
  auto drop = value.getDefiningOp<NodeOp>();
  if (!type || !drop || drop.getInputs().empty())
    return std::nullopt;
  Value pairs = drop.getInputs()[0];
  std::optional<int64_t> place;
  if (isNode(drop, "Gather")) {
    place = getInteger(drop.getInputs()[1]);
    RankedTensorType pairsType = getType(pairs);
    if (!place || !pairsType || !isLast(getInteger(drop, "axis", 0), pairsType))
      return std::nullopt;
    *place += *place < 0 ? 2 : 0;
  } else if (isNode(drop, "Squeeze") || isNode(drop, "Reshape")) {
    std::optional<std::pair<int64_t, int64_t>> start = getStart(pairs);
    if (!start)
      return std::nullopt;
    place = start->first;
    pairs = pairs.getDefiningOp<NodeOp>().getInputs()[0];
  } else {
    return std::nullopt;
  }
  NodeOp split = getNode(pairs, "Reshape");
  if (!split)
    return std::nullopt;
  Value whole = split.getInputs()[0];
  SmallVector<int64_t> shape(type.getShape());
  int64_t width = shape.back();
  shape.push_back(2);
  RankedTensorType pairsType = getType(pairs);
  if (!pairsType || pairsType.getShape() != ArrayRef(shape) ||
      ShapedType::isDynamic(width) ||
      !isResized(getType(whole), type, 2 * width))
    return std::nullopt;
  return Part{whole, /*isInterleaved=*/true, /*isSecond=*/*place == 1};
}

/// Of which tensor `value` is a part.
static std::optional<Part> getPart(Value value) {
  std::optional<std::pair<int64_t, int64_t>> start = getStart(value);
  if (!start)
    return getPartOfPairs(value);
  Value whole = value.getDefiningOp<NodeOp>().getInputs()[0];
  int64_t width = getType(value).getShape().back();
  if (getType(whole).getShape().back() != 2 * width)
    return std::nullopt;
  auto [first, step] = *start;
  if (step == 1 && (first == 0 || first == width))
    return Part{whole, /*isInterleaved=*/false, /*isSecond=*/first != 0};
  if (step == 2 && first < 2)
    return Part{whole, /*isInterleaved=*/true, /*isSecond=*/first == 1};
  return std::nullopt;
}

/// The two tensors of one type that a Concat along the last dimension joins.
static std::optional<Pair> getJoined(Value value) {
  NodeOp concat = getNode(value, "Concat");
  RankedTensorType type = getType(value);
  if (!concat || !type || concat.getInputs().size() != 2 ||
      !isLast(getInteger(concat, "axis", 0), type) ||
      concat.getInputs()[0].getType() != concat.getInputs()[1].getType())
    return std::nullopt;
  return Pair{concat.getInputs()[0], concat.getInputs()[1]};
}

/// What gets a last dimension of one element to be `value`; null where nothing
/// does.
static Value getFlat(Value value) {
  NodeOp node = getNode(value, "Unsqueeze");
  if (!node)
    node = getNode(value, "Reshape");
  RankedTensorType type = getType(value);
  RankedTensorType flat = node ? getType(node.getInputs()[0]) : nullptr;
  return flat && type && type.getShape().back() == 1 &&
                 type.getShape().drop_back() == flat.getShape()
             ? node.getInputs()[0]
             : Value();
}

/// The parts of which `value` is put together.
static std::optional<Pair> getPair(Value value) {
  if (std::optional<Pair> halves = getJoined(value))
    return halves;
  NodeOp merge = getNode(value, "Reshape");
  std::optional<Pair> columns =
      merge ? getJoined(merge.getInputs()[0]) : std::nullopt;
  if (!columns)
    return std::nullopt;
  Pair pair{getFlat(columns->first), getFlat(columns->second),
            /*isInterleaved=*/true};
  RankedTensorType type = pair.first ? getType(pair.first) : nullptr;
  if (!type || !pair.second || type.isDynamicDim(type.getRank() - 1) ||
      !isResized(getType(value), type, 2 * type.getShape().back()))
    return std::nullopt;
  return pair;
}

static std::optional<Factors> getFactors(Value value) {
  NodeOp mul = getNode(value, "Mul");
  return mul ? std::optional(Factors(mul.getInputs()[0], mul.getInputs()[1]))
             : std::nullopt;
}

/// The other factor than `factor`; null where that is none of them.
static Value getOther(const Factors &factors, Value factor) {
  if (factors.first == factor)
    return factors.second;
  return factors.second == factor ? factors.first : Value();
}

/// Whether `table` broadcasts to `type`, with its width or half of it.
static bool fits(Value table, RankedTensorType type) {
  RankedTensorType tableType = getType(table);
  if (!tableType || tableType.getRank() > type.getRank() ||
      tableType.getElementType() != type.getElementType())
    return false;
  int64_t width = type.getShape().back(), size = tableType.getShape().back();
  if (size != width && 2 * size != width)
    return false;
  ArrayRef<int64_t> last =
      type.getShape().take_back(tableType.getRank()).drop_back();
  return llvm::all_of(llvm::zip_equal(tableType.getShape().drop_back(), last),
                      [](auto sizes) {
                        auto [of, to] = sizes;
                        return of == 1 || of == to;
                      });
}

/// Sets the operator, or what is different.
static void setRotation(RaisedNode &raised, Value x, Value cosines, Value sines,
                        bool isInterleaved) {
  RankedTensorType type = getType(x);
  if (type != raised.last.getResult(0).getType() || !fits(cosines, type) ||
      !fits(sines, type)) {
    raised.missed = "RotaryEmbedding: cosines or sines are not of the width of "
                    "what is rotated, or of half of it";
    return;
  }
  raised.opType = "RotaryEmbedding";
  raised.inputs = {x, cosines, sines};
  Builder builder(raised.last.getContext());
  raised.attributes = {builder.getNamedAttr(
      "interleaved", builder.getI64IntegerAttr(isInterleaved))};
}

/// What is turned by a quarter to `value`, (-b, a): null where nothing is, or,
/// with `isNear`, parts of different tensors are.
static std::optional<Part> getTurned(Value value, bool &isNear) {
  std::optional<Pair> pair = getPair(value);
  NodeOp negative = pair ? getNode(pair->first, "Neg") : NodeOp();
  std::optional<Part> second =
      negative ? getPart(negative.getInputs()[0]) : std::nullopt;
  if (!second || !second->isSecond ||
      second->isInterleaved != pair->isInterleaved)
    return std::nullopt;
  isNear = true;
  std::optional<Part> first = getPart(pair->second);
  return first && !first->isSecond && first->whole == second->whole &&
                 first->isInterleaved == second->isInterleaved
             ? first
             : std::nullopt;
}

RaisedNode matchRotation(NodeOp last) {
  RaisedNode raised;
  raised.last = last;
  bool isNear = false;
  for (unsigned i = 0; i < 4; ++i) {
    // Which addend has the sines, and where in it they are.
    std::optional<Factors> sines = getFactors(last.getInputs()[i / 2]);
    std::optional<Factors> cosines = getFactors(last.getInputs()[1 - i / 2]);
    if (!sines || !cosines)
      return raised;
    if (i % 2 != 0)
      std::swap(sines->first, sines->second);
    std::optional<Part> turned = getTurned(sines->first, isNear);
    Value other = turned ? getOther(*cosines, turned->whole) : Value();
    if (!other)
      continue;
    setRotation(raised, turned->whole, other, sines->second,
                turned->isInterleaved);
    return raised;
  }
  if (isNear)
    raised.missed = "RotaryEmbedding: the parts that change places are not "
                    "those of what the cosines multiply";
  return raised;
}

/// The products whose difference or sum `value` is.
static std::optional<std::pair<Factors, Factors>> getProducts(Value value,
                                                              StringRef name) {
  NodeOp node = getNode(value, name);
  if (!node)
    return std::nullopt;
  std::optional<Factors> left = getFactors(node.getInputs()[0]);
  std::optional<Factors> right = getFactors(node.getInputs()[1]);
  if (!left || !right)
    return std::nullopt;
  return std::pair(*left, *right);
}

RaisedNode matchRotatedParts(NodeOp last) {
  RaisedNode raised;
  raised.last = last;
  std::optional<Pair> pair = getPair(last.getResult(0));
  if (!pair)
    return raised;
  auto difference = getProducts(pair->first, "Sub");
  auto sum = getProducts(pair->second, "Add");
  if (!difference || !sum)
    return raised;
  // a * cosines - b * sines
  for (bool swapsLeft : {false, true})
    for (bool swapsRight : {false, true}) {
      auto [a, cosines] = difference->first;
      auto [b, sines] = difference->second;
      if (swapsLeft)
        std::swap(a, cosines);
      if (swapsRight)
        std::swap(b, sines);
      std::optional<Part> first = getPart(a), second = getPart(b);
      if (!first || !second || first->isSecond || !second->isSecond ||
          first->whole != second->whole ||
          first->isInterleaved != second->isInterleaved)
        continue;
      if (first->isInterleaved != pair->isInterleaved) {
        raised.missed = "RotaryEmbedding: neighbours are put together as "
                        "halves, or halves as neighbours";
        continue;
      }
      // a * sines + b * cosines
      for (auto [left, right] : {*sum, std::pair(sum->second, sum->first)})
        if (getOther(left, a) == sines && getOther(right, b) == cosines) {
          RankedTensorType table = getType(cosines);
          int64_t width = getType(a).getShape().back();
          if (table && getType(sines) && table.getShape().back() == width &&
              getType(sines).getShape().back() == width)
            setRotation(raised, first->whole, cosines, sines,
                        pair->isInterleaved);
          else
            raised.missed = "RotaryEmbedding: cosines or sines are not of half "
                            "of the width of what is rotated";
          return raised;
        }
      raised.missed = "RotaryEmbedding: both parts are not turned by the same "
                      "cosines and sines";
    }
  return raised;
}

} // namespace garam::onnx
