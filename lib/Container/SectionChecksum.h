//===- SectionChecksum.h - Checksums of sections ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONTAINER_SECTIONCHECKSUM_H
#define GARAM_LIB_CONTAINER_SECTIONCHECKSUM_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/ThreadPool.h"
#include "llvm/Support/xxhash.h"

#include <algorithm>
#include <mutex>
#include <vector>

namespace garam {

/// Bytes of a section that are hashed at once, and so are in memory at once
/// (docs/binary-format.md).
constexpr uint64_t checksumBlockBytes = uint64_t(64) << 20;

/// The checksum of a section of `size` bytes. `visit` calls its last argument
/// with the `size` bytes at `offset`; on several of `threads` at once, unless
/// they are null.
inline llvm::Expected<uint64_t> computeSectionChecksum(
    uint64_t size,
    llvm::function_ref<
        llvm::Error(uint64_t offset, uint64_t size,
                    llvm::function_ref<void(llvm::ArrayRef<uint8_t>)> use)>
        visit,
    llvm::ThreadPoolInterface *threads = nullptr) {
  std::vector<llvm::support::ulittle64_t> hashes(
      llvm::divideCeil(size, checksumBlockBytes));
  std::mutex mutex; // of the error
  llvm::Error error = llvm::Error::success();
  auto hash = [&](size_t block) {
    uint64_t offset = block * checksumBlockBytes;
    llvm::Error failed =
        visit(offset, std::min(checksumBlockBytes, size - offset),
              [&](llvm::ArrayRef<uint8_t> bytes) {
                hashes[block] = llvm::xxh3_64bits(bytes);
              });
    std::lock_guard<std::mutex> lock(mutex);
    error = llvm::joinErrors(std::move(error), std::move(failed));
  };
  if (threads && hashes.size() > 1) {
    llvm::ThreadPoolTaskGroup blocks(*threads);
    for (size_t block = 0; block < hashes.size(); ++block)
      blocks.async([&hash, block] { hash(block); });
    blocks.wait();
  } else {
    for (size_t block = 0; block < hashes.size(); ++block)
      hash(block);
  }
  if (error)
    return std::move(error);
  if (hashes.size() == 1)
    return uint64_t(hashes.front());
  return llvm::xxh3_64bits(
      llvm::ArrayRef(reinterpret_cast<const uint8_t *>(hashes.data()),
                     hashes.size() * sizeof(hashes.front())));
}

} // namespace garam

#endif // GARAM_LIB_CONTAINER_SECTIONCHECKSUM_H
