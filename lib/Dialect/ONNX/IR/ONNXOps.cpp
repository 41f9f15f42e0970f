//===- ONNXOps.cpp - Operations of the onnx dialect -----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/ONNX/IR/NodeErrors.h"
#include "garam/Support/NodeDiagnostics.h"

using namespace mlir;

#define GET_OP_CLASSES
#include "garam/Dialect/ONNX/IR/ONNXOps.cpp.inc"

namespace garam::onnx {

static bool isNodeAttribute(Attribute attribute) {
  if (auto integer = dyn_cast<IntegerAttr>(attribute))
    return integer.getType().isSignlessInteger(64);
  if (auto number = dyn_cast<FloatAttr>(attribute))
    return number.getType().isF32();
  if (auto array = dyn_cast<ArrayAttr>(attribute))
    return llvm::all_of(array, llvm::IsaPred<StringAttr>);
  return isa<StringAttr, DenseI64ArrayAttr, DenseF32ArrayAttr, ElementsAttr,
             TypeAttr>(attribute);
}

static bool isValueType(Type type) { return isa<TensorType, NoneType>(type); }

static bool isOrigin(ArrayAttr origin) {
  if (origin.size() != 3)
    return false;
  auto id = dyn_cast<StringAttr>(origin[0]);
  auto opType = dyn_cast<StringAttr>(origin[1]);
  auto opset = dyn_cast<IntegerAttr>(origin[2]);
  return id && !id.empty() && opType && !opType.empty() && opset &&
         opset.getType().isSignlessInteger(64) && opset.getInt() > 0;
}

StringRef NodeOp::getOriginId() {
  ArrayAttr origin = getOriginAttr();
  return origin ? cast<StringAttr>(origin[0]).getValue() : getId();
}

StringRef NodeOp::getOriginOpType() {
  ArrayAttr origin = getOriginAttr();
  return origin ? cast<StringAttr>(origin[1]).getValue() : getOpType();
}

int64_t NodeOp::getOriginOpset() {
  ArrayAttr origin = getOriginAttr();
  return origin ? cast<IntegerAttr>(origin[2]).getInt()
                : static_cast<int64_t>(getOpset());
}

/// How messages name the node: "node 'conv1' (Conv, opset 13)".
static DiagnosedNode makeDiagnosedNode(NodeOp node) {
  DiagnosedNode diagnosed{node.getOriginId().str(),
                          node.getOriginOpType().str(), node.getOriginOpset(),
                          /*detail=*/""};
  if (!node.getDomain().empty())
    diagnosed.detail += (", domain " + node.getDomain()).str();
  // A part of the node, or what a conversion made of it.
  if (node.getOriginOpType() != node.getOpType())
    diagnosed.detail += (", here as " + node.getOpType()).str();
  return diagnosed;
}

InFlightDiagnostic emitNodeError(NodeOp node) {
  InFlightDiagnostic error = node.emitError();
  beginWithNode(error, makeDiagnosedNode(node));
  return error;
}

LogicalResult NodeOp::verify() {
  if (getOpType().empty())
    return emitOpError("(C1) has an empty op_type");
  if (getId().empty())
    return emitOpError("(C1) has an empty id");
  if (getOpset() == 0 || int64_t(getOpset()) < 0)
    return emitOpError("(C1) has opset ")
           << int64_t(getOpset()) << ", which is not positive";
  for (NamedAttribute attribute : getNodeAttributes())
    if (!isNodeAttribute(attribute.getValue()))
      return emitOpError("(C2) attribute '")
             << attribute.getName().getValue()
             << "' is of no kind that ONNX has: " << attribute.getValue();
  for (Type type : getOperandTypes())
    if (!isValueType(type))
      return emitOpError("(C3) has an operand of type ") << type;
  for (Type type : getResultTypes())
    if (!isValueType(type))
      return emitOpError("(C3) has a result of type ") << type;
  for (Region &body : getBodies())
    if (!body.hasOneBlock() || body.front().empty() ||
        !isa<YieldOp>(body.front().back()))
      return emitOpError("(C4) body #")
             << body.getRegionNumber()
             << " is not one block that ends in onnx.yield";
  if (ArrayAttr origin = getOriginAttr(); origin && !isOrigin(origin))
    return emitOpError("(C5) origin is a name, an operator and a positive "
                       "opset, got: ")
           << origin;
  return success();
}

LogicalResult ConstantOp::verify() {
  Type valueType = getValue().getType();
  if (valueType != getResult().getType())
    return emitOpError("(C1) has a value of type ")
           << valueType << " and a result of type " << getResult().getType();
  if (getName() && getName()->empty())
    return emitOpError("(C2) has an empty name");
  return success();
}

LogicalResult SizesOp::verify() {
  auto type = cast<RankedTensorType>(getResult().getType());
  bool areDims = getDims().size() == getCounted().size();
  for (auto [tensor, dim] : llvm::zip(getCounted(), getDims())) {
    auto type = dyn_cast<RankedTensorType>(tensor.getType());
    areDims &= type && dim >= 0 && dim < type.getRank();
  }
  if (!areDims || getMap().getNumDims() != getCounted().size() ||
      getMap().getNumResults() != uint64_t(type.getNumElements()) ||
      !type.getElementType().isInteger())
    return emitOpError("(C1) has the map ")
           << getMapAttr() << " for the elements of " << type;
  return success();
}

} // namespace garam::onnx
