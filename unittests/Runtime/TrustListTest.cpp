//===- TrustListTest.cpp - Tests of the list of trusted binaries ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/TrustList.h"
#include "garam/Support/Errors.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "gtest/gtest.h"

#include <cstdlib>
#include <sys/stat.h>
#include <thread>

using namespace llvm;
using namespace garam;

namespace {

class TrustListTest : public ::testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(sys::fs::createUniqueDirectory("garam-trust", folder));
    path = folder;
    sys::path::append(path, "state", "garam", "trusted");
  }
  void TearDown() override { sys::fs::remove_directories(folder); }

  std::string read() {
    auto file = MemoryBuffer::getFile(path);
    return file ? (*file)->getBuffer().str() : "";
  }
  std::string getError(Error error) {
    ErrorReport report = consumeToReport(std::move(error));
    EXPECT_EQ(report.exitCode, ExitCode::Untrusted);
    return report.text;
  }

  SmallString<128> folder, path;
};

const std::string aHash = hashContent({'a'}), bHash = hashContent({'b'});

TEST_F(TrustListTest, HashIsSHA256) {
  // The example of FIPS 180-4 for "abc".
  EXPECT_EQ(hashContent({'a', 'b', 'c'}),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_F(TrustListTest, HoldsWhatWasAdded) {
  TrustList list(path.str().str());
  EXPECT_FALSE(cantFail(list.contains(aHash)));
  cantFail(list.add(aHash, ""));
  cantFail(list.add(bHash, ""));
  cantFail(list.add(aHash, ""));
  EXPECT_TRUE(cantFail(list.contains(aHash)));
  EXPECT_TRUE(cantFail(list.contains(bHash)));
  EXPECT_FALSE(cantFail(list.contains(StringRef(aHash).drop_back())));
  EXPECT_FALSE(cantFail(list.contains("")));
  EXPECT_EQ(read(), aHash + "\n" + bHash + "\n");
  struct stat status;
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  ASSERT_EQ(stat(sys::path::parent_path(path).str().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 077, 0u);
}

TEST_F(TrustListTest, ManyCanAddAtOnce) {
  constexpr unsigned numThreads = 8, numEach = 50;
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < numThreads; ++t)
    threads.emplace_back([&, t] {
      for (unsigned i = 0; i < numEach; ++i)
        cantFail(TrustList(path.str().str())
                     .add(hashContent({uint8_t(t), uint8_t(i)}), ""));
    });
  for (std::thread &thread : threads)
    thread.join();
  TrustList list(path.str().str());
  for (unsigned t = 0; t < numThreads; ++t)
    for (unsigned i = 0; i < numEach; ++i)
      EXPECT_TRUE(
          cantFail(list.contains(hashContent({uint8_t(t), uint8_t(i)}))));
  EXPECT_EQ(read().size(), numThreads * numEach * 65u);
}

TEST_F(TrustListTest, ALineThatWasCutOffDoesNotSpoilTheNext) {
  TrustList list(path.str().str());
  cantFail(list.add(aHash, ""));
  {
    std::error_code code;
    raw_fd_ostream os(path, code, sys::fs::CD_OpenExisting, sys::fs::FA_Write,
                      sys::fs::OF_Append);
    os << "cut";
  }
  cantFail(list.add(bHash, ""));
  EXPECT_TRUE(cantFail(list.contains(bHash)));
  EXPECT_EQ(read(), aHash + "\ncut\n" + bHash + "\n");
  EXPECT_EQ(list.getWarning(),
            "line 2 of '" + path.str().str() +
                "' is not a SHA-256 in 64 lower-case hexadecimal digits, and "
                "trusts nothing");
}

/// Lines are as sha256sum prints them; the file's name is for people and for
/// prune.
TEST_F(TrustListTest, LinesNameFiles) {
  TrustList list(path.str().str());
  cantFail(list.add(aHash, "/x/a b.garam"));
  cantFail(list.add(aHash, "/y"));
  cantFail(list.add(bHash, "/two\nlines"));
  EXPECT_EQ(read(), aHash + "  /x/a b.garam\n" + bHash + "\n");
  EXPECT_TRUE(cantFail(list.contains(aHash)));
  EXPECT_TRUE(cantFail(list.contains(bHash)));
  EXPECT_EQ(list.getWarning(), "");
}

TEST_F(TrustListTest, LinesThatAreNoHashesTrustNothing) {
  TrustList list(path.str().str());
  cantFail(list.add(aHash, ""));
  auto contains = [&](const std::string &line) {
    std::error_code code;
    raw_fd_ostream(path, code) << line << '\n';
    TrustList changed(path.str().str());
    bool isIn = cantFail(changed.contains(aHash));
    EXPECT_EQ(isIn, changed.getWarning().empty());
    return isIn;
  };
  EXPECT_TRUE(contains(aHash));
  EXPECT_TRUE(contains(aHash + "  file"));
  EXPECT_FALSE(contains(aHash + " file"));
  EXPECT_FALSE(contains(aHash + "0"));
  EXPECT_FALSE(contains(StringRef(aHash).upper()));
  EXPECT_FALSE(contains(" " + aHash));
  EXPECT_FALSE(contains("no hash"));
}

TEST_F(TrustListTest, PruneKeepsFilesAsTheyWere) {
  auto write = [&](StringRef name, StringRef text) {
    SmallString<128> file(folder);
    sys::path::append(file, name);
    std::error_code code;
    raw_fd_ostream(file, code) << text;
    return file.str().str();
  };
  TrustList list(path.str().str());
  EXPECT_EQ(cantFail(list.prune()), 0u);
  std::string same = write("same", "a"), changed = write("changed", "b");
  std::string cHash = hashContent({'c'}), dHash = hashContent({'d'});
  cantFail(list.add(bHash, changed));
  cantFail(list.add(aHash, same));
  cantFail(list.add(cHash, folder.str().str() + "/gone"));
  cantFail(list.add(dHash, ""));
  EXPECT_EQ(cantFail(list.prune()), 1u);
  write("changed", "c");
  EXPECT_EQ(cantFail(list.prune()), 1u);
  EXPECT_EQ(cantFail(list.prune()), 0u);
  EXPECT_EQ(read(), aHash + "  " + same + "\n" + dHash + "\n");
  EXPECT_FALSE(cantFail(list.contains(bHash)));
}

// Who can write the list decides what runs.
TEST_F(TrustListTest, ListsThatOthersCanWriteAreRefused) {
  TrustList list(path.str().str());
  cantFail(list.add(aHash, ""));
  ASSERT_EQ(chmod(path.c_str(), 0620), 0);
  std::string expected = "the list of trusted binaries '" + path.str().str() +
                         "' is no file that you alone can write; hint: look "
                         "at what it lists, then 'chmod 600' and 'chown' it";
  EXPECT_EQ(getError(list.contains(aHash).takeError()), expected);
  EXPECT_EQ(getError(list.add(bHash, "")), expected);
  ASSERT_EQ(chmod(path.c_str(), 0600), 0);
  EXPECT_TRUE(cantFail(list.contains(aHash)));

  // A link may lead to anybody's.
  SmallString<128> link(folder);
  sys::path::append(link, "link");
  ASSERT_FALSE(sys::fs::create_link(path, link));
  TrustList linked(link.str().str());
  EXPECT_NE(
      getError(linked.contains(aHash).takeError()).find("cannot be opened"),
      std::string::npos);
  EXPECT_NE(getError(linked.add(aHash, "")).find("cannot be opened"),
            std::string::npos);
}

TEST_F(TrustListTest, FoldersThatCannotBeMadeAreNamed) {
  SmallString<128> file(folder);
  sys::path::append(file, "file");
  {
    std::error_code code;
    raw_fd_ostream os(file, code);
  }
  SmallString<128> inside(file);
  sys::path::append(inside, "garam", "trusted");
  TrustList list(inside.str().str());
  EXPECT_NE(getError(list.add(aHash, "")).find("has no folder: "),
            std::string::npos);
  EXPECT_FALSE(cantFail(list.contains(aHash)));
}

TEST_F(TrustListTest, DefaultIsWhereTheSystemKeepsState) {
  const char *old = getenv("XDG_STATE_HOME");
  std::string saved = old ? old : "";
  setenv("XDG_STATE_HOME", folder.c_str(), 1);
  EXPECT_EQ(cantFail(TrustList::openDefault()).getPath(),
            folder.str().str() + "/garam/trusted");
  EXPECT_EQ(cantFail(TrustList::openDefault()).getWarning(), "");
  // Relative paths are not for XDG's variables.
  setenv("XDG_STATE_HOME", "relative", 1);
  TrustList list = cantFail(TrustList::openDefault());
  EXPECT_TRUE(list.getPath().ends_with("/.local/state/garam/trusted"));
  EXPECT_EQ(list.getWarning(),
            "XDG_STATE_HOME is 'relative', which is no absolute path, and is "
            "ignored; the list of trusted binaries is '" +
                list.getPath().str() + "'");
  // Set to nothing is as if it were not set.
  setenv("XDG_STATE_HOME", "", 1);
  EXPECT_EQ(cantFail(TrustList::openDefault()).getPath(), list.getPath());
  EXPECT_EQ(cantFail(TrustList::openDefault()).getWarning(), "");
  if (old)
    setenv("XDG_STATE_HOME", saved.c_str(), 1);
  else
    unsetenv("XDG_STATE_HOME");
}

} // namespace
