//===- Container.h - The ELF file around a device binary --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Named sections with a version and a checksum each, in an ELF file
// (docs/binary-format.md). What the sections hold is not known here.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_CONTAINER_CONTAINER_H
#define GARAM_CONTAINER_CONTAINER_H

#include "garam/Support/OutputFile.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/ThreadPool.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace garam {

/// Version of the container itself, not of what its sections hold.
constexpr uint32_t containerVersion = 1;
/// Each section begins at a multiple of this, so that weights can be used where
/// the file is mapped.
constexpr uint64_t sectionAlignment = 64;

/// A run of bytes of a section to write. What is in no part is zero.
struct SectionPart {
  uint64_t offset = 0, size = 0;
  /// Fills the part's bytes, which are zero before. May be called from any
  /// thread, while others fill other parts.
  std::function<void(llvm::MutableArrayRef<uint8_t>)> write;
};

/// A section to write.
struct SectionSource {
  std::string name;
  uint32_t version = 1;
  uint64_t size = 0;
  std::vector<SectionPart> parts;
};

/// A section whose bytes exist already; they are kept in the source.
SectionSource makeSection(std::string name, uint32_t version,
                          std::vector<uint8_t> bytes);

/// Writes a container with these sections, in this order, into a new file. The
/// same sections give the same bytes. Memory is that of the largest part, or
/// where there are `threads`, which may be null, of several parts of at most
/// 96 MiB together.
llvm::Error writeContainer(OutputFile &file,
                           llvm::ArrayRef<SectionSource> sections,
                           llvm::ThreadPoolInterface *threads = nullptr);
/// Writes a container to `path`, whole or not at all.
llvm::Error writeContainer(llvm::StringRef path,
                           llvm::ArrayRef<SectionSource> sections);

/// An opened container. All offsets, sizes and checksums are verified when it
/// is opened, so that its sections can be read without fear.
class Container {
public:
  struct Section {
    std::string name;
    uint32_t version = 0;
    uint64_t offset = 0; // in the file
    uint64_t checksum = 0;
    llvm::ArrayRef<uint8_t> bytes;
  };

  /// Reads and verifies a file, which may change afterwards. Errors are of
  /// ExitCode::Binary.
  static llvm::Expected<Container> open(llvm::StringRef path);
  static llvm::Expected<Container>
  create(std::unique_ptr<llvm::MemoryBuffer> buffer);

  llvm::StringRef getPath() const { return buffer->getBufferIdentifier(); }
  uint64_t getFileSize() const { return buffer->getBufferSize(); }
  /// The whole file.
  llvm::ArrayRef<uint8_t> getBytes() const {
    return llvm::arrayRefFromStringRef(buffer->getBuffer());
  }
  llvm::ArrayRef<Section> getSections() const { return sections; }

  /// The section of that name. It is an error if it is missing or of a version
  /// other than `version`.
  llvm::Expected<const Section *> getSection(llvm::StringRef name,
                                             uint32_t version) const;

  /// An error of ExitCode::Binary that names the file.
  llvm::Error makeError(const llvm::Twine &message) const;

private:
  llvm::Error verify();
  llvm::Error verifyHeader();
  llvm::Error verifySections();
  llvm::Error verifyPadding() const;

  std::unique_ptr<llvm::MemoryBuffer> buffer;
  std::vector<Section> sections;
};

} // namespace garam

#endif // GARAM_CONTAINER_CONTAINER_H
