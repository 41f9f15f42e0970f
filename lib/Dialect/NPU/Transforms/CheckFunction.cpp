//===- CheckFunction.cpp - What passes of the NPU take --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Stage.h"
#include "garam/Dialect/NPU/Transforms/CommandAccess.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/Support/CheckedArithmetic.h"

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

/// Whether there are elements, whose number fits 64 bits.
static bool hasElements(ArrayRef<int64_t> shape) {
  std::optional<int64_t> count = 1;
  for (int64_t size : shape)
    count = count ? llvm::checkedMul(*count, size) : count;
  return count.value_or(0) > 0;
}

static bool isTensorOfStages(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.hasStaticShape() && hasElements(tensor.getShape()) &&
         findElementKind(tensor.getElementType(), /*isUnsigned=*/false);
}

static LogicalResult checkEntries(func::FuncOp func, TypeRange types) {
  for (Type type : types)
    if (!isTensorOfStages(type))
      return func.emitError("takes and returns tensors of fixed shape, which "
                            "are not empty, with element types of the NPU, "
                            "got: ")
             << type;
  return success();
}

static LogicalResult checkOperation(Operation *op) {
  // What has no use becomes no commands.
  if (isOpTriviallyDead(op))
    return success();
  if (!isStage(op) &&
      !isa<ConstantOp, ConcatOp, GatherOp, ReshapeOp, ViewOp>(op))
    return op->emitOpError("cannot be lowered to commands");
  for (Type type : op->getResultTypes())
    if (!isTensorOfStages(type))
      return op->emitOpError("yields tensors of fixed shape, which are not "
                             "empty, with element types of the NPU, got: ")
             << type;
  return success();
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
