//===- RaiseAttention.cpp - Attention in several nodes --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
//   softmax(scale * queries keys^T + mask) values
//
// (Vaswani et al., Attention Is All You Need, 2017) as exporters write it:
// queries, keys and scores are multiplied or divided by constants, of which the
// product counts; keys come transposed or are; masks are added or choose;
// scores are capped by a tangent (Gemma Team, Gemma 2, 2024); heads that
// several heads of queries share (Ainslie et al., GQA, 2023) are repeated by
// Expand; what a query that sees nothing gets, no number, gives way to 0; the
// softmax of half precision is computed in single.
//
//===----------------------------------------------------------------------===//

#include "AttentionScores.h"

using namespace mlir;

namespace garam::onnx {

/// Batch, heads, positions and elements, of which the first two may be missing.
constexpr int64_t attentionRank = 4, leastRank = 2;

static RankedTensorType getType(Value value) {
  return dyn_cast<RankedTensorType>(value.getType());
}

/// Keys or values [B, K, T, D] that `value` repeats for heads that share them,
/// [B, K * shares, T, D]: a dimension behind that of the heads is expanded and
/// joined with it.
static Value getShared(Value value) {
  NodeOp join = getNode(value, "Reshape");
  NodeOp expand = join ? getNode(join.getInputs()[0], "Expand") : NodeOp();
  if (!expand)
    return {};
  Value single = expand.getInputs()[0];
  NodeOp split = getNode(single, "Unsqueeze");
  if (!split)
    split = getNode(single, "Reshape");
  if (!split)
    return {};
  RankedTensorType shared = getType(split.getInputs()[0]);
  RankedTensorType one = getType(single);
  RankedTensorType many = getType(expand.getResult(0));
  RankedTensorType joined = getType(value);
  for (RankedTensorType type : {shared, one, many, joined})
    if (!type || !type.hasStaticShape())
      return {};
  if (shared.getRank() != attentionRank || joined.getRank() != attentionRank)
    return {};
  SmallVector<int64_t> shape(shared.getShape());
  shape.insert(shape.begin() + 2, 1);
  if (one.getShape() != ArrayRef(shape))
    return {};
  int64_t shares = joined.getDimSize(1) / std::max<int64_t>(shape[1], 1);
  shape[2] = shares;
  if (many.getShape() != ArrayRef(shape))
    return {};
  SmallVector<int64_t> whole(shared.getShape());
  whole[1] *= shares;
  return joined.getShape() == ArrayRef(whole) ? split.getInputs()[0] : Value();
}

/// Whether `node` is a Transpose by `order`.
static bool isTranspose(NodeOp node, ArrayRef<int64_t> order) {
  auto permutation =
      node ? node.getNodeAttributes().getAs<DenseI64ArrayAttr>("perm")
           : DenseI64ArrayAttr();
  return permutation && permutation.asArrayRef() == order;
}

/// What becomes `value` when the last two of its dimensions are exchanged,
/// while the first two of four may be joined; null where nothing does.
static Value getTransposed(Value value) {
  NodeOp transpose = getNode(value, "Transpose");
  RankedTensorType type = getType(value);
  if (!type || type.getRank() < leastRank)
    return {};
  SmallVector<int64_t> order =
      llvm::to_vector(llvm::seq<int64_t>(type.getRank()));
  std::swap(order[order.size() - 1], order[order.size() - 2]);
  if (isTranspose(transpose, order))
    return transpose.getInputs()[0];
  NodeOp split = getNode(value, "Reshape");
  transpose = split ? getNode(split.getInputs()[0], "Transpose") : NodeOp();
  NodeOp join = isTranspose(transpose, {0, 2, 1})
                    ? getNode(transpose.getInputs()[0], "Reshape")
                    : NodeOp();
  RankedTensorType from = join ? getType(join.getInputs()[0]) : nullptr;
  RankedTensorType to = getType(value);
  RankedTensorType joined = join ? getType(join.getResult(0)) : nullptr;
  for (RankedTensorType type : {from, joined, to})
    if (!type || !type.hasStaticShape())
      return {};
  bool isSame = from.getRank() == attentionRank &&
                to.getShape() ==
                    ArrayRef<int64_t>{from.getDimSize(0), from.getDimSize(1),
                                      from.getDimSize(3), from.getDimSize(2)} &&
                joined.getDimSize(1) == from.getDimSize(2) &&
                joined.getDimSize(2) == from.getDimSize(3);
  return isSame ? join.getInputs()[0] : Value();
}

/// Whether the last dimension is normalised.
static bool isOverLast(NodeOp softmax) {
  RankedTensorType type = getType(softmax.getResult(0));
  auto axis = softmax.getNodeAttributes().getAs<IntegerAttr>("axis");
  return type &&
         (!axis || axis.getInt() == -1 || axis.getInt() == type.getRank() - 1);
}

/// Whether each head of the queries has the same masks.
static bool areSameForHeads(ValueRange masks) {
  return llvm::all_of(masks, [](Value mask) {
    RankedTensorType type = getType(mask);
    return !type || type.getRank() < 3 ||
           type.getDimSize(type.getRank() - 3) == 1;
  });
}

/// What a network has learnt: products with it are layers of their own, which
/// a device may keep where it multiplies.
static bool isWeight(Value value) {
  return isa_and_nonnull<ConstantOp>(value.getDefiningOp());
}

/// How queries, keys and values do not fit; empty where they do.
static std::string checkOperands(ArrayRef<RankedTensorType> types) {
  if (llvm::is_contained(types, RankedTensorType()) ||
      types[0].getRank() < leastRank || types[0].getRank() > attentionRank ||
      !llvm::all_equal(llvm::map_range(
          types, [](RankedTensorType type) { return type.getRank(); })))
    return "queries, keys and values do not have two to four dimensions, each "
           "as many";
  if (!llvm::all_equal(llvm::map_range(
          types, [](RankedTensorType type) { return type.getElementType(); })))
    return "queries, keys and values have different types";
  auto getSize = [](RankedTensorType type, int64_t fromEnd) {
    return type.getRank() < fromEnd ? 1
                                    : type.getDimSize(type.getRank() - fromEnd);
  };
  constexpr int64_t batchFromEnd = 4, headsFromEnd = 3;
  int64_t heads = getSize(types[0], headsFromEnd);
  int64_t shared = getSize(types[1], headsFromEnd);
  for (RankedTensorType type : types.drop_front())
    if (getSize(type, batchFromEnd) != getSize(types[0], batchFromEnd) ||
        getSize(type, headsFromEnd) != shared)
      return "queries, keys and values have different batches or heads";
  bool divides = heads > 0 && shared > 0 && heads % shared == 0;
  return heads == shared || divides
             ? ""
             : "queries, keys and values have different batches or heads";
}

/// How `masks` do not fit queries and keys; empty where they do.
static std::string checkMasks(ValueRange masks, Value queries, Value keys) {
  for (Value mask : masks)
    if (!getType(mask))
      return "the rank of the mask is not known";
  int64_t rank = getType(queries).getRank();
  bool areShared = rank > leastRank && getType(queries).getDimSize(rank - 3) !=
                                           getType(keys).getDimSize(rank - 3);
  return areShared && !areSameForHeads(masks)
             ? "heads share keys, and each has a mask"
             : "";
}

/// Why scores and weights, down to the product, can be no part of one node;
/// empty where they can.
static std::string checkScores(const Scores &scores, const Weights &weights,
                               Value argument) {
  if (!scores.product) {
    auto node = argument.getDefiningOp<NodeOp>();
    std::string maker = node ? "'" + node.getOpType().str() + "'" : "an input";
    return "the softmax is of " + maker +
           ", not of a product of queries and keys with masks";
  }
  if (!scores.missed.empty())
    return scores.missed;
  if (!llvm::all_of(scores.values, isReadOnce) ||
      !llvm::all_of(weights.values, isReadOnce))
    return "other nodes read scores or weights";
  return "";
}

static void addAttributes(RaisedNode &raised, const Scores &scores,
                          double scale, bool isTransposed, bool isGuarded) {
  Builder builder(raised.last.getContext());
  auto add = [&](StringRef name, Attribute value) {
    raised.attributes.push_back(builder.getNamedAttr(name, value));
  };
  auto addFlag = [&](StringRef name, bool isSet) {
    if (isSet)
      add(name, builder.getI64IntegerAttr(1));
  };
  addFlag("hides_true", scores.hidesTrue);
  if (scores.masked)
    add("masked", builder.getF32FloatAttr(*scores.masked));
  if (scores.masks.size() > 1)
    add("masks", builder.getI64IntegerAttr(scores.masks.size()));
  add("scale", builder.getF32FloatAttr(scale));
  if (scores.softcap)
    add("softcap", builder.getF32FloatAttr(*scores.softcap));
  addFlag("transposed_keys", isTransposed);
  addFlag("zero_unseen", isGuarded);
}

RaisedNode matchAttention(NodeOp last) {
  RaisedNode raised;
  raised.last = last;
  auto miss = [&](const Twine &reason) {
    raised.missed = ("Attention: " + reason).str();
    return raised;
  };
  Value values = last.getInputs()[1];
  Weights weights = findWeights(last.getInputs()[0]);
  NodeOp softmax = getNode(weights.values.back(), "Softmax");
  if (!softmax)
    return raised;
  if (!isOverLast(softmax))
    return miss("the softmax is not over the last dimension");
  Value argument = softmax.getInputs()[0];
  Scores scores = findScores(argument);
  if (std::string reason = checkScores(scores, weights, argument);
      !reason.empty())
    return miss(reason);

  Type element = getElementTypeOrSelf(values);
  Scaled keys = removeFactors(scores.product.getInputs()[1], element);
  double scale = scores.scale * keys.factor;
  Value untransposed = getTransposed(keys.value);
  if (untransposed) {
    keys = removeFactors(untransposed, element);
    scale *= keys.factor;
    Value shared = getShared(keys.value), sharedValues = getShared(values);
    if (shared && sharedValues && areSameForHeads(scores.masks)) {
      keys.value = shared;
      values = sharedValues;
    }
  }
  // Where queries alone are scaled, they stay so: they are fewer than scores.
  Scaled queries{scores.product.getInputs()[0]};
  if (scale != scores.scale || getElementTypeOrSelf(queries.value) != element)
    queries = removeFactors(queries.value, element);
  scale *= queries.factor;
  raised.inputs = {queries.value, keys.value, values};
  if (isWeight(keys.value) || isWeight(values))
    return miss("its keys or values are weights");
  if (std::string reason = checkOperands(
          {getType(queries.value), getType(keys.value), getType(values)});
      !reason.empty())
    return miss(reason);
  if (std::string reason = checkMasks(scores.masks, queries.value, keys.value);
      !reason.empty())
    return miss(reason);
  llvm::append_range(raised.inputs, scores.masks);
  addAttributes(raised, scores, scale, /*isTransposed=*/!untransposed,
                weights.isGuarded);
  raised.opType = "Attention";
  return raised;
}

} // namespace garam::onnx
