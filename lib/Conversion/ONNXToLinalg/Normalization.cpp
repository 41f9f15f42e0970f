//===- Normalization.cpp - Batch, layer, instance and group norms ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "OperatorTable.h"
#include "ScalarMath.h"
#include "StructuredBuilders.h"

#include <cmath>

using namespace mlir;

namespace garam::onnx {

static LogicalResult checkFloat(NodeAccessor &node) {
  if (isFloat(node.getElementType()))
    return success();
  return node.error() << "input 0 is " << node.getInputType(0)
                      << ", but a tensor of floats is needed";
}

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

static LogicalResult lowerBatchNormalization(NodeAccessor &node) {
  if (node.getInt("training_mode", 0) != 0)
    return node.error() << "attribute 'training_mode' is 1, but only "
                           "inference is supported; export the model in "
                           "evaluation mode";
  for (unsigned i = 1; i < node.getNumOutputs(); ++i)
    if (node.isOutputUsed(i))
      return node.error() << "output " << i
                          << ", a statistic of training, is used";
  if (failed(checkFloat(node)) || failed(node.checkRank(0, 2, INT32_MAX)))
    return failure();
  int64_t channels = node.getInputType(0).getDimSize(1);
  for (unsigned i = 1; i < 5; ++i)
    if (node.getRank(i) != 1 || node.getInputType(i).getDimSize(0) != channels)
      return node.error() << "input " << i << " is " << node.getInputType(i)
                          << ", but a vector of the " << channels
                          << " channels of " << node.getInputType(0)
                          << " is needed";

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

void registerNormalization(OperatorTable &table) {
  table.add("BatchNormalization", 5, lowerBatchNormalization);
}

} // namespace garam::onnx
