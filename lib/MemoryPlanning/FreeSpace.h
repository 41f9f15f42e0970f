//===- FreeSpace.h - What of a memory is free -------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_MEMORYPLANNING_FREESPACE_H
#define GARAM_LIB_MEMORYPLANNING_FREESPACE_H

#include "garam/MemoryPlanning/MemoryPlanner.h"

#include "llvm/ADT/BitVector.h"

namespace garam::memory {

/// A memory without end, of which parts are taken and given back, each in
/// constant time: two-level segregated fit (Masmano, Ripoll, Crespo and Real,
/// "TLSF: a New Dynamic Memory Allocator for Real-Time Systems", 2004). Holes
/// are kept by class of size, and holes side by side are one.
class FreeSpace {
public:
  using Block = uint32_t;

  FreeSpace();

  /// Takes a part for `buffer` on top of all that is taken.
  Block append(const Buffer &buffer) { return take(buffer, top); }
  /// Takes a part for `buffer` from a hole that is little larger.
  Block take(const Buffer &buffer) { return take(buffer, findHole(buffer)); }
  void release(Block block);
  int64_t getOffset(Block block) const { return blocks[block].begin; }

private:
  static constexpr Block none = ~Block(0);

  /// A part that is taken, or a hole.
  struct Part {
    int64_t begin = 0, end = 0;
    Block below = none, above = none; // by offset
    bool isHole = false;
    Block previous = none, next = none; // holes of its class
  };

  Block take(const Buffer &buffer, Block hole);
  Block findHole(const Buffer &buffer) const;
  Block split(Block block, int64_t offset);
  void addHole(Block block);
  void removeHole(Block block);
  void absorbAbove(Block block);
  unsigned getClass(Block block) const;

  std::vector<Part> blocks;
  std::vector<Block> unused; // numbers of blocks that are no more
  Block top = 0;             // the hole above all
  std::vector<Block> holes;  // the first one of each class
  llvm::BitVector classes;   // those that have holes
};

} // namespace garam::memory

#endif // GARAM_LIB_MEMORYPLANNING_FREESPACE_H
