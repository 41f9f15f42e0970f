//===- Contraction.cpp - Products that sum, and what follows them ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Contraction.h"

#include "StructuredBuilders.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;

namespace garam::onnx {

static Value widen(ImplicitLocOpBuilder &b, Value value, Type type,
                   bool isUnsigned = false) {
  if (value.getType() == type)
    return value;
  if (isFloat(type))
    return arith::ExtFOp::create(b, type, value);
  if (isUnsigned)
    return arith::ExtUIOp::create(b, type, value);
  return arith::ExtSIOp::create(b, type, value);
}

Value makeContraction(ImplicitLocOpBuilder &b, Value lhs, Value rhs, Value init,
                      ArrayRef<AffineMap> maps, UnsignedOperands isUnsigned) {
  Type type = getElementTypeOrSelf(init);
  AffineMap outputMap = maps.back();
  SmallVector<utils::IteratorType> iterators;
  for (unsigned dim = 0; dim < outputMap.getNumDims(); ++dim)
    iterators.push_back(outputMap.isFunctionOfDim(dim)
                            ? utils::IteratorType::parallel
                            : utils::IteratorType::reduction);
  auto buildBody = [&](OpBuilder &nested, Location loc, ValueRange s) {
    ImplicitLocOpBuilder inner(loc, nested);
    Value left = widen(inner, s[0], type, isUnsigned.lhs);
    Value right = widen(inner, s[1], type, isUnsigned.rhs);
    Value sum;
    if (isFloat(type)) {
      Value product = arith::MulFOp::create(inner, left, right);
      sum = arith::AddFOp::create(inner, s[2], product);
    } else {
      Value product = arith::MulIOp::create(inner, left, right);
      sum = arith::AddIOp::create(inner, s[2], product);
    }
    linalg::YieldOp::create(inner, sum);
  };
  return linalg::GenericOp::create(b, init.getType(), ValueRange{lhs, rhs},
                                   init, maps, iterators, buildBody)
      .getResult(0);
}

LogicalResult finishContraction(NodeAccessor &node, Value sums, Value bias,
                                int64_t biasAxis, Type elementType) {
  ImplicitLocOpBuilder &b = node.b;
  if (!bias)
    return node.setOutput(castFloat(b, sums, elementType));
  auto type = cast<RankedTensorType>(sums.getType());
  auto biasType = cast<RankedTensorType>(bias.getType());
  if (biasType.getRank() != 1 ||
      biasType.getDimSize(0) != type.getDimSize(biasAxis) ||
      biasType.getElementType() != elementType)
    return node.error() << "bias " << biasType << " does not fit "
                        << type.clone(elementType)
                        << "; a vector along dimension " << biasAxis
                        << " of the output is needed";

  Type sumType = type.getElementType();
  auto add = [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
    if (!isFloat(elementType))
      return arith::AddIOp::create(b, s[0], s[1]);
    Value sum = arith::AddFOp::create(b, s[0], widen(b, s[1], sumType));
    if (sumType == elementType)
      return sum;
    return arith::TruncFOp::create(b, elementType, sum);
  };
  Value result =
      makePointwise(b, getSizes(b, sums), elementType, {sums, bias},
                    {b.getMultiDimIdentityMap(type.getRank()),
                     getAxisMap(b.getContext(), type.getRank(), biasAxis)},
                    add);
  return node.setOutput(result);
}

} // namespace garam::onnx
