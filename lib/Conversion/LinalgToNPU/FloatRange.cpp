//===- FloatRange.cpp - How large a float of a body may be ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "FloatRange.h"

#include "garam/Dialect/NPU/IR/NPU.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>
#include <limits>

using namespace mlir;

namespace garam::npu {
namespace {

/// All numbers that a value may be lie between these, which belong to it.
struct Range {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();

  Range join(Range other) const {
    return {std::min(low, other.low), std::max(high, other.high)};
  }
};

/// Operations that a range is followed through, one behind the other: positions
/// and counts are clamped right before they become integers.
constexpr unsigned maxDepth = 8;

Range getRange(Value value, unsigned depth);

/// Of all numbers of a type.
Range getRange(Type type) {
  if (auto number = dyn_cast<FloatType>(type);
      number && number.getWidth() < 64) {
    double most =
        APFloat::getLargest(number.getFloatSemantics()).convertToDouble();
    // What overflows to infinity saturates, as numbers of this size do.
    if (number.getWidth() < 32 && !number.isBF16())
      return {-most, most};
  }
  return {};
}

/// Of what a body reads from an operand: what the operation that makes the
/// operand yields.
Range getRange(BlockArgument argument, unsigned depth) {
  Operation *owner = argument.getOwner()->getParentOp();
  auto op = dyn_cast<linalg::LinalgOp>(owner);
  if (!op)
    return {};
  Value tensor = op->getOperand(argument.getArgNumber());
  auto result = dyn_cast<OpResult>(tensor);
  if (!result)
    return {};
  if (auto producer = dyn_cast<linalg::LinalgOp>(result.getOwner());
      producer && producer.getNumReductionLoops() == 0)
    return getRange(producer.getBlock()->getTerminator()->getOperand(
                        result.getResultNumber()),
                    depth);
  if (auto producer = dyn_cast<VectorOp>(result.getOwner());
      producer && producer.getFinish().empty())
    return getRange(producer.getBody().front().getTerminator()->getOperand(
                        result.getResultNumber()),
                    depth);
  return {};
}

template <typename RoundOp>
Range roundRange(RoundOp op, unsigned depth) {
  Range range = getRange(op.getOperand(), depth);
  return {std::floor(range.low), std::ceil(range.high)};
}

/// Of the numbers that an integer of a narrow type is.
Range getIntegerRange(Type type, bool isUnsigned) {
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer || integer.getWidth() > 16)
    return {};
  double most = std::ldexp(1.0, integer.getWidth());
  return isUnsigned ? Range{0, most} : Range{-most / 2, most / 2};
}

Range getRange(Operation *op, unsigned depth) {
  auto get = [&](unsigned i) { return getRange(op->getOperand(i), depth); };
  return TypeSwitch<Operation *, Range>(op)
      .Case([&](arith::ConstantOp constant) -> Range {
        auto number = dyn_cast<FloatAttr>(constant.getValue());
        if (!number || number.getValue().isNaN())
          return {};
        double value = number.getValueAsDouble();
        return {value, value};
      })
      .Case<arith::MinimumFOp, arith::MinNumFOp>([&](auto) -> Range {
        Range a = get(0), b = get(1);
        return {std::min(a.low, b.low), std::min(a.high, b.high)};
      })
      .Case<arith::MaximumFOp, arith::MaxNumFOp>([&](auto) -> Range {
        Range a = get(0), b = get(1);
        return {std::max(a.low, b.low), std::max(a.high, b.high)};
      })
      .Case<math::FloorOp, math::CeilOp, math::TruncOp, math::RoundOp,
            math::RoundEvenOp>(
          [&](auto round) { return roundRange(round, depth); })
      .Case<arith::ExtFOp, arith::TruncFOp>([&](auto) { return get(0); })
      .Case([&](arith::SelectOp) { return get(1).join(get(2)); })
      .Case([&](arith::SIToFPOp cast) {
        return getIntegerRange(cast.getIn().getType(), /*isUnsigned=*/false);
      })
      .Case([&](arith::UIToFPOp cast) {
        return getIntegerRange(cast.getIn().getType(), /*isUnsigned=*/true);
      })
      .Default([](Operation *) { return Range(); });
}

Range getRange(Value value, unsigned depth) {
  Range range = getRange(value.getType());
  if (depth == 0 || std::isfinite(range.low))
    return range;
  if (auto argument = dyn_cast<BlockArgument>(value))
    return getRange(argument, depth - 1);
  return getRange(value.getDefiningOp(), depth - 1);
}

} // namespace

bool isWithinRegister(Value value) {
  Range range = getRange(value, maxDepth);
  return range.low >= std::numeric_limits<int32_t>::min() &&
         range.high <= std::numeric_limits<int32_t>::max();
}

} // namespace garam::npu
