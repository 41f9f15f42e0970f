//===- RunTimeSizes.cpp - Integers that follow from sizes -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "RunTimeSizes.h"

#include "NodeAccessor.h"
#include "garam/Support/RunTimeSizes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {

/// The size that a symbol has, by an argument with that dimension; 0 when there
/// is none.
static OpFoldResult readSymbol(ImplicitLocOpBuilder &b, func::FuncOp function,
                               StringRef name, IRMapping &values) {
  for (unsigned number = 0; number < function.getNumArguments(); ++number) {
    auto names = function.getArgAttrOfType<ArrayAttr>(number, "onnx.dims");
    if (!names)
      continue;
    for (auto [dim, other] : llvm::enumerate(names.getAsRange<StringAttr>()))
      if (other.getValue() == name)
        return tensor::getMixedSize(
            b, b.getLoc(),
            values.lookupOrDefault(Value(function.getArgument(number))), dim);
  }
  return b.getIndexAttr(0);
}

SmallVector<OpFoldResult> makeSizes(ImplicitLocOpBuilder &b, SizesOp sizes,
                                    IRMapping &values) {
  auto function = sizes->getParentOfType<func::FuncOp>();
  SmallVector<OpFoldResult> operands, symbols, result;
  for (auto [tensor, dim] :
       llvm::zip_equal(sizes.getCounted(), sizes.getDims()))
    operands.push_back(tensor::getMixedSize(
        b, b.getLoc(), values.lookupOrDefault(Value(tensor)), dim));
  for (const SizeSymbol &symbol :
       readSymbols(function->getAttrOfType<ArrayAttr>(symbolsAttrName)))
    symbols.push_back(readSymbol(b, function, symbol.name, values));
  AffineMap map = sizes.getMap();
  symbols.resize(map.getNumSymbols(), b.getIndexAttr(0));
  llvm::append_range(operands, symbols);
  for (AffineExpr expr : map.getResults())
    result.push_back(affine::makeComposedFoldedAffineApply(
        b, b.getLoc(), AffineMap::get(map.getNumDims(), symbols.size(), expr),
        operands));
  return result;
}

Value lowerSizes(ImplicitLocOpBuilder &b, SizesOp sizes, IRMapping &values) {
  auto type =
      cast<RankedTensorType>(getLoweredType(sizes.getResult().getType()));
  SmallVector<Value> elements;
  for (OpFoldResult size : makeSizes(b, sizes, values)) {
    Value index = getValueOrCreateConstantIndexOp(b, b.getLoc(), size);
    elements.push_back(
        arith::IndexCastOp::create(b, type.getElementType(), index));
  }
  return tensor::FromElementsOp::create(b, type, elements);
}

} // namespace garam::onnx
