//===- RunMemory.cpp - Memory of a run of a program -----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/RunMemory.h"

#include "llvm/ADT/STLExtras.h"

namespace garam {

static llvm::Error checkSize(const DeviceSegment &segment, size_t found) {
  if (found >= segment.size)
    return llvm::Error::success();
  return llvm::createStringError("segment '" + segment.name + "' has " +
                                 llvm::Twine(found) + " bytes, needed " +
                                 llvm::Twine(segment.size));
}

llvm::Error checkConstants(llvm::ArrayRef<DeviceSegment> declared,
                           llvm::ArrayRef<uint8_t> constants) {
  for (const DeviceSegment &segment : declared)
    if (segment.role == MemoryRole::Constant)
      if (llvm::Error error = checkSize(segment, constants.size()))
        return error;
  return llvm::Error::success();
}

llvm::Expected<RunMemory>
RunMemory::create(llvm::ArrayRef<DeviceSegment> declared,
                  llvm::ArrayRef<uint8_t> constants,
                  llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments) {
  if (declared.size() != segments.size())
    return llvm::createStringError(
        "the program has " + llvm::Twine(declared.size()) +
        " segments, but memory for " + llvm::Twine(segments.size()));
  RunMemory memory;
  for (const auto &[segment, bytes] : llvm::zip_equal(declared, segments)) {
    if (segment.role == MemoryRole::Constant) {
      memory.readable.push_back(constants);
      memory.writable.emplace_back();
    } else {
      memory.readable.push_back(bytes);
      memory.writable.push_back(bytes);
    }
    if (llvm::Error error = checkSize(segment, memory.readable.back().size()))
      return std::move(error);
  }
  return memory;
}

} // namespace garam
