//===- ContainerWriter.cpp - Writes the ELF file --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Layout.h"
#include "SectionChecksum.h"
#include "garam/Container/Container.h"
#include "garam/Support/Errors.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/Errno.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/xxhash.h"

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <fcntl.h>
#include <mutex>
#include <system_error>
#include <unistd.h>

using namespace llvm;

namespace garam {

using namespace layout;

SectionSource makeSection(std::string name, uint32_t version,
                          std::vector<uint8_t> bytes) {
  SectionSource source;
  source.name = std::move(name);
  source.version = version;
  source.size = bytes.size();
  if (source.size != 0)
    source.parts.push_back(
        {0, source.size,
         [bytes = std::move(bytes)](MutableArrayRef<uint8_t> out) {
           llvm::copy(bytes, out.begin());
         }});
  return source;
}

namespace {

/// Where everything lies in the file.
struct FileLayout {
  std::vector<uint64_t> offsets; // of the sections
  std::vector<uint32_t> names;   // offsets into the section names
  std::string sectionNames;
  uint64_t headerSize = 0;
  uint32_t headerName = 0, namesName = 0;
  uint64_t namesOffset = 0;
  uint64_t tableOffset = 0; // of the section header table
  unsigned numELFSections = 0;
  uint64_t fileSize = 0;
};

} // namespace

static FileLayout computeLayout(ArrayRef<SectionSource> sections) {
  FileLayout layout;
  auto addName = [&](StringRef name) {
    uint32_t offset = layout.sectionNames.size();
    layout.sectionNames += name;
    layout.sectionNames += '\0';
    return offset;
  };
  layout.sectionNames = std::string(1, '\0'); // ELF: name 0 is empty
  layout.headerName = addName(headerSectionName);

  layout.headerSize = sizeof(Header) + sections.size() * sizeof(SectionEntry);
  uint64_t end = sizeof(ELFT::Ehdr) + layout.headerSize;
  for (const SectionSource &section : sections) {
    uint64_t offset = alignTo(end, sectionAlignment);
    layout.offsets.push_back(offset);
    layout.names.push_back(addName(section.name));
    end = offset + section.size;
  }
  layout.namesName = addName(namesSectionName);
  layout.namesOffset = end;
  layout.tableOffset =
      alignTo(end + layout.sectionNames.size(), alignof(uint64_t));
  // ELF's section 0, the header, the sections, their names.
  layout.numELFSections = sections.size() + 3;
  layout.fileSize =
      layout.tableOffset + layout.numELFSections * sizeof(ELFT::Shdr);
  return layout;
}

//===----------------------------------------------------------------------===//
// Tables
//===----------------------------------------------------------------------===//

template <typename T>
static void append(std::vector<uint8_t> &bytes, const T &record) {
  const auto *begin = reinterpret_cast<const uint8_t *>(&record);
  bytes.insert(bytes.end(), begin, begin + sizeof(T));
}

static std::vector<uint8_t> makeELFHeader(const FileLayout &layout) {
  ELFT::Ehdr header = {};
  llvm::copy(StringRef(llvm::ELF::ElfMagic, 4), header.e_ident);
  header.e_ident[llvm::ELF::EI_CLASS] = llvm::ELF::ELFCLASS64;
  header.e_ident[llvm::ELF::EI_DATA] = llvm::ELF::ELFDATA2LSB;
  header.e_ident[llvm::ELF::EI_VERSION] = llvm::ELF::EV_CURRENT;
  header.e_type = llvm::ELF::ET_NONE;
  header.e_machine = llvm::ELF::EM_NONE;
  header.e_version = llvm::ELF::EV_CURRENT;
  header.e_shoff = layout.tableOffset;
  header.e_ehsize = sizeof(ELFT::Ehdr);
  header.e_shentsize = sizeof(ELFT::Shdr);
  header.e_shnum = layout.numELFSections;
  header.e_shstrndx = layout.numELFSections - 1;
  std::vector<uint8_t> bytes;
  append(bytes, header);
  return bytes;
}

static std::vector<uint8_t> makeSectionTable(const FileLayout &layout,
                                             ArrayRef<SectionSource> sections) {
  std::vector<uint8_t> bytes(sizeof(ELFT::Shdr)); // ELF's section 0
  auto add = [&](uint32_t name, uint32_t type, uint64_t offset, uint64_t size,
                 uint64_t alignment) {
    ELFT::Shdr entry = {};
    entry.sh_name = name;
    entry.sh_type = type;
    entry.sh_offset = offset;
    entry.sh_size = size;
    entry.sh_addralign = alignment;
    append(bytes, entry);
  };
  add(layout.headerName, llvm::ELF::SHT_PROGBITS, sizeof(ELFT::Ehdr),
      layout.headerSize, alignof(uint64_t));
  for (size_t i = 0; i < sections.size(); ++i)
    add(layout.names[i], llvm::ELF::SHT_PROGBITS, layout.offsets[i],
        sections[i].size, sectionAlignment);
  add(layout.namesName, llvm::ELF::SHT_STRTAB, layout.namesOffset,
      layout.sectionNames.size(), 1);
  return bytes;
}

/// The header section, its checksum still zero.
static std::vector<uint8_t> makeHeaderSection(const FileLayout &layout,
                                              ArrayRef<SectionSource> sections,
                                              ArrayRef<uint64_t> checksums) {
  Header header = {};
  llvm::copy(magic, header.magic);
  header.version = containerVersion;
  header.numSections = sections.size();
  header.fileSize = layout.fileSize;
  std::vector<uint8_t> bytes;
  append(bytes, header);
  for (size_t i = 0; i < sections.size(); ++i) {
    SectionEntry entry = {};
    entry.number = headerSectionNumber + 1 + i;
    entry.version = sections[i].version;
    entry.size = sections[i].size;
    entry.checksum = checksums[i];
    append(bytes, entry);
  }
  return bytes;
}

//===----------------------------------------------------------------------===//
// The file
//===----------------------------------------------------------------------===//

namespace {

/// The bytes of the output file. They are written from buffers: pages of a
/// mapped file that has no content yet are each filled by the kernel first.
class FileBytes {
public:
  explicit FileBytes(const OutputFile &file) : file(file) {}

  Error write(uint64_t offset, ArrayRef<uint8_t> bytes) const {
    while (!bytes.empty()) {
      ssize_t count = sys::RetryAfterSignal(-1, pwrite, file.getDescriptor(),
                                            bytes.data(), bytes.size(), offset);
      if (count < 0)
        return file.makeError(
            std::error_code(errno, std::generic_category()).message());
      bytes = bytes.drop_front(count);
      offset += count;
    }
    return Error::success();
  }
  /// Calls `use` on the bytes [offset, offset + size), which are not empty.
  Error read(uint64_t offset, uint64_t size,
             function_ref<void(ArrayRef<uint8_t>)> use) const {
    uint64_t start =
        alignDown(offset, sys::fs::mapped_file_region::alignment());
    std::error_code code;
    sys::fs::mapped_file_region region(
        sys::fs::convertFDToNativeFile(file.getDescriptor()),
        sys::fs::mapped_file_region::readonly, offset + size - start, start,
        code);
    if (code)
      return file.makeError(code.message());
    use({reinterpret_cast<const uint8_t *>(region.const_data()) +
             (offset - start),
         size_t(size)});
    return Error::success();
  }

private:
  const OutputFile &file;
};

/// Parts that are in memory at the same time take so many bytes at most, but
/// for one that is larger by itself: half of what a compile may take besides
/// its model. Not swept.
constexpr uint64_t mostPartBytes = uint64_t(96) << 20;

/// Makes and writes the parts of a section, several at once where there are
/// threads.
class PartsWriter {
public:
  /// The section begins at `offset` of `file`.
  PartsWriter(ArrayRef<SectionPart> parts, uint64_t offset,
              const FileBytes &file)
      : parts(parts), offset(offset), file(file) {}

  /// `threads` may be null.
  Error run(ThreadPoolInterface *threads) {
    if (threads) {
      ThreadPoolTaskGroup workers(*threads);
      size_t count =
          std::min<size_t>(parts.size(), threads->getMaxConcurrency());
      for (size_t i = 0; i < count; ++i)
        workers.async([this] { work(); });
      workers.wait();
    } else {
      work();
    }
    return std::move(error);
  }

private:
  /// Writes one part after the other, until there are none or one fails.
  void work() {
    for (size_t number; (number = next++) < parts.size();) {
      const SectionPart &part = parts[number];
      if (part.size == 0)
        continue;
      takeRoom(part.size);
      std::vector<uint8_t> bytes(part.size);
      part.write(bytes);
      Error failed = file.write(offset + part.offset, bytes);
      giveRoom(part.size, std::move(failed));
    }
  }
  void takeRoom(uint64_t size) {
    std::unique_lock<std::mutex> lock(mutex);
    hasRoom.wait(lock, [&] {
      return bytesAtOnce == 0 || bytesAtOnce + size <= mostPartBytes;
    });
    bytesAtOnce += size;
  }
  void giveRoom(uint64_t size, Error failed) {
    std::lock_guard<std::mutex> lock(mutex);
    bytesAtOnce -= size;
    if (failed) {
      next = parts.size();
      error = joinErrors(std::move(error), std::move(failed));
    }
    hasRoom.notify_all();
  }

  ArrayRef<SectionPart> parts;
  uint64_t offset;
  const FileBytes &file;
  std::atomic<size_t> next = 0;
  std::mutex mutex; // of what follows
  std::condition_variable hasRoom;
  uint64_t bytesAtOnce = 0;
  Error error = Error::success();
};

} // namespace

/// Writes the parts of a section that begins at `offset` and gives its
/// checksum.
static Expected<uint64_t> writeSection(const SectionSource &section,
                                       uint64_t offset, const FileBytes &bytes,
                                       ThreadPoolInterface *threads) {
  if (Error error = PartsWriter(section.parts, offset, bytes).run(threads))
    return std::move(error);
  return computeSectionChecksum(
      section.size,
      [&](uint64_t at, uint64_t size,
          function_ref<void(ArrayRef<uint8_t>)> use) {
        return bytes.read(offset + at, size, use);
      },
      threads);
}

static Error writeTables(const FileLayout &layout,
                         ArrayRef<SectionSource> sections,
                         ArrayRef<uint64_t> checksums, const FileBytes &file) {
  std::vector<uint8_t> elfHeader = makeELFHeader(layout);
  std::vector<uint8_t> table = makeSectionTable(layout, sections);
  ArrayRef<uint8_t> names = arrayRefFromStringRef(layout.sectionNames);
  std::vector<uint8_t> header = makeHeaderSection(layout, sections, checksums);

  std::vector<uint8_t> structure;
  for (ArrayRef<uint8_t> bytes :
       {ArrayRef(elfHeader), ArrayRef(table), names, ArrayRef(header)})
    structure.insert(structure.end(), bytes.begin(), bytes.end());
  support::endian::write64le(header.data() +
                                 offsetof(Header, structureChecksum),
                             xxh3_64bits(structure));

  if (Error error = file.write(0, elfHeader))
    return error;
  if (Error error = file.write(elfHeader.size(), header))
    return error;
  if (Error error = file.write(layout.namesOffset, names))
    return error;
  return file.write(layout.tableOffset, table);
}

Error writeContainer(OutputFile &file, ArrayRef<SectionSource> sections,
                     ThreadPoolInterface *threads) {
  FileLayout layout = computeLayout(sections);
  // Room for all of it is made first: a disk that is full makes this fail, and
  // not a later write. (sys::fs::resize_file makes a file of holes.)
  if (int code = posix_fallocate(file.getDescriptor(), 0, layout.fileSize))
    return file.makeError(std::generic_category().message(code));
  FileBytes bytes(file);
  std::vector<uint64_t> checksums;
  for (const auto &[section, offset] : zip(sections, layout.offsets)) {
    Expected<uint64_t> checksum = writeSection(section, offset, bytes, threads);
    if (!checksum)
      return checksum.takeError();
    checksums.push_back(*checksum);
  }
  return writeTables(layout, sections, checksums, bytes);
}

Error writeContainer(StringRef path, ArrayRef<SectionSource> sections) {
  Expected<OutputFile> file = OutputFile::create(path);
  if (!file)
    return file.takeError();
  if (Error error = writeContainer(*file, sections))
    return error;
  return file->commit();
}

} // namespace garam
