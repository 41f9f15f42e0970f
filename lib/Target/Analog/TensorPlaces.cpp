//===- TensorPlaces.cpp - Where tensors of a function lie -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "TensorPlaces.h"

#include "CheckTiles.h"
#include "garam/Dialect/Analog/IR/Analog.h"

using namespace mlir;

namespace garam::analog {

static uint64_t getByteSize(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  return type.getNumElements() *
         llvm::divideCeil(type.getElementTypeBitWidth(), 8);
}

TensorPlaces::TensorPlaces(func::FuncOp function) {
  segments.push_back({MemoryRole::Constant, 0, "weights"});
  auto add = [&](MemoryRole role, Value tensor, const Twine &name) {
    places[getOrigin(tensor)] = {uint32_t(segments.size()), 0};
    segments.push_back({role, getByteSize(tensor), name.str()});
  };
  for (BlockArgument argument : function.getArguments())
    add(MemoryRole::Input, argument, "input " + Twine(argument.getArgNumber()));
  Operation *terminator = function.getBody().front().getTerminator();
  for (OpOperand &operand : terminator->getOpOperands())
    add(MemoryRole::Output, operand.get(),
        "output " + Twine(operand.getOperandNumber()));
  placeScratch(function);
}

namespace {

/// Bytes [begin, end) that are taken until operation `lastUse`.
struct Taken {
  uint64_t begin, end;
  unsigned lastUse;
};

} // namespace

/// The lowest gap of `size` bytes between those that are taken.
static uint64_t findGap(SmallVectorImpl<Taken> &taken, uint64_t size) {
  llvm::sort(taken,
             [](const Taken &a, const Taken &b) { return a.begin < b.begin; });
  uint64_t begin = 0;
  for (const Taken &range : taken) {
    if (begin + size <= range.begin)
      break;
    begin = std::max(begin, range.end);
  }
  return begin;
}

void TensorPlaces::placeScratch(func::FuncOp function) {
  llvm::DenseMap<Operation *, unsigned> order;
  llvm::DenseMap<Value, unsigned> lastUses;
  for (Operation &op : function.getBody().front()) {
    unsigned number = order.size();
    order[&op] = number;
    for (Value operand : op.getOperands())
      lastUses[getOrigin(operand)] = number;
    // What reads codes reads, on the device, the tensor that they are of.
    if (auto rescale = dyn_cast<RescaleOp>(op))
      lastUses[getOrigin(rescale.getConvert().getInput())] = number;
  }
  SmallVector<Taken> taken;
  uint64_t bytes = 0;
  for (auto op : function.getOps<RescaleOp>()) {
    Value tensor = op.getResult();
    llvm::erase_if(
        taken, [&](const Taken &range) { return range.lastUse < order[op]; });
    if (places.contains(tensor))
      continue;
    uint64_t size = getByteSize(tensor);
    uint64_t offset = findGap(taken, size);
    taken.push_back({offset, offset + size, lastUses.lookup(tensor)});
    places[tensor] = {uint32_t(segments.size()), offset};
    bytes = std::max(bytes, offset + size);
  }
  if (bytes > 0)
    segments.push_back({MemoryRole::Scratch, bytes, "scratch"});
}

TensorPlace TensorPlaces::get(Value tensor) const {
  return places.at(getOrigin(tensor));
}

uint64_t TensorPlaces::getBytes() const {
  uint64_t sum = 0;
  for (const DeviceSegment &segment : segments)
    sum += segment.size;
  return sum;
}

} // namespace garam::analog
