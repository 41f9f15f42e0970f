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
#include "llvm/Support/xxhash.h"

#include <algorithm>
#include <vector>

namespace garam {

/// Bytes of a section that are hashed at once, and so are in memory at once
/// (docs/binary-format.md).
constexpr uint64_t checksumBlockBytes = uint64_t(64) << 20;

/// The checksum of a section of `size` bytes. `visit` calls its last argument
/// with the `size` bytes at `offset`.
inline llvm::Expected<uint64_t> computeSectionChecksum(
    uint64_t size, llvm::function_ref<llvm::Error(
                       uint64_t offset, uint64_t size,
                       llvm::function_ref<void(llvm::ArrayRef<uint8_t>)> use)>
                       visit) {
  std::vector<llvm::support::ulittle64_t> hashes;
  for (uint64_t offset = 0; offset < size; offset += checksumBlockBytes)
    if (llvm::Error error =
            visit(offset, std::min(checksumBlockBytes, size - offset),
                  [&](llvm::ArrayRef<uint8_t> block) {
                    hashes.emplace_back(llvm::xxh3_64bits(block));
                  }))
      return std::move(error);
  if (hashes.size() == 1)
    return uint64_t(hashes.front());
  return llvm::xxh3_64bits(
      llvm::ArrayRef(reinterpret_cast<const uint8_t *>(hashes.data()),
                     hashes.size() * sizeof(hashes.front())));
}

} // namespace garam

#endif // GARAM_LIB_CONTAINER_SECTIONCHECKSUM_H
