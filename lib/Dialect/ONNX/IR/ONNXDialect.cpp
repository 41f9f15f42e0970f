//===- ONNXDialect.cpp - The onnx dialect ---------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/ONNX/IR/ONNX.h"
#include "garam/Support/NodeIds.h"

#include "mlir/IR/DialectImplementation.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;

#include "garam/Dialect/ONNX/IR/ONNXDialect.cpp.inc"

namespace garam::onnx {

void ONNXDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "garam/Dialect/ONNX/IR/ONNXOps.cpp.inc"
      >();
}

static LogicalResult verifyName(Operation *op, NamedAttribute attribute) {
  auto name = dyn_cast<StringAttr>(attribute.getValue());
  if (!name || name.empty())
    return op->emitOpError("attribute 'onnx.name' must be a name, got: ")
           << attribute.getValue();
  return success();
}

/// `onnx.dims` names the symbolic dimensions of a ranked argument.
static LogicalResult verifyDims(Operation *op, Type type,
                                NamedAttribute attribute) {
  auto dims = dyn_cast<ArrayAttr>(attribute.getValue());
  if (!dims || !llvm::all_of(dims, llvm::IsaPred<StringAttr>))
    return op->emitOpError("attribute 'onnx.dims' must be an array of "
                           "strings, got: ")
           << attribute.getValue();
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || size_t(tensor.getRank()) != dims.size())
    return op->emitOpError("attribute 'onnx.dims' names ")
           << dims.size() << " dimensions of an argument of type " << type;
  for (auto [index, name] : llvm::enumerate(dims.getAsRange<StringAttr>()))
    if (!name.empty() && !tensor.isDynamicDim(index))
      return op->emitOpError("attribute 'onnx.dims' names dimension ")
             << index << " '" << name.getValue() << "', which is fixed in "
             << type;
  return success();
}

LogicalResult ONNXDialect::verifyOperationAttribute(Operation *op,
                                                    NamedAttribute attribute) {
  StringRef name = attribute.getName().getValue();
  if (name == "onnx.model" && !isa<StringAttr>(attribute.getValue()))
    return op->emitOpError("attribute 'onnx.model' must be a string, got: ")
           << attribute.getValue();
  if (name == "onnx.opset") {
    auto opset = dyn_cast<IntegerAttr>(attribute.getValue());
    if (!opset || opset.getInt() <= 0)
      return op->emitOpError(
                 "attribute 'onnx.opset' must be a positive integer, got: ")
             << attribute.getValue();
  }
  return success();
}

LogicalResult ONNXDialect::verifyRegionArgAttribute(Operation *op,
                                                    unsigned regionIndex,
                                                    unsigned argIndex,
                                                    NamedAttribute attribute) {
  StringRef name = attribute.getName().getValue();
  if (name == valueNameAttrName)
    return verifyName(op, attribute);
  auto function = dyn_cast<FunctionOpInterface>(op);
  if (name == "onnx.dims" && function)
    return verifyDims(op, function.getArgumentTypes()[argIndex], attribute);
  return success();
}

LogicalResult
ONNXDialect::verifyRegionResultAttribute(Operation *op, unsigned regionIndex,
                                         unsigned resultIndex,
                                         NamedAttribute attribute) {
  if (attribute.getName() == valueNameAttrName)
    return verifyName(op, attribute);
  return success();
}

} // namespace garam::onnx
