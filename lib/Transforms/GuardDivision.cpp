//===- GuardDivision.cpp - Integer divisions that do not trap -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_GUARDDIVISION
#include "garam/Transforms/Passes.h.inc"

namespace {

struct GuardDivision : impl::GuardDivisionBase<GuardDivision> {
  void runOnOperation() override;
};

} // namespace

/// Whether a division by `divisor` has a result for every dividend.
static bool isSafe(Value divisor) {
  APInt value;
  return matchPattern(divisor, m_ConstantInt(&value)) && !value.isZero() &&
         !value.isAllOnes();
}

static Value makeConstant(OpBuilder &builder, Location loc, Type type,
                          const APInt &value) {
  auto attr = builder.getIntegerAttr(getElementTypeOrSelf(type), value);
  if (auto shaped = dyn_cast<ShapedType>(type))
    return arith::ConstantOp::create(builder, loc,
                                     DenseElementsAttr::get(shaped, attr));
  return arith::ConstantOp::create(builder, loc, attr);
}

/// Divides by 1 instead of what would trap: of the least number over -1 that
/// gives what wraps around, and of a divisor of 0 the result is replaced.
template <typename OpTy>
static void guard(OpTy op) {
  auto type = dyn_cast<IntegerType>(getElementTypeOrSelf(op.getType()));
  if (!type || isSafe(op.getRhs()))
    return;
  constexpr bool isSigned = std::is_same_v<OpTy, arith::DivSIOp> ||
                            std::is_same_v<OpTy, arith::RemSIOp>;
  constexpr bool isRemainder = std::is_same_v<OpTy, arith::RemSIOp> ||
                               std::is_same_v<OpTy, arith::RemUIOp>;
  OpBuilder builder(op);
  Location loc = op.getLoc();
  unsigned width = type.getWidth();
  auto constant = [&](const APInt &value) {
    return makeConstant(builder, loc, op.getType(), value);
  };
  auto equals = [&](Value value, const APInt &number) -> Value {
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::eq, value,
                                 constant(number));
  };
  Value isZero = equals(op.getRhs(), APInt::getZero(width));
  Value traps = isZero;
  if (isSigned) {
    Value overflows = arith::AndIOp::create(
        builder, loc, equals(op.getLhs(), APInt::getSignedMinValue(width)),
        equals(op.getRhs(), APInt::getAllOnes(width)));
    traps = arith::OrIOp::create(builder, loc, traps, overflows);
  }
  Value divisor = arith::SelectOp::create(
      builder, loc, traps, constant(APInt(width, 1)), op.getRhs());
  Value result = OpTy::create(builder, loc, op.getLhs(), divisor);
  Value ofZero = isRemainder ? op.getLhs() : constant(APInt::getZero(width));
  op.replaceAllUsesWith(
      arith::SelectOp::create(builder, loc, isZero, ofZero, result)
          .getResult());
  op.erase();
}

void GuardDivision::runOnOperation() {
  SmallVector<Operation *> divisions;
  getOperation().walk([&](Operation *op) {
    if (isa<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp>(op))
      divisions.push_back(op);
  });
  for (Operation *op : divisions)
    llvm::TypeSwitch<Operation *>(op)
        .Case<arith::DivSIOp, arith::DivUIOp, arith::RemSIOp, arith::RemUIOp>(
            [](auto division) { guard(division); });
}

} // namespace garam
