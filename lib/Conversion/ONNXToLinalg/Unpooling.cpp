//===- Unpooling.cpp - MaxUnpool ------------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The maxima of a MaxPool go back to where they were; all else is 0.
// Source: ONNX's specification of MaxUnpool-22.
//
//===----------------------------------------------------------------------===//

#include "Constants.h"
#include "Indexing.h"
#include "Loops.h"
#include "OperatorTable.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {

/// The shape of what was pooled, by the attributes: what indices count in.
static FailureOr<SmallVector<int64_t>> getPooledShape(NodeAccessor &node) {
  constexpr int64_t limit = int64_t(1) << 31;
  if (failed(node.checkRank(0, 3, 8)) || failed(checkIndices(node, 1)) ||
      failed(node.checkStatic(0, "unpooling")))
    return failure();
  RankedTensorType type = node.getInputType(0);
  size_t rank = type.getRank() - 2;
  SmallVector<int64_t> kernel = node.getInts("kernel_shape", rank, 0);
  SmallVector<int64_t> strides = node.getInts("strides", rank, 1);
  SmallVector<int64_t> pads = node.getInts("pads", 2 * rank, 0);
  if (node.hasErrors())
    return failure();
  if (node.getInputType(1).getShape() != type.getShape())
    return node.error() << "indices " << node.getInputType(1) << " do not fit "
                        << type;
  SmallVector<int64_t> shape(type.getShape().take_front(2));
  for (size_t dim = 0; dim < rank; ++dim) {
    for (int64_t value : {kernel[dim], strides[dim]})
      if (value < 1 || value > limit)
        return node.error() << "the window and its strides must be positive "
                               "and at most "
                            << limit << ", but one is " << value;
    int64_t size = (type.getDimSize(dim + 2) - 1) * strides[dim] + kernel[dim] -
                   pads[dim] - pads[rank + dim];
    if (size < 1 || size > limit)
      return node.error() << "spatial dimension " << dim
                          << " of the output would have " << size
                          << " elements";
    shape.push_back(size);
  }
  return shape;
}

static LogicalResult lowerMaxUnpool(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  FailureOr<SmallVector<int64_t>> pooled = getPooledShape(node);
  if (failed(pooled))
    return failure();
  SmallVector<int64_t> shape = *pooled;
  if (node.hasInput(2)) {
    std::optional<SmallVector<int64_t>> given = node.getConstantInts(2);
    if (RankedTensorType type = node.getStaticOutputType(); !given && type)
      given = llvm::to_vector(type.getShape());
    if (!given)
      return failure(failed(node.requireConstantInts(2, "output_shape")));
    shape = *given;
    if (shape.size() != pooled->size() ||
        llvm::any_of(shape, [](int64_t size) { return size < 1; }))
      return node.error() << "the output cannot have " << shape.size()
                          << " dimensions of the sizes that input 2 "
                             "('output_shape') says";
  }
  Value zeros = makeFilled(b, getStaticSizes(b, shape),
                           getScalarAttr(node.getElementType(), 0));
  Value data = node.getInput(0), indices = node.getInput(1);
  return node.setOutput(makeLoopNest(
      b, node.getInputType(0).getShape(), zeros,
      [&](ImplicitLocOpBuilder &b, ValueRange position, Value state) -> Value {
        Value element = tensor::ExtractOp::create(b, data, position);
        Value rest = arith::IndexCastOp::create(
            b, b.getIndexType(),
            tensor::ExtractOp::create(b, indices, position));
        SmallVector<Value> target(shape.size());
        for (size_t dim = shape.size(); dim-- > 0;) {
          Value size = arith::ConstantIndexOp::create(b, (*pooled)[dim]);
          Value place = arith::RemUIOp::create(b, rest, size);
          rest = arith::DivUIOp::create(b, rest, size);
          target[dim] = makeBoundedIndex(b, place, shape[dim]);
        }
        return tensor::InsertOp::create(b, element, state, target);
      }));
}

void registerUnpooling(OperatorTable &table) {
  table.add("MaxUnpool", 2, lowerMaxUnpool);
}

} // namespace garam::onnx
