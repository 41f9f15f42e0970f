//===- ScalarBody.cpp - Bodies of linalg ops as micro-programs ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ScalarBody.h"
#include "Constants.h"
#include "FloatRange.h"

#include "garam/Dialect/NPU/IR/NPU.h"
#include "garam/Dialect/NPU/Utils/VectorSpec.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace garam::npu {

namespace {

/// Builds operations on registers.
struct Emitter {
  OpBuilder &builder;
  Location loc;

  Value f32(double value) {
    return arith::ConstantOp::create(
        builder, loc, builder.getF32FloatAttr(static_cast<float>(value)));
  }
  Value i32(int64_t value) {
    return arith::ConstantOp::create(
        builder, loc, builder.getI32IntegerAttr(static_cast<int32_t>(value)));
  }
  template <typename OpTy, typename... Args>
  Value make(Args... args) {
    return OpTy::create(builder, loc, args...);
  }
  Value lessThanZero(Value value) {
    return make<arith::CmpFOp>(arith::CmpFPredicate::OLT, value, f32(0.0));
  }
  Value select(Value condition, Value a, Value b) {
    return make<arith::SelectOp>(condition, a, b);
  }
  Value negate(Value condition) {
    Value one =
        arith::ConstantOp::create(builder, loc, builder.getBoolAttr(true));
    return make<arith::XOrIOp>(condition, one);
  }
  Value nonZero(Value value) {
    return make<arith::CmpIOp>(arith::CmpIPredicate::ne, value, i32(0));
  }
};

} // namespace

static bool isBool(Type type) { return type.isInteger(1); }

/// The bits of an integer that a register has to hold. Index and i64 values of
/// a body come from loop indices, which are below 2^31, or have upper halves.
static unsigned getBits(Type type) {
  return type.isIndex() ? 32 : type.getIntOrFloatBitWidth();
}

//===----------------------------------------------------------------------===//
// Signs
//===----------------------------------------------------------------------===//

/// True when `op` reads its operands as unsigned: what it takes is held so.
static bool readsUnsigned(Operation *op) {
  if (auto compare = dyn_cast<arith::CmpIOp>(op)) {
    arith::CmpIPredicate predicate = compare.getPredicate();
    return predicate == arith::CmpIPredicate::ult ||
           predicate == arith::CmpIPredicate::ule ||
           predicate == arith::CmpIPredicate::ugt ||
           predicate == arith::CmpIPredicate::uge;
  }
  return isa<arith::ExtUIOp, arith::UIToFPOp, arith::MaxUIOp, arith::MinUIOp,
             arith::DivUIOp, arith::RemUIOp, arith::ShRUIOp,
             arith::IndexCastUIOp>(op);
}

bool isReadUnsigned(Value argument) {
  // Registers hold 32 bits either way, and stores would saturate them.
  if (getBits(argument.getType()) >= 32)
    return false;
  return llvm::any_of(argument.getUsers(), readsUnsigned);
}

bool isHeldUnsigned(Value value) {
  if (isa<FloatType>(value.getType()))
    return false;
  Operation *op = value.getDefiningOp();
  if (!op)
    return isReadUnsigned(value);
  if (auto select = dyn_cast<arith::SelectOp>(op))
    return isHeldUnsigned(select.getTrueValue()) ||
           isHeldUnsigned(select.getFalseValue());
  return getBits(value.getType()) < 32 &&
         isa<arith::FPToUIOp, arith::MaxUIOp, arith::MinUIOp, arith::DivUIOp,
             arith::RemUIOp, arith::ShRUIOp>(op);
}

//===----------------------------------------------------------------------===//
// Operations
//===----------------------------------------------------------------------===//

static Value convertConstant(Emitter &e, arith::ConstantOp op) {
  if (op.getType().isInteger(64))
    return e.i32(cast<IntegerAttr>(op.getValue()).getInt());
  if (isBool(op.getType()))
    return arith::ConstantOp::create(e.builder, e.loc,
                                     cast<TypedAttr>(op.getValue()));
  std::optional<double> value = readSplat(op.getResult());
  if (!value)
    return {};
  if (isa<FloatType>(op.getType()))
    return e.f32(*value);
  if (!llvm::isInt<32>(static_cast<int64_t>(*value)) &&
      !llvm::isUInt<32>(static_cast<int64_t>(*value)))
    return {};
  return e.i32(static_cast<int64_t>(*value));
}

/// Keeps the low bits of a register, as an integer of `bits` has them.
static Value wrap(Emitter &e, Value value, unsigned bits) {
  if (bits >= 32)
    return value;
  if (bits == 1)
    return e.nonZero(e.make<arith::AndIOp>(value, e.i32(1)));
  Value shift = e.i32(32 - bits);
  Value high = e.make<arith::ShLIOp>(value, shift);
  return e.make<arith::ShRSIOp>(high, shift);
}

/// Conversions between scalar types; null when `op` is none.
static Value convertCast(Emitter &e, Operation *op, ValueRange in) {
  auto isFromBool = [&] { return isBool(op->getOperand(0).getType()); };
  Type i32 = e.builder.getI32Type(), f32 = e.builder.getF32Type();
  return TypeSwitch<Operation *, Value>(op)
      .Case<arith::ExtFOp, arith::TruncFOp>([&](auto) { return in[0]; })
      .Case([&](arith::ExtUIOp cast) -> Value {
        if (isFromBool())
          return e.make<arith::ExtUIOp>(i32, in[0]);
        // The upper half would be negative, and stored as 64 bits of sign.
        return getBits(cast.getIn().getType()) >= 32 ? Value() : in[0];
      })
      .Case([&](arith::ExtSIOp) {
        return isFromBool() ? e.select(in[0], e.i32(-1), e.i32(0)) : in[0];
      })
      .Case<arith::IndexCastOp, arith::IndexCastUIOp>([&](auto cast) -> Value {
        if (isFromBool() || isBool(cast.getType()))
          return {};
        return in[0];
      })
      .Case([&](arith::TruncIOp cast) {
        return wrap(e, in[0], getBits(cast.getType()));
      })
      .Case([&](arith::SIToFPOp) {
        Value value =
            isFromBool() ? e.select(in[0], e.i32(-1), e.i32(0)) : in[0];
        return e.make<arith::SIToFPOp>(f32, value);
      })
      .Case([&](arith::UIToFPOp cast) -> Value {
        if (isFromBool())
          return e.make<arith::SIToFPOp>(f32,
                                         e.make<arith::ExtUIOp>(i32, in[0]));
        if (getBits(cast.getIn().getType()) >= 32)
          return {};
        return e.make<arith::SIToFPOp>(f32, in[0]);
      })
      .Case<arith::FPToSIOp, arith::FPToUIOp>([&](auto cast) -> Value {
        // Registers saturate at 2^31 - 1.
        if (isa<arith::FPToUIOp>(op) && getBits(cast.getType()) >= 32)
          return {};
        Value value = e.make<arith::FPToSIOp>(i32, in[0]);
        return isBool(cast.getType()) ? e.nonZero(value) : value;
      })
      .Default([](Operation *) { return Value(); });
}

/// Float comparisons beyond the six of the instruction set.
static Value convertCompare(Emitter &e, arith::CmpFOp op, ValueRange in) {
  using P = arith::CmpFPredicate;
  auto compare = [&](P predicate) {
    return e.make<arith::CmpFOp>(predicate, in[0], in[1]);
  };
  switch (op.getPredicate()) {
  case P::OEQ:
  case P::UNE:
  case P::OLT:
  case P::OLE:
  case P::OGT:
  case P::OGE:
    return compare(op.getPredicate());
  case P::ULT:
    return e.negate(compare(P::OGE));
  case P::ULE:
    return e.negate(compare(P::OGT));
  case P::UGT:
    return e.negate(compare(P::OLE));
  case P::UGE:
    return e.negate(compare(P::OLT));
  case P::ONE:
    return e.make<arith::OrIOp>(compare(P::OLT), compare(P::OGT));
  case P::UEQ:
    return e.negate(e.make<arith::OrIOp>(compare(P::OLT), compare(P::OGT)));
  case P::UNO:
  case P::ORD: {
    Value left = e.make<arith::CmpFOp>(P::UNE, in[0], in[0]);
    Value right = e.make<arith::CmpFOp>(P::UNE, in[1], in[1]);
    Value either = e.make<arith::OrIOp>(left, right);
    return op.getPredicate() == P::UNO ? either : e.negate(either);
  }
  default:
    return {};
  }
}

static Value flipSign(Emitter &e, Value value) {
  return e.make<arith::XOrIOp>(value,
                               e.i32(std::numeric_limits<int32_t>::min()));
}

/// Integer comparisons; unsigned ones of narrow integers are signed ones of the
/// registers that hold them.
static Value convertCompare(Emitter &e, arith::CmpIOp op, ValueRange in) {
  using P = arith::CmpIPredicate;
  P predicate = op.getPredicate();
  bool isUnsigned = true;
  switch (predicate) {
  case P::ult:
    predicate = P::slt;
    break;
  case P::ule:
    predicate = P::sle;
    break;
  case P::ugt:
    predicate = P::sgt;
    break;
  case P::uge:
    predicate = P::sge;
    break;
  default:
    isUnsigned = false;
    break;
  }
  Value left = in[0], right = in[1];
  if (isUnsigned && getBits(op.getLhs().getType()) == 32) {
    left = flipSign(e, left);
    right = flipSign(e, right);
  }
  if (isBool(left.getType()) && predicate != P::eq && predicate != P::ne)
    return {};
  return e.make<arith::CmpIOp>(predicate, left, right);
}

/// Functions that are written with those of the instruction set.
static Value convertFunction(Emitter &e, Operation *op, ValueRange in) {
  constexpr double ln2 = 0.69314718055994530942;
  constexpr double ln10 = 2.30258509299404568402;
  return TypeSwitch<Operation *, Value>(op)
      .Case([&](math::AbsIOp) {
        Value negative = e.make<arith::SubIOp>(e.i32(0), in[0]);
        // The least number of a type is its own absolute value.
        return wrap(e, e.make<arith::MaxSIOp>(in[0], negative),
                    getBits(op->getResult(0).getType()));
      })
      .Case([&](math::Exp2Op) {
        return e.make<math::ExpOp>(e.make<arith::MulFOp>(in[0], e.f32(ln2)));
      })
      .Case([&](math::ExpM1Op) {
        return e.make<arith::SubFOp>(e.make<math::ExpOp>(in[0]), e.f32(1));
      })
      .Case([&](math::Log1pOp) {
        return e.make<math::LogOp>(e.make<arith::AddFOp>(in[0], e.f32(1)));
      })
      .Case([&](math::Log2Op) {
        return e.make<arith::MulFOp>(e.make<math::LogOp>(in[0]),
                                     e.f32(1 / ln2));
      })
      .Case([&](math::Log10Op) {
        return e.make<arith::MulFOp>(e.make<math::LogOp>(in[0]),
                                     e.f32(1 / ln10));
      })
      .Case([&](math::ErfcOp) {
        return e.make<arith::SubFOp>(e.f32(1), e.make<math::ErfOp>(in[0]));
      })
      .Case([&](math::TanOp) {
        return e.make<arith::DivFOp>(e.make<math::SinOp>(in[0]),
                                     e.make<math::CosOp>(in[0]));
      })
      .Case([&](math::CopySignOp) {
        Value magnitude = e.make<math::AbsFOp>(in[0]);
        return e.select(e.lessThanZero(in[1]), e.make<arith::NegFOp>(magnitude),
                        magnitude);
      })
      .Case([&](math::RoundOp) {
        // Halves away from zero.
        Value half = e.select(e.lessThanZero(in[0]), e.f32(-0.5), e.f32(0.5));
        return e.make<math::TruncOp>(e.make<arith::AddFOp>(in[0], half));
      })
      .Case([&](math::IsNaNOp) {
        return e.make<arith::CmpFOp>(arith::CmpFPredicate::UNE, in[0], in[0]);
      })
      .Case([&](math::IsInfOp) {
        Value infinity = e.f32(std::numeric_limits<double>::infinity());
        return e.make<arith::CmpFOp>(arith::CmpFPredicate::OEQ,
                                     e.make<math::AbsFOp>(in[0]), infinity);
      })
      .Default([](Operation *) { return Value(); });
}

/// Two-operand operations on integers whose result a narrow type would wrap.
static bool mayWrap(Operation *op) {
  return isa<arith::AddIOp, arith::SubIOp, arith::MulIOp, arith::ShLIOp>(op);
}

/// Operations with an opcode of their own.
static bool isNative(Operation *op) {
  return isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp,
             arith::RemFOp, arith::MaximumFOp, arith::MinimumFOp, arith::NegFOp,
             arith::AddIOp, arith::SubIOp, arith::MulIOp, arith::DivSIOp,
             arith::RemSIOp, arith::MaxSIOp, arith::MinSIOp, arith::AndIOp,
             arith::OrIOp, arith::XOrIOp, arith::ShLIOp, arith::ShRSIOp,
             arith::SelectOp, math::AbsFOp, math::SqrtOp, math::FmaOp,
             math::FloorOp, math::CeilOp, math::RoundEvenOp, math::TruncOp,
             math::ExpOp, math::LogOp, math::TanhOp, math::ErfOp, math::SinOp,
             math::CosOp, math::PowFOp, math::RsqrtOp>(op);
}

/// Arithmetic on i1, of which registers hold 0 and 1: it is modulo 2, and true
/// is -1 as a signed number. Null where it is no logical operation.
static Value convertBoolean(Emitter &e, Operation *op, ValueRange in) {
  return TypeSwitch<Operation *, Value>(op)
      .Case<arith::AddIOp, arith::SubIOp, arith::XOrIOp>(
          [&](auto) { return e.make<arith::XOrIOp>(in[0], in[1]); })
      .Case<arith::MulIOp, arith::MaxSIOp, arith::MinUIOp, arith::AndIOp>(
          [&](auto) { return e.make<arith::AndIOp>(in[0], in[1]); })
      .Case<arith::MinSIOp, arith::MaxUIOp, arith::OrIOp>(
          [&](auto) { return e.make<arith::OrIOp>(in[0], in[1]); })
      .Default([](Operation *) { return Value(); });
}

/// Whether both operands and the result of `op` are i1.
static bool isBooleanArithmetic(Operation *op) {
  return op->getNumOperands() == 2 && isBool(op->getResult(0).getType()) &&
         llvm::all_of(op->getOperandTypes(), isBool);
}

static Value convertNative(Emitter &e, Operation *op, ValueRange in) {
  Type type = isBool(op->getResult(0).getType())
                  ? Type(e.builder.getI1Type())
                  : getRegisterType(op->getResult(0).getType());
  OperationState state(e.loc, op->getName(), in, {type});
  return e.builder.create(state)->getResult(0);
}

/// A maximum or minimum that is NaN where both operands are, from one that is
/// NaN where any of them is.
static Value ignoreNaN(Emitter &e, Value extremum, ValueRange in) {
  auto isNaN = [&](Value value) {
    return e.make<arith::CmpFOp>(arith::CmpFPredicate::UNE, value, value);
  };
  Value isFirstNaN = isNaN(in[0]), isSecondNaN = isNaN(in[1]);
  return e.select(isFirstNaN, in[1], e.select(isSecondNaN, in[0], extremum));
}

/// Maxima and minima that ignore NaN, and those of unsigned narrow integers.
static Value convertExtremum(Emitter &e, Operation *op, ValueRange in) {
  bool isNarrow = getBits(op->getResult(0).getType()) < 32;
  return TypeSwitch<Operation *, Value>(op)
      .Case([&](arith::MaxNumFOp) {
        return ignoreNaN(e, e.make<arith::MaximumFOp>(in[0], in[1]), in);
      })
      .Case([&](arith::MinNumFOp) {
        return ignoreNaN(e, e.make<arith::MinimumFOp>(in[0], in[1]), in);
      })
      .Case([&](arith::MaxUIOp) {
        if (isNarrow)
          return e.make<arith::MaxSIOp>(in[0], in[1]);
        return flipSign(
            e, e.make<arith::MaxSIOp>(flipSign(e, in[0]), flipSign(e, in[1])));
      })
      .Case([&](arith::MinUIOp) {
        if (isNarrow)
          return e.make<arith::MinSIOp>(in[0], in[1]);
        return flipSign(
            e, e.make<arith::MinSIOp>(flipSign(e, in[0]), flipSign(e, in[1])));
      })
      .Case([&](arith::DivUIOp) {
        return isNarrow ? e.make<arith::DivSIOp>(in[0], in[1]) : Value();
      })
      .Case([&](arith::RemUIOp) {
        return isNarrow ? e.make<arith::RemSIOp>(in[0], in[1]) : Value();
      })
      .Default([](Operation *) { return Value(); });
}

Value ScalarBody::fail(Operation *op) {
  bool divides =
      isa<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp>(op);
  if (reason.empty() && divides && op->getResult(0).getType().isInteger(64))
    reason = "the vector engine does not divide integers of 64 bits";
  else if (reason.empty())
    reason = ("the vector engine has no '" + op->getName().getStringRef() +
              "' of these types")
                 .str();
  return {};
}

Value ScalarBody::convert(Operation *op) {
  Emitter e{builder, op->getLoc()};
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    Value value = convertConstant(e, constant);
    auto integer = dyn_cast<IntegerAttr>(constant.getValue());
    if (op->getResult(0).getType().isInteger(64) &&
        !llvm::isInt<32>(integer.getInt()))
      mapUpper(op->getResult(0), e.i32(integer.getInt() >> 32));
    return value ? value : fail(op);
  }
  if (auto index = dyn_cast<linalg::IndexOp>(op))
    return IndexOp::create(builder, op->getLoc(), builder.getI32Type(),
                           builder.getI64IntegerAttr(dims[index.getDim()]));
  if (isa<tensor::ExtractOp>(op) && isa<linalg::LinalgOp>(op->getParentOp())) {
    reason = "elements at positions that are computed, which only a gather "
             "along one axis has";
    return {};
  }
  if (op->getNumResults() != 1 || op->getNumRegions() != 0)
    return fail(op);

  SmallVector<Value> in;
  for (Value operand : op->getOperands()) {
    in.push_back(getOperand(op, operand));
    if (!in.back())
      return {};
  }
  Value result;
  bool isWide = llvm::any_of(op->getOperands(), [&](Value operand) {
    return uppers.contains(operand);
  });
  isWide |= isa<arith::FPToSIOp>(op) &&
            op->getResult(0).getType().isInteger(64) &&
            !isWithinRegister(op->getOperand(0));
  // A truncation needs the lower half only.
  if (isWide && !isa<arith::TruncIOp>(op)) {
    result = convertWide(op, in);
  } else if (isBooleanArithmetic(op) && !isa<arith::CmpIOp>(op)) {
    result = convertBoolean(e, op, in);
  } else if (isNative(op)) {
    result = convertNative(e, op, in);
    unsigned bits = getBits(op->getResult(0).getType());
    if (mayWrap(op) && bits < 32 && bits > 1)
      result = wrap(e, result, bits);
  } else if (auto compare = dyn_cast<arith::CmpFOp>(op)) {
    result = convertCompare(e, compare, in);
  } else if (auto compare = dyn_cast<arith::CmpIOp>(op)) {
    result = convertCompare(e, compare, in);
  } else {
    result = convertCast(e, op, in);
    if (!result)
      result = convertFunction(e, op, in);
    if (!result)
      result = convertExtremum(e, op, in);
  }
  return result ? result : fail(op);
}

Value ScalarBody::get(Value original) {
  if (Value known = values.lookup(original))
    return known;
  Operation *op = original.getDefiningOp();
  if (!op) {
    reason = "a scalar that another operation computes";
    return {};
  }
  Value value = convert(op);
  if (value)
    values[original] = value;
  return value;
}

/// `value`, which a cast of the body narrows: a store rounds by itself, and so
/// only who reads it in the body needs an operation. Arithmetic of a narrow
/// type is in f32 between what the body reads and what it yields.
Value ScalarBody::getRounded(arith::TruncFOp cast, Value value) {
  FloatType narrow = dyn_cast<FloatType>(cast.getType());
  if (!narrow || narrow.getWidth() >= getBits(value.getType()))
    return value;
  if (!narrow.isF16() && !narrow.isBF16())
    return fail(cast);
  Value &rounded = roundings[cast];
  if (!rounded) {
    Emitter e{builder, cast.getLoc()};
    rounded = e.make<arith::ExtFOp>(value.getType(),
                                    e.make<arith::TruncFOp>(narrow, value));
  }
  return rounded;
}

/// What `op` reads: operations on unsigned integers, and choices of which a
/// part is unsigned, take all of theirs so.
Value ScalarBody::getOperand(Operation *op, Value operand) {
  if (auto cast = operand.getDefiningOp<arith::TruncFOp>()) {
    Value value = get(operand);
    return value ? getRounded(cast, value) : Value();
  }
  bool isChoice = isa<arith::SelectOp>(op) &&
                  isHeldUnsigned(op->getResult(0)) &&
                  operand.getType() == op->getResult(0).getType();
  return isChoice || readsUnsigned(op) ? getUnsigned(operand) : get(operand);
}

Value ScalarBody::getUnsigned(Value original) {
  Value value = get(original);
  Type type = original.getType();
  if (!value || !type.isInteger() || isBool(type) || getBits(type) >= 32 ||
      isHeldUnsigned(original))
    return value;
  Emitter e{builder, original.getLoc()};
  int64_t mask = llvm::maskTrailingOnes<uint32_t>(getBits(type));
  if (auto constant = value.getDefiningOp<arith::ConstantOp>())
    return e.i32(cast<IntegerAttr>(constant.getValue()).getInt() & mask);
  return e.make<arith::AndIOp>(value, e.i32(mask));
}

Value flipSign(OpBuilder &builder, Location loc, Value value) {
  Emitter e{builder, loc};
  return flipSign(e, value);
}

Value ScalarBody::getForStore(Value original, bool isUnsigned) {
  Value value = isUnsigned ? getUnsigned(original) : get(original);
  if (uppers.contains(original)) {
    reason = "integers of more than 32 bits";
    return {};
  }
  if (value && isBool(value.getType()))
    value = arith::ExtUIOp::create(builder, original.getLoc(),
                                   builder.getI32Type(), value);
  return value;
}

} // namespace garam::npu
