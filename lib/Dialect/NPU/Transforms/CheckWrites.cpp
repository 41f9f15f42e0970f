//===- CheckWrites.cpp - Bytes that are written once ----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "AccessTable.h"

#include <array>
#include <limits>
#include <memory>

using namespace mlir;

namespace garam::npu {
namespace {

/// A set of bytes, in chunks of bits. What is whole takes no bits.
class ByteSet {
public:
  void add(int64_t begin, int64_t end) {
    forEachChunk(begin, end, [&](int64_t number, int64_t low, int64_t high) {
      addToChunk(number, low, high);
    });
  }

  /// Whether one of the bytes [begin, end) is in the set.
  bool meets(int64_t begin, int64_t end) const {
    bool doesMeet = false;
    forEachChunk(begin, end, [&](int64_t number, int64_t low, int64_t high) {
      auto it = chunks.find(number);
      if (it != chunks.end())
        doesMeet |= !it->second || meetsChunk(*it->second, low, high);
    });
    return doesMeet;
  }

private:
  static constexpr int64_t chunkBytes = 4096, wordBits = 64;
  using Chunk = std::array<uint64_t, chunkBytes / wordBits>;

  /// Calls `visit(chunk, low, high)` for the bytes [low, high) of chunks.
  template <typename VisitT>
  static void forEachChunk(int64_t begin, int64_t end, VisitT visit) {
    while (begin < end) {
      int64_t number = begin / chunkBytes, start = number * chunkBytes;
      int64_t stop = std::min(end, start + chunkBytes);
      visit(number, begin - start, stop - start);
      begin = stop;
    }
  }

  /// Calls `visit(word, bits)` for the bits [begin, end) of a chunk.
  template <typename VisitT>
  static void forEachWord(int64_t begin, int64_t end, VisitT visit) {
    for (int64_t word = begin / wordBits; word * wordBits < end; ++word) {
      int64_t low = std::max<int64_t>(begin - word * wordBits, 0);
      int64_t high = std::min<int64_t>(end - word * wordBits, wordBits);
      visit(word, llvm::maskTrailingOnes<uint64_t>(high - low) << low);
    }
  }

  void addToChunk(int64_t number, int64_t begin, int64_t end) {
    auto [it, isNew] = chunks.try_emplace(number);
    std::unique_ptr<Chunk> &chunk = it->second;
    if (end - begin == chunkBytes)
      return chunk.reset();
    if (!isNew && !chunk)
      return;
    if (isNew)
      chunk = std::make_unique<Chunk>(Chunk{});
    forEachWord(begin, end,
                [&](int64_t word, uint64_t bits) { (*chunk)[word] |= bits; });
  }

  static bool meetsChunk(const Chunk &chunk, int64_t begin, int64_t end) {
    bool doesMeet = false;
    forEachWord(begin, end, [&](int64_t word, uint64_t bits) {
      doesMeet |= (chunk[word] & bits) != 0;
    });
    return doesMeet;
  }

  /// By where they lie. Null: all bytes are in the set.
  llvm::DenseMap<int64_t, std::unique_ptr<Chunk>> chunks;
};

/// Calls `visit(begin, end)` for the runs of bytes of `region` that its
/// dimensions from `dim` on make from `base` on.
template <typename VisitT>
void forEachRun(const ByteRegion &region, int64_t base, unsigned dim,
                VisitT visit) {
  if (dim == region.dims.size())
    return visit(base, base + region.width);
  for (int64_t i = 0; i < region.dims[dim].count; ++i)
    forEachRun(region, base + i * region.dims[dim].stride, dim + 1, visit);
}

template <typename VisitT>
void forEachRun(const ByteRegion &region, VisitT visit) {
  forEachRun(region, region.base, 0, visit);
}

/// What commands have touched so far of the buffers that are yet to be written.
class TouchedBytes {
public:
  TouchedBytes(ArrayRef<Operation *> commands, const AccessTable &accesses)
      : accesses(accesses) {
    for (Operation *op : commands)
      for (const CommandAccess &access : accesses.of(op))
        if (access.isWrite)
          for (int64_t core : getCopies(access))
            ++histories[{access.buffer, core}].writesLeft;
  }

  LogicalResult visit(Operation *op) {
    // A command reads before it writes.
    for (bool isWrite : {false, true})
      for (const CommandAccess &access : accesses.of(op))
        if (access.isWrite == isWrite && failed(add(op, access)))
          return failure();
    return success();
  }

private:
  struct History {
    unsigned writesLeft = 0;
    /// The bytes from the first to the last one touched.
    int64_t begin = std::numeric_limits<int64_t>::max(), end = 0;
    /// What was touched. It goes into `bytes` only where a write lies between
    /// others.
    llvm::SmallVector<const ByteRegion *, 4> regions;
    ByteSet bytes;
  };

  LogicalResult add(Operation *op, const CommandAccess &access) {
    BufferOp buffer = access.buffer;
    auto size = static_cast<int64_t>(buffer.getSize());
    if (access.region.empty())
      return success();
    if (access.region.getBegin() < 0 || access.region.getEnd() > size)
      return op->emitOpError("touches bytes ")
             << access.region.getBegin() << " to " << access.region.getEnd() - 1
             << " of a buffer of " << size;
    for (int64_t core : getCopies(access)) {
      auto it = histories.find({access.buffer, core});
      // Nothing writes it, or nothing does any more.
      if (it == histories.end())
        continue;
      History &history = it->second;
      if (access.isWrite && meets(history, access.region))
        return op->emitOpError("writes bytes of a buffer that a command in "
                               "front of it has read or written");
      if (access.isWrite && --history.writesLeft == 0)
        histories.erase(it);
      else
        touch(history, access.region);
    }
    return success();
  }

  static void touch(History &history, const ByteRegion &region) {
    history.regions.push_back(&region);
    history.begin = std::min(history.begin, region.getBegin());
    history.end = std::max(history.end, region.getEnd());
  }

  /// Whether a byte of `region` was touched before.
  static bool meets(History &history, const ByteRegion &region) {
    if (region.getEnd() <= history.begin || region.getBegin() >= history.end)
      return false;
    for (const ByteRegion *touched : history.regions)
      forEachRun(*touched, [&](int64_t begin, int64_t end) {
        history.bytes.add(begin, end);
      });
    history.regions.clear();
    bool doesMeet = false;
    forEachRun(region, [&](int64_t begin, int64_t end) {
      doesMeet |= history.bytes.meets(begin, end);
    });
    return doesMeet;
  }

  const AccessTable &accesses;
  /// By buffer and core, see getCopies.
  llvm::DenseMap<std::pair<Operation *, int64_t>, History> histories;
};

} // namespace

LogicalResult checkWrites(func::FuncOp func) {
  SmallVector<Operation *> commands;
  for (Operation &op : func.front())
    if (isCommand(&op))
      commands.push_back(&op);
  AccessTable accesses(commands);
  TouchedBytes touched(commands, accesses);
  for (Operation *op : commands)
    if (failed(touched.visit(op)))
      return failure();
  return success();
}

} // namespace garam::npu
