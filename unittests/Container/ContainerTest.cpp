//===- ContainerTest.cpp - Tests of the ELF file --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Container/Container.h"
#include "garam/Support/Errors.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/xxhash.h"
#include "gtest/gtest.h"

#include <atomic>

using namespace llvm;
using namespace garam;

namespace {

/// A folder that is gone after the test.
class ContainerTest : public ::testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(sys::fs::createUniqueDirectory("garam-container", folder));
  }
  void TearDown() override { sys::fs::remove_directories(folder); }

  std::string getPath(StringRef name) const {
    SmallString<128> path(folder);
    sys::path::append(path, name);
    return path.str().str();
  }

  /// Three sections, one empty, of sizes that need padding.
  static std::vector<SectionSource> makeSections() {
    return {makeSection(".garam.first", 1, {1, 2, 3}),
            makeSection(".garam.empty", 7, {}),
            makeSection(".garam.last", 2, std::vector<uint8_t>(200, 0xAB))};
  }

  std::string writeFile() const {
    std::string path = getPath("file.garam");
    EXPECT_FALSE(errorToBool(writeContainer(path, makeSections())));
    return readBytes(path);
  }

  static std::string readBytes(StringRef path) {
    auto buffer = MemoryBuffer::getFile(path);
    return buffer ? (*buffer)->getBuffer().str() : std::string();
  }

  static Expected<Container> parse(StringRef bytes) {
    return Container::create(MemoryBuffer::getMemBufferCopy(bytes, "file"));
  }

  /// What opening these bytes fails with, as a damaged binary does.
  static std::string getError(StringRef bytes) {
    Expected<Container> container = parse(bytes);
    if (container)
      return "";
    ErrorReport report = consumeToReport(container.takeError());
    EXPECT_EQ(report.exitCode, ExitCode::Binary) << report.text;
    return report.text;
  }

  static ::testing::AssertionResult isRefused(StringRef bytes) {
    if (getError(bytes).empty())
      return ::testing::AssertionFailure() << "was accepted";
    return ::testing::AssertionSuccess();
  }

  SmallString<128> folder;
};

TEST_F(ContainerTest, RoundTrip) {
  Expected<Container> container = parse(writeFile());
  ASSERT_TRUE(bool(container)) << toString(container.takeError());
  ASSERT_EQ(container->getSections().size(), 3u);
  auto first = container->getSection(".garam.first", 1);
  ASSERT_TRUE(bool(first));
  EXPECT_EQ((*first)->bytes, ArrayRef<uint8_t>({1, 2, 3}));
  EXPECT_EQ((*first)->offset % sectionAlignment, 0u);
  auto last = container->getSection(".garam.last", 2);
  ASSERT_TRUE(bool(last));
  EXPECT_EQ((*last)->bytes.size(), 200u);
  EXPECT_EQ((*last)->offset % sectionAlignment, 0u);
}

// Parts of all sizes, of which some leave no room for others in memory.
TEST_F(ContainerTest, ThreadsWriteTheSameBytes) {
  constexpr uint64_t mebibyte = uint64_t(1) << 20;
  std::atomic<uint64_t> bytesAtOnce = 0, mostAtOnce = 0;
  SectionSource section;
  section.name = ".garam.parts";
  for (unsigned number = 0; number < 103; ++number) {
    uint64_t size = number % 50 == 1 ? 40 * mebibyte : number * 31;
    section.parts.push_back(
        {section.size, size, [&, number](MutableArrayRef<uint8_t> out) {
           uint64_t now = bytesAtOnce += out.size(), most = mostAtOnce;
           while (most < now && !mostAtOnce.compare_exchange_weak(most, now))
             ;
           for (size_t i = 0; i < out.size(); ++i)
             out[i] = number + i;
           bytesAtOnce -= out.size();
         }});
    section.size += size + number % 3;
  }
  std::string one = getPath("one.garam"), several = getPath("several.garam");
  ASSERT_FALSE(errorToBool(writeContainer(one, {section})));
  EXPECT_EQ(mostAtOnce, 40 * mebibyte);
  DefaultThreadPool threads(hardware_concurrency(5));
  OutputFile file = cantFail(OutputFile::create(several));
  ASSERT_FALSE(errorToBool(writeContainer(file, {section}, &threads)));
  ASSERT_FALSE(errorToBool(file.commit()));
  EXPECT_LE(mostAtOnce, 96 * mebibyte);
  EXPECT_TRUE(readBytes(one) == readBytes(several));
  EXPECT_TRUE(bool(Container::open(several)));
}

TEST_F(ContainerTest, LongSectionsAreHashedInBlocks) {
  constexpr uint64_t block = uint64_t(64) << 20, size = block + 100;
  SectionSource section;
  section.name = ".garam.long";
  section.version = 1;
  section.size = size;
  section.parts.push_back({block - 1, 2, [](MutableArrayRef<uint8_t> out) {
                             out[0] = 1;
                             out[1] = 2;
                           }});
  std::string path = getPath("long.garam");
  ASSERT_FALSE(errorToBool(writeContainer(path, {section})));
  Expected<Container> container = Container::open(path);
  ASSERT_TRUE(bool(container)) << toString(container.takeError());
  ArrayRef<uint8_t> bytes = container->getSections()[0].bytes;
  ASSERT_EQ(bytes.size(), size);
  EXPECT_EQ(bytes.slice(block - 1, 3), ArrayRef<uint8_t>({1, 2, 0}));
  support::ulittle64_t hashes[] = {
      support::ulittle64_t(xxh3_64bits(bytes.take_front(block))),
      support::ulittle64_t(xxh3_64bits(bytes.drop_front(block)))};
  EXPECT_EQ(container->getSections()[0].checksum,
            xxh3_64bits(ArrayRef<uint8_t>(
                reinterpret_cast<const uint8_t *>(hashes), sizeof(hashes))));

  std::string damaged = readBytes(path);
  damaged[container->getSections()[0].offset + block + 50] ^= 1;
  EXPECT_TRUE(isRefused(damaged));
}

TEST_F(ContainerTest, IsAnELFFileThatToolsRead) {
  std::string bytes = writeFile();
  auto elf =
      object::ObjectFile::createELFObjectFile(MemoryBufferRef(bytes, "file"));
  ASSERT_TRUE(bool(elf)) << toString(elf.takeError());
  std::vector<std::string> names;
  for (const object::SectionRef &section : (*elf)->sections())
    names.push_back(cantFail(section.getName()).str());
  EXPECT_EQ(names, std::vector<std::string>({"", ".garam.header",
                                             ".garam.first", ".garam.empty",
                                             ".garam.last", ".shstrtab"}));
}

TEST_F(ContainerTest, SameSectionsGiveSameBytes) {
  EXPECT_EQ(writeFile(), writeFile());
}

TEST_F(ContainerTest, EveryChangedByteIsFound) {
  std::string bytes = writeFile();
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (unsigned char mask : {0x01, 0x80, 0xFF}) {
      std::string damaged = bytes;
      damaged[i] ^= mask;
      EXPECT_TRUE(isRefused(damaged)) << "byte " << i;
    }
  }
}

TEST_F(ContainerTest, EveryTruncationIsFound) {
  std::string bytes = writeFile();
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_TRUE(isRefused(StringRef(bytes).take_front(size)))
        << size << " bytes";
}

TEST_F(ContainerTest, AppendedBytesAreFound) {
  EXPECT_TRUE(isRefused(writeFile() + '\0'));
}

TEST_F(ContainerTest, OtherFilesAreRefused) {
  EXPECT_TRUE(isRefused(""));
  EXPECT_TRUE(isRefused("not a binary"));
  EXPECT_TRUE(isRefused(std::string(4096, '\0')));
  EXPECT_TRUE(isRefused("\x7F"
                        "ELF" +
                        std::string(4096, '\xFF')));
}

//===----------------------------------------------------------------------===//
// What is wrong is named
//===----------------------------------------------------------------------===//

constexpr StringLiteral damaged =
    "; the file is damaged or incomplete, compile the model again";

/// A file of which fields are overwritten, at the places that
/// docs/binary-format.md gives them.
struct Damage {
  std::string bytes;

  // ELF's header, and an entry of its section table.
  static constexpr size_t tableOffset = 40, numTableEntries = 60,
                          namesIndex = 62, elfHeaderSize = 64,
                          elfEntrySize = 64, elfSectionOffset = 24,
                          elfSectionSize = 32;
  // The header section, and an entry of it.
  static constexpr size_t version = elfHeaderSize + 8,
                          numSections = elfHeaderSize + 12,
                          checksum = elfHeaderSize + 24,
                          entries = elfHeaderSize + 32, entrySize = 24,
                          entryLength = 8;

  template <typename T>
  T read(size_t place) const {
    return support::endian::read<T, endianness::little>(bytes.data() + place);
  }
  template <typename T>
  Damage &write(size_t place, T value) {
    support::endian::write<T, endianness::little>(bytes.data() + place, value);
    return *this;
  }
  /// The place of the ELF table's entry of section `index`.
  size_t getTableEntry(unsigned index) const {
    return read<uint64_t>(tableOffset) + index * elfEntrySize;
  }
  size_t getNamesEntry() const {
    return getTableEntry(read<uint16_t>(namesIndex));
  }

  /// Makes the checksum of the headers right again.
  Damage &sign() {
    write<uint64_t>(checksum, 0);
    size_t names = getNamesEntry();
    std::string structure =
        bytes.substr(0, elfHeaderSize) +
        bytes.substr(getTableEntry(0),
                     read<uint16_t>(numTableEntries) * elfEntrySize) +
        bytes.substr(read<uint64_t>(names + elfSectionOffset),
                     read<uint64_t>(names + elfSectionSize)) +
        bytes.substr(elfHeaderSize,
                     entries - elfHeaderSize +
                         read<uint32_t>(numSections) * entrySize);
    return write<uint64_t>(checksum, xxh3_64bits(structure));
  }
};

TEST_F(ContainerTest, WhatIsWrongInTheHeadersIsNamed) {
  Damage good{writeFile()};
  auto change = [&](auto &&edit) {
    Damage damage = good;
    edit(damage);
    return getError(damage.bytes);
  };
  ASSERT_EQ(change([](Damage &d) { d.sign(); }), "");
  EXPECT_EQ(getError("not a binary"),
            "file: not a Garam device binary: it does not begin with an ELF "
            "header and a '.garam.header' section");
  EXPECT_EQ(change([](Damage &d) { d.write<uint8_t>(d.elfHeaderSize, 0); }),
            "file: not a Garam device binary: no '.garam.header' section after "
            "the ELF header");
  EXPECT_EQ(change([](Damage &d) { d.write<uint32_t>(d.version, 2); }),
            "file: container version 2, this garam reads version 1; compile "
            "the model again");
  std::string size = std::to_string(good.bytes.size());
  EXPECT_EQ(getError(good.bytes + "ab"),
            "file: file of " + std::to_string(good.bytes.size() + 2) +
                " bytes, its header says " + size + damaged.str());
  EXPECT_EQ(
      change([](Damage &d) { d.write<uint64_t>(d.tableOffset, 1ull << 40); }),
      "file: the section tables lie outside of the file" + damaged.str());
  EXPECT_EQ(change([](Damage &d) {
              d.write<uint64_t>(d.getNamesEntry() + d.elfSectionOffset,
                                1ull << 40);
            }),
            "file: the section names lie outside of the file" + damaged.str());
  EXPECT_EQ(change([](Damage &d) { d.write<uint32_t>(d.entries, 9); }),
            "file: the checksum of the headers does not match" + damaged.str());
}

// The checksum of the headers is right, what they say is not.
TEST_F(ContainerTest, HeadersThatContradictEachOtherAreNamed) {
  Damage good{writeFile()};
  auto change = [&](size_t place, auto value) {
    Damage damage = good;
    return getError(damage.write(place, value).sign().bytes);
  };
  EXPECT_EQ(change(good.numSections, uint32_t(2)),
            "file: the header lists 2 sections, the ELF table 6" +
                damaged.str());
  EXPECT_EQ(change(good.entries, uint32_t(9)),
            "file: entry 0 of the header is of section 9" + damaged.str());
  EXPECT_EQ(change(good.entries + good.entryLength, uint64_t(4)),
            "file: section '.garam.first' has 3 bytes, its entry says 4" +
                damaged.str());
  size_t first =
      good.read<uint64_t>(good.getTableEntry(2) + good.elfSectionOffset);
  std::string error = change(first, uint8_t(9));
  EXPECT_EQ(error.find("file: section '.garam.first' has checksum "), 0u)
      << error;
  EXPECT_NE(error.find(", its entry says "), std::string::npos) << error;
  constexpr size_t firstSize = 3;
  EXPECT_EQ(change(first + firstSize, uint8_t(1)),
            "file: sections overlap, or bytes between them are not zero" +
                damaged.str());
}

TEST_F(ContainerTest, FilesThatAreNotThereAreNamed) {
  Expected<Container> container = Container::open(getPath("none"));
  ASSERT_FALSE(bool(container));
  ErrorReport report = consumeToReport(container.takeError());
  EXPECT_EQ(report.exitCode, ExitCode::Binary);
  EXPECT_EQ(report.text.find("cannot read '" + getPath("none") + "': "), 0u);
}

// What was checked stays as it is when someone writes to the file, also in one
// that is long enough to be mapped.
TEST_F(ContainerTest, BytesAreThoseThatWereOpened) {
  std::string path = getPath("long.garam");
  std::vector<SectionSource> sections = {
      makeSection(".garam.long", 1, std::vector<uint8_t>(1 << 20, 0xAB))};
  ASSERT_FALSE(errorToBool(writeContainer(path, sections)));
  Container container = cantFail(Container::open(path));
  int file = -1;
  ASSERT_FALSE(sys::fs::openFileForReadWrite(
      path, file, sys::fs::CD_OpenExisting, sys::fs::OF_None));
  raw_fd_ostream(file, /*shouldClose=*/true) << std::string(1 << 20, '\xCD');
  ASSERT_EQ(readBytes(path).substr(0, 4), "\xCD\xCD\xCD\xCD");
  const Container::Section *section =
      cantFail(container.getSection(".garam.long", 1));
  EXPECT_TRUE(
      llvm::all_of(section->bytes, [](uint8_t byte) { return byte == 0xAB; }));
}

TEST_F(ContainerTest, NamesWhatIsMissingOrOfAnotherVersion) {
  Expected<Container> container = parse(writeFile());
  ASSERT_TRUE(bool(container));
  EXPECT_NE(toString(container->getSection(".garam.none", 1).takeError())
                .find("section '.garam.none' is missing"),
            std::string::npos);
  EXPECT_NE(toString(container->getSection(".garam.empty", 1).takeError())
                .find("has version 7, this garam reads version 1"),
            std::string::npos);
}

TEST_F(ContainerTest, NothingIsLeftWhereItCannotBeWritten) {
  Error error = writeContainer(getPath("none/file.garam"), makeSections());
  ErrorReport report = consumeToReport(std::move(error));
  EXPECT_EQ(report.exitCode, ExitCode::Usage);
  EXPECT_EQ(report.text.find("cannot write '"), 0u) << report.text;
  EXPECT_FALSE(sys::fs::exists(getPath("none")));
}

} // namespace
