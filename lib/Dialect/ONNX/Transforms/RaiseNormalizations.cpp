//===- RaiseNormalizations.cpp - Normalisations in several nodes ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
//   y = (x - mean(x)) / sqrt(mean((x - mean(x))^2) + epsilon) * scale + bias
//   y = x / sqrt(mean(x^2) + epsilon) * scale
//
// LayerNormalization (Ba, Kiros and Hinton, Layer Normalization, 2016) and
// RMSNormalization (Zhang and Sennrich, Root Mean Square Layer Normalization,
// 2019) as exporters write them: squares are powers or products, what is
// centred is computed once or twice, and the root divides or its reciprocal
// multiplies. Scale and bias may be missing.
//
//===----------------------------------------------------------------------===//

#include "RaisedNode.h"

#include "SmallTensor.h"

using namespace mlir;

namespace garam::onnx {

/// Axes of reduction of a ReduceMean that keeps dimensions, from 0; none where
/// they are not known or it does not.
static std::optional<SmallVector<int64_t>> getAxes(NodeOp mean) {
  auto type = dyn_cast<RankedTensorType>(mean.getInputs()[0].getType());
  auto keeps = mean.getNodeAttributes().getAs<IntegerAttr>("keepdims");
  if (!type || mean.getInputs().size() != 2 || (keeps && keeps.getInt() == 0))
    return std::nullopt;
  auto constant = mean.getInputs()[1].getDefiningOp<ConstantOp>();
  if (!constant)
    return std::nullopt;
  std::optional<SmallTensor> tensor =
      SmallTensor::fromAttr(constant.getValue(), type.getRank());
  if (!tensor)
    return std::nullopt;
  std::optional<SmallVector<int64_t>> axes = tensor->getIntegers();
  if (!axes || axes->empty())
    return std::nullopt;
  for (int64_t &axis : *axes)
    axis += axis < 0 ? type.getRank() : 0;
  llvm::sort(*axes);
  return axes;
}

/// What is squared to `value`; null where nothing is.
static Value getSquareRoot(Value value) {
  if (NodeOp mul = getNode(value, "Mul"))
    return mul.getInputs()[0] == mul.getInputs()[1] ? mul.getInputs()[0]
                                                    : Value();
  NodeOp pow = getNode(value, "Pow");
  if (!pow)
    return {};
  std::optional<double> exponent = getScalar(pow.getInputs()[1]);
  return exponent && *exponent == 2 ? pow.getInputs()[0] : Value();
}

/// The input less its mean over `axes`: that input, or null.
static Value getUncentred(Value value, ArrayRef<int64_t> axes) {
  NodeOp sub = getNode(value, "Sub");
  if (!sub)
    return {};
  NodeOp mean = getNode(sub.getInputs()[1], "ReduceMean");
  if (!mean || mean.getInputs()[0] != sub.getInputs()[0])
    return {};
  std::optional<SmallVector<int64_t>> meanAxes = getAxes(mean);
  return meanAxes && ArrayRef(*meanAxes) == axes ? sub.getInputs()[0] : Value();
}

/// Whether two values are one, or differences of the same.
static bool areSame(Value a, Value b) {
  if (a == b)
    return true;
  NodeOp subA = getNode(a, "Sub"), subB = getNode(b, "Sub");
  return subA && subB && subA.getInputs() == subB.getInputs();
}

/// The node that divides what was squared by the result of `root`, or
/// multiplies it by its reciprocal; null where none does.
static NodeOp findQuotient(NodeOp root, Value squared) {
  for (Operation *user : root.getResult(0).getUsers()) {
    auto node = dyn_cast<NodeOp>(user);
    if (isNode(node, "Div") && node.getInputs()[1] == root.getResult(0)) {
      if (areSame(node.getInputs()[0], squared))
        return node;
      std::optional<double> one = getScalar(node.getInputs()[0]);
      if (!one || *one != 1)
        continue;
    } else if (!isNode(node, "Reciprocal")) {
      continue;
    }
    for (Operation *next : node.getResult(0).getUsers()) {
      auto product = dyn_cast<NodeOp>(next);
      if (!isNode(product, "Mul"))
        continue;
      unsigned other = product.getInputs()[0] == node.getResult(0) ? 1 : 0;
      if (areSame(product.getInputs()[other], squared))
        return product;
    }
  }
  return {};
}

/// The one use of `node` as an operand of an `opType` whose other operand is a
/// tensor of `type`: that node and the operand.
static std::pair<NodeOp, Value> findOperand(NodeOp node, StringRef opType,
                                            Type type) {
  if (!node->hasOneUse())
    return {};
  OpOperand &use = *node->use_begin();
  auto user = dyn_cast<NodeOp>(use.getOwner());
  if (!isNode(user, opType) || user.getInputs().size() != 2)
    return {};
  Value other = user.getInputs()[1 - use.getOperandNumber()];
  if (other.getType() != type)
    return {};
  return {user, other};
}

/// Takes up scale and bias of shape `shape` behind the quotient.
static void addScale(RaisedNode &raised, ArrayRef<int64_t> shape,
                     bool takesBias) {
  auto type = cast<RankedTensorType>(raised.last.getResult(0).getType());
  Type wanted = RankedTensorType::get(shape, type.getElementType());
  auto [product, scale] = findOperand(raised.last, "Mul", wanted);
  if (!product) {
    raised.ones = SmallVector<int64_t>(shape);
    return;
  }
  raised.inputs.push_back(scale);
  raised.last = product;
  if (!takesBias)
    return;
  if (auto [sum, bias] = findOperand(product, "Add", wanted); sum) {
    raised.inputs.push_back(bias);
    raised.last = sum;
  }
}

/// Sets how nodes that are a normalisation in other respects are none.
static RaisedNode miss(RaisedNode raised, const Twine &reason) {
  raised.missed = ("a normalisation: " + reason).str();
  return raised;
}

RaisedNode matchNormalization(NodeOp root) {
  RaisedNode raised;
  NodeOp sum = getNode(root.getInputs()[0], "Add");
  if (!sum)
    return raised;
  std::optional<double> epsilon = getScalar(sum.getInputs()[1]);
  unsigned place = epsilon ? 0 : 1;
  if (!epsilon)
    epsilon = getScalar(sum.getInputs()[0]);
  NodeOp mean = getNode(sum.getInputs()[place], "ReduceMean");
  Value squared = mean ? getSquareRoot(mean.getInputs()[0]) : Value();
  if (!epsilon || !squared)
    return raised;
  std::optional<SmallVector<int64_t>> axes = getAxes(mean);
  if (!axes)
    return miss(raised, "the mean drops its dimensions, or they are not known");
  Value input = getUncentred(squared, *axes);
  bool isCentred = input != nullptr;
  input = isCentred ? input : squared;
  raised.last = findQuotient(root, squared);
  if (!raised.last)
    return miss(raised, "what the root divides is not what was squared");
  auto type = dyn_cast<RankedTensorType>(input.getType());
  if (!type || type != raised.last.getResult(0).getType())
    return miss(raised, "its input and its result have different types");
  int64_t axis = axes->front();
  if (axes->back() != type.getRank() - 1 ||
      static_cast<int64_t>(axes->size()) != type.getRank() - axis)
    return miss(raised, "the mean is over dimensions that are not the last");
  ArrayRef<int64_t> shape = type.getShape().drop_front(axis);
  if (ShapedType::isDynamicShape(shape))
    return miss(raised, "the mean is over dimensions of unknown size");
  raised.inputs.push_back(input);
  addScale(raised, shape, /*takesBias=*/isCentred);
  raised.opType = isCentred ? "LayerNormalization" : "RMSNormalization";
  Builder builder(root.getContext());
  raised.attributes = {
      builder.getNamedAttr("axis", builder.getI64IntegerAttr(axis)),
      builder.getNamedAttr("epsilon", builder.getF32FloatAttr(*epsilon)),
      builder.getNamedAttr("stash_type", builder.getI64IntegerAttr(1))};
  return raised;
}

} // namespace garam::onnx
