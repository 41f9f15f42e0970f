//===- Counted.cpp - Results whose size shows at run time -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Counted.h"

#include "Constants.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {

Value makeCounter(ImplicitLocOpBuilder &b, int64_t value) {
  return makeFilled(b, {}, b.getI64IntegerAttr(value));
}

Value readCounter(ImplicitLocOpBuilder &b, Value counter) {
  return arith::IndexCastOp::create(b, b.getIndexType(),
                                    tensor::ExtractOp::create(b, counter));
}

Value writeCounter(ImplicitLocOpBuilder &b, Value value, Value counter) {
  Value number = arith::IndexCastOp::create(b, b.getI64Type(), value);
  return tensor::InsertOp::create(b, number, counter, ValueRange());
}

OpFoldResult getRoom(NodeAccessor &node, unsigned index, int64_t dim,
                     OpFoldResult most) {
  RankedTensorType type = node.getOutputType(index);
  if (!type || dim >= type.getRank() || type.isDynamicDim(dim))
    return most;
  return node.b.getIndexAttr(type.getDimSize(dim));
}

LogicalResult setCountedOutput(NodeAccessor &node, unsigned index, Value value,
                               int64_t dim, Value counter) {
  ImplicitLocOpBuilder &b = node.b;
  auto type = cast<RankedTensorType>(value.getType());
  RankedTensorType declared = node.getOutputType(index);
  if (declared && dim < declared.getRank() && !declared.isDynamicDim(dim)) {
    int64_t size = declared.getDimSize(dim);
    if (!type.isDynamicDim(dim))
      size = std::min(size, type.getDimSize(dim));
    return node.setOutput(index, size == type.getDimSize(dim)
                                     ? value
                                     : makeSlice(b, value, dim, 0, size));
  }
  // Buffers have room for one element at least.
  if (type.getDimSize(dim) == 0) {
    SmallVector<int64_t> shape(type.getShape());
    shape[dim] = 1;
    value = makeFilled(b, getStaticSizes(b, shape),
                       b.getZeroAttr(type.getElementType()));
  }
  Sizes sizes = getSizes(b, value);
  sizes[dim] = readCounter(b, counter);
  // A slice begins inside of a tensor, and an empty one has no inside.
  if (llvm::is_contained(sizes, OpFoldResult(b.getIndexAttr(0))))
    return node.error() << "a size of output " << index
                        << " shows only at run time beside one that is 0";
  Sizes offsets(sizes.size(), b.getIndexAttr(0));
  Sizes strides(sizes.size(), b.getIndexAttr(1));
  return node.setOutput(
      index, tensor::ExtractSliceOp::create(b, value, offsets, sizes, strides));
}

} // namespace garam::onnx
