//===- Support.cpp - What the host can carry out --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Support.h"

#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::host {

/// Types of elements that lie in memory a whole number of bytes each, and that
/// LLVM computes with on any x86-64 processor, or can convert from and to.
static bool isStorable(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type))
    return integer.isSignless() &&
           llvm::is_contained({1u, 8u, 16u, 32u, 64u}, integer.getWidth());
  return isa<Float16Type, BFloat16Type, Float32Type, Float64Type,
             Float8E4M3FNType, Float8E4M3FNUZType, Float8E5M2Type,
             Float8E5M2FNUZType, Float8E8M0FNUType>(type);
}

/// Why a value cannot be a tensor of the host; empty if it can.
static std::string checkType(Type type, bool hasSizes) {
  auto tensor = dyn_cast<ShapedType>(type);
  if (!tensor)
    return {};
  if (!tensor.hasRank() || (!hasSizes && !tensor.hasStaticShape()))
    return "a tensor of a shape that depends on values";
  std::string reason;
  if (!isStorable(tensor.getElementType()))
    llvm::raw_string_ostream(reason)
        << "a tensor of elements of type " << tensor.getElementType();
  return reason;
}

static bool checkInput(func::FuncOp function, unsigned number) {
  std::string name = getInputName(function, number);
  auto type = dyn_cast<RankedTensorType>(function.getArgumentTypes()[number]);
  if (!type) {
    (void)emitRefusal(
        {function, "input " + name + " is not a tensor of known rank"});
    return false;
  }
  for (auto [dim, size] : llvm::enumerate(type.getShape()))
    if (ShapedType::isDynamic(size))
      (void)emitRefusal(
          {function,
           "input " + name + ": dimension " + Twine(dim) + " is not fixed",
           "bind it with --shape " + name +
               "=... or, by its name, with --dim NAME=VALUE, for all sizes up "
               "to a bound with --dim NAME=1..MOST"});
  if (!type.hasStaticShape())
    return false;
  std::string reason = checkType(type, /*hasSizes=*/false);
  if (!reason.empty())
    (void)emitRefusal({function, "input " + name + " is " + reason});
  return reason.empty();
}

bool checkSupported(func::FuncOp function, bool hasSizes) {
  bool isSupported = true;
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    isSupported &= checkInput(function, i);
  // Operations on sizes that are not fixed follow from the inputs.
  if (!isSupported)
    return false;
  function.walk([&](Operation *op) {
    // An empty tensor has the type of the operation that writes it.
    if (op->getParentOp() != function.getOperation() ||
        isa<tensor::EmptyOp>(op))
      return;
    for (Type type : op->getResultTypes()) {
      std::string reason = checkType(type, hasSizes);
      if (reason.empty())
        continue;
      (void)emitRefusal({op, reason});
      isSupported = false;
      return;
    }
  });
  return isSupported;
}

} // namespace garam::host
