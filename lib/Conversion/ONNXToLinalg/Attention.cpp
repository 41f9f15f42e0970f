//===- Attention.cpp - Attention as onnx-raise finds it -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
//   softmax(scale * queries keys^T + mask) values
//
// for each batch and head; without these where operands have fewer than four
// dimensions. Heads of keys and values that several heads of the queries share
// are read where they are, not repeated.
//
//===----------------------------------------------------------------------===//

#include "Contraction.h"
#include "OperatorTable.h"
#include "ScalarMath.h"
#include "SoftmaxParts.h"
#include "StructuredBuilders.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace garam::onnx {
namespace {

enum AttentionInput { kQueries, kKeys, kValues, kMask };

/// Dimensions of queries, keys and values.
enum AttentionDim { kBatchDim, kHeadDim, kPositionDim, kElementDim };
constexpr int64_t numDims = 4;

class AttentionLowering {
public:
  explicit AttentionLowering(NodeAccessor &node) : node(node), b(node.b) {}

  LogicalResult run();

private:
  LogicalResult check();
  LogicalResult checkSizes();
  int64_t getDim(unsigned input, unsigned dim);
  SmallVector<int64_t> getMissingDims();
  Value makeOperand(unsigned input);
  Value makeQueries();
  Value makeProduct(Value lhs, Value rhs);
  Value makeScaled(Value products);
  FailureOr<Value> makeMasked(Value scores, unsigned input);
  Value makeShares(Value numerators, Value sums);
  Value makeAverages(const SoftmaxParts &parts);

  /// Whether the queries have a dimension behind that of the heads: their heads
  /// that share one of the keys.
  bool hasShares() const { return shares > 1; }

  NodeAccessor &node;
  ImplicitLocOpBuilder &b;
  bool isTransposed = false; // keys are [B, H, D, T], not [B, H, T, D]
  int64_t shares = 1;
};

} // namespace

LogicalResult AttentionLowering::check() {
  if (failed(node.checkFloat(kQueries)) ||
      failed(node.checkSameElementType(kQueries, kMask)))
    return failure();
  if (failed(node.checkRank(kQueries, 2, numDims)))
    return failure();
  for (unsigned i = kKeys; i < kMask; ++i)
    if (failed(node.checkRank(i, node.getRank(), node.getRank())))
      return failure();
  if (node.getNumInputs() > kMask + node.getInt("masks", 1) ||
      node.getNumOutputs() > 1)
    return node.error() << "takes no known keys and values";
  for (StringRef name : {"is_causal", "kv_num_heads", "q_num_heads",
                         "softmax_precision", "qk_matmul_output_mode"})
    if (node.hasAttr(name))
      return node.error() << "attribute '" << name << "' is not supported";
  if (!node.hasAttr("scale") &&
      failed(node.checkStaticDim(kQueries, node.getRank() - 1, "the scale")))
    return failure();
  return checkSizes();
}

/// The size of dimension `dim` of operand `input`, seen with all four.
int64_t AttentionLowering::getDim(unsigned input, unsigned dim) {
  RankedTensorType type = node.getInputType(input);
  unsigned missing = numDims - type.getRank();
  return dim < missing ? 1 : type.getDimSize(dim - missing);
}

/// Those of the four dimensions that operands and result do not have.
SmallVector<int64_t> AttentionLowering::getMissingDims() {
  return llvm::to_vector(llvm::seq<int64_t>(numDims - node.getRank()));
}

/// Operand `input` with all four dimensions.
Value AttentionLowering::makeOperand(unsigned input) {
  return makeUnsqueeze(b, node.getInput(input), getMissingDims());
}

/// Sets `shares`.
LogicalResult AttentionLowering::checkSizes() {
  isTransposed = node.getInt("transposed_keys", 0) != 0;
  unsigned position = isTransposed ? kElementDim : kPositionDim;
  unsigned element = isTransposed ? kPositionDim : kElementDim;
  const std::tuple<unsigned, unsigned, unsigned, unsigned> same[] = {
      {kQueries, kBatchDim, kKeys, kBatchDim},
      {kQueries, kBatchDim, kValues, kBatchDim},
      {kQueries, kElementDim, kKeys, element},
      {kKeys, kHeadDim, kValues, kHeadDim},
      {kKeys, position, kValues, kPositionDim}};
  for (auto [first, dim, second, otherDim] : same) {
    int64_t size = getDim(first, dim), other = getDim(second, otherDim);
    if (size != other && !ShapedType::isDynamic(size) &&
        !ShapedType::isDynamic(other))
      return node.error() << "sizes differ: " << size << " of "
                          << node.getInputType(first) << " and " << other
                          << " of " << node.getInputType(second);
  }
  int64_t heads = getDim(kQueries, kHeadDim);
  int64_t sharedHeads = getDim(kKeys, kHeadDim);
  if (heads == sharedHeads)
    return success();
  if (ShapedType::isDynamic(heads) || sharedHeads < 1 ||
      heads % sharedHeads != 0)
    return node.error() << "the heads of " << node.getInputType(kKeys)
                        << " do not divide those of "
                        << node.getInputType(kQueries);
  shares = heads / sharedHeads;
  return success();
}

/// Which dimensions of [B, H / shares, shares, S, D] are those of [B, H, S, D].
static SmallVector<ReassociationIndices> getGroups() {
  return {{0}, {1, 2}, {3}, {4}};
}

/// The queries [B, H, S, D], or [B, H / shares, shares, S, D].
Value AttentionLowering::makeQueries() {
  Value queries = makeOperand(kQueries);
  if (!hasShares())
    return queries;
  Sizes sizes = getSizes(b, queries);
  SmallVector<int64_t> shape(
      cast<RankedTensorType>(queries.getType()).getShape());
  shape[kHeadDim] /= shares;
  sizes[kHeadDim] = b.getIndexAttr(shape[kHeadDim]);
  shape.insert(shape.begin() + kHeadDim + 1, shares);
  sizes.insert(sizes.begin() + kHeadDim + 1, b.getIndexAttr(shares));
  return tensor::ExpandShapeOp::create(
      b, RankedTensorType::get(shape, node.getElementType()), queries,
      getGroups(), sizes);
}

/// [B, H, M, K] or [B, H, shares, M, K] with [B, H, K, N].
Value AttentionLowering::makeProduct(Value lhs, Value rhs) {
  Sizes sizes = getSizes(b, lhs);
  sizes.back() = getSizes(b, rhs)[kElementDim];
  unsigned rank = sizes.size(), sum = rank, column = rank - 1;
  SmallVector<unsigned> output = llvm::to_vector(llvm::seq(0u, rank));
  SmallVector<unsigned> left = output;
  left.back() = sum;
  auto map = [&](ArrayRef<unsigned> loops) {
    return AffineMap::getMultiDimMapWithTargets(rank + 1, loops,
                                                b.getContext());
  };
  Type sumType = getAccumulatorType(node.getElementType());
  Value init = makeFilled(b, sizes, getScalarAttr(sumType, 0));
  return makeContraction(
      b, lhs, rhs, init,
      {map(left), map({kBatchDim, kHeadDim, sum, column}), map(output)});
}

/// The products times the attribute `scale`, and no further from 0 than
/// `softcap`, which the tangent brings them to.
Value AttentionLowering::makeScaled(Value products) {
  double width = getDim(kQueries, kElementDim);
  double scale = node.getFloat("scale", 1 / std::sqrt(width));
  double softcap = node.getFloat("softcap", 0);
  if (scale == 1 && softcap == 0)
    return products;
  Type type = getElementTypeOrSelf(products);
  return makeMapped(
      b, type, products, [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        ScalarMath m(b, type);
        if (softcap == 0)
          return m.mul(s[0], scale);
        return m.mul(m.tanh(m.mul(s[0], scale / softcap)), softcap);
      });
}

/// Adds a mask of floats; where one of booleans is false, or true with the
/// attribute `hides_true`, scores become the attribute `masked`.
FailureOr<Value> AttentionLowering::makeMasked(Value scores, unsigned input) {
  Value mask = node.getOptionalInput(input);
  if (!mask)
    return scores;
  auto type = cast<RankedTensorType>(scores.getType());
  auto maskType = cast<RankedTensorType>(mask.getType());
  int64_t rank = type.getRank();
  SmallVector<AffineExpr> coordinates;
  for (auto [dim, size] : llvm::enumerate(maskType.getShape())) {
    // From the last dimension on; the queries' heads may take two.
    int64_t place = dim + numDims - maskType.getRank();
    if (hasShares() && place == kHeadDim && size != 1)
      return node.error() << "a mask of each head, where these share keys";
    place += place < 0 ? 0 : (hasShares() && place > kHeadDim);
    if (place < 0 ||
        (size != 1 && !ShapedType::isDynamic(size) &&
         !type.isDynamicDim(place) && size != type.getDimSize(place)))
      return node.error() << "mask " << maskType << " does not fit " << type;
    coordinates.push_back(size == 1 ? b.getAffineConstantExpr(0)
                                    : b.getAffineDimExpr(place));
  }
  double masked =
      node.getFloat("masked", -std::numeric_limits<double>::infinity());
  bool hidesTrue = node.getInt("hides_true", 0) != 0;
  Type scoreType = type.getElementType();
  return makePointwise(b, getSizes(b, scores), scoreType, {scores, mask},
                       {b.getMultiDimIdentityMap(rank),
                        AffineMap::get(rank, 0, coordinates, b.getContext())},
                       [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                         ScalarMath m(b, scoreType);
                         if (!s[1].getType().isInteger(1))
                           return m.add(s[0], m.convert(s[1]));
                         Value hidden = m.constant(masked);
                         return hidesTrue ? m.select(s[1], hidden, s[0])
                                          : m.select(s[1], s[0], hidden);
                       });
}

/// `numerators` over the sums of powers. Where these are no number, for a query
/// sees nothing, 0 if the model says so.
Value AttentionLowering::makeShares(Value numerators, Value sums) {
  Type type = node.getElementType(), sumType = getElementTypeOrSelf(sums);
  bool guards = node.getInt("zero_unseen", 0) != 0;
  int64_t rank = cast<RankedTensorType>(numerators.getType()).getRank();
  return makePointwise(b, getSizes(b, numerators), type, {numerators, sums},
                       {b.getMultiDimIdentityMap(rank),
                        getReducedMap(b.getContext(), rank, {rank - 1})},
                       [&](ImplicitLocOpBuilder &b, ValueRange s) {
                         ScalarMath m(b, sumType);
                         Value share = m.div(s[0], s[1]);
                         if (guards) {
                           Value isSeen =
                               m.compare(arith::CmpFPredicate::ORD, s[1], s[1]);
                           share = m.select(isSeen, share, m.constant(0));
                         }
                         return ScalarMath(b, type).convert(share);
                       });
}

/// The averages of the values by their shares of the sum of powers. Those of
/// one query are divided when they are summed: there are fewer of them than
/// keys, and the sum of powers is ready meanwhile. Of more queries each then
/// waits once more, which costs more than it saves.
Value AttentionLowering::makeAverages(const SoftmaxParts &parts) {
  Type type = node.getElementType();
  Value values = makeOperand(kValues);
  if (getDim(kQueries, kPositionDim) != 1)
    return castFloat(
        b, makeProduct(makeShares(parts.powers, parts.sums), values), type);
  Value powers = castFloat(b, parts.powers, type);
  return makeShares(makeProduct(powers, values), parts.sums);
}

LogicalResult AttentionLowering::run() {
  if (failed(check()))
    return failure();
  Value queries = makeQueries();
  Value keys = makeOperand(kKeys);
  if (!isTransposed)
    keys = makeTranspose(b, keys,
                         {kBatchDim, kHeadDim, kElementDim, kPositionDim});
  FailureOr<Value> scores = makeScaled(makeProduct(queries, keys));
  for (unsigned i = kMask, e = node.getNumInputs(); i < e; ++i) {
    scores = makeMasked(*scores, i);
    if (failed(scores))
      return failure();
  }
  int64_t rank = cast<RankedTensorType>(scores->getType()).getRank();
  Value averages = makeAverages(makeSoftmaxParts(b, *scores, {rank - 1}));
  if (hasShares())
    averages = tensor::CollapseShapeOp::create(b, averages, getGroups());
  return node.setOutput(makeSqueeze(b, averages, getMissingDims()));
}

static LogicalResult lowerAttention(NodeAccessor &node) {
  return AttentionLowering(node).run();
}

void registerAttention(OperatorTable &table) {
  table.add("Attention", 3, lowerAttention);
}

} // namespace garam::onnx
