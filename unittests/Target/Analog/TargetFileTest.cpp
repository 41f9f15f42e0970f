//===- TargetFileTest.cpp - Target files of analog chips ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Analog/Machine/TargetFile.h"
#include "SmallProgram.h"
#include "garam/Support/Errors.h"
#include "llvm/ADT/StringExtras.h"
#include "gtest/gtest.h"

using namespace garam;
using namespace garam::analog;

namespace {

// The published peaks of the chip: 16.1 and 63.1 TOPS, 2.48 and 9.76 TOPS/W
// (Le Gallo et al., Nature Electronics 6, 2023).
TEST(AnalogTargetFile, HermesHasItsPublishedPeaks) {
  MachineDescription machine = readHermes();
  double operations =
      2.0 * machine.cores * machine.crossbar.rows * machine.crossbar.columns;
  EXPECT_NEAR(operations / machine.read.fourPhaseSeconds, 16.1e12, 0.05e12);
  EXPECT_NEAR(operations / machine.read.onePhaseSeconds, 63.1e12, 0.05e12);
  double each = operations / machine.cores;
  EXPECT_NEAR(each / machine.read.fourPhaseJoules, 2.48e12, 0.01e12);
  EXPECT_NEAR(each / machine.read.onePhaseJoules, 9.76e12, 0.03e12);
}

std::string getErrors(llvm::StringRef from, llvm::StringRef to) {
  std::string text = readSource("targets/hermes.yaml");
  size_t at = text.find(from.str());
  EXPECT_NE(at, std::string::npos);
  text.replace(at, from.size(), to.str());
  auto machine = readTargetFile({text, "chip.yaml"});
  return machine ? "" : consumeToReport(machine.takeError()).text;
}

TEST(AnalogTargetFile, Messages) {
  EXPECT_EQ(getErrors("adc_bits: { value: 8", "adc_bits: { value: 9"),
            "chip.yaml:37:22: field 'read.adc_bits': found '9', needed an "
            "integer from 2 to 8");
  // 1 GiB: what commands reach of it, the simulator allocates.
  EXPECT_EQ(getErrors("bytes: { value: 1048576", "bytes: { value: 1073741824"),
            "chip.yaml:55:19: field 'vector_memory.bytes': found '1073741824', "
            "needed an integer in B from 1 to 536870912");
  EXPECT_NE(getErrors("kind: analog", "kind: npu").find("needed 'analog'"),
            std::string::npos);
}

// Sums of 1,024 cores of 4,096 rows do not fit 32 bits.
TEST(AnalogTargetFile, SumsFitAccumulators) {
  std::string text = readSource("targets/hermes.yaml");
  auto replace = [&](llvm::StringRef from, llvm::StringRef to) {
    text.replace(text.find(from.str()), from.size(), to.str());
  };
  replace("cores: { value: 64", "cores: { value: 1024");
  replace("rows: { value: 256", "rows: { value: 4096");
  auto machine = readTargetFile({text, "chip.yaml"});
  ASSERT_FALSE(bool(machine));
  EXPECT_EQ(consumeToReport(machine.takeError()).text,
            "chip.yaml:14:17: field 'cores': found 1024 of 4096 rows, whose "
            "sums reach 67650059264, but accumulators hold at most 2147483647");
}

// docs/targets.md has one row for each field of the reader and no other.
TEST(AnalogTargetFile, EveryFieldIsDocumented) {
  std::string expected;
  for (const TargetField &field : getTargetFields())
    expected += "| `" + field.path + "` | " + field.type + " | " + field.unit +
                " | " + field.range + " | " + field.meaning + " |\n";
  std::string page = readSource("docs/targets.md");
  llvm::StringRef section =
      llvm::StringRef(page).split("\n## Fields of kind `analog`").second;
  section = section.take_front(section.find("\n## "));
  std::string rows;
  for (llvm::StringRef line : llvm::split(section, '\n'))
    if (line.starts_with("| `"))
      rows += line.str() + "\n";
  EXPECT_EQ(rows, expected);
}

} // namespace
