//===- TargetRegistryTest.cpp - Finds and opens target files --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/TargetRegistry.h"

#include "garam/Support/Errors.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

#include <cstdlib>

using namespace garam;

namespace {

std::string getErrors(llvm::StringRef nameOrPath) {
  auto target = loadTarget(nameOrPath);
  if (target)
    return "";
  ErrorReport report = consumeToReport(target.takeError());
  EXPECT_EQ(report.exitCode, ExitCode::Config);
  return report.text;
}

/// A folder with the target file own.yaml, first in the search path.
class TargetRegistry : public testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("garam-targets", folder));
    file = (folder + "/own.yaml").str();
    write("name: own\nkind: npu\ndescription: mine\n");
    setenv("GARAM_TARGETS_DIR", folder.c_str(), 1);
  }
  void TearDown() override {
    unsetenv("GARAM_TARGETS_DIR");
    llvm::sys::fs::remove_directories(folder);
  }
  void write(llvm::StringRef text) {
    std::error_code error;
    llvm::raw_fd_ostream(file, error) << text;
    ASSERT_FALSE(error);
  }

  llvm::SmallString<128> folder;
  std::string file;
};

TEST_F(TargetRegistry, FindsShippedTargetsByName) {
  for (llvm::StringRef name : {"atom", "rngd", "warboy"}) {
    auto target = loadTarget(name);
    ASSERT_TRUE(bool(target)) << consumeToReport(target.takeError()).text;
    EXPECT_EQ(target->header.name, name);
    EXPECT_EQ(target->header.kind, "npu");
    EXPECT_NE(target->text.find("clock_hz"), std::string::npos);
  }
}

TEST_F(TargetRegistry, FindsFilesOfTheEnvironmentsFolders) {
  auto target = loadTarget("own");
  ASSERT_TRUE(bool(target)) << consumeToReport(target.takeError()).text;
  EXPECT_EQ(target->header.description, "mine");
  EXPECT_TRUE(llvm::is_contained(listTargets(), "own"));
  EXPECT_TRUE(llvm::is_contained(listTargets(), "rngd"));
}

TEST_F(TargetRegistry, OpensAFileByItsPath) {
  auto target = loadTarget(file);
  ASSERT_TRUE(bool(target)) << consumeToReport(target.takeError()).text;
  EXPECT_EQ(target->header.name, "own");
  EXPECT_EQ(target->path, file);
}

TEST_F(TargetRegistry, ListsTheKnownNamesForAnUnknownOne) {
  std::string text = getErrors("rngg");
  llvm::StringRef errors = text;
  EXPECT_TRUE(errors.consume_front(
      "no target is called 'rngg'; known targets: atom, "));
  EXPECT_TRUE(errors.consume_back(
      ", warboy\nhint: a file is given by its path, as in ./rngg.yaml"));
  EXPECT_TRUE(errors.contains(", own, rngd"));
  EXPECT_EQ(getErrors("").substr(0, 21), "no target is called '");
}

TEST_F(TargetRegistry, RefusesWhatIsNotAFile) {
  EXPECT_EQ(getErrors("/nowhere/a.yaml"),
            "/nowhere/a.yaml: cannot open the target file: No such file "
            "or directory");
  EXPECT_EQ(getErrors("/dev/zero"), "/dev/zero: a target file is needed "
                                    "here, this is not a regular file");
  write(std::string(maxTargetFileBytes + 1, '\n'));
  EXPECT_EQ(getErrors(file), file + ": has 262145 bytes; a target file "
                                    "has at most 262144");
}

TEST_F(TargetRegistry, ReportsWhatTheHeaderLacks) {
  write("kind: npu\ndescription: {}\n");
  EXPECT_EQ(getErrors(file),
            file +
                ":1:1: field 'name' is missing; needed a name of 1 to "
                "64 letters, digits, '_', '-' or '.'\n" +
                file +
                ":2:1: field 'description': found a mapping, needed a "
                "sentence that describes it");
}

TEST_F(TargetRegistry, KindsAreNeeded) {
  write("name: own\ndescription: mine\n");
  EXPECT_EQ(getErrors(file),
            file + ":1:1: field 'kind' is missing; needed the class of "
                   "the device, as 'garam targets NAME' shows it");
}

} // namespace
