//===- EvaluateNode.cpp - Evaluates nodes on small tensors ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "EvaluateNode.h"

using namespace mlir;

namespace garam::onnx {

bool NodeInputs::has(size_t index) const {
  return index < node.getInputs().size() &&
         !isa<NoneType>(node.getInputs()[index].getType());
}

std::optional<SmallVector<int64_t>>
NodeInputs::getIntegers(size_t index) const {
  const SmallTensor *value = get(index);
  return value ? value->getIntegers() : std::nullopt;
}

int64_t NodeInputs::getInt(StringRef attribute, int64_t defaultValue) const {
  auto value = node.getNodeAttributes().getAs<IntegerAttr>(attribute);
  return value ? value.getInt() : defaultValue;
}

std::optional<SmallVector<int64_t>>
NodeInputs::getInts(StringRef attribute) const {
  auto value = node.getNodeAttributes().getAs<DenseI64ArrayAttr>(attribute);
  if (!value)
    return std::nullopt;
  return llvm::to_vector(value.asArrayRef());
}

std::optional<int64_t> normalizeAxis(int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank)
    return std::nullopt;
  return axis < 0 ? axis + rank : axis;
}

EvaluatorTable makeEvaluatorTable() {
  EvaluatorTable table;
  addElementwiseEvaluators(table);
  addIndexingEvaluators(table);
  addLineEvaluators(table);
  addMovementEvaluators(table);
  addPositionEvaluators(table);
  addProductEvaluators(table);
  addReductionEvaluators(table);
  addShapeEvaluators(table);
  addUniqueEvaluators(table);
  return table;
}

} // namespace garam::onnx
