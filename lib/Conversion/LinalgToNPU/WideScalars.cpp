//===- WideScalars.cpp - Integers in two registers ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The vector engine's registers have 32 bits. An integer of 64 that comes from
// memory is in two of them, and what compares, selects, adds or converts it
// does so exactly: a mask of i64 that becomes boolean is 0 only where both
// halves are. Products and quotients of such integers have no counterpart.
//
//===----------------------------------------------------------------------===//

#include "ScalarBody.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace garam::npu {
namespace {

/// An integer of 64 bits; `lower` has no sign.
struct Wide {
  Value lower, upper;
};

/// Builds operations on integers in two registers.
class WideEmitter {
public:
  WideEmitter(OpBuilder &builder, Location loc) : builder(builder), loc(loc) {}

  Value i32(int32_t value) {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getI32IntegerAttr(value));
  }
  template <typename OpTy, typename... Args>
  Value make(Args... args) {
    return OpTy::create(builder, loc, args...);
  }
  Value compare(arith::CmpIPredicate predicate, Value a, Value b) {
    return make<arith::CmpIOp>(predicate, a, b);
  }
  /// As numbers without a sign, which order like signed ones with the first bit
  /// inverted.
  Value isBelow(Value a, Value b) {
    return compare(arith::CmpIPredicate::slt, flipSign(builder, loc, a),
                   flipSign(builder, loc, b));
  }
  /// What repeats the sign of a register.
  Value extendSign(Value lower) { return make<arith::ShRSIOp>(lower, i32(31)); }

  Wide add(Wide a, Wide b) {
    Value lower = make<arith::AddIOp>(a.lower, b.lower);
    Value carry =
        make<arith::ExtUIOp>(builder.getI32Type(), isBelow(lower, a.lower));
    Value upper = make<arith::AddIOp>(a.upper, b.upper);
    return {lower, make<arith::AddIOp>(upper, carry)};
  }
  Wide subtract(Wide a, Wide b) {
    Value borrow =
        make<arith::ExtUIOp>(builder.getI32Type(), isBelow(a.lower, b.lower));
    Value upper = make<arith::SubIOp>(a.upper, b.upper);
    return {make<arith::SubIOp>(a.lower, b.lower),
            make<arith::SubIOp>(upper, borrow)};
  }
  template <typename OpTy>
  Wide combineBits(Wide a, Wide b) {
    return {make<OpTy>(a.lower, b.lower), make<OpTy>(a.upper, b.upper)};
  }
  Wide select(Value condition, Wide a, Wide b) {
    return {make<arith::SelectOp>(condition, a.lower, b.lower),
            make<arith::SelectOp>(condition, a.upper, b.upper)};
  }

  /// `predicate` is that of equality or its opposite.
  Value compareBits(arith::CmpIPredicate predicate, Wide a, Wide b) {
    Wide difference = combineBits<arith::XOrIOp>(a, b);
    Value bits = make<arith::OrIOp>(difference.lower, difference.upper);
    return compare(predicate, bits, i32(0));
  }
  Value isLess(Wide a, Wide b, bool isUnsigned) {
    Value less = isUnsigned
                     ? isBelow(a.upper, b.upper)
                     : compare(arith::CmpIPredicate::slt, a.upper, b.upper);
    Value same = compare(arith::CmpIPredicate::eq, a.upper, b.upper);
    return make<arith::OrIOp>(
        less, make<arith::AndIOp>(same, isBelow(a.lower, b.lower)));
  }
  Value negate(Value condition) {
    Value one =
        arith::ConstantOp::create(builder, loc, builder.getBoolAttr(true));
    return make<arith::XOrIOp>(condition, one);
  }
  Value compare(arith::CmpIPredicate predicate, Wide a, Wide b);
  Value toFloat(Wide a);
  Wide fromFloat(Value a);

private:
  OpBuilder &builder;
  Location loc;
};

} // namespace

Value WideEmitter::compare(arith::CmpIPredicate predicate, Wide a, Wide b) {
  using P = arith::CmpIPredicate;
  switch (predicate) {
  case P::eq:
  case P::ne:
    return compareBits(predicate, a, b);
  case P::slt:
  case P::ult:
    return isLess(a, b, predicate == P::ult);
  case P::sgt:
  case P::ugt:
    return isLess(b, a, predicate == P::ugt);
  case P::sle:
  case P::ule:
    return negate(isLess(b, a, predicate == P::ule));
  case P::sge:
  case P::uge:
    return negate(isLess(a, b, predicate == P::uge));
  }
  return {};
}

/// The nearest float of an integer that 32 bits hold; else upper * 2^32 + lower
/// with a rounding of each half before that of the sum, so that the last place
/// may differ by one.
Value WideEmitter::toFloat(Wide a) {
  Type f32 = builder.getF32Type();
  auto constant = [&](float value) -> Value {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getF32FloatAttr(value));
  };
  Value lower = make<arith::SIToFPOp>(f32, a.lower);
  Value upper = make<arith::SIToFPOp>(f32, a.upper);
  // Without a sign the first bit counts 2^31, not -2^31.
  Value isNegative = compare(arith::CmpIPredicate::slt, a.lower, i32(0));
  Value correction =
      make<arith::SelectOp>(isNegative, constant(0x1p32f), constant(0));
  Value wide = make<math::FmaOp>(upper, constant(0x1p32f),
                                 make<arith::AddFOp>(lower, correction));
  Value isNarrow =
      compare(arith::CmpIPredicate::eq, a.upper, extendSign(a.lower));
  return make<arith::SelectOp>(isNarrow, lower, wide);
}

/// The integer of a float, rounded to zero, exactly: its magnitude in parts of
/// 32 bits, each of which has no more bits that count than the float.
Wide WideEmitter::fromFloat(Value a) {
  Type i32Type = builder.getI32Type();
  auto constant = [&](float value) -> Value {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getF32FloatAttr(value));
  };
  Value magnitude = make<math::TruncOp>(make<math::AbsFOp>(a));
  Value upper =
      make<math::TruncOp>(make<arith::MulFOp>(magnitude, constant(0x1p-32f)));
  Value lower = make<math::FmaOp>(upper, constant(-0x1p32f), magnitude);
  // A register takes 31 bits of a number without a sign; the first is set.
  Value isLong =
      make<arith::CmpFOp>(arith::CmpFPredicate::OGE, lower, constant(0x1p31f));
  Value rest = make<arith::SubFOp>(lower, constant(0x1p31f));
  Value bits = make<arith::FPToSIOp>(
      i32Type, make<arith::SelectOp>(isLong, rest, lower));
  bits = make<arith::SelectOp>(isLong, flipSign(builder, loc, bits), bits);
  Wide positive{bits, make<arith::FPToSIOp>(i32Type, upper)};
  Value isNegative =
      make<arith::CmpFOp>(arith::CmpFPredicate::OLT, a, constant(0));
  Wide zero{i32(0), i32(0)};
  return select(isNegative, subtract(zero, positive), positive);
}

Value ScalarBody::convertWide(Operation *op, ValueRange in) {
  WideEmitter e(builder, op->getLoc());
  auto get = [&](unsigned i) -> Wide {
    Value upper = uppers.lookup(op->getOperand(i));
    return {in[i], upper ? upper : e.extendSign(in[i])};
  };
  auto keep = [&](Wide result) {
    uppers[op->getResult(0)] = result.upper;
    return result.lower;
  };
  auto isLess = [&] { return e.isLess(get(0), get(1), /*isUnsigned=*/false); };
  Value result =
      llvm::TypeSwitch<Operation *, Value>(op)
          .Case([&](arith::CmpIOp compare) {
            return e.compare(compare.getPredicate(), get(0), get(1));
          })
          .Case([&](arith::SIToFPOp) { return e.toFloat(get(0)); })
          .Case([&](arith::FPToSIOp) { return keep(e.fromFloat(in[0])); })
          .Case([&](arith::SelectOp) {
            return keep(e.select(in[0], get(1), get(2)));
          })
          .Case([&](arith::AddIOp) { return keep(e.add(get(0), get(1))); })
          .Case([&](arith::SubIOp) { return keep(e.subtract(get(0), get(1))); })
          .Case([&](arith::AndIOp) {
            return keep(e.combineBits<arith::AndIOp>(get(0), get(1)));
          })
          .Case([&](arith::OrIOp) {
            return keep(e.combineBits<arith::OrIOp>(get(0), get(1)));
          })
          .Case([&](arith::XOrIOp) {
            return keep(e.combineBits<arith::XOrIOp>(get(0), get(1)));
          })
          .Case([&](arith::MaxSIOp) {
            return keep(e.select(isLess(), get(1), get(0)));
          })
          .Case([&](arith::MinSIOp) {
            return keep(e.select(isLess(), get(0), get(1)));
          })
          .Default([](Operation *) { return Value(); });
  return result ? result : fail(op);
}

} // namespace garam::npu
