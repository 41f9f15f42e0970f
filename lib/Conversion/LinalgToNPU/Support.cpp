//===- Support.cpp - What an NPU can carry out ----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Conversion/LinalgToNPU/Support.h"
#include "LinalgToNPU.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace garam::npu {

void emitUnsupported(Operation *op, StringRef reason) {
  op->emitError() << "the NPU cannot carry out '" << op->getName()
                  << "': " << reason;
}

/// Inputs of the model with dimensions that are not fixed.
static void checkArguments(func::FuncOp func,
                           SmallVectorImpl<UnsupportedOperation> &result) {
  for (auto [i, type] : llvm::enumerate(func.getArgumentTypes())) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    std::string name = "#" + std::to_string(i);
    if (auto attribute = func.getArgAttrOfType<StringAttr>(i, "onnx.name"))
      name = attribute.getValue().str();
    if (!tensor) {
      result.push_back({func.getOperation(),
                        "input " + name + " is not a tensor of known rank"});
      continue;
    }
    for (auto [dim, size] : llvm::enumerate(tensor.getShape()))
      if (ShapedType::isDynamic(size))
        result.push_back({func.getOperation(),
                          "input " + name + ": dimension " +
                              std::to_string(dim) +
                              " is not fixed; bind it with --shape " + name +
                              "=... or, by its name, with --dim NAME=VALUE"});
  }
}

SmallVector<UnsupportedOperation> checkSupported(func::FuncOp func) {
  SmallVector<UnsupportedOperation> result;
  checkArguments(func, result);
  // Operations on sizes that are not fixed follow from the inputs.
  if (!result.empty())
    return result;
  func.walk([&](Operation *op) {
    if (op->getParentOp() != func.getOperation())
      return;
    for (Type type : op->getResultTypes()) {
      auto tensor = dyn_cast<ShapedType>(type);
      if (tensor && (!tensor.hasRank() || !tensor.hasStaticShape())) {
        result.push_back({op, "a result whose shape depends on values"});
        return;
      }
    }
  });
  return result;
}

LogicalResult reportUnsupported(func::FuncOp func) {
  SmallVector<UnsupportedOperation> unsupported = checkSupported(func);
  for (const UnsupportedOperation &entry : unsupported) {
    if (entry.op == func.getOperation())
      func.emitError() << entry.reason;
    else
      emitUnsupported(entry.op, entry.reason);
  }
  return success(unsupported.empty());
}

} // namespace garam::npu
