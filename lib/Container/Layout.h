//===- Layout.h - Fields of the container's header section ------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// docs/binary-format.md specifies these; a test compares the two.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONTAINER_LAYOUT_H
#define GARAM_LIB_CONTAINER_LAYOUT_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Object/ELFTypes.h"
#include "llvm/Support/Endian.h"

namespace garam::layout {

constexpr llvm::StringLiteral headerSectionName = ".garam.header";
constexpr llvm::StringLiteral namesSectionName = ".shstrtab";
constexpr llvm::StringLiteral magic = "GARAMBIN";

/// Number of the header section in the ELF section table; 0 is ELF's own.
constexpr unsigned headerSectionNumber = 1;

using ELFT = llvm::object::ELF64LE;

struct Header {
  char magic[8];
  llvm::support::ulittle32_t version;
  llvm::support::ulittle32_t numSections; // entries that follow
  llvm::support::ulittle64_t fileSize;
  /// xxh3 of ELF header, section header table, section names and this section,
  /// one after the other, with this field zero.
  llvm::support::ulittle64_t structureChecksum;
};
static_assert(sizeof(Header) == 32, "docs/binary-format.md");

struct SectionEntry {
  llvm::support::ulittle32_t number; // in the ELF section table
  llvm::support::ulittle32_t version;
  llvm::support::ulittle64_t size;
  llvm::support::ulittle64_t checksum; // xxh3 of the section's bytes
};
static_assert(sizeof(SectionEntry) == 24, "docs/binary-format.md");

} // namespace garam::layout

#endif // GARAM_LIB_CONTAINER_LAYOUT_H
