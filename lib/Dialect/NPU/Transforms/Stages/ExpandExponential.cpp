//===- ExpandExponential.cpp - exp of few values by a table ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/NPU/Transforms/Stages/Passes.h"
#include "garam/Dialect/NPU/Utils/VectorSpec.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/PatternMatch.h"

#include <cmath>

namespace garam {
#define GEN_PASS_DEF_NPUEXPANDEXPONENTIAL
#include "garam/Dialect/NPU/Transforms/Stages/Passes.h.inc"
} // namespace garam

using namespace mlir;
using namespace garam::npu;

namespace {

struct IntegerRange {
  int64_t low, high;
};

/// An f32 value that is an i32 value times a constant.
struct IntegerMultiple {
  Value integer;
  double scale;
};

/// Replaces math.exp in the regions of one npu.vector.
class Expander {
public:
  Expander(IRRewriter &rewriter, VectorOp op) : rewriter(rewriter), op(op) {}

  void run();

private:
  std::optional<IntegerRange> getRange(Value value);
  std::optional<IntegerRange> getArgumentRange(BlockArgument argument);
  std::optional<IntegerMultiple> match(Value value);
  std::optional<IntegerMultiple> matchSum(Operation *sum, bool isDifference);
  Value expand(math::ExpOp exp);

  IRRewriter &rewriter;
  VectorOp op;
};

} // namespace

/// Most bits of the integer: each costs four operations.
constexpr unsigned maxBits = 10;
/// |ln| of factors and results: exp of it is far inside of f32.
constexpr double maxExponent = 80.0;

/// e to the power of `x`, for |x| up to some hundreds, with a relative error
/// below 2^-45. Additions, products and quotients of doubles are the same on
/// every machine, where C libraries differ in their exp, so the bytes of a
/// program do not depend on the library that the compiler is linked with.
static double exponential(double x) {
  constexpr double log2OfE = 0x1.71547652b82fep0;
  // ln 2 in two parts; multiples of the first by small integers are exact.
  constexpr double ln2High = 0x1.62e42fefp-1, ln2Low = 0x1.473de6af278edp-34;
  // Taylor's series up to here, for |r| <= ln 2 / 2.
  constexpr int lastTerm = 13;
  double k = std::floor(x * log2OfE + 0.5);
  double r = (x - k * ln2High) - k * ln2Low;
  double series = 1.0;
  for (int term = lastTerm; term > 0; --term)
    series = 1.0 + series * r / term;
  return std::ldexp(series, static_cast<int>(k));
}

static Value createI32(OpBuilder &builder, Location loc, int64_t value) {
  return arith::ConstantOp::create(
      builder, loc, builder.getI32IntegerAttr(static_cast<int32_t>(value)));
}

static Value createF32(OpBuilder &builder, Location loc, double value) {
  return arith::ConstantOp::create(
      builder, loc, builder.getF32FloatAttr(static_cast<float>(value)));
}

//===----------------------------------------------------------------------===//
// Ranges
//===----------------------------------------------------------------------===//

/// What a load of 8 bits can give; arguments of finish that are sums can be
/// anything.
std::optional<IntegerRange> Expander::getArgumentRange(BlockArgument argument) {
  VectorSpec spec = VectorSpec::get(op);
  for (unsigned i = 0, e = spec.inputs.size(); i < e; ++i) {
    bool isHere = argument == op.getBody().getArgument(i) ||
                  (spec.numReductions > 0 && spec.isInvariant(i) &&
                   argument == getFinishArgument(op, i));
    if (!isHere || !getElementTypeOrSelf(spec.inputs[i].tensor).isInteger(8))
      continue;
    return spec.inputs[i].isUnsigned ? IntegerRange{0, UINT8_MAX}
                                     : IntegerRange{INT8_MIN, INT8_MAX};
  }
  return std::nullopt;
}

std::optional<IntegerRange> Expander::getRange(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return getArgumentRange(argument);
  APInt constant;
  if (matchPattern(value, m_ConstantInt(&constant)))
    return IntegerRange{constant.getSExtValue(), constant.getSExtValue()};
  Operation *definition = value.getDefiningOp();
  if (!isa<arith::AddIOp, arith::SubIOp>(definition))
    return std::nullopt;
  auto left = getRange(definition->getOperand(0));
  auto right = getRange(definition->getOperand(1));
  if (!left || !right)
    return std::nullopt;
  if (isa<arith::AddIOp>(definition))
    return IntegerRange{left->low + right->low, left->high + right->high};
  return IntegerRange{left->low - right->high, left->high - right->low};
}

//===----------------------------------------------------------------------===//
// Multiples
//===----------------------------------------------------------------------===//

std::optional<IntegerMultiple> Expander::matchSum(Operation *sum,
                                                  bool isDifference) {
  auto left = match(sum->getOperand(0)), right = match(sum->getOperand(1));
  if (!left || !right || left->scale != right->scale)
    return std::nullopt;
  Location loc = sum->getLoc();
  Value integer =
      isDifference
          ? arith::SubIOp::create(rewriter, loc, left->integer, right->integer)
                .getResult()
          : arith::AddIOp::create(rewriter, loc, left->integer, right->integer)
                .getResult();
  return IntegerMultiple{integer, left->scale};
}

std::optional<IntegerMultiple> Expander::match(Value value) {
  Operation *definition = value.getDefiningOp();
  if (!definition)
    return std::nullopt;
  if (auto convert = dyn_cast<arith::SIToFPOp>(definition))
    return IntegerMultiple{convert.getIn(), 1.0};
  if (isa<arith::AddFOp, arith::SubFOp>(definition))
    return matchSum(definition, isa<arith::SubFOp>(definition));
  if (isa<arith::MulFOp>(definition)) {
    APFloat factor(0.0f);
    if (!matchPattern(definition->getOperand(1), m_ConstantFloat(&factor)))
      return std::nullopt;
    auto multiple = match(definition->getOperand(0));
    if (multiple)
      multiple->scale *= factor.convertToDouble();
    return multiple;
  }
  return std::nullopt;
}

//===----------------------------------------------------------------------===//
// Expansion
//===----------------------------------------------------------------------===//

/// exp(s * i) with i = low + sum of bits b_k 2^k is exp(s * low) times the
/// entries exp(s * 2^k) of the bits that are set.
Value Expander::expand(math::ExpOp exp) {
  rewriter.setInsertionPoint(exp);
  Location loc = exp.getLoc();
  std::optional<IntegerMultiple> multiple = match(exp.getOperand());
  if (!multiple)
    return {};
  std::optional<IntegerRange> range = getRange(multiple->integer);
  if (!range)
    return {};
  double scale = multiple->scale;
  int64_t count = range->high - range->low;
  unsigned numBits = llvm::Log2_64_Ceil(count + 1);
  double exponent =
      std::fabs(scale) * std::max(std::abs(range->low), std::abs(range->high));
  if (numBits > maxBits || exponent > maxExponent ||
      std::fabs(scale) * static_cast<double>(count) > maxExponent)
    return {};

  Value index = arith::SubIOp::create(rewriter, loc, multiple->integer,
                                      createI32(rewriter, loc, range->low));
  Value zero = createI32(rewriter, loc, 0);
  Value one = createF32(rewriter, loc, 1.0);
  Value result = createF32(rewriter, loc, exponential(scale * range->low));
  for (unsigned bit = 0; bit < numBits; ++bit) {
    int64_t weight = int64_t(1) << bit;
    Value masked = arith::AndIOp::create(rewriter, loc, index,
                                         createI32(rewriter, loc, weight));
    Value isSet = arith::CmpIOp::create(rewriter, loc, arith::CmpIPredicate::ne,
                                        masked, zero);
    Value entry = createF32(rewriter, loc, exponential(scale * weight));
    Value factor = arith::SelectOp::create(rewriter, loc, isSet, entry, one);
    result = arith::MulFOp::create(rewriter, loc, result, factor);
  }
  return result;
}

/// What became unused, operands after their users.
static void eraseUnused(IRRewriter &rewriter, Block &block) {
  for (Operation &op :
       llvm::make_early_inc_range(llvm::reverse(block.getOperations())))
    if (isOpTriviallyDead(&op))
      rewriter.eraseOp(&op);
}

void Expander::run() {
  SmallVector<math::ExpOp> functions;
  op->walk([&](math::ExpOp exp) { functions.push_back(exp); });
  for (math::ExpOp exp : functions)
    if (Value result = expand(exp))
      rewriter.replaceOp(exp, result);
  for (Region &region : op->getRegions())
    if (!region.empty())
      eraseUnused(rewriter, region.front());
}

namespace {

struct NPUExpandExponential
    : garam::impl::NPUExpandExponentialBase<NPUExpandExponential> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    getOperation().walk([&](VectorOp op) { Expander(rewriter, op).run(); });
  }
};

} // namespace
