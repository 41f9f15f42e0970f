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
  EXPECT_NE(getErrors("cores: { value: 8", "cores: { value: 1.5")
                .find("found '1.5', needed an integer"),
            std::string::npos);
  EXPECT_NE(getErrors("idle_watts: ", "idle_wats: ")
                .find("unknown field 'idle_wats'; needed one of: name"),
            std::string::npos);
  EXPECT_NE(getErrors("idle_watts: ", "idle_wats: ")
                .find("field 'idle_watts' is missing; needed a number in W "
                      "from 0 to 10000"),
            std::string::npos);
  EXPECT_NE(getErrors("memory:", "memories:")
                .find("section 'memory' is missing; needed: what all cores "
                      "share"),
            std::string::npos);
  EXPECT_NE(getErrors("clock_hz: { value: 3.0e+9,", "clock_hz: {")
                .find("field 'clock_hz': found a mapping, needed { value: X"),
            std::string::npos);
  EXPECT_NE(getErrors("cores: { value: 8,", "cores: { value: 8, guess: x,")
                .find("unknown key 'guess' in field 'cores'; needed"),
            std::string::npos);
  EXPECT_NE(getErrors("kind: host", "kind: nothost")
                .find("field 'kind': found 'nothost', needed 'host'"),
            std::string::npos);
}

TEST(HostTargetFile, EveryFigureSaysWhereItIsFrom) {
  std::string errors =
      getErrors("assumed: \"eight cores at rest", "source: \"\", x: \"");
  EXPECT_NE(errors.find("'source' of field 'idle_watts': found ''"),
            std::string::npos)
      << errors;
  errors = getErrors("cores: { value: 8, assumed: \"the share of a server that "
                     "one accelerator card has\" }",
                     "cores: { value: 8 }");
  EXPECT_NE(errors.find("field 'cores' needs either 'source' or 'assumed'"),
            std::string::npos)
      << errors;
}

// docs/targets.md has one row for each field, in the section of this kind.
TEST(HostTargetFile, EveryFieldIsDocumented) {
  std::string expected;
  for (const TargetField &field : getTargetFields())
    expected += "| `" + field.name + "` | " + field.unit + " | " + field.range +
                " | " + field.meaning + " |\n";
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
