//===- ContainerReader.cpp - Opens and verifies the ELF file --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Nothing in the file is believed before it is checked: first that the tables
// lie inside the file (LLVM's ELF reader), then the checksum over all tables,
// then each section, then that the bytes between sections are zero. A changed
// byte anywhere is found by one of these.
//
//===----------------------------------------------------------------------===//

#include "Layout.h"
#include "SectionChecksum.h"
#include "garam/Container/Container.h"
#include "garam/Support/ControlCharacters.h"
#include "garam/Support/DiagnosedError.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/xxhash.h"

using namespace llvm;

namespace garam {

using namespace layout;
using ELFFile = object::ELFFile<ELFT>;

static constexpr StringLiteral damagedHint =
    "; the file is damaged or incomplete, compile the model again";

Error Container::makeError(const Twine &message) const {
  // It may quote names that a stranger has chosen.
  return addFile(
      makeUserError(ExitCode::Binary, escapeControlCharacters(message.str())),
      getPath());
}

Expected<Container> Container::open(StringRef path) {
  auto fail = [&](const Twine &reason) {
    return makeUserError(ExitCode::Binary,
                         "cannot read '" + path + "': " + reason);
  };
  sys::fs::file_status status;
  if (std::error_code code = sys::fs::status(path, status))
    return fail(code.message());
  // A device may have no end.
  if (!sys::fs::is_regular_file(status))
    return fail("it is not a regular file");
  // Read instead of mapped: what was checked, and whose hash is trusted, does
  // not change under whoever writes to the file. LLVM maps volatile files, too,
  // unless a terminator is asked for.
  ErrorOr<std::unique_ptr<MemoryBuffer>> buffer = MemoryBuffer::getFile(
      path, /*IsText=*/false, /*RequiresNullTerminator=*/true,
      /*IsVolatile=*/true, Align(sectionAlignment));
  if (!buffer)
    return fail(buffer.getError().message());
  return create(std::move(*buffer));
}

Expected<Container> Container::create(std::unique_ptr<MemoryBuffer> buffer) {
  Container container;
  container.buffer = std::move(buffer);
  if (Error error = container.verify())
    return error;
  return container;
}

Expected<const Container::Section *>
Container::getSection(StringRef name, uint32_t version) const {
  for (const Section &section : sections) {
    if (section.name != name)
      continue;
    if (section.version != version)
      return makeError("section '" + name + "' has version " +
                       Twine(section.version) + ", this garam reads version " +
                       Twine(version) + "; compile the model again");
    return &section;
  }
  return makeError("section '" + name + "' is missing" + damagedHint);
}

Error Container::verify() {
  if (!buffer->getBuffer().starts_with(StringRef(llvm::ELF::ElfMagic, 4)) ||
      buffer->getBufferSize() < sizeof(ELFT::Ehdr) + sizeof(Header))
    return makeError("not a Garam device binary: it does not begin with an ELF "
                     "header and a '" +
                     headerSectionName + "' section");
  if (Error error = verifyHeader())
    return error;
  if (Error error = verifySections())
    return error;
  return verifyPadding();
}

/// The bytes [offset, offset + size) of the file, or nothing.
static std::optional<ArrayRef<uint8_t>>
getRange(ArrayRef<uint8_t> file, uint64_t offset, uint64_t size) {
  if (offset > file.size() || size > file.size() - offset)
    return std::nullopt;
  return file.slice(offset, size);
}

Error Container::verifyHeader() {
  ArrayRef<uint8_t> file(
      reinterpret_cast<const uint8_t *>(buffer->getBufferStart()),
      buffer->getBufferSize());
  // The header section follows the ELF header: its version and the file's size
  // can be told before any table is read.
  Header header;
  memcpy(&header, file.data() + sizeof(ELFT::Ehdr), sizeof(Header));
  if (StringRef(header.magic, sizeof(header.magic)) != magic)
    return makeError("not a Garam device binary: no '" + headerSectionName +
                     "' section after the ELF header");
  if (header.version != containerVersion)
    return makeError("container version " + Twine(uint32_t(header.version)) +
                     ", this garam reads version " + Twine(containerVersion) +
                     "; compile the model again");
  if (header.fileSize != file.size())
    return makeError("file of " + Twine(file.size()) +
                     " bytes, its header says " +
                     Twine(uint64_t(header.fileSize)) + damagedHint);

  ELFT::Ehdr elf;
  memcpy(&elf, file.data(), sizeof(elf));
  uint64_t tableSize = uint64_t(elf.e_shnum) * sizeof(ELFT::Shdr);
  auto table = getRange(file, elf.e_shoff, tableSize);
  uint64_t headerSize =
      sizeof(Header) + uint64_t(header.numSections) * sizeof(SectionEntry);
  auto headerSection = getRange(file, sizeof(ELFT::Ehdr), headerSize);
  if (!table || !headerSection || elf.e_shentsize != sizeof(ELFT::Shdr) ||
      elf.e_shstrndx >= elf.e_shnum)
    return makeError("the section tables lie outside of the file" +
                     damagedHint);
  ELFT::Shdr names;
  memcpy(&names, table->data() + elf.e_shstrndx * sizeof(ELFT::Shdr),
         sizeof(names));
  auto nameBytes = getRange(file, names.sh_offset, names.sh_size);
  if (!nameBytes)
    return makeError("the section names lie outside of the file" + damagedHint);

  std::vector<uint8_t> structure;
  auto append = [&](ArrayRef<uint8_t> bytes) {
    structure.insert(structure.end(), bytes.begin(), bytes.end());
  };
  append(file.take_front(sizeof(ELFT::Ehdr)));
  append(*table);
  append(*nameBytes);
  size_t headerStart = structure.size();
  append(*headerSection);
  memset(structure.data() + headerStart + offsetof(Header, structureChecksum),
         0, sizeof(header.structureChecksum));
  if (xxh3_64bits(structure) != header.structureChecksum)
    return makeError("the checksum of the headers does not match" +
                     damagedHint);
  return Error::success();
}

Error Container::verifySections() {
  Expected<ELFFile> elf = ELFFile::create(buffer->getBuffer());
  if (!elf)
    return makeError(toString(elf.takeError()) + damagedHint);
  Expected<ELFFile::Elf_Shdr_Range> table = elf->sections();
  if (!table)
    return makeError(toString(table.takeError()) + damagedHint);

  const uint8_t *headerStart =
      elf->base() + sizeof(ELFT::Ehdr); // as verifyHeader has checked
  const auto &header = *reinterpret_cast<const Header *>(headerStart);
  ArrayRef<SectionEntry> entries(
      reinterpret_cast<const SectionEntry *>(headerStart + sizeof(Header)),
      header.numSections);
  // ELF's section 0, the header and the names have no entry.
  if (table->size() != entries.size() + 3)
    return makeError("the header lists " + Twine(entries.size()) +
                     " sections, the ELF table " + Twine(table->size()) +
                     damagedHint);

  for (const auto &[i, entry] : llvm::enumerate(entries)) {
    if (entry.number != headerSectionNumber + 1 + i)
      return makeError("entry " + Twine(i) + " of the header is of section " +
                       Twine(uint32_t(entry.number)) + damagedHint);
    const ELFT::Shdr &shdr = (*table)[entry.number];
    Expected<StringRef> name = elf->getSectionName(shdr);
    if (!name)
      return makeError(toString(name.takeError()) + damagedHint);
    Expected<ArrayRef<uint8_t>> bytes = elf->getSectionContents(shdr);
    if (!bytes)
      return makeError(toString(bytes.takeError()) + damagedHint);
    if (shdr.sh_type != llvm::ELF::SHT_PROGBITS ||
        shdr.sh_offset % sectionAlignment != 0 || bytes->size() != entry.size)
      return makeError("section '" + *name + "' has " + Twine(bytes->size()) +
                       " bytes, its entry says " + Twine(uint64_t(entry.size)) +
                       damagedHint);
    uint64_t checksum = cantFail(computeSectionChecksum(
        bytes->size(), [&](uint64_t offset, uint64_t size,
                           function_ref<void(ArrayRef<uint8_t>)> use) {
          use(bytes->slice(offset, size));
          return Error::success();
        }));
    if (checksum != entry.checksum)
      return makeError("section '" + *name + "' has checksum " +
                       formatv("{0:x16}, its entry says {1:x16}", checksum,
                               uint64_t(entry.checksum))
                           .str() +
                       damagedHint);
    sections.push_back({name->str(), uint32_t(entry.version),
                        uint64_t(shdr.sh_offset), checksum, *bytes});
  }
  return Error::success();
}

/// Sections in order of the file, without overlap, zero between them.
Error Container::verifyPadding() const {
  ArrayRef<uint8_t> file(
      reinterpret_cast<const uint8_t *>(buffer->getBufferStart()),
      buffer->getBufferSize());
  ELFT::Ehdr elf;
  memcpy(&elf, file.data(), sizeof(elf));
  ELFT::Shdr names;
  memcpy(&names,
         file.data() + elf.e_shoff + elf.e_shstrndx * sizeof(ELFT::Shdr),
         sizeof(names));
  Header header;
  memcpy(&header, file.data() + sizeof(elf), sizeof(header));

  uint64_t end = sizeof(elf) + sizeof(Header) +
                 uint64_t(header.numSections) * sizeof(SectionEntry);
  auto advance = [&](uint64_t offset, uint64_t size) {
    if (offset < end || llvm::any_of(
                            file.slice(end, offset - end),
                            [](uint8_t byte) { return byte != 0; }))
      return false;
    end = offset + size;
    return true;
  };
  bool ok = true;
  for (const Section &section : sections)
    ok = ok && advance(section.offset, section.bytes.size());
  ok = ok && advance(names.sh_offset, names.sh_size) &&
       advance(elf.e_shoff, uint64_t(elf.e_shnum) * sizeof(ELFT::Shdr)) &&
       end == file.size();
  if (!ok)
    return makeError("sections overlap, or bytes between them are not zero" +
                     damagedHint);
  return Error::success();
}

} // namespace garam
