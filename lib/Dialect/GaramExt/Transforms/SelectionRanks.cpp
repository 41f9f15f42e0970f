//===- SelectionRanks.cpp - Elements to the places of their ranks ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "GenericBuilder.h"
#include "SelectionOrder.h"

#include "garam/Dialect/GaramExt/Transforms/Selection.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::ext {

/// The maps of loops over the dimensions of a tensor and, last, one more over
/// its axis: the tensor by the first of both loops over the axis, and by the
/// other.
static std::pair<AffineMap, AffineMap> makeMaps(OpBuilder &b,
                                                const Selection &rows) {
  int64_t rank = rows.getType().getRank();
  SmallVector<AffineExpr> exprs;
  for (int64_t dim = 0; dim < rank; ++dim)
    exprs.push_back(b.getAffineDimExpr(dim));
  AffineMap first = AffineMap::get(rank + 1, 0, exprs, b.getContext());
  exprs[rows.axis] = b.getAffineDimExpr(rank);
  return {first, AffineMap::get(rank + 1, 0, exprs, b.getContext())};
}

static Value makePosition(ImplicitLocOpBuilder &b, int64_t dim) {
  return arith::IndexCastOp::create(b, b.getI32Type(),
                                    linalg::IndexOp::create(b, dim));
}

/// How many elements of its row come before each.
static Value makeRanks(ImplicitLocOpBuilder &b, const Selection &rows) {
  auto [own, other] = makeMaps(b, rows);
  Value zeros = makeFilled(b, tensor::getMixedSizes(b, b.getLoc(), rows.input),
                           b.getI32IntegerAttr(0));
  int64_t rank = rows.getType().getRank();
  return makeGeneric(
      b, {rows.input, rows.input}, zeros, {own, other, own},
      [&](ImplicitLocOpBuilder &b, ValueRange s) {
        Value isEarlier = arith::CmpIOp::create(b, arith::CmpIPredicate::slt,
                                                makePosition(b, rank),
                                                makePosition(b, rows.axis));
        Value counts = isBefore(b, rows, s[1], s[0], isEarlier);
        return arith::AddIOp::create(
            b, s[2], arith::ExtUIOp::create(b, b.getI32Type(), counts));
      });
}

/// Of each row what `source` has where the rank is that of the place; `least`
/// is no more than anything in it.
static Value makeRanked(ImplicitLocOpBuilder &b, const Selection &rows,
                        Value ranks, TypedAttr least, Value source) {
  auto [place, element] = makeMaps(b, rows);
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(b, b.getLoc(), rows.input);
  sizes[rows.axis] = b.getIndexAttr(rows.count);
  SmallVector<Value> operands{ranks};
  SmallVector<AffineMap> maps{element};
  if (source) {
    operands.push_back(source);
    maps.push_back(element);
  }
  maps.push_back(place);
  int64_t rank = rows.getType().getRank();
  return makeGeneric(b, operands, makeFilled(b, sizes, least), maps,
                     [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                       Value isHit = arith::CmpIOp::create(
                           b, arith::CmpIPredicate::eq, s[0],
                           makePosition(b, rows.axis));
                       Value hit = source ? s[1] : makePosition(b, rank);
                       Value found = arith::SelectOp::create(
                           b, isHit, hit, arith::ConstantOp::create(b, least));
                       if (isa<FloatType>(hit.getType()))
                         return arith::MaximumFOp::create(b, found, s.back());
                       return arith::MaxSIOp::create(b, found, s.back());
                     });
}

Selected selectByRanks(ImplicitLocOpBuilder &b, const Selection &rows) {
  Type type = rows.getType().getElementType();
  TypedAttr least;
  if (auto floatType = dyn_cast<FloatType>(type))
    least = FloatAttr::get(
        type, APFloat::getInf(floatType.getFloatSemantics(), /*Neg=*/true));
  else // There is one hit: as which kind of number it is compared is the same.
    least = IntegerAttr::get(
        type, APInt::getSignedMinValue(type.getIntOrFloatBitWidth()));
  Value ranks = makeRanks(b, rows);
  return {makeRanked(b, rows, ranks, least, rows.input),
          makeRanked(b, rows, ranks, b.getI32IntegerAttr(0), Value())};
}

} // namespace garam::ext
