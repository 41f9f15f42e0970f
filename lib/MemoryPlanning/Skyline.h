//===- Skyline.h - Buffers that are placed from the bottom up ---*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Every unplaced buffer has a lowest offset: on top of all that has been placed
// in its sections. The floor of a section is the least of its unplaced
// buffers'. A *valley* is a section whose floor is lowest among all sections of
// the buffers that could begin there.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_MEMORYPLANNING_SKYLINE_H
#define GARAM_LIB_MEMORYPLANNING_SKYLINE_H

#include "Sections.h"

#include <limits>

namespace garam::memory {

class Skyline {
public:
  /// Lowest offset of a placed buffer, and floor of a section that has no
  /// other. Sums with sizes do not overflow.
  static constexpr int64_t noOffset = std::numeric_limits<int64_t>::max() / 2;

  Skyline(llvm::ArrayRef<Buffer> buffers, const Sections &sections);

  /// Takes all buffers off.
  void reset();

  /// Those of some size, in order of their first section.
  llvm::ArrayRef<uint32_t> getBuffers() const { return all; }
  int64_t getLowestOffset(uint32_t buffer) const {
    return lowestOffsets[buffer];
  }
  int64_t getFloor(uint32_t section) const { return floors[section]; }
  /// Of a section's unplaced buffers together.
  int64_t getUnplacedBytes(uint32_t section) const {
    return unplacedBytes[section];
  }
  /// Of placed buffers.
  llvm::ArrayRef<int64_t> getOffsets() const { return offsets; }
  /// The buffers that can begin in `valley`, those of low rank first.
  llvm::SmallVector<uint32_t>
  listCandidates(uint32_t valley, llvm::ArrayRef<uint32_t> ranks) const;
  template <typename Visit>
  void forEachSection(uint32_t buffer, Visit visit) const {
    for (SectionRange range : sections.getRanges(buffer))
      for (uint32_t section = range.first; section < range.last; ++section)
        visit(section);
  }

  /// Places `buffer` at its lowest offset. False when what is left cannot fit
  /// `capacity` any more: the buffer is to be taken back.
  bool place(uint32_t buffer, int64_t capacity);
  /// Lets all of `candidates` rest on something that is yet to be placed. False
  /// when that cannot fit `capacity`: the changes are to be undone.
  bool lift(llvm::ArrayRef<uint32_t> candidates, int64_t capacity);

  /// Changes since the reset. Of them, all but the first `numChanges` are taken
  /// back, after those buffers that were placed by them.
  size_t getNumChanges() const { return changes.size(); }
  void takeBack(uint32_t buffer);
  void undo(size_t numChanges);

private:
  struct Change {
    uint32_t number;
    bool isSection;
    int64_t value; // before
  };

  void setLowestOffset(uint32_t buffer, int64_t offset);
  bool updateFloors(int64_t capacity);

  llvm::ArrayRef<Buffer> buffers;
  const Sections &sections;
  std::vector<std::vector<uint32_t>> members;   // of each section
  std::vector<std::vector<uint32_t>> conflicts; // of each buffer
  std::vector<uint32_t> all;

  std::vector<int64_t> offsets;       // of placed buffers
  std::vector<int64_t> lowestOffsets; // of each buffer
  std::vector<int64_t> unplacedBytes; // of each section
  std::vector<int64_t> floors;        // of each section
  std::vector<Change> changes;
  std::vector<uint32_t> touched; // sections whose floor may rise
  std::vector<char> isTouched;
};

} // namespace garam::memory

#endif // GARAM_LIB_MEMORYPLANNING_SKYLINE_H
