//===- Support.cpp - What the host can carry out --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Support.h"

#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "garam/Support/DataTypes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;

namespace garam::host {

/// Types of elements that lie in memory a whole number of bytes each, and that
/// LLVM computes with on any x86-64 processor, or can convert from and to.
static bool isStorable(Type type) {
  auto integer = dyn_cast<IntegerType>(type);
  return (!integer || integer.isSignless()) &&
         getDataType(type, /*isUnsigned=*/false);
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

bool hasTensorResult(Operation *op) {
  return llvm::any_of(op->getResultTypes(), llvm::IsaPred<RankedTensorType>);
}

bool isView(Operation *op) {
  return isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::ReshapeOp,
             tensor::CastOp>(op);
}

Value getBase(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isView(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

bool isPartOfInsertion(Operation *op) {
  if (!isa<tensor::InsertSliceOp>(op) || !op->hasOneUse())
    return false;
  OpOperand &use = *op->use_begin();
  auto next = dyn_cast<tensor::InsertSliceOp>(use.getOwner());
  return next && &next.getDestMutable() == &use;
}

bool CheapOperations::contains(Operation *op) {
  auto [position, isNew] = known.try_emplace(op, false);
  if (!isNew)
    return position->second;
  bool result = false;
  // The front of a buffer has its address.
  if (isa<tensor::EmptyOp, ext::TakeFrontOp>(op))
    result = true;
  else if (isView(op) || isa<linalg::FillOp>(op)) {
    Value destination = op->getOperands().back();
    Operation *source = isView(op) ? op->getOperand(0).getDefiningOp()
                                   : destination.getDefiningOp();
    result = source && contains(source);
  } else {
    result = !hasTensorResult(op) && isPure(op);
  }
  return known[op] = result;
}

/// Whether `op` places what comes beside a result that is used: it is in the
/// way of that without a buffer.
static bool isBesideUsed(Operation *op) {
  auto placement = dyn_cast<ext::PlaceFrontOp>(op);
  Operation *source =
      placement ? placement.getSource().getDefiningOp() : nullptr;
  return source && llvm::any_of(source->getUsers(), [](Operation *user) {
           return !isa<ext::PlaceFrontOp>(user) || !user->use_empty();
         });
}

void eraseDead(func::FuncOp function) {
  for (Operation &op :
       llvm::make_early_inc_range(llvm::reverse(function.front())))
    if (isOpTriviallyDead(&op) && !isBesideUsed(&op))
      op.erase();
}

} // namespace garam::host
