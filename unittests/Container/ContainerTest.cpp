//===- ContainerTest.cpp - Tests of the ELF file --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Container/Container.h"
#include "garam/Support/Errors.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "gtest/gtest.h"

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

  /// Opening these bytes fails as a damaged binary does.
  static ::testing::AssertionResult isRefused(StringRef bytes) {
    Expected<Container> container = parse(bytes);
    if (container)
      return ::testing::AssertionFailure() << "was accepted";
    ErrorReport report = consumeToReport(container.takeError());
    if (report.exitCode != ExitCode::Binary || report.text.empty())
      return ::testing::AssertionFailure()
             << "exit code " << int(report.exitCode) << ": " << report.text;
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
  EXPECT_FALSE(sys::fs::exists(getPath("none")));
}

} // namespace
