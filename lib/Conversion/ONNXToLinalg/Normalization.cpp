//===- Normalization.cpp - Batch, layer, instance and group norms ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "OperatorTable.h"
#include "ScalarMath.h"
#include "StructuredBuilders.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <cmath>

using namespace mlir;

namespace garam::onnx {

//===----------------------------------------------------------------------===//
// BatchNormalization
//===----------------------------------------------------------------------===//

namespace {
/// y = x * scale + shift, each a vector [C].
struct ChannelAffine {
  Value scale, shift;
};
} // namespace

/// scale / sqrt(variance + epsilon) and bias - mean * that, for constants.
static std::optional<ChannelAffine> foldBatchNorm(NodeAccessor &node,
                                                  double epsilon) {
  std::optional<SmallVector<double>> inputs[4];
  for (unsigned i = 0; i < 4; ++i) {
    inputs[i] = node.getConstantFloats(i + 1);
    if (!inputs[i])
      return std::nullopt;
  }
  auto &[scale, bias, mean, variance] = inputs;
  SmallVector<double> scales, shifts;
  for (size_t c = 0; c < scale->size(); ++c) {
    double factor = (*scale)[c] / std::sqrt((*variance)[c] + epsilon);
    scales.push_back(factor);
    shifts.push_back((*bias)[c] - (*mean)[c] * factor);
  }
  auto type = RankedTensorType::get({static_cast<int64_t>(scales.size())},
                                    getAccumulatorType(node.getElementType()));
  return ChannelAffine{makeTensor(node.b, type, scales),
                       makeTensor(node.b, type, shifts)};
}

/// The same at run time.
static ChannelAffine computeBatchNorm(NodeAccessor &node, double epsilon) {
  ImplicitLocOpBuilder &b = node.b;
  Type type = getAccumulatorType(node.getElementType());
  Value scale = makeMapped(b, type, {node.getInput(1), node.getInput(4)},
                           [&](ImplicitLocOpBuilder &b, ValueRange s) {
                             ScalarMath m(b, type);
                             Value variance = m.add(m.convert(s[1]), epsilon);
                             return m.div(m.convert(s[0]), m.sqrt(variance));
                           });
  Value shift =
      makeMapped(b, type, {node.getInput(2), node.getInput(3), scale},
                 [&](ImplicitLocOpBuilder &b, ValueRange s) {
                   ScalarMath m(b, type);
                   return m.sub(m.convert(s[0]), m.mul(m.convert(s[1]), s[2]));
                 });
  return {scale, shift};
}

//===----------------------------------------------------------------------===//
// Statistics of the input itself
//===----------------------------------------------------------------------===//

namespace {

/// A tensor without its mean along some axes, and 1 / sqrt(variance + epsilon),
/// which lacks them; all in the accumulator's type.
struct Centered {
  Value mean, centered, inverseDeviation;
};

} // namespace

/// What `sums` along the axes of `input` are on average.
static Value makeAverage(ImplicitLocOpBuilder &b, Value sums, Value input,
                         ArrayRef<int64_t> axes) {
  Type type = getElementTypeOrSelf(sums);
  OpFoldResult count = getElementCount(b, input, axes);
  return makeMapped(b, type, sums, [&](ImplicitLocOpBuilder &b, ValueRange s) {
    return ScalarMath(b, type).div(s[0], makeCount(b, count, type));
  });
}

static Value makeMean(ImplicitLocOpBuilder &b, Value input,
                      ArrayRef<int64_t> axes) {
  return makeAverage(b, makeSum(b, input, axes), input, axes);
}

static Value makeSumOfSquares(ImplicitLocOpBuilder &b, Value input,
                              ArrayRef<int64_t> axes) {
  Type type = getAccumulatorType(getElementTypeOrSelf(input));
  return makeReduction(b, input, axes, getScalarAttr(type, 0),
                       [&](ImplicitLocOpBuilder &b, ValueRange s) {
                         ScalarMath m(b, type);
                         Value x = m.convert(s[0]);
                         return m.add(m.mul(x, x), s[1]);
                       });
}

/// 1 / sqrt(mean of squares + epsilon).
static Value makeInverseRoot(ImplicitLocOpBuilder &b, Value input,
                             ArrayRef<int64_t> axes, double epsilon) {
  Value sums = makeSumOfSquares(b, input, axes);
  Type type = getElementTypeOrSelf(sums);
  OpFoldResult count = getElementCount(b, input, axes);
  return makeMapped(b, type, sums, [&](ImplicitLocOpBuilder &b, ValueRange s) {
    ScalarMath m(b, type);
    Value mean = m.div(s[0], makeCount(b, count, type));
    return m.div(m.constant(1), m.sqrt(m.add(mean, epsilon)));
  });
}

static Centered makeCentered(ImplicitLocOpBuilder &b, Value input,
                             ArrayRef<int64_t> axes, double epsilon) {
  Centered result;
  result.mean = makeMean(b, input, axes);
  Type type = getElementTypeOrSelf(result.mean);
  Sizes sizes = getSizes(b, input);
  result.centered =
      makePointwise(b, sizes, type, {input, result.mean},
                    {b.getMultiDimIdentityMap(sizes.size()),
                     getReducedMap(b.getContext(), sizes.size(), axes)},
                    [&](ImplicitLocOpBuilder &b, ValueRange s) {
                      ScalarMath m(b, type);
                      return m.sub(m.convert(s[0]), s[1]);
                    });
  result.inverseDeviation = makeInverseRoot(b, result.centered, axes, epsilon);
  return result;
}

/// value * inverseDeviation (* scale) (+ bias) as elements of `type`. Scale
/// and bias may be null; `scaleMap` says how they are read.
static Value makeScaled(ImplicitLocOpBuilder &b, Value value,
                        Value inverseDeviation, ArrayRef<int64_t> axes,
                        Value scale, Value bias, AffineMap scaleMap,
                        Type type) {
  Type sumType = getAccumulatorType(type);
  Sizes sizes = getSizes(b, value);
  SmallVector<Value> operands{value, inverseDeviation};
  SmallVector<AffineMap> maps{
      b.getMultiDimIdentityMap(sizes.size()),
      getReducedMap(b.getContext(), sizes.size(), axes)};
  for (Value operand : {scale, bias}) {
    if (!operand)
      continue;
    operands.push_back(operand);
    maps.push_back(scaleMap);
  }
  return makePointwise(b, sizes, type, operands, maps,
                       [&](ImplicitLocOpBuilder &b, ValueRange s) {
                         ScalarMath m(b, sumType);
                         Value x = m.mul(m.convert(s[0]), s[1]);
                         if (scale)
                           x = m.mul(x, m.convert(s[2]));
                         if (bias)
                           x = m.add(x, m.convert(s.back()));
                         return ScalarMath(b, type).convert(x);
                       });
}

//===----------------------------------------------------------------------===//
// BatchNormalization, by its own statistics
//===----------------------------------------------------------------------===//

/// before * momentum + now * (1 - momentum), as `type`.
static Value makeRunning(ImplicitLocOpBuilder &b, Type type, Value before,
                         Value now, double momentum) {
  Type sumType = getElementTypeOrSelf(now);
  return makeMapped(b, type, {before, now},
                    [&](ImplicitLocOpBuilder &b, ValueRange s) {
                      ScalarMath m(b, sumType);
                      Value old = m.mul(m.convert(s[0]), momentum);
                      Value sum = m.add(old, m.mul(s[1], 1 - momentum));
                      return ScalarMath(b, type).convert(sum);
                    });
}

/// Mean and variance are those of the input, over all axes but the channels',
/// as exporters write weights that are standardised.
static LogicalResult lowerTraining(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  int64_t rank = node.getRank();
  SmallVector<int64_t> axes{0};
  llvm::append_range(axes, llvm::seq<int64_t>(2, rank));
  double momentum = node.getFloat("momentum", 0.9);
  Centered centered =
      makeCentered(b, node.getInput(0), axes, node.getFloat("epsilon", 1e-5));
  if (failed(node.setOutput(makeScaled(
          b, centered.centered, centered.inverseDeviation, axes,
          node.getInput(1), node.getInput(2),
          getAxisMap(b.getContext(), rank, 1), node.getElementType()))))
    return failure();
  if (node.isOutputUsed(1) &&
      failed(node.setOutput(1, makeRunning(b, node.getElementType(3),
                                           node.getInput(3), centered.mean,
                                           momentum))))
    return failure();
  if (!node.isOutputUsed(2))
    return success();
  Value variance = makeAverage(b, makeSumOfSquares(b, centered.centered, axes),
                               centered.centered, axes);
  return node.setOutput(2, makeRunning(b, node.getElementType(4),
                                       node.getInput(4), variance, momentum));
}

static LogicalResult lowerBatchNormalization(NodeAccessor &node) {
  if (failed(node.checkFloat(0)) || failed(node.checkRank(0, 2, INT32_MAX)))
    return failure();
  int64_t channels = node.getInputType(0).getDimSize(1);
  for (unsigned i = 1; i < 5; ++i)
    if (node.getRank(i) != 1 || node.getInputType(i).getDimSize(0) != channels)
      return node.error() << "input " << i << " is " << node.getInputType(i)
                          << ", but a vector of the " << channels
                          << " channels of " << node.getInputType(0)
                          << " is needed";

  if (node.getInt("training_mode", 0) != 0)
    return lowerTraining(node);
  for (unsigned i = 1; i < node.getNumOutputs(); ++i)
    if (node.isOutputUsed(i))
      return node.error() << "output " << i
                          << ", a statistic of training, is used";
  ImplicitLocOpBuilder &b = node.b;
  double epsilon = node.getFloat("epsilon", 1e-5);
  std::optional<ChannelAffine> affine = foldBatchNorm(node, epsilon);
  if (!affine)
    affine = computeBatchNorm(node, epsilon);
  Type type = node.getElementType(), sumType = getAccumulatorType(type);
  int64_t rank = node.getRank();
  AffineMap channel = getAxisMap(b.getContext(), rank, 1);
  Value input = node.getInput(0);
  return node.setOutput(makePointwise(
      b, getSizes(b, input), type, {input, affine->scale, affine->shift},
      {b.getMultiDimIdentityMap(rank), channel, channel},
      [&](ImplicitLocOpBuilder &b, ValueRange s) {
        ScalarMath m(b, sumType);
        Value value = m.add(m.mul(m.convert(s[0]), s[1]), s[2]);
        return ScalarMath(b, type).convert(value);
      }));
}

//===----------------------------------------------------------------------===//
// Layer, instance and group normalisation
//===----------------------------------------------------------------------===//

/// The map of a scale that broadcasts to the last dimensions of input 0;
/// reports one that does not.
static FailureOr<AffineMap> getTrailingMap(NodeAccessor &node, unsigned index) {
  RankedTensorType type = node.getInputType(0),
                   scale = node.getInputType(index);
  int64_t offset = type.getRank() - scale.getRank();
  SmallVector<AffineExpr> coordinates;
  for (int64_t dim = 0; dim < scale.getRank(); ++dim) {
    int64_t size = scale.getDimSize(dim);
    if (offset < 0 || (size != 1 && size != type.getDimSize(dim + offset)))
      return node.error() << "input " << index << " is " << scale
                          << ", which does not broadcast to " << type;
    bool repeats = size == 1 && type.getDimSize(dim + offset) != 1;
    coordinates.push_back(repeats ? node.b.getAffineConstantExpr(0)
                                  : node.b.getAffineDimExpr(dim + offset));
  }
  return AffineMap::get(type.getRank(), 0, coordinates, node.b.getContext());
}

namespace {
/// The dimensions that are normalised together, from 'axis' on, and how input
/// 1, the scale, is read.
struct TrailingScale {
  SmallVector<int64_t> axes;
  AffineMap map;
};
} // namespace

static FailureOr<TrailingScale> getTrailingScale(NodeAccessor &node) {
  int64_t rank = node.getRank();
  int64_t axis = node.getAxis("axis", -1, rank);
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq(axis, rank));
  if (node.hasErrors() || failed(node.checkFloat(0)))
    return failure();
  FailureOr<AffineMap> map = getTrailingMap(node, 1);
  if (failed(map))
    return failure();
  return TrailingScale{std::move(axes), *map};
}

static LogicalResult lowerLayerNormalization(NodeAccessor &node) {
  FailureOr<TrailingScale> scale = getTrailingScale(node);
  if (failed(scale))
    return failure();
  ArrayRef<int64_t> axes = scale->axes;
  if (node.hasInput(2) &&
      node.getInputType(2).getShape() != node.getInputType(1).getShape())
    return node.error() << "bias " << node.getInputType(2)
                        << " has another shape than scale "
                        << node.getInputType(1);
  ImplicitLocOpBuilder &b = node.b;
  Type type = node.getElementType();
  Centered centered =
      makeCentered(b, node.getInput(0), axes, node.getFloat("epsilon", 1e-5));
  if (failed(node.setOutput(makeScaled(
          b, centered.centered, centered.inverseDeviation, axes,
          node.getInput(1), node.getOptionalInput(2), scale->map, type))))
    return failure();
  Value statistics[] = {centered.mean, centered.inverseDeviation};
  for (unsigned i = 0; i < 2; ++i)
    if (node.isOutputUsed(i + 1) &&
        failed(node.setOutput(i + 1, makeUnsqueeze(b, statistics[i], axes))))
      return failure();
  return success();
}

static LogicalResult lowerRMSNormalization(NodeAccessor &node) {
  FailureOr<TrailingScale> scale = getTrailingScale(node);
  if (failed(scale))
    return failure();
  Value input = node.getInput(0);
  Value inverse = makeInverseRoot(node.b, input, scale->axes,
                                  node.getFloat("epsilon", 1e-5));
  return node.setOutput(makeScaled(node.b, input, inverse, scale->axes,
                                   node.getInput(1), Value(), scale->map,
                                   node.getElementType()));
}

/// Reports inputs 1 and 2 when they are not vectors of `size` elements.
static LogicalResult checkVectors(NodeAccessor &node, int64_t size) {
  for (unsigned i = 1; i < 3; ++i)
    if (node.getRank(i) != 1 || node.getInputType(i).getDimSize(0) != size)
      return node.error() << "input " << i << " is " << node.getInputType(i)
                          << ", but a vector of " << size
                          << " elements is needed";
  return success();
}

static LogicalResult lowerInstanceNormalization(NodeAccessor &node) {
  if (failed(node.checkFloat(0)) || failed(node.checkRank(0, 3, INT32_MAX)) ||
      failed(checkVectors(node, node.getInputType(0).getDimSize(1))))
    return failure();
  int64_t rank = node.getRank();
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(2, rank));
  ImplicitLocOpBuilder &b = node.b;
  Centered centered =
      makeCentered(b, node.getInput(0), axes, node.getFloat("epsilon", 1e-5));
  return node.setOutput(
      makeScaled(b, centered.centered, centered.inverseDeviation, axes,
                 node.getInput(1), node.getInput(2),
                 getAxisMap(b.getContext(), rank, 1), node.getElementType()));
}

/// Normalises [N, G, C/G, ...] along all dimensions from 2 on. Scale and bias
/// are per channel, as of opset 21.
static LogicalResult lowerGroupNormalization(NodeAccessor &node) {
  if (failed(node.checkFloat(0)) || failed(node.checkRank(0, 2, INT32_MAX)))
    return failure();
  ArrayRef<int64_t> shape = node.getInputType(0).getShape();
  if (failed(node.checkStaticDim(0, 1, "a normalisation")))
    return failure();
  int64_t groups = node.getInt("num_groups", 0), channels = shape[1];
  if (groups < 1 || channels % groups != 0)
    return node.error() << "attribute 'num_groups' is " << groups
                        << ", which does not divide the " << channels
                        << " channels of " << node.getInputType(0);
  if (failed(checkVectors(node, channels)))
    return failure();

  ImplicitLocOpBuilder &b = node.b;
  SmallVector<int64_t> split{shape[0], groups, channels / groups};
  llvm::append_range(split, shape.drop_front(2));
  int64_t rank = split.size();
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(2, rank));
  Value scale = makeReshape(b, node.getInput(1), {groups, channels / groups});
  Value bias = makeReshape(b, node.getInput(2), {groups, channels / groups});
  AffineMap map = AffineMap::get(
      rank, 0, {b.getAffineDimExpr(1), b.getAffineDimExpr(2)}, b.getContext());
  Value input = makeReshape(b, node.getInput(0), split);
  Centered centered =
      makeCentered(b, input, axes, node.getFloat("epsilon", 1e-5));
  Value result = makeScaled(b, centered.centered, centered.inverseDeviation,
                            axes, scale, bias, map, node.getElementType());
  return node.setOutput(makeReshape(b, result, shape));
}

/// x / (|x|_1 or |x|_2) along one axis; 0 where that is 0 / 0, as of opset 22.
static LogicalResult lowerLpNormalization(NodeAccessor &node) {
  if (failed(node.checkFloat(0)))
    return failure();
  int64_t order = node.getInt("p", 2);
  int64_t rank = node.getRank();
  int64_t axis = node.getAxis("axis", -1, rank);
  if (order != 1 && order != 2)
    return node.error() << "attribute 'p' is " << order
                        << ", but 1 or 2 is needed";
  if (node.hasErrors())
    return failure();
  ImplicitLocOpBuilder &b = node.b;
  Type type = node.getElementType(), sumType = getAccumulatorType(type);
  Value input = node.getInput(0);
  Value sums = makeReduction(b, input, axis, getScalarAttr(sumType, 0),
                             [&](ImplicitLocOpBuilder &b, ValueRange s) {
                               ScalarMath m(b, sumType);
                               Value x = m.convert(s[0]);
                               Value power =
                                   order == 1 ? m.abs(x) : m.mul(x, x);
                               return m.add(power, s[1]);
                             });
  return node.setOutput(
      makePointwise(b, getSizes(b, input), type, {input, sums},
                    {b.getMultiDimIdentityMap(rank),
                     getReducedMap(b.getContext(), rank, axis)},
                    [&](ImplicitLocOpBuilder &b, ValueRange s) {
                      ScalarMath m(b, sumType);
                      Value norm = order == 1 ? s[1] : m.sqrt(s[1]);
                      Value quotient = m.div(m.convert(s[0]), norm);
                      Value isZero = m.compare(arith::CmpFPredicate::OEQ, norm,
                                               m.constant(0));
                      Value result = m.select(isZero, m.constant(0), quotient);
                      return ScalarMath(b, type).convert(result);
                    }));
}

/// The sums of squares of `size` elements along `axis` of a padded tensor.
static Value makeWindowSum(ImplicitLocOpBuilder &b, Value padded,
                           const Sizes &sizes, int64_t axis, int64_t size) {
  Type type = getElementTypeOrSelf(padded);
  int64_t rank = sizes.size();
  Value init = makeFilled(b, sizes, getScalarAttr(type, 0));
  Value shape = tensor::EmptyOp::create(b, ArrayRef<int64_t>{size}, type);
  // Dimensions of the result, then the position in the window.
  SmallVector<AffineExpr> coordinates;
  for (int64_t dim = 0; dim < rank; ++dim)
    coordinates.push_back(b.getAffineDimExpr(dim));
  AffineExpr position = b.getAffineDimExpr(rank);
  auto map = [&](ArrayRef<AffineExpr> results) {
    return AffineMap::get(rank + 1, 0, results, b.getContext());
  };
  AffineMap outputMap = map(coordinates);
  coordinates[axis] = coordinates[axis] + position;
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  iterators.push_back(utils::IteratorType::reduction);
  return linalg::GenericOp::create(
             b, init.getType(), ValueRange{padded, shape}, init,
             ArrayRef<AffineMap>{map(coordinates), map(position), outputMap},
             iterators,
             [&](OpBuilder &nested, Location loc, ValueRange s) {
               ImplicitLocOpBuilder inner(loc, nested);
               ScalarMath m(inner, type);
               linalg::YieldOp::create(inner, m.add(m.mul(s[0], s[0]), s[2]));
             })
      .getResult(0);
}

/// x / (bias + alpha / size * sum of squares of `size` neighbours)^beta: the
/// neighbours are a window over the channels.
static LogicalResult lowerLRN(NodeAccessor &node) {
  if (failed(node.checkFloat(0)) || failed(node.checkRank(0, 3, INT32_MAX)))
    return failure();
  int64_t size = node.getInt("size", 0);
  if (size < 1 || size > INT32_MAX)
    return node.error() << "attribute 'size' is " << size
                        << ", but a number from 1 to 2^31 - 1 is needed";
  double alpha = node.getFloat("alpha", 1e-4),
         beta = node.getFloat("beta", 0.75);
  double bias = node.getFloat("bias", 1);
  ImplicitLocOpBuilder &b = node.b;
  int64_t rank = node.getRank();
  Value input = node.getInput(0);
  Type type = node.getElementType(), sumType = getAccumulatorType(type);
  Value wide = castFloat(b, input, sumType);
  SmallVector<int64_t> low(rank, 0), high(rank, 0);
  low[1] = (size - 1) / 2;
  high[1] = size / 2;
  Value padded = makePadded(b, wide, low, high, getScalarAttr(sumType, 0));
  Value sums = makeWindowSum(b, padded, getSizes(b, input), 1, size);
  return node.setOutput(makeMapped(
      b, type, {wide, sums}, [&](ImplicitLocOpBuilder &b, ValueRange s) {
        ScalarMath m(b, sumType);
        Value divisor = m.add(m.mul(s[1], alpha / size), bias);
        Value value = m.div(s[0], m.pow(divisor, m.constant(beta)));
        return ScalarMath(b, type).convert(value);
      }));
}

void registerNormalization(OperatorTable &table) {
  table.add("BatchNormalization", 5, lowerBatchNormalization);
  table.add("GroupNormalization", 3, lowerGroupNormalization);
  table.add("InstanceNormalization", 3, lowerInstanceNormalization);
  table.add("LRN", 1, lowerLRN);
  table.add("LayerNormalization", 2, lowerLayerNormalization);
  table.add("LpNormalization", 1, lowerLpNormalization);
  table.add("RMSNormalization", 2, lowerRMSNormalization);
}

} // namespace garam::onnx
