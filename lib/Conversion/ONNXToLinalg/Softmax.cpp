//===- Softmax.cpp - Softmax and LogSoftmax -------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "OperatorTable.h"
#include "Reductions.h"
#include "ScalarMath.h"
#include "SoftmaxParts.h"
#include "StructuredBuilders.h"

using namespace mlir;

namespace garam::onnx {

/// The dimensions that are normalised together: before opset 13 all from
/// `axis` on (ONNX's coercion to two dimensions), since then `axis` alone.
static SmallVector<int64_t> getSoftmaxAxes(NodeAccessor &node) {
  // Source: ONNX's changelog, Softmax-11 and Softmax-13.
  constexpr int64_t firstOpsetWithOneAxis = 13;
  int64_t rank = node.getRank();
  bool hasOneAxis = node.getOpset() >= firstOpsetWithOneAxis;
  int64_t axis = node.getInt("axis", hasOneAxis ? -1 : 1);
  if (!hasOneAxis && axis == rank)
    return {};
  axis = node.normalizeAxis(axis, rank);
  if (hasOneAxis)
    return {axis};
  return llvm::to_vector(llvm::seq(axis, rank));
}

SoftmaxParts makeSoftmaxParts(ImplicitLocOpBuilder &b, Value input,
                              ArrayRef<int64_t> axes) {
  int64_t rank = cast<RankedTensorType>(input.getType()).getRank();
  Type type = getElementTypeOrSelf(input);
  Type sumType = getAccumulatorType(type);
  SmallVector<AffineMap> maps{b.getMultiDimIdentityMap(rank),
                              getReducedMap(b.getContext(), rank, axes)};
  Value maxima =
      makeReduction(b, input, axes, getLowest(type, /*isUnsigned=*/false),
                    [](ImplicitLocOpBuilder &b, ValueRange s) {
                      return makeMaximum(b, false, s);
                    });
  SoftmaxParts parts;
  parts.shifted =
      makePointwise(b, getSizes(b, input), sumType, {input, maxima}, maps,
                    [&](ImplicitLocOpBuilder &b, ValueRange s) {
                      ScalarMath m(b, sumType);
                      return m.sub(m.convert(s[0]), m.convert(s[1]));
                    });
  parts.powers = makeMapped(b, sumType, parts.shifted,
                            [&](ImplicitLocOpBuilder &b, ValueRange s) {
                              return ScalarMath(b, sumType).exp(s[0]);
                            });
  parts.sums = makeSum(b, parts.powers, axes);
  return parts;
}

/// exp(x - max x) over its sum, or x - max x minus the logarithm of that sum.
static LogicalResult lowerSoftmaxLike(NodeAccessor &node, bool takesLog) {
  if (failed(node.checkFloat(0)))
    return failure();
  if (failed(node.checkRank(0, 1, INT32_MAX)))
    return failure();
  ImplicitLocOpBuilder &b = node.b;
  Value input = node.getInput(0);
  int64_t rank = node.getRank();
  SmallVector<int64_t> axes = getSoftmaxAxes(node);
  if (node.hasErrors())
    return failure();
  Type type = node.getElementType();
  Type sumType = getAccumulatorType(type);
  Sizes sizes = getSizes(b, input);
  SmallVector<AffineMap> maps{b.getMultiDimIdentityMap(rank),
                              getReducedMap(b.getContext(), rank, axes)};

  SoftmaxParts parts = makeSoftmaxParts(b, input, axes);
  Value result = makePointwise(
      b, sizes, type, {takesLog ? parts.shifted : parts.powers, parts.sums},
      maps, [&](ImplicitLocOpBuilder &b, ValueRange s) {
        ScalarMath m(b, sumType);
        Value value = takesLog ? m.sub(s[0], m.log(s[1])) : m.div(s[0], s[1]);
        return ScalarMath(b, type).convert(value);
      });
  return node.setOutput(result);
}

static LogicalResult lowerSoftmax(NodeAccessor &node) {
  return lowerSoftmaxLike(node, /*takesLog=*/false);
}

static LogicalResult lowerLogSoftmax(NodeAccessor &node) {
  return lowerSoftmaxLike(node, /*takesLog=*/true);
}

void registerSoftmax(OperatorTable &table) {
  table.add("LogSoftmax", 1, lowerLogSoftmax);
  table.add("Softmax", 1, lowerSoftmax);
}

} // namespace garam::onnx
