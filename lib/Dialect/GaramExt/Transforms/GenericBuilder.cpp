//===- GenericBuilder.cpp - Short ways to linalg.generic ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "GenericBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::ext {

Value makeGeneric(ImplicitLocOpBuilder &b, ValueRange operands, Value init,
                  ArrayRef<AffineMap> maps, ScalarBody body) {
  SmallVector<utils::IteratorType> iterators(maps.back().getNumDims(),
                                             utils::IteratorType::reduction);
  for (AffineExpr expr : maps.back().getResults())
    iterators[cast<AffineDimExpr>(expr).getPosition()] =
        utils::IteratorType::parallel;
  return linalg::GenericOp::create(
             b, init.getType(), operands, init, maps, iterators,
             [&](OpBuilder &nested, Location loc, ValueRange scalars) {
               ImplicitLocOpBuilder inner(loc, nested);
               linalg::YieldOp::create(inner, body(inner, scalars));
             })
      .getResult(0);
}

Value makePointwise(ImplicitLocOpBuilder &b, ArrayRef<OpFoldResult> sizes,
                    Type elementType, ValueRange operands,
                    ArrayRef<AffineMap> maps, ScalarBody body) {
  SmallVector<AffineMap> all(maps);
  all.push_back(b.getMultiDimIdentityMap(sizes.size()));
  return makeGeneric(b, operands,
                     tensor::EmptyOp::create(b, sizes, elementType), all, body);
}

Value makeFilled(ImplicitLocOpBuilder &b, ArrayRef<OpFoldResult> sizes,
                 TypedAttr value) {
  Value empty = tensor::EmptyOp::create(b, sizes, value.getType());
  Value scalar = arith::ConstantOp::create(b, value);
  return linalg::FillOp::create(b, scalar, empty).getResult(0);
}

} // namespace garam::ext
