//===- TensorCommands.cpp - Rules of tensor commands ----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "QueueVerifier.h"

#include <cmath>

using llvm::ArrayRef;
using llvm::Twine;

namespace garam::npu {

/// Types that the MAC array multiplies.
static bool isMACInput(ElementType type) {
  switch (type) {
  case ElementType::I8:
  case ElementType::U8:
  case ElementType::F16:
  case ElementType::BF16:
  case ElementType::F32:
  case ElementType::F8E4M3:
  case ElementType::F8E5M2:
    return true;
  default:
    return false;
  }
}

/// Types of a tensor command's residual and output.
static bool isEpilogueType(ElementType type) {
  return getByteWidth(type) <= sizeof(uint32_t) && type != ElementType::Bool &&
         type != ElementType::U32;
}

void QueueVerifier::checkTensorTypes(const TensorCommand &c) {
  ElementType a = c.activation.type, w = c.weight.type;
  bool integer = isInteger(a);
  check(isMACInput(a) && isMACInput(w) && (integer ? isInteger(w) : a == w), 15,
        "activations of type " + getName(a) + " with weights of type " +
            getName(w));
  check(integer || (c.activationZeroPoint == 0 && c.weightZeroPoint == 0), 15,
        "zero points of floating-point inputs");
  if (c.hasBias)
    check(c.bias.type == ElementType::F32 ||
              (integer && c.bias.type == ElementType::I32),
          15, "bias of type " + getName(c.bias.type));
  if (c.hasScale)
    check(c.scale.type == ElementType::F32, 15,
          "scale of type " + getName(c.scale.type));
  if (c.hasResidual)
    check(isEpilogueType(c.residual.type) &&
              (isInteger(c.residual.type) || c.residualZeroPoint == 0),
          15,
          "residual of type " + getName(c.residual.type) + " with zero point " +
              Twine(c.residualZeroPoint));
  if (c.hasRequantization)
    check(c.requantizationLow <= c.requantizationHigh, 15,
          "requantises to " + Twine(c.requantizationLow) + " at least and " +
              Twine(c.requantizationHigh) + " at most");
  if (c.store)
    check(std::isfinite(c.outputScale) && c.outputScale > 0, 15,
          "an output of scale " + std::to_string(c.outputScale));
  if (c.store)
    check(isEpilogueType(c.output.type) &&
              (isInteger(c.output.type) || c.outputZeroPoint == 0),
          15,
          "output of type " + getName(c.output.type) + " with zero point " +
              Twine(c.outputZeroPoint));
}

void QueueVerifier::checkAccumulators(const TensorCommand &c) {
  check(c.store || !(c.hasBias || c.hasScale || c.hasRequantization ||
                     c.hasResidual || c.hasClamp),
        16, "an epilogue without storing");
  check(!c.accumulate || accumulators == AccumulatorState::of(c), 17,
        "accumulates, but not every command that can run before it leaves "
        "sums of the same rows, columns and type");
  for (Loop &loop : loops)
    if (!loop.first)
      loop.first = &c;
  accumulators = c.store ? AccumulatorState() : AccumulatorState::of(c);
}

void QueueVerifier::verify(const TensorCommand &c) {
  checkEngine(Engine::Tensor);
  const auto &r = c.rows, &k = c.reduction;
  std::array<uint32_t, 7> all = {r[0], r[1], r[2], k[0], k[1], k[2], c.columns};
  ArrayRef<uint32_t> sizes(all);
  std::array<uint32_t, 4> weight = {k[0], k[1], k[2], c.columns};
  std::array<uint32_t, 4> output = {r[0], r[1], r[2], c.columns};
  checkSizes(sizes.take_front(maxDims));
  checkSizes(weight);
  checkSizes(output);
  check(!llvm::is_contained(c.unitRows, 0) && c.unitColumns >= 1 &&
            c.unitReduction >= 1,
        9, "no units of the array");

  auto checkOne = [&](bool present, const char *name, const Descriptor &d,
                      ArrayRef<uint32_t> sizes, bool isRead) {
    if (!present)
      return;
    checkOperand(name, d, sizes, isRead);
    checkReach(name, d.address);
  };
  checkOne(true, "activation", c.activation, sizes.take_front(maxDims), true);
  checkOne(true, "weight", c.weight, weight, true);
  checkOne(c.hasBias, "bias", c.bias, {c.columns}, false);
  checkOne(c.hasScale, "scale", c.scale, {c.columns}, false);
  checkOne(c.hasResidual, "residual", c.residual, output, false);
  checkOne(c.store, "output", c.output, output, false);
  if (message.empty())
    checkTensorTypes(c);
  checkAccumulators(c);
}

} // namespace garam::npu
