//===- TopK.cpp - TopK ----------------------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Constants.h"
#include "OperatorTable.h"
#include "StructuredBuilders.h"
#include "garam/Dialect/GaramExt/Transforms/Selection.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {

/// k is constant, or what the output shows.
static FailureOr<int64_t> getCount(NodeAccessor &node, int64_t axis) {
  std::optional<SmallVector<int64_t>> constant = node.getConstantInts(1);
  RankedTensorType type = node.getStaticOutputType();
  int64_t size = node.getInputType(0).getDimSize(axis), count = -1;
  if (constant && constant->size() == 1)
    count = constant->front();
  else if (node.hasAttr("k"))
    count = node.getInt("k", 0); // opset 1
  else if (type && axis < type.getRank())
    count = type.getDimSize(axis);
  else
    return failure(failed(node.requireConstantInts(1, "k")));
  // Positions are of 32 bits.
  if (count < 0 || count > size || !llvm::isInt<32>(size))
    return node.error() << "the first " << count << " of " << size
                        << " elements cannot be taken";
  return count;
}

/// Devices select in ways of their own where the shape is known.
static ext::Selected select(ImplicitLocOpBuilder &b,
                            const ext::Selection &rows) {
  RankedTensorType type = rows.getType();
  if (!type.hasStaticShape())
    return ext::selectInLessTime(b, rows);
  SmallVector<int64_t> shape(type.getShape());
  shape[rows.axis] = rows.count;
  auto op = ext::TopKOp::create(
      b, type.clone(shape), RankedTensorType::get(shape, b.getI32Type()),
      rows.input, rows.axis, !rows.wantsLargest, rows.isUnsigned);
  return {op.getValues(), op.getIndices()};
}

static LogicalResult lowerTopK(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  RankedTensorType type = node.getInputType(0);
  int64_t axis = node.getAxis("axis", -1, type.getRank());
  if (node.hasErrors() || failed(node.checkStaticDim(0, axis, "a selection")))
    return failure();
  FailureOr<int64_t> count = getCount(node, axis);
  if (failed(count))
    return failure();
  ext::Selected selected;
  if (*count == 0 || llvm::is_contained(type.getShape(), 0)) {
    Sizes sizes = getSizes(b, node.getInput(0));
    sizes[axis] = b.getIndexAttr(*count);
    selected.values = tensor::EmptyOp::create(b, sizes, type.getElementType());
    selected.positions = tensor::EmptyOp::create(b, sizes, b.getI32Type());
  } else {
    selected =
        select(b, {node.getInput(0), axis, *count,
                   node.getInt("largest", 1) != 0, node.isUnsignedInput(0)});
  }
  if (node.getNumOutputs() > 1) {
    Value indices =
        makeMapped(b, b.getI64Type(), {selected.positions},
                   [](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                     return arith::ExtSIOp::create(b, b.getI64Type(), s[0]);
                   });
    if (failed(node.setOutput(1, indices)))
      return failure();
  }
  return node.setOutput(0, selected.values);
}

void registerTopK(OperatorTable &table) { table.add("TopK", 1, lowerTopK); }

} // namespace garam::onnx
