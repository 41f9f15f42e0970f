//===- DeviceResidency.cpp - Weights that stay from run to run ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "LoadedProgram.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"

#include <algorithm>

using namespace llvm;

namespace garam::npu {

namespace {

/// Bytes of an on-chip memory that one execution of a command may write.
struct WriteRange {
  int64_t begin = 0, end = 0;
  unsigned command = 0; // counts the writing commands of the whole program
};

/// A loop that the walk over a queue is in.
struct OpenLoop {
  size_t begin = 0; // number of the LoopBegin
  uint32_t count = 0;
};

/// Where the loops around a command are, outermost first.
using Turns = SmallVector<uint32_t, maxLoopDepth>;

/// An on-chip memory: space and index of an address.
using MemoryKey = std::pair<unsigned, unsigned>;

} // namespace

/// The least and the greatest byte that a walk may write.
static WriteRange getRange(const Address &address, ArrayRef<int64_t> strides,
                           ArrayRef<uint32_t> sizes, uint64_t elementBytes,
                           ArrayRef<uint32_t> turns) {
  WriteRange range;
  range.begin = address.offset;
  range.end = address.offset + elementBytes;
  auto extend = [&](int64_t stride, uint32_t count) {
    int64_t reach = stride * (static_cast<int64_t>(count) - 1);
    (reach < 0 ? range.begin : range.end) += reach;
  };
  for (auto [stride, size] : zip(strides, sizes))
    extend(stride, size);
  for (auto [stride, turn] : zip(address.loopStrides, turns)) {
    range.begin += stride * turn;
    range.end += stride * turn;
  }
  return range;
}

/// Calls `record` for each on-chip memory that a command writes.
static void
visitWrites(const Command &command, uint16_t core, ArrayRef<uint32_t> turns,
            function_ref<void(MemoryKey, const WriteRange &)> record) {
  auto add = [&](const Descriptor &descriptor, ArrayRef<uint32_t> sizes,
                 uint64_t elementBytes) {
    const Address &address = descriptor.address;
    if (address.space != MemorySpace::DRAM)
      record({unsigned(address.space), address.index},
             getRange(address, descriptor.strides, sizes, elementBytes, turns));
  };
  if (const auto *tensor = std::get_if<TensorCommand>(&command)) {
    if (!tensor->store)
      return;
    SmallVector<uint32_t, maxDims> sizes(tensor->rows.begin(),
                                         tensor->rows.end());
    sizes.push_back(tensor->columns);
    add(tensor->output, sizes, getByteWidth(tensor->output.type));
  } else if (const auto *vector = std::get_if<VectorCommand>(&command)) {
    for (const VectorOutput &output : vector->outputs)
      add(output.descriptor, vector->sizes,
          getByteWidth(output.descriptor.type));
  } else if (const auto *dma = std::get_if<DMACommand>(&command)) {
    if (dma->multicast == 0)
      return add(dma->destination, dma->sizes, dma->elementBytes);
    Descriptor destination = dma->destination;
    for (unsigned i = 0; i < 64; ++i) {
      if (!(dma->multicast >> i & 1))
        continue;
      destination.address.index = i;
      add(destination, dma->sizes, dma->elementBytes);
    }
  }
}

/// A transfer of weights that brings the same bytes whenever the program runs.
static bool isWeightLoad(const Command &command, const Program &program) {
  const auto *dma = std::get_if<DMACommand>(&command);
  if (!dma || dma->kind != DMAKind::Copy ||
      dma->source.address.parameter >= 0 ||
      dma->destination.address.parameter >= 0)
    return false;
  const Address &source = dma->source.address;
  return source.space == MemorySpace::DRAM &&
         source.index < program.segments.size() &&
         program.segments[source.index].role == SegmentRole::Constant &&
         dma->destination.address.space != MemorySpace::DRAM;
}

/// Calls `visit` with each execution of each command of a queue: the command's
/// number in the queue, and the turns of the loops around it.
static void
visitExecutions(const Queue &queue,
                function_ref<void(size_t number, ArrayRef<uint32_t>)> visit) {
  SmallVector<OpenLoop, maxLoopDepth> loops;
  Turns turns;
  for (size_t i = 0; i < queue.commands.size(); ++i) {
    if (const auto *begin = std::get_if<LoopBeginCommand>(&queue.commands[i])) {
      loops.push_back({i, begin->count});
      turns.push_back(0);
    } else if (!std::holds_alternative<LoopEndCommand>(queue.commands[i])) {
      visit(i, turns);
    } else if (++turns.back() < loops.back().count) {
      i = loops.back().begin;
    } else {
      loops.pop_back();
      turns.pop_back();
    }
  }
}

/// Numbers of the commands of which an execution shares a byte with another
/// write, also by the same command.
static std::vector<bool>
findOverwritten(DenseMap<MemoryKey, std::vector<WriteRange>> &writes,
                unsigned numCommands) {
  std::vector<bool> overwritten(numCommands, false);
  for (auto &[memory, ranges] : writes) {
    llvm::sort(ranges, [](const WriteRange &left, const WriteRange &right) {
      return std::tie(left.begin, left.end, left.command) <
             std::tie(right.begin, right.end, right.command);
    });
    // Against the range that reaches furthest of all that begin before.
    const WriteRange *furthest = nullptr;
    for (const WriteRange &range : ranges) {
      if (furthest && range.begin < furthest->end) {
        overwritten[range.command] = true;
        overwritten[furthest->command] = true;
      }
      if (!furthest || range.end > furthest->end)
        furthest = &range;
    }
  }
  return overwritten;
}

Program removeResidentTransfers(const Program &program, size_t maxWrites) {
  DenseMap<MemoryKey, std::vector<WriteRange>> writes;
  size_t numRanges = 0;
  std::vector<bool> isLoad;
  for (const Queue &queue : program.queues) {
    unsigned first = isLoad.size();
    for (const Command &command : queue.commands)
      isLoad.push_back(isWeightLoad(command, program));
    visitExecutions(queue, [&](size_t number, ArrayRef<uint32_t> turns) {
      visitWrites(queue.commands[number], queue.core, turns,
                  [&](MemoryKey memory, WriteRange range) {
                    if (++numRanges > maxWrites)
                      return;
                    range.command = first + number;
                    writes[memory].push_back(range);
                  });
    });
  }
  if (numRanges > maxWrites)
    return program;
  std::vector<bool> overwritten = findOverwritten(writes, isLoad.size());

  Program result = program;
  unsigned number = 0;
  for (Queue &queue : result.queues)
    llvm::erase_if(queue.commands, [&](const Command &) {
      bool remove = isLoad[number] && !overwritten[number];
      ++number;
      return remove;
    });
  return result;
}

} // namespace garam::npu
