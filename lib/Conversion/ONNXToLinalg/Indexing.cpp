//===- Indexing.cpp - Gather ----------------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Constants.h"
#include "OperatorTable.h"
#include "StructuredBuilders.h"
#include "garam/Dialect/GaramExt/IR/GaramExt.h"

using namespace mlir;

namespace garam::onnx {

/// A Gather with one constant index is a slice.
static std::optional<int64_t> getSingleIndex(NodeAccessor &node, int64_t size) {
  RankedTensorType indices = node.getInputType(1);
  if (ShapedType::isDynamic(size) || !indices.hasStaticShape() ||
      indices.getNumElements() != 1)
    return std::nullopt;
  std::optional<SmallVector<int64_t>> constant = node.getConstantInts(1);
  if (!constant)
    return std::nullopt;
  int64_t index = constant->front();
  return index < 0 ? index + size : index;
}

static LogicalResult lowerGather(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  RankedTensorType type = node.getInputType(0);
  int64_t axis = node.getAxis("axis", 0, type.getRank());
  if (node.hasErrors())
    return failure();
  if (!node.getElementType(1).isInteger())
    return node.error() << "input 1 ('indices') is " << node.getInputType(1)
                        << ", but integers are needed";
  std::optional<int64_t> index = getSingleIndex(node, type.getDimSize(axis));
  if (!index)
    return node.setOutput(
        ext::GatherOp::create(b, node.getInput(0), node.getInput(1), axis));
  if (*index < 0 || *index >= type.getDimSize(axis))
    return node.error() << "the index is outside of dimension " << axis
                        << " of " << type;
  Value slice = makeSlice(b, node.getInput(0), axis, *index, 1);
  SmallVector<int64_t> shape(type.getShape().take_front(axis));
  llvm::append_range(shape, node.getInputType(1).getShape());
  llvm::append_range(shape, type.getShape().drop_front(axis + 1));
  return node.setOutput(makeReshape(b, slice, shape));
}

void registerIndexing(OperatorTable &table) {
  table.add("Gather", 2, lowerGather);
}

} // namespace garam::onnx
