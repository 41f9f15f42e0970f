//===- CommandWalk.cpp - Loop nests of commands ---------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CommandWalk.h"

#include "mlir/IR/Builders.h"

using namespace mlir;

namespace garam::npu {

SmallVector<int64_t, 4> getDenseStrides(ArrayRef<int64_t> shape,
                                        ArrayRef<int64_t> layout,
                                        int64_t elementBytes) {
  SmallVector<int64_t, 4> strides(shape.size(), 0);
  int64_t stride = elementBytes;
  for (int64_t dim : llvm::reverse(layout)) {
    strides[dim] = stride;
    stride *= shape[dim];
  }
  return strides;
}

DescriptorAttr WalkOperand::getAttr(MLIRContext *context) const {
  SmallVector<GuardAttr> guardAttrs;
  for (const AxisGuard &guard : guards)
    guardAttrs.push_back(GuardAttr::get(context, guard.start, guard.extent,
                                        guard.coefficients, /*loops=*/{}));
  FloatAttr fillAttr;
  if (!guards.empty())
    fillAttr = FloatAttr::get(Float64Type::get(context), fill);
  return DescriptorAttr::get(context, offset, type, strides, /*loops=*/{},
                             /*term=*/nullptr, guardAttrs, fillAttr);
}

void WalkOperand::moveToUpperHalves() {
  type = ElementKind::i32;
  offset += getElementBytes(type);
}

WalkOperand makeWalk(const StageOperand &operand, const BufferView &view,
                     const Box &loops, ArrayRef<unsigned> order) {
  WalkOperand walk;
  walk.type = operand.type;
  walk.fill = operand.fill;
  unsigned rank = operand.coefficients.size();
  SmallVector<int64_t> start(operand.constants.begin(),
                             operand.constants.end());
  for (unsigned c = 0; c < rank; ++c)
    for (unsigned dim = 0; dim < loops.getRank(); ++dim)
      start[c] += operand.coefficients[c][dim] * loops.low[dim];
  walk.offset = view.getOffset(start);
  for (unsigned dim : order) {
    int64_t stride = 0;
    for (unsigned c = 0; c < rank; ++c)
      stride += operand.coefficients[c][dim] * view.strides[c];
    walk.strides.push_back(stride);
  }
  Box range = operand.getRange(loops);
  ArrayRef<int64_t> shape = getTensorType(operand.tensor).getShape();
  for (unsigned c = 0; c < rank; ++c) {
    if (!operand.padding[c] || (range.low[c] >= 0 && range.high[c] <= shape[c]))
      continue;
    WalkOperand::AxisGuard guard{start[c], shape[c], {}};
    for (unsigned dim : order)
      guard.coefficients.push_back(operand.coefficients[c][dim]);
    walk.guards.push_back(guard);
  }
  if (operand.isUpper)
    walk.moveToUpperHalves();
  return walk;
}

/// Whether loop `inner` continues loop `inner - 1` for every operand.
static bool canJoin(const Walk &walk, unsigned inner) {
  int64_t size = walk.sizes[inner];
  if (walk.isPlaced && walk.places[inner - 1] != walk.places[inner])
    return false;
  for (const WalkOperand &operand : walk.operands) {
    if (operand.strides[inner - 1] != operand.strides[inner] * size)
      return false;
    for (const WalkOperand::AxisGuard &guard : operand.guards)
      if (guard.coefficients[inner - 1] != guard.coefficients[inner] * size)
        return false;
  }
  return true;
}

static void eraseLoop(Walk &walk, unsigned loop) {
  walk.sizes.erase(walk.sizes.begin() + loop);
  walk.groups.erase(walk.groups.begin() + loop);
  if (walk.isPlaced)
    walk.places.erase(walk.places.begin() + loop);
  for (WalkOperand &operand : walk.operands) {
    operand.strides.erase(operand.strides.begin() + loop);
    for (WalkOperand::AxisGuard &guard : operand.guards)
      guard.coefficients.erase(guard.coefficients.begin() + loop);
  }
}

void Walk::compact() {
  for (unsigned loop = sizes.size(); loop-- > 0;)
    if (sizes[loop] == 1)
      eraseLoop(*this, loop);
  for (unsigned loop = sizes.size(); loop-- > 1;) {
    if (groups[loop] != groups[loop - 1] || !canJoin(*this, loop))
      continue;
    // The joined loop moves as the inner one does.
    sizes[loop] *= sizes[loop - 1];
    eraseLoop(*this, loop - 1);
  }
}

SmallVector<int64_t> Walk::getSizes(unsigned group) const {
  SmallVector<int64_t> result;
  for (auto [size, owner] : llvm::zip(sizes, groups))
    if (owner == group)
      result.push_back(size);
  return result;
}

Walk Walk::slice(unsigned loop, int64_t begin, int64_t size) const {
  Walk part = *this;
  part.sizes[loop] = size;
  for (WalkOperand &operand : part.operands) {
    operand.offset += begin * operand.strides[loop];
    for (WalkOperand::AxisGuard &guard : operand.guards)
      guard.start += begin * guard.coefficients[loop];
  }
  return part;
}

Walk Walk::peel(unsigned loop, int64_t index) const {
  Walk rest = slice(loop, index, 1);
  eraseLoop(rest, loop);
  return rest;
}

} // namespace garam::npu
