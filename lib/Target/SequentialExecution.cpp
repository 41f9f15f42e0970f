//===- SequentialExecution.cpp - Commands one after the other -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/SequentialExecution.h"

#include "llvm/ADT/STLExtras.h"

using namespace llvm;

namespace garam {

SequentialExecution::SequentialExecution(
    sim::Kernel &kernel, uint64_t numCommands, StringLiteral kind,
    ArrayRef<StringLiteral> categories, std::optional<RunMemory> memory,
    const DeviceRunOptions &options, RunEndHandler onEnd)
    : kernel(kernel), numCommands(numCommands), kind(kind),
      memory(std::move(memory)), options(options), onEnd(std::move(onEnd)) {
  for (StringRef category : categories)
    result.criticalPath.push_back({category.str(), 0});
  result.laneBusyFs = {0};
  if (this->memory)
    for (const DeviceValue &value : options.values)
      values[value.pieces.front().lastWrites.front().command].push_back(&value);
}

Error SequentialExecution::start() {
  programStart = kernel.now();
  return begin(0);
}

/// Starts a command, or ends the program behind the last one.
Error SequentialExecution::begin(uint64_t command) {
  commandStart = kernel.now();
  if (command == numCommands) {
    result.latencyFs = commandStart - programStart;
    return onEnd(std::move(result));
  }
  cost = getCost(command);
  sim::Time total = 0;
  for (sim::Time time : cost.times)
    total = sim::addTime(total, time);
  kernel.schedule(total, *this, command);
  return Error::success();
}

/// At the end of a command: the kernel's time ends where numbers do.
void SequentialExecution::account(uint64_t command) {
  sim::Time left = kernel.now() - commandStart;
  result.laneBusyFs.front() += left;
  for (auto [share, time] : zip_equal(result.criticalPath, cost.times)) {
    sim::Time part = std::min(time, left);
    share.femtoseconds += part;
    if (options.tracePath && part > 0)
      result.path.push_back({/*lane=*/0, static_cast<uint32_t>(command), kind,
                             share.category, part});
    left -= part;
  }
  result.macs += cost.macs;
  result.dramReadBytes += cost.dramReadBytes;
  result.dramWriteBytes += cost.dramWriteBytes;
  result.energyJoule += cost.joules;
  ++result.executedCommands;
}

Error SequentialExecution::handle(uint64_t command) {
  account(command);
  if (memory) {
    execute(command, *memory);
    reportValues(command);
  }
  if (options.onEvent)
    options.onEvent({/*lane=*/0, static_cast<uint32_t>(command), commandStart,
                     kernel.now(), /*isSynchronisation=*/false, kind});
  return begin(command + 1);
}

void SequentialExecution::reportValues(uint64_t command) const {
  for (const DeviceValue *value : values.lookup(command)) {
    const ValuePiece &piece = value->pieces.front();
    ArrayRef<uint8_t> bytes =
        memory->read(piece.memory)
            .slice(piece.offset, *getByteSize(value->type));
    options.onValue({value->name, value->type, bytes.vec()});
  }
}

/// In bytes, of a dense tensor in row-major order.
static SmallVector<int64_t, 4> getDenseStrides(const TensorType &type) {
  SmallVector<int64_t, 4> strides(type.shape.size());
  int64_t stride = getByteWidth(type.type);
  for (size_t dim = strides.size(); dim-- > 0; stride *= type.shape[dim])
    strides[dim] = stride;
  return strides;
}

static bool isDense(const DeviceValue &value, ArrayRef<DeviceSegment> segments,
                    uint64_t numCommands) {
  if (value.pieces.size() != 1 || value.pieces.front().lastWrites.size() != 1)
    return false;
  const ValuePiece &piece = value.pieces.front();
  std::optional<uint64_t> bytes = getByteSize(value.type);
  if (!bytes || piece.memory >= segments.size() || piece.offset < 0 ||
      piece.lastWrites.front().command >= numCommands)
    return false;
  uint64_t size = segments[piece.memory].size;
  uint64_t offset = piece.offset;
  return offset <= size && *bytes <= size - offset &&
         ArrayRef(piece.sizes) == ArrayRef(value.type.shape) &&
         piece.strides == getDenseStrides(value.type);
}

Error checkDenseValues(ArrayRef<DeviceValue> values,
                       ArrayRef<DeviceSegment> segments, uint64_t numCommands) {
  for (const DeviceValue &value : values)
    if (!isDense(value, segments, numCommands))
      return createStringError("value '" + value.name +
                               "' of the debug map is no tensor in a segment");
  return Error::success();
}

} // namespace garam
