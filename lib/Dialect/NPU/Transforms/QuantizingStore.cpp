//===- QuantizingStore.cpp - Quantisation in a vector's store -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "QuantizingStore.h"

#include "OnlyUse.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

#include <cmath>

using namespace mlir;

namespace garam::npu {

/// A sum of integral floats up to this is exact; larger ones saturate in any
/// type of 16 bits.
static constexpr float largestZeroPoint = 65536.0f;

static bool isNarrowInteger(ElementKind kind) {
  switch (kind) {
  case ElementKind::i8:
  case ElementKind::u8:
  case ElementKind::i16:
  case ElementKind::u16:
    return true;
  default:
    return false;
  }
}

static std::optional<float> getConstant(Value value) {
  FloatAttr attribute;
  if (!value.getType().isF32() || !matchPattern(value, m_Constant(&attribute)))
    return std::nullopt;
  return attribute.getValue().convertToFloat();
}

/// Takes off `op` and, where it alone needs them, its constants.
static void absorb(QuantizingStore &store, Operation *op, Value rest) {
  store.absorbed.push_back(op);
  for (Value operand : op->getOperands())
    if (auto constant = getOnlyUsed<arith::ConstantOp>(operand);
        constant && operand != rest)
      store.absorbed.push_back(constant);
  store.value = rest;
}

QuantizingStore matchQuantizingStore(Value stored, ElementKind kind) {
  QuantizingStore store{stored};
  if (!isNarrowInteger(kind) || !stored.getType().isF32())
    return store;
  // The zero point is added to a rounded value only: else ties would move.
  if (auto sum = getOnlyUsed<arith::AddFOp>(stored)) {
    std::optional<float> zeroPoint = getConstant(sum.getRhs());
    auto rounding = getOnlyUsed<math::RoundEvenOp>(sum.getLhs());
    if (rounding && zeroPoint && std::nearbyint(*zeroPoint) == *zeroPoint &&
        std::fabs(*zeroPoint) <= largestZeroPoint) {
      store.zeroPoint = static_cast<int32_t>(*zeroPoint);
      absorb(store, sum, sum.getLhs());
    }
  }
  if (auto rounding = getOnlyUsed<math::RoundEvenOp>(store.value))
    absorb(store, rounding, rounding.getOperand());
  if (auto quotient = getOnlyUsed<arith::DivFOp>(store.value)) {
    std::optional<float> scale = getConstant(quotient.getRhs());
    if (scale && std::isfinite(*scale) && *scale > 0) {
      store.scale = *scale;
      absorb(store, quotient, quotient.getLhs());
    }
  }
  return store;
}

} // namespace garam::npu
