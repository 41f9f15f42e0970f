//===- Support.cpp - What an NPU can carry out ----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Conversion/LinalgToNPU/Support.h"
#include "LinalgToNPU.h"

#include "garam/Support/PackedWeights.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::npu {

/// Element types that the NPU's memories hold.
static bool isStorable(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type))
    return integer.isSignless() &&
           llvm::is_contained({1u, 8u, 16u, 32u, 64u}, integer.getWidth());
  return isa<Float16Type, BFloat16Type, Float32Type, Float64Type,
             Float8E4M3FNType, Float8E5M2Type>(type);
}

/// Why a result cannot be a tensor of the NPU; empty if it can.
static std::string checkResult(Type type) {
  auto tensor = dyn_cast<ShapedType>(type);
  if (!tensor)
    return {};
  if (!tensor.hasRank() || !tensor.hasStaticShape())
    return "a tensor of a shape that depends on values";
  std::string reason;
  llvm::raw_string_ostream os(reason);
  if (tensor.getNumElements() == 0)
    os << "a tensor without elements, " << type
       << ", but every dimension must be at least 1";
  else if (!isStorable(tensor.getElementType()))
    os << "a tensor of elements of type " << tensor.getElementType();
  return reason;
}

/// What to do about a result of `type`, which checkResult refuses.
static StringRef getHint(Type type) {
  auto tensor = dyn_cast<ShapedType>(type);
  if (tensor && tensor.hasStaticShape() && tensor.getNumElements() == 0)
    return "bind the model's inputs to other sizes with --shape or --dim, or "
           "export it without this value";
  return {};
}

/// Inputs of the model with dimensions that are not fixed.
static void checkArguments(func::FuncOp func,
                           SmallVectorImpl<Refusal> &result) {
  for (auto [i, type] : llvm::enumerate(func.getArgumentTypes())) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    std::string name = getInputName(func, i);
    if (!tensor) {
      result.push_back(
          {func, "input " + name + " is not a tensor of known rank"});
      continue;
    }
    if (tensor.hasStaticShape())
      if (std::string reason = checkResult(tensor); !reason.empty())
        result.push_back(
            {func, "input " + name + " is " + reason, getHint(tensor)});
    for (auto [dim, size] : llvm::enumerate(tensor.getShape()))
      if (ShapedType::isDynamic(size))
        result.push_back({func,
                          "input " + name + ": dimension " +
                              std::to_string(dim) + " is not fixed",
                          "bind it with --shape " + name +
                              "=... or, by its name, with --dim NAME=VALUE"});
  }
}

SmallVector<Refusal> checkSupported(func::FuncOp func) {
  SmallVector<Refusal> result;
  checkArguments(func, result);
  // Operations on sizes that are not fixed follow from the inputs.
  if (!result.empty())
    return result;
  func.walk([&](Operation *op) {
    // An empty tensor has the type of the operation that writes it.
    if (op->getParentOp() != func.getOperation() || isa<tensor::EmptyOp>(op) ||
        isPackedWeight(op))
      return;
    for (Type type : op->getResultTypes()) {
      std::string reason = checkResult(type);
      if (reason.empty())
        continue;
      result.push_back({op, reason, getHint(type)});
      return;
    }
    // A sum of nothing has a result with elements.
    auto structured = dyn_cast<linalg::LinalgOp>(op);
    if (structured && llvm::is_contained(structured.getStaticLoopRanges(), 0))
      result.push_back({op, "a reduction of no elements, but every dimension "
                            "must be at least 1"});
  });
  return result;
}

} // namespace garam::npu
