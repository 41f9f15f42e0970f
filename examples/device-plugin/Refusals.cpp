//===- Refusals.cpp - What the device does not take, and why --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ChainPlan.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace abacus {

/// Why `op` is nothing for the device; empty when it is.
static std::string findReason(Operation *op, unsigned chainInstructions) {
  if (isa<tensor::EmptyOp, tensor::ExpandShapeOp, tensor::CollapseShapeOp,
          arith::ConstantOp, func::ReturnOp>(op))
    return "";
  auto structured = dyn_cast<linalg::LinalgOp>(op);
  if (!structured)
    return "found '" + op->getName().getStringRef().str() +
           "', needed elementwise operations and sums of products";
  std::string reason;
  FailureOr<ChainPlan> plan = planChain(structured, reason);
  if (failed(plan))
    return reason;
  if (plan->numInstructions > chainInstructions)
    return ("found " + Twine(plan->numInstructions) +
            " instructions, needed at most " + Twine(chainInstructions))
        .str();
  return "";
}

SmallVector<garam::Refusal> findRefusals(func::FuncOp function,
                                         unsigned chainInstructions) {
  SmallVector<garam::Refusal> refusals;
  if (!llvm::hasSingleElement(function.getBody()))
    return {{function, "found control flow, needed a function of one block"}};
  FunctionType type = function.getFunctionType();
  for (Type boundary :
       llvm::concat<const Type>(type.getInputs(), type.getResults())) {
    auto tensor = dyn_cast<RankedTensorType>(boundary);
    if (!tensor || !tensor.hasStaticShape() || !tensor.getElementType().isF32())
      refusals.push_back({function, "found an input or output of type " +
                                        toText(boundary) +
                                        ", needed float32 tensors"});
  }
  for (Operation &op : function.front()) {
    std::string reason = findReason(&op, chainInstructions);
    if (!reason.empty())
      refusals.push_back({&op, reason});
  }
  return refusals;
}

} // namespace abacus
