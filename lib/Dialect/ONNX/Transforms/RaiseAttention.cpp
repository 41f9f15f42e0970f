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
// product counts; keys come transposed or are; a mask is added or chooses;
// heads that several heads of queries share (Ainslie et al., GQA, 2023) are
// repeated by Expand; what a query that sees nothing gets, no number, gives way
// to 0.
//
//===----------------------------------------------------------------------===//

#include "RaisedNode.h"

using namespace mlir;

namespace garam::onnx {
namespace {

/// What is left of a tensor without its factors.
struct Scaled {
  Value value;
  double factor = 1;
};

/// The scores before the softmax.
struct Scores {
  Value value;
  /// Added, or a condition; null without.
  Value mask;
  /// What scores become where the condition is false.
  std::optional<double> masked;
};

} // namespace

/// Batch, heads, positions and elements.
constexpr int64_t attentionRank = 4;
static RankedTensorType getType(Value value) {
  return dyn_cast<RankedTensorType>(value.getType());
}

/// Takes off products and quotients with constants of one element that keep the
/// type.
static Scaled removeFactors(Value value) {
  Scaled result{value};
  while (true) {
    NodeOp mul = getNode(result.value, "Mul");
    NodeOp div = getNode(result.value, "Div");
    NodeOp node = mul ? mul : div;
    if (!node)
      return result;
    unsigned constant = mul && getScalar(node.getInputs()[0]) ? 0 : 1;
    std::optional<double> factor = getScalar(node.getInputs()[constant]);
    Value other = node.getInputs()[1 - constant];
    if (!factor || *factor == 0 ||
        other.getType() != node.getResult(0).getType())
      return result;
    result.factor *= mul ? *factor : 1 / *factor;
    result.value = other;
  }
}

/// The product of queries and keys that `value` is, but for factors; null where
/// it is none.
static NodeOp getProduct(Value value) {
  return getNode(removeFactors(value).value, "MatMul");
}

/// Takes off the guard that makes what is no number 0.
static Value removeGuard(Value value) {
  NodeOp where = getNode(value, "Where");
  NodeOp isNaN = where ? getNode(where.getInputs()[0], "IsNaN") : NodeOp();
  if (!isNaN || isNaN.getInputs()[0] != where.getInputs()[2] ||
      where.getInputs()[2].getType() != value.getType())
    return value;
  std::optional<double> zero = getScalar(where.getInputs()[1]);
  return zero && *zero == 0 ? where.getInputs()[2] : value;
}

/// Takes the mask off the argument of the softmax; nothing where there is no
/// product of queries and keys below.
static std::optional<Scores> removeMask(Value value) {
  if (getProduct(value))
    return Scores{value, Value(), std::nullopt};
  NodeOp add = getNode(value, "Add");
  for (unsigned i = 0; add && i < 2; ++i)
    if (getProduct(add.getInputs()[i]))
      return Scores{add.getInputs()[i], add.getInputs()[1 - i], std::nullopt};
  NodeOp where = getNode(value, "Where");
  if (!where || !getProduct(where.getInputs()[1]))
    return std::nullopt;
  std::optional<double> masked = getScalar(where.getInputs()[2]);
  if (!masked)
    return std::nullopt;
  return Scores{where.getInputs()[1], where.getInputs()[0], masked};
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

/// What becomes `value` when the last two of its four dimensions are exchanged,
/// while the first two may be joined; null where nothing does.
static Value getTransposed(Value value) {
  NodeOp transpose = getNode(value, "Transpose");
  if (isTranspose(transpose, {0, 1, 3, 2}))
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

/// Whether `value` is read by one node, or by a guard: what others read has to
/// be computed anyway.
static bool isReadOnce(Value value) {
  if (value.hasOneUse())
    return true;
  return llvm::range_size(value.getUses()) == 2 &&
         llvm::any_of(value.getUsers(), [&](Operation *user) {
           auto node = dyn_cast<NodeOp>(user);
           return isNode(node, "Where") &&
                  removeGuard(node.getResult(0)) == value;
         });
}

/// The same of all values from `value` down to `end`, which it is but for
/// factors.
static bool areReadOnce(Value value, Value end) {
  while (isReadOnce(value)) {
    if (value == end)
      return true;
    ValueRange inputs = value.getDefiningOp<NodeOp>().getInputs();
    value = getScalar(inputs[0]) ? inputs[1] : inputs[0];
  }
  return false;
}

/// Whether each head of the queries has the same mask.
static bool isSameForHeads(Value mask) {
  RankedTensorType type = mask ? getType(mask) : RankedTensorType();
  return !type || type.getRank() < 3 ||
         type.getDimSize(type.getRank() - 3) == 1;
}

/// How shapes do not fit; empty where they do.
static std::string checkShapes(ArrayRef<Value> inputs) {
  SmallVector<RankedTensorType> types;
  for (Value input : inputs)
    types.push_back(getType(input));
  if (llvm::any_of(ArrayRef(types).take_front(3), [](RankedTensorType type) {
        return !type || type.getRank() != attentionRank;
      }))
    return "queries, keys and values do not have four dimensions each";
  int64_t batch = types[0].getDimSize(0), heads = types[0].getDimSize(1);
  int64_t shared = types[1].getDimSize(1);
  bool areShared = heads != shared;
  if (batch != types[1].getDimSize(0) || batch != types[2].getDimSize(0) ||
      shared != types[2].getDimSize(1) ||
      (areShared && (heads <= 0 || shared <= 0 || heads % shared != 0)))
    return "queries, keys and values have different batches or heads";
  if (types.size() == 3)
    return "";
  if (!types[3])
    return "the rank of the mask is not known";
  return areShared && !isSameForHeads(inputs[3])
             ? "heads share keys, and each has a mask"
             : "";
}

RaisedNode matchAttention(NodeOp last) {
  RaisedNode raised;
  raised.last = last;
  auto miss = [&](const Twine &reason) {
    raised.missed = ("Attention: " + reason).str();
    return raised;
  };
  Value weights = last.getInputs()[0], values = last.getInputs()[1];
  Value guarded = removeGuard(weights);
  NodeOp softmax = getNode(guarded, "Softmax");
  if (!softmax)
    return raised;
  if (!isOverLast(softmax))
    return miss("the softmax is not over the last dimension");
  Value argument = softmax.getInputs()[0];
  std::optional<Scores> scores = removeMask(argument);
  if (!scores) {
    auto node = argument.getDefiningOp<NodeOp>();
    std::string maker = node ? "'" + node.getOpType().str() + "'" : "an input";
    return miss("the softmax is of " + maker +
                ", not of a product of queries and keys with one mask");
  }
  if (scores->value.getType() != argument.getType())
    return miss("the mask has more elements than the scores");
  Scaled whole = removeFactors(scores->value);
  NodeOp product = getNode(whole.value, "MatMul");
  if (!isReadOnce(weights) || !isReadOnce(guarded) || !isReadOnce(argument) ||
      !areReadOnce(scores->value, whole.value))
    return miss("other nodes read scores or weights");

  Scaled keys = removeFactors(product.getInputs()[1]);
  double scale = whole.factor * keys.factor;
  Value untransposed = getTransposed(keys.value);
  if (untransposed) {
    keys = removeFactors(untransposed);
    scale *= keys.factor;
    Value shared = getShared(keys.value), sharedValues = getShared(values);
    if (shared && sharedValues && isSameForHeads(scores->mask)) {
      keys.value = shared;
      values = sharedValues;
    }
  }
  // Where queries alone are scaled, they stay so: they are fewer than scores.
  Scaled queries{product.getInputs()[0]};
  if (scale != whole.factor)
    queries = removeFactors(queries.value);
  scale *= queries.factor;
  raised.inputs = {queries.value, keys.value, values};
  if (scores->mask)
    raised.inputs.push_back(scores->mask);
  if (std::string reason = checkShapes(raised.inputs); !reason.empty())
    return miss(reason);
  Builder builder(last.getContext());
  auto add = [&](StringRef name, Attribute value) {
    raised.attributes.push_back(builder.getNamedAttr(name, value));
  };
  if (scores->masked)
    add("masked", builder.getF32FloatAttr(*scores->masked));
  add("scale", builder.getF32FloatAttr(scale));
  if (!untransposed)
    add("transposed_keys", builder.getI64IntegerAttr(1));
  if (guarded != weights)
    add("zero_unseen", builder.getI64IntegerAttr(1));
  raised.opType = "Attention";
  return raised;
}

} // namespace garam::onnx
