//===- ConcatTrees.cpp - What npu.concat makes of which tensors -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ConcatTrees.h"

#include "Stage.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace garam::npu {

/// The concatenation that is the only use of `tensor`, or null.
static ConcatOp getOnlyConcat(Value tensor) {
  if (!tensor.hasOneUse())
    return {};
  return dyn_cast<ConcatOp>(*tensor.user_begin());
}

Value getConcatWhole(Value tensor) {
  while (ConcatOp concat = getOnlyConcat(tensor))
    tensor = concat.getResult();
  return tensor;
}

ConcatPart ConcatTrees::getPart(Value tensor) {
  ConcatPart part{tensor, Box::ofShape(getTensorType(tensor).getShape())};
  while (ConcatOp concat = getOnlyConcat(part.whole)) {
    int64_t axis = concat.getAxis();
    if (!starts.contains(part.whole)) {
      int64_t start = 0;
      for (Value input : concat.getInputs()) {
        starts[input] = start;
        start += getTensorType(input).getDimSize(axis);
      }
    }
    int64_t start = starts.lookup(part.whole);
    part.box.low[axis] += start;
    part.box.high[axis] += start;
    part.whole = concat.getResult();
  }
  return part;
}

static SmallVector<OpResult, 0> findLeaves(Value whole) {
  SmallVector<OpResult, 0> leaves;
  SmallVector<Value> open = {whole};
  while (!open.empty()) {
    Value value = open.pop_back_val();
    Operation *op = value.getDefiningOp();
    if (value != whole && !value.hasOneUse())
      return {};
    if (auto concat = dyn_cast_or_null<ConcatOp>(op))
      llvm::append_range(open, llvm::reverse(concat.getInputs()));
    else if (op && isStage(op))
      leaves.push_back(cast<OpResult>(value));
    else
      return {};
  }
  return leaves;
}

ArrayRef<OpResult> ConcatTrees::getLeaves(Value whole) {
  auto [it, isNew] = leaves.try_emplace(whole);
  if (isNew)
    it->second = findLeaves(whole);
  return it->second;
}

bool ConcatTrees::isReturnedOnly(OpResult tensor) {
  Value whole = getConcatWhole(tensor);
  return whole.hasOneUse() && isa<func::ReturnOp>(*whole.user_begin()) &&
         !getLeaves(whole).empty();
}

std::optional<Operation *> ConcatTrees::getLastMaker(Value tensor) {
  Operation *op = tensor.getDefiningOp();
  if (!op)
    return nullptr;
  auto concat = dyn_cast<ConcatOp>(op);
  if (!concat)
    return isStage(op) ? std::optional(op) : std::nullopt;
  auto known = lastMakers.find(tensor);
  if (known != lastMakers.end())
    return known->second;
  std::optional<Operation *> last = nullptr;
  for (Value input : concat.getInputs()) {
    std::optional<Operation *> maker = getLastMaker(input);
    if (!maker) {
      last = std::nullopt;
      break;
    }
    if (*maker && (!*last || (*last)->isBeforeInBlock(*maker)))
      last = maker;
  }
  lastMakers[tensor] = last;
  return last;
}

} // namespace garam::npu
