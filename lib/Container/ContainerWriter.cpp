//===- ContainerWriter.cpp - Writes the ELF file --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Layout.h"
#include "garam/Container/Container.h"
#include "garam/Support/Errors.h"
#include "llvm/BinaryFormat/ELF.h"
#include "llvm/Support/FileOutputBuffer.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/xxhash.h"

using namespace llvm;

namespace garam {

using namespace layout;

SectionSource makeSection(std::string name, uint32_t version,
                          std::vector<uint8_t> bytes) {
  SectionSource source;
  source.name = std::move(name);
  source.version = version;
  source.size = bytes.size();
  source.write = [bytes = std::move(bytes)](MutableArrayRef<uint8_t> out) {
    llvm::copy(bytes, out.begin());
  };
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

static void writeELFHeader(const FileLayout &layout, uint8_t *file) {
  auto &header = *reinterpret_cast<ELFT::Ehdr *>(file);
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
}

static void writeSectionTable(const FileLayout &layout,
                              ArrayRef<SectionSource> sections, uint8_t *file) {
  auto *table = reinterpret_cast<ELFT::Shdr *>(file + layout.tableOffset);
  auto fill = [&](unsigned number, uint32_t name, uint32_t type,
                  uint64_t offset, uint64_t size, uint64_t alignment) {
    table[number].sh_name = name;
    table[number].sh_type = type;
    table[number].sh_offset = offset;
    table[number].sh_size = size;
    table[number].sh_addralign = alignment;
  };
  fill(headerSectionNumber, layout.headerName, llvm::ELF::SHT_PROGBITS,
       sizeof(ELFT::Ehdr), layout.headerSize, alignof(uint64_t));
  for (size_t i = 0; i < sections.size(); ++i)
    fill(headerSectionNumber + 1 + i, layout.names[i], llvm::ELF::SHT_PROGBITS,
         layout.offsets[i], sections[i].size, sectionAlignment);
  fill(layout.numELFSections - 1, layout.namesName, llvm::ELF::SHT_STRTAB,
       layout.namesOffset, layout.sectionNames.size(), 1);
}

static void writeHeaderSection(const FileLayout &layout,
                               ArrayRef<SectionSource> sections,
                               uint8_t *file) {
  uint8_t *section = file + sizeof(ELFT::Ehdr);
  auto &header = *reinterpret_cast<Header *>(section);
  llvm::copy(magic, header.magic);
  header.version = containerVersion;
  header.numSections = sections.size();
  header.fileSize = layout.fileSize;

  auto *entries = reinterpret_cast<SectionEntry *>(section + sizeof(Header));
  for (size_t i = 0; i < sections.size(); ++i) {
    entries[i].number = headerSectionNumber + 1 + i;
    entries[i].version = sections[i].version;
    entries[i].size = sections[i].size;
    entries[i].checksum = xxh3_64bits(
        ArrayRef<uint8_t>(file + layout.offsets[i], sections[i].size));
  }

  std::vector<uint8_t> structure;
  auto append = [&](uint64_t offset, uint64_t size) {
    structure.insert(structure.end(), file + offset, file + offset + size);
  };
  append(0, sizeof(ELFT::Ehdr));
  append(layout.tableOffset, layout.numELFSections * sizeof(ELFT::Shdr));
  append(layout.namesOffset, layout.sectionNames.size());
  append(sizeof(ELFT::Ehdr), layout.headerSize);
  header.structureChecksum = xxh3_64bits(structure);
}

Error writeContainer(StringRef path, ArrayRef<SectionSource> sections) {
  auto fail = [&](Error error) {
    return makeUserError(ExitCode::Usage, "cannot write '" + path + "': " +
                                              toString(std::move(error)));
  };
  FileLayout layout = computeLayout(sections);
  Expected<std::unique_ptr<FileOutputBuffer>> output =
      FileOutputBuffer::create(path, layout.fileSize);
  if (!output)
    return fail(output.takeError());
  uint8_t *file = (*output)->getBufferStart();

  for (size_t i = 0; i < sections.size(); ++i)
    if (sections[i].size != 0)
      sections[i].write(
          MutableArrayRef<uint8_t>(file + layout.offsets[i], sections[i].size));
  llvm::copy(layout.sectionNames, file + layout.namesOffset);
  writeELFHeader(layout, file);
  writeSectionTable(layout, sections, file);
  writeHeaderSection(layout, sections, file);

  if (Error error = (*output)->commit())
    return fail(std::move(error));
  return Error::success();
}

} // namespace garam
