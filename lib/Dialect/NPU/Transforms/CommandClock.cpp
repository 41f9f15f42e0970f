//===- CommandClock.cpp - When commands of a function happen --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CommandClock.h"

using namespace mlir;

namespace garam::npu {

LogicalResult CommandClock::addPrograms(func::FuncOp func) {
  for (auto program : func.getOps<MicroProgramOp>())
    if (failed(conversion.addProgram(program)))
      return failure();
  return success();
}

double CommandClock::getReady(ArrayRef<CommandAccess> accesses,
                              unsigned queue) const {
  double ready = 0;
  for (const CommandAccess &access : accesses) {
    auto history = writes.find(access.buffer);
    if (access.isWrite || history == writes.end())
      continue;
    history->second.visit(
        access, [&](const Completion &write) { return write.time > ready; },
        [&](const Completion &write) {
          ready = std::max(ready, clock.getArrival(write, queue));
        });
  }
  return ready;
}

Transfer CommandClock::getTransfer(DMACommandOp op,
                                   std::optional<MemorySpace> source,
                                   std::optional<MemorySpace> destination,
                                   std::optional<int64_t> bytes) const {
  DMACommand command = conversion.convert(op);
  if (bytes)
    command.sizes[0] = *bytes / op.getElementBytes();
  if (source)
    command.source.address.space = *source;
  if (destination) {
    command.destination.address.space = *destination;
    command.multicast = 0;
  }
  Transfer transfer;
  transfer.core = op.getCore();
  transfer.time = getTime(command, machine);
  if (op.getSource() && command.source.address.space == MemorySpace::Local)
    transfer.sender = op.getSourceCore().value_or(op.getCore());
  if (!destination)
    llvm::append_range(transfer.receivers, getReceivers(op));
  return transfer;
}

double CommandClock::getEngineSeconds(Operation *op) const {
  EngineTime time;
  if (auto tensor = dyn_cast<TensorCommandOp>(op))
    time = getTime(conversion.convert(tensor), machine);
  else
    time = getTime(conversion.convert(cast<VectorCommandOp>(op)), machine);
  return time.getSeconds(machine.clockHz);
}

CommandTime CommandClock::getCommandTime(Operation *op) const {
  CommandTime time;
  if (auto dma = dyn_cast<DMACommandOp>(op)) {
    time.transfer = getTransfer(dma);
    const TransferTime &alone = time.transfer->time;
    time.seconds = alone.startSeconds + alone.streamSeconds;
  } else {
    time.isContraction = isa<TensorCommandOp>(op);
    time.seconds = getEngineSeconds(op);
  }
  return time;
}

Completion CommandClock::run(Operation *op, ArrayRef<CommandAccess> accesses,
                             double ready) {
  unsigned queue = getQueue(op);
  auto dma = dyn_cast<DMACommandOp>(op);
  Completion completion =
      dma ? clock.runTransfer(getTransfer(dma), ready)
          : clock.runEngine(queue / numEngineKinds,
                            static_cast<EngineKind>(queue % numEngineKinds),
                            ready, getEngineSeconds(op));
  recordWrites(accesses, completion);
  return completion;
}

void CommandClock::recordWrites(ArrayRef<CommandAccess> accesses,
                                const Completion &completion) {
  for (const CommandAccess &access : accesses)
    if (access.isWrite)
      writes[access.buffer].add(access, completion);
}

} // namespace garam::npu
