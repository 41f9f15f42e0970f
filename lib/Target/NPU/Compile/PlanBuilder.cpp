//===- PlanBuilder.cpp - The memory plan of exported commands -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "PlanBuilder.h"

#include "garam/Dialect/NPU/Transforms/CommandAccess.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace garam::npu {

void PlanBuilder::addBuffer(BufferOp op) {
  PlannedBuffer buffer;
  buffer.space = static_cast<MemorySpace>(op.getSpace());
  buffer.offset = op.getOffset().value_or(0);
  buffer.size = op.getSize();
  buffer.name = ("buffer" + Twine(numBuffers)).str();
  ++numBuffers;
  auto add = [&](int64_t index) {
    buffer.index = index;
    planned[{op, index}] = buffers.size();
    buffers.push_back(buffer);
  };
  if (std::optional<ArrayRef<int64_t>> cores = op.getCores())
    llvm::for_each(*cores, add);
  else
    add(op.getSegment().value_or(0));
}

uint32_t PlanBuilder::getPlanned(BufferOp op, int64_t core) {
  return planned.at({op, op.getCores() ? core : op.getSegment().value_or(0)});
}

void PlanBuilder::addExecutions(
    Operation *op, unsigned queue,
    const llvm::DenseMap<Operation *, uint32_t> &numbers) {
  Expansion expansion{
      queue, numbers, llvm::DenseMap<Operation *, uint32_t>(), {}};
  expand(op, expansion);
}

void PlanBuilder::expand(Operation *op, Expansion &expansion) {
  if (auto loop = dyn_cast<LoopOp>(op)) {
    expansion.turns.push_back(0);
    for (uint64_t turn = 0; turn < loop.getCount(); ++turn) {
      expansion.turns.back() = turn;
      for (Operation &repeated : loop.getBody().front())
        expand(&repeated, expansion);
    }
    expansion.turns.pop_back();
    return;
  }
  auto &operands = operandBuffers[expansion.queue].emplace_back();
  listOperands(op, expansion.turns, operands);
  if (operands.empty())
    return;
  uint32_t execution = 1;
  if (!expansion.turns.empty())
    execution = ++expansion.executions[op];
  recordWrites(op, expansion.turns,
               {expansion.queue, expansion.numbers.lookup(op), execution});
}

SmallVector<uint32_t, 4> PlanBuilder::listOperands(Operation *op) {
  SmallVector<uint32_t, 4> operands;
  listOperands(op, /*turns=*/{}, operands);
  return operands;
}

/// In the order of MemoryPlan::operandBuffers.
void PlanBuilder::listOperands(Operation *op, ArrayRef<int64_t> turns,
                               SmallVectorImpl<uint32_t> &operands) {
  auto add = [&](Value value, int64_t core) {
    operands.push_back(getPlanned(LoopOp::resolve(value, turns), core));
  };
  if (auto dma = dyn_cast<DMACommandOp>(op)) {
    int64_t core = dma.getCore();
    if (dma.getSource())
      add(dma.getSource(), dma.getSourceCore().value_or(core));
    SmallVector<int64_t> receivers = getReceivers(dma);
    if (receivers.empty())
      receivers.push_back(core);
    for (int64_t receiver : receivers)
      add(dma.getDestination(), receiver);
    if (dma.getIndices())
      add(dma.getIndices(), core);
    return;
  }
  // The operands of the others are in the order of the plan.
  int64_t core = TypeSwitch<Operation *, int64_t>(op)
                     .Case<TensorCommandOp, VectorCommandOp>(
                         [](auto command) { return command.getCore(); })
                     .Default(int64_t(0));
  for (Value operand : op->getOperands())
    if (isa<BufferType>(operand.getType()))
      add(operand, core);
}

void PlanBuilder::recordWrites(Operation *op, ArrayRef<int64_t> turns,
                               LastWrite write) {
  auto record = [&](Value value) {
    if (!value)
      return;
    auto &writes = lastWrites[LoopOp::resolve(value, turns)];
    auto own = llvm::find_if(
        writes, [&](const LastWrite &w) { return w.queue == write.queue; });
    if (own == writes.end())
      writes.push_back(write);
    else
      *own = write;
  };
  TypeSwitch<Operation *>(op)
      .Case([&](TensorCommandOp command) { record(command.getOutput()); })
      .Case([&](VectorCommandOp command) {
        llvm::for_each(command.getOutputs(), record);
      })
      .Case([&](DMACommandOp command) { record(command.getDestination()); });
}

ArrayRef<LastWrite> PlanBuilder::getLastWrites(BufferOp buffer) const {
  auto found = lastWrites.find(buffer);
  return found == lastWrites.end() ? ArrayRef<LastWrite>() : found->second;
}

} // namespace garam::npu
