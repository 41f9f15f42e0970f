//===- TargetFileTest.cpp - Target files of the host ----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Host/Machine.h"

#include "garam/Support/Errors.h"
#include "llvm/ADT/StringExtras.h"
#include "gtest/gtest.h"

#include <fstream>
#include <sstream>

using namespace garam;
using namespace garam::host;

namespace {

std::string readSource(const std::string &path) {
  std::ifstream file(std::string(GARAM_SOURCE_DIR) + "/" + path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Errors of the shipped file with `from` replaced by `to`.
std::string getErrors(const std::string &from, const std::string &to) {
  std::string text = readSource("targets/host.yaml");
  size_t position = text.find(from);
  EXPECT_NE(position, std::string::npos) << from;
  text.replace(position, from.size(), to);
  llvm::Expected<MachineDescription> machine =
      readTargetFile(llvm::MemoryBufferRef(text, "host.yaml"));
  if (machine)
    return "";
  ErrorReport report = consumeToReport(machine.takeError());
  EXPECT_EQ(report.exitCode, ExitCode::Config);
  return report.text;
}

TEST(HostTargetFile, ShippedFileHasTheAssumedMachine) {
  std::string text = readSource("targets/host.yaml");
  llvm::Expected<MachineDescription> machine =
      readTargetFile(llvm::MemoryBufferRef(text, "host.yaml"));
  ASSERT_TRUE(static_cast<bool>(machine));
  EXPECT_EQ(machine->cores, 8u);
  EXPECT_EQ(machine->getOperationsPerSecond(), 8 * 3e9 * 16);
  EXPECT_EQ(machine->memoryBytesPerSecond, 70e9);
  EXPECT_EQ(machine->idleWatts, 20);
}

TEST(HostTargetFile, ErrorsNameFieldAndNeed) {
  EXPECT_EQ(getErrors("cores: { value: 8", "cores: { value: 0"),
            "host.yaml:8:17: field 'cores': found '0', needed an integer from "
            "1 to 65536");
  EXPECT_NE(getErrors("memory:", "memories:")
                .find("section 'memory' is missing; needed: what all cores "
                      "share"),
            std::string::npos);
  EXPECT_NE(getErrors("kind: host", "kind: other").find("found 'other'"),
            std::string::npos);
}

// docs/targets.md has one row for each field, in the section of this kind.
TEST(HostTargetFile, EveryFieldIsDocumented) {
  std::string expected;
  for (const TargetField &field : getTargetFields())
    expected += "| `" + field.path + "` | " + field.type + " | " + field.unit +
                " | " + field.range + " | " + field.meaning + " |\n";
  llvm::StringRef heading = "## Fields of kind `host`\n";
  std::string page = readSource("docs/targets.md");
  ASSERT_TRUE(llvm::StringRef(page).contains(heading));
  llvm::StringRef section =
      llvm::StringRef(page).split(heading).second.split("\n## ").first;
  std::string rows;
  for (llvm::StringRef line : llvm::split(section, '\n'))
    if (line.starts_with("| `"))
      rows += line.str() + "\n";
  EXPECT_EQ(rows, expected);
}

} // namespace
