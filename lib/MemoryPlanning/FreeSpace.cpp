//===- FreeSpace.cpp - What of a memory is free ---------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "FreeSpace.h"

#include "llvm/Support/MathExtras.h"

#include <limits>

using namespace llvm;

namespace garam::memory {

/// The classes of sizes between two powers of 2 are 2^5: of holes of one class
/// the largest is 3 % larger than the smallest.
static constexpr unsigned classBits = 5;
/// Sums with sizes do not overflow.
static constexpr int64_t memoryEnd = std::numeric_limits<int64_t>::max() / 2;
/// Holes that are tried before one is taken that is large enough wherever its
/// first aligned offset is.
static constexpr unsigned maxTries = 16;

static unsigned getClassOfSize(int64_t size) {
  unsigned exponent = Log2_64(size);
  if (exponent < classBits)
    return size;
  unsigned shift = exponent - classBits;
  return (shift << classBits) + static_cast<unsigned>(size >> shift);
}

static bool fits(const Buffer &buffer, int64_t begin, int64_t end) {
  return roundUpOffset(buffer, begin) + buffer.size <= end;
}

FreeSpace::FreeSpace()
    : holes(getClassOfSize(memoryEnd) + 1, none), classes(holes.size()) {
  blocks.emplace_back().end = memoryEnd;
  addHole(top);
}

unsigned FreeSpace::getClass(Block block) const {
  return getClassOfSize(blocks[block].end - blocks[block].begin);
}

void FreeSpace::addHole(Block block) {
  unsigned sizeClass = getClass(block);
  Part &part = blocks[block];
  part.isHole = true;
  part.previous = none;
  part.next = std::exchange(holes[sizeClass], block);
  if (part.next != none)
    blocks[part.next].previous = block;
  classes.set(sizeClass);
}

void FreeSpace::removeHole(Block block) {
  unsigned sizeClass = getClass(block);
  Part &part = blocks[block];
  part.isHole = false;
  if (part.next != none)
    blocks[part.next].previous = part.previous;
  if (part.previous != none)
    blocks[part.previous].next = part.next;
  else
    holes[sizeClass] = part.next;
  if (holes[sizeClass] == none)
    classes.reset(sizeClass);
}

/// A small hole that `buffer` fits. The one above all is large enough always.
FreeSpace::Block FreeSpace::findHole(const Buffer &buffer) const {
  unsigned tries = 0;
  int sizeClass = getClassOfSize(buffer.size);
  for (sizeClass = classes.find_next(sizeClass - 1); tries < maxTries;
       sizeClass = classes.find_next(sizeClass))
    for (Block hole = holes[sizeClass]; hole != none && tries < maxTries;
         hole = blocks[hole].next, ++tries)
      if (fits(buffer, blocks[hole].begin, blocks[hole].end))
        return hole;
  int64_t padding = std::max(buffer.alignment, buffer.bankSize);
  return holes[classes.find_next(getClassOfSize(buffer.size + padding))];
}

/// Makes what of `block` lies from `offset` on a block of its own. Neither may
/// be a hole of a class.
FreeSpace::Block FreeSpace::split(Block block, int64_t offset) {
  Block upper = blocks.size();
  if (unused.empty()) {
    blocks.emplace_back();
  } else {
    upper = unused.back();
    unused.pop_back();
  }
  Part &part = blocks[block];
  blocks[upper] = {offset, part.end, /*below=*/block, part.above};
  if (part.above != none)
    blocks[part.above].below = upper;
  part.end = offset;
  part.above = upper;
  if (block == top)
    top = upper;
  return upper;
}

FreeSpace::Block FreeSpace::take(const Buffer &buffer, Block hole) {
  removeHole(hole);
  Block taken = hole;
  int64_t offset = roundUpOffset(buffer, blocks[hole].begin);
  if (offset > blocks[hole].begin) {
    taken = split(hole, offset);
    addHole(hole);
  }
  if (offset + buffer.size < blocks[taken].end)
    addHole(split(taken, offset + buffer.size));
  return taken;
}

/// Joins a block with the one above, which neither is a hole of a class.
void FreeSpace::absorbAbove(Block block) {
  Block above = blocks[block].above;
  blocks[block].end = blocks[above].end;
  blocks[block].above = blocks[above].above;
  if (blocks[above].above != none)
    blocks[blocks[above].above].below = block;
  if (above == top)
    top = block;
  unused.push_back(above);
}

void FreeSpace::release(Block block) {
  auto isHole = [&](Block other) {
    return other != none && blocks[other].isHole;
  };
  if (Block above = blocks[block].above; isHole(above)) {
    removeHole(above);
    absorbAbove(block);
  }
  if (Block below = blocks[block].below; isHole(below)) {
    removeHole(below);
    absorbAbove(below);
    block = below;
  }
  addHole(block);
}

} // namespace garam::memory
