//===- RunMemory.h - Memory of a run of a program ---------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_RUNMEMORY_H
#define GARAM_TARGET_RUNMEMORY_H

#include "garam/Target/DeviceProgram.h"
#include "llvm/Support/Error.h"

namespace garam {

/// The memory of a program's segments in one run. Constants, which many runs
/// and threads share, can only be read.
class RunMemory {
public:
  /// None: of a run without data.
  RunMemory() = default;
  /// Of a program without constants, or whose constants are a copy.
  RunMemory(llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments)
      : readable(segments.begin(), segments.end()), writable(segments) {}

  /// Checks that the memory is enough for the segments that a program declares.
  /// `segments[i]` is the memory of segment i; what it holds for the constant
  /// segment is not looked at.
  static llvm::Expected<RunMemory>
  create(llvm::ArrayRef<DeviceSegment> declared,
         llvm::ArrayRef<uint8_t> constants,
         llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments);

  size_t size() const { return readable.size(); }
  llvm::ArrayRef<uint8_t> read(size_t segment) const {
    return readable[segment];
  }
  /// Empty for constants.
  llvm::MutableArrayRef<uint8_t> write(size_t segment) const {
    return writable[segment];
  }

private:
  std::vector<llvm::ArrayRef<uint8_t>> readable;
  std::vector<llvm::MutableArrayRef<uint8_t>> writable;
};

/// Whether `constants` is enough for the constant segment, if there is one.
llvm::Error checkConstants(llvm::ArrayRef<DeviceSegment> declared,
                           llvm::ArrayRef<uint8_t> constants);

} // namespace garam

#endif // GARAM_TARGET_RUNMEMORY_H
