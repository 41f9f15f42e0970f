//===- CheckFunction.cpp - What passes of the NPU take --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Stage.h"
#include "garam/Dialect/NPU/Transforms/CommandAccess.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace garam::npu {

LogicalResult checkOneBlock(func::FuncOp func) {
  if (func.isExternal() ||
      (func.getBody().hasOneBlock() &&
       isa<func::ReturnOp>(func.getBody().front().getTerminator())))
    return success();
  return func.emitOpError("has control flow, which the NPU's passes do not "
                          "take: one block that ends in func.return is needed");
}

static bool isTensorOfStages(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.hasStaticShape() &&
         findElementKind(tensor.getElementType(), /*isUnsigned=*/false);
}

static LogicalResult checkEntries(func::FuncOp func, TypeRange types) {
  for (Type type : types)
    if (!isTensorOfStages(type))
      return func.emitError("takes and returns tensors of fixed shape with "
                            "element types of the NPU, got: ")
             << type;
  return success();
}

/// Of results nothing needs to be said: those of stages and movements have
/// fixed shapes where the operands have.
static LogicalResult checkOperation(Operation *op) {
  // What has no use becomes no commands.
  if (isStage(op) || isOpTriviallyDead(op) ||
      isa<ConstantOp, ConcatOp, GatherOp, ReshapeOp, ViewOp>(op))
    return success();
  return op->emitOpError("cannot be lowered to commands");
}

LogicalResult checkStageFunction(func::FuncOp func) {
  if (func.isExternal())
    return success();
  if (failed(checkOneBlock(func)) ||
      failed(checkEntries(func, func.getArgumentTypes())) ||
      failed(checkEntries(func, func.getResultTypes())))
    return failure();
  for (Operation &op : func.front().without_terminator())
    if (failed(checkOperation(&op)))
      return failure();
  return success();
}

} // namespace garam::npu
