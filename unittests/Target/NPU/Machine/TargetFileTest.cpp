//===- TargetFileTest.cpp - NPU part of a target file ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/NPU/Machine/TargetFile.h"

#include "garam/Support/Errors.h"
#include "garam/Target/TargetRegistry.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"

#include <random>

using namespace garam;
using namespace garam::npu;

namespace {

std::string readSource(llvm::StringRef path) {
  auto buffer =
      llvm::MemoryBuffer::getFile(llvm::Twine(GARAM_SOURCE_DIR "/") + path);
  if (!buffer) {
    ADD_FAILURE() << "cannot read " << path.str();
    return "";
  }
  return (*buffer)->getBuffer().str();
}

/// The machine of a shipped file.
MachineDescription readMachine(llvm::StringRef name) {
  std::string text = readSource(("targets/" + name + ".yaml").str());
  auto machine = readTargetFile({text, name});
  if (!machine) {
    ADD_FAILURE() << consumeToReport(machine.takeError()).text;
    return {};
  }
  EXPECT_EQ(machine->name, name);
  return *machine;
}

/// The messages for `text`; empty when it is valid.
std::string getErrors(llvm::StringRef text) {
  auto machine = readTargetFile({text, "chip.yaml"});
  if (machine)
    return "";
  ErrorReport report = consumeToReport(machine.takeError());
  EXPECT_EQ(report.exitCode, ExitCode::Config) << report.text;
  return report.text;
}

/// The shipped rngd.yaml with its `number`th line replaced.
class Edited {
public:
  Edited() {
    llvm::SmallVector<llvm::StringRef> parts;
    text = readSource("targets/rngd.yaml");
    llvm::StringRef(text).split(parts, '\n');
    for (llvm::StringRef part : parts)
      lines.push_back(part.str());
  }
  /// The number, from 1, of the line that begins with `start` in `section`,
  /// after `skip` others.
  unsigned find(llvm::StringRef section, llvm::StringRef start,
                unsigned skip = 0) const {
    bool inside = section.empty();
    for (auto [i, line] : llvm::enumerate(lines)) {
      inside |= !section.empty() && line == section.str() + ":";
      if (inside && llvm::StringRef(line).trim().starts_with(start) &&
          skip-- == 0)
        return i + 1;
    }
    ADD_FAILURE() << "no " << start.str() << " in " << section.str();
    return 1;
  }
  /// "chip.yaml:LINE:COLUMN: " of such a line.
  std::string place(llvm::StringRef section, llvm::StringRef start,
                    unsigned column, unsigned skip = 0) const {
    return "chip.yaml:" + std::to_string(find(section, start, skip)) + ":" +
           std::to_string(column) + ": ";
  }
  std::string with(unsigned line, llvm::StringRef replacement) const {
    auto copy = lines;
    copy[line - 1] = replacement.str();
    return llvm::join(copy, "\n");
  }
  /// The messages when the line of a field is replaced, "L:" standing for
  /// "chip.yaml:<number of that line>:".
  std::string errors(llvm::StringRef section, llvm::StringRef start,
                     llvm::StringRef replacement) const {
    unsigned line = find(section, start);
    std::string result = getErrors(with(line, replacement));
    std::string place = "chip.yaml:" + std::to_string(line) + ":";
    for (size_t at; (at = result.find(place)) != std::string::npos;)
      result.replace(at, place.size(), "L:");
    return result;
  }

  std::string text;
  std::vector<std::string> lines;
};

//===----------------------------------------------------------------------===//
// The shipped targets have the published figures
//===----------------------------------------------------------------------===//

// V1: FuriosaAI's MLPerf configuration gives 65.5 TOPS and 32 MiB of SRAM.
TEST(TargetFile, WarboyHasItsPublishedPeaks) {
  MachineDescription warboy = readMachine("warboy");
  EXPECT_EQ(2 * warboy.getPeakMACsPerSecond(ElementType::I8), 65.536e12);
  EXPECT_EQ(warboy.cores * warboy.local.bytes, 32u << 20);
  EXPECT_FALSE(warboy.vector.hasFloat);
  EXPECT_EQ(warboy.findMode(ElementType::BF16), nullptr);
  EXPECT_EQ(warboy.findMode(ElementType::F16), nullptr);
  EXPECT_EQ(warboy.getPeakMACsPerSecond(ElementType::BF16), 0);
}

TEST(TargetFile, RNGDHasItsPublishedPeaks) {
  MachineDescription rngd = readMachine("rngd");
  EXPECT_EQ(2 * rngd.getPeakMACsPerSecond(ElementType::BF16), 262.144e12);
  EXPECT_EQ(2 * rngd.getPeakMACsPerSecond(ElementType::I8), 524.288e12);
  EXPECT_EQ(2 * rngd.getPeakMACsPerSecond(ElementType::F8E4M3), 524.288e12);
  EXPECT_EQ(rngd.cores * rngd.local.bytes, 256u << 20);
  EXPECT_EQ(rngd.dram.bytesPerSecond, 1.536e12);
  EXPECT_EQ(rngd.dram.bytes, 48ull << 30);
  EXPECT_EQ(rngd.shared.bytes, 0u);
  EXPECT_EQ(rngd.findMode(ElementType::F16), nullptr);
}

TEST(TargetFile, ATOMHasItsPublishedPeaks) {
  MachineDescription atom = readMachine("atom");
  EXPECT_EQ(2 * atom.getPeakMACsPerSecond(ElementType::F16), 32.768e12);
  EXPECT_EQ(2 * atom.getPeakMACsPerSecond(ElementType::I8), 131.072e12);
  EXPECT_EQ(atom.cores * atom.local.bytes + atom.shared.bytes, 64u << 20);
  EXPECT_EQ(atom.findMode(ElementType::BF16), nullptr);
}

// The machines of SoMa's evaluation: 16 TOPS at 512 MACs an array.
TEST(TargetFile, SoMaEdgeHasItsPublishedPeaks) {
  for (unsigned bandwidth : {16, 64}) {
    MachineDescription soma =
        readMachine("soma-edge-" + std::to_string(bandwidth));
    EXPECT_EQ(2 * soma.getPeakMACsPerSecond(ElementType::I8), 16.384e12);
    EXPECT_EQ(soma.dram.bytesPerSecond, bandwidth * 1e9);
    EXPECT_EQ(soma.local.bytes, 8u << 20);
    EXPECT_TRUE(soma.vector.excludesTensor());
    EXPECT_FALSE(soma.tensor.addsResidual());
    ASSERT_TRUE(soma.tensor.grid);
    ASSERT_EQ(soma.tensor.grid->shares.size(), 6u);
    const UnitShare &first = soma.tensor.grid->shares.front();
    EXPECT_EQ(first.reduction, 4u);
    EXPECT_EQ(first.columns, 4u);
    const UnitShare &last = soma.tensor.grid->shares.back();
    EXPECT_EQ(last.rows, (std::array<uint32_t, maxRowDims>{1, 4, 4}));
    EXPECT_EQ(last.reduction, 1u);
  }
}

// Arm's Ethos-U65 with 512 MACs, 2 x 2 x 8 x 8 in each of two cores.
TEST(TargetFile, U65HasItsPublishedPeaks) {
  MachineDescription u65 = readMachine("u65-512");
  EXPECT_EQ(u65.getPeakMACsPerSecond(ElementType::I8), 512e9);
  EXPECT_EQ(u65.local.bytes, 384u << 10);
  EXPECT_EQ(u65.dram.bytesPerSecond, 3.75e9);
  ASSERT_TRUE(u65.tensor.grid);
  ASSERT_EQ(u65.tensor.grid->shares.size(), 1u);
  EXPECT_EQ(u65.tensor.grid->shares[0].columns, 2u);
  ASSERT_TRUE(u65.vector.fixedFunction);
  EXPECT_EQ(u65.vector.fixedFunction->operandsPerCycle, 64u);
}

TEST(TargetFile, GridWithMorePartsThanUnits) {
  std::string text = readSource("targets/soma-edge-64.yaml");
  size_t line = text.find("parts: { value: 4");
  text.replace(line, 17, "parts: { value: 5");
  EXPECT_NE(getErrors(text).find("these are 25 parts in all, needed at most "
                                 "tensor.units, 16"),
            std::string::npos)
      << getErrors(text);
}

TEST(TargetFile, UnsignedBytesUseTheModeOfSignedOnes) {
  MachineDescription atom = readMachine("atom");
  EXPECT_EQ(atom.findMode(ElementType::U8), atom.findMode(ElementType::I8));
}

//===----------------------------------------------------------------------===//
// Messages
//===----------------------------------------------------------------------===//

TEST(TargetFile, FigureWithoutSource) {
  EXPECT_EQ(Edited().errors("dram", "efficiency", "  efficiency: 0.82"),
            "L:15: field 'dram.efficiency': found '0.82', needed "
            "{ value: X, source: \"where the figure is from\" } or "
            "{ value: X, assumed: \"why\" }");
  EXPECT_EQ(
      Edited().errors("dram", "efficiency", "  efficiency: { value: 0.82 }"),
      "L:3: field 'dram.efficiency' has neither 'source' nor "
      "'assumed'; say where the figure is from or why it is assumed");
  EXPECT_EQ(
      Edited().errors("dram", "efficiency",
                      "  efficiency: { value: 0.82, source: a, assumed: b }"),
      "L:3: field 'dram.efficiency' has both 'source' and "
      "'assumed'; keep one");
  EXPECT_EQ(Edited().errors("dram", "efficiency",
                            "  efficiency: { value: 0.82, source: \"\" }"),
            "L:38: 'source' of field 'dram.efficiency': found '', "
            "needed a text that says where the figure is from");
  EXPECT_EQ(Edited().errors("dram", "efficiency",
                            "  efficiency: { value: 0.82, sauce: a }"),
            "L:3: field 'dram.efficiency' has neither 'source' nor "
            "'assumed'; say where the figure is from or why it is assumed\n"
            "L:30: unknown key 'sauce' in field 'dram.efficiency'; "
            "needed { value: X, source: \"where the figure is from\" } or "
            "{ value: X, assumed: \"why\" }");
}

/// A value that a field cannot have, and what is said of it.
struct WrongValue {
  const char *section, *field, *value, *place, *message;
};

void expectErrors(llvm::ArrayRef<WrongValue> cases) {
  for (const WrongValue &c : cases) {
    std::string name =
        c.section[0] ? std::string(c.section) + "." + c.field : c.field;
    std::string line = std::string(c.section[0] ? "  " : "") + c.field +
                       ": { value: " + c.value + ", source: a }";
    EXPECT_EQ(Edited().errors(c.section, c.field, line),
              std::string("L:") + c.place + ": field '" + name + "': found " +
                  c.message);
  }
}

TEST(TargetFile, ValueOutOfRange) {
  expectErrors(
      {{"", "cores", "0", "17", "'0', needed an integer from 1 to 64"},
       {"", "cores", "65", "17", "'65', needed an integer from 1 to 64"},
       {"tensor", "command_seconds", "-1e-9", "29",
        "'-1e-9', needed a number in s from 0 to 0.01"},
       {"dram", "efficiency", "1.5", "24",
        "'1.5', needed a number above 0, at most 1"},
       {"dram", "efficiency", "nan", "24",
        "'nan', needed a number above 0, at most 1"}});
}

TEST(TargetFile, ValueOfWrongType) {
  expectErrors(
      {{"", "cores", "8.5", "17", "'8.5', needed an integer from 1 to 64"},
       {"", "cores", "'8'", "17", "'8', needed an integer from 1 to 64"},
       {"", "cores", "[8]", "10", "a sequence, needed an integer from 1 to 64"},
       {"vector", "has_float", "yes", "23", "'yes', needed true or false"}});
  EXPECT_EQ(Edited().errors("", "cores", "cores: { source: a }"),
            "L:1: field 'cores' has no 'value'; needed an integer from "
            "1 to 64");
}

TEST(TargetFile, UnknownMissingAndDuplicateFields) {
  EXPECT_EQ(Edited().errors("", "cores", "core: { value: 8, source: a }"),
            "chip.yaml:1:1: field 'cores' is missing; needed an integer "
            "from 1 to 64: equal cores of the chip\n"
            "L:1: unknown field 'core'; did you mean 'cores'?");
  EXPECT_EQ(
      Edited().errors("synchronisation", "local_seconds",
                      "  entirely_else: { value: 8, source: a }"),
      Edited().place("", "synchronisation:", 1) +
          "field 'synchronisation.local_seconds' is missing; "
          "needed a number in s from 0 to 0.01: from a signal to the waiting "
          "queue of the same core\n"
          "L:3: unknown field 'synchronisation.entirely_else'; needed "
          "one of: local_seconds, remote_seconds");
  EXPECT_EQ(Edited().errors("", "idle_watts",
                            "cores: { value: 8, source: a }\nidle_watts: "
                            "{ value: 1, source: a }"),
            "L:1: field 'cores' is given twice in the same mapping; "
            "keep one of them");
  EXPECT_EQ(Edited().errors("", "synchronisation:", "synchronization:"),
            "chip.yaml:1:1: section 'synchronisation' is missing; "
            "needed: latency of semaphores\n"
            "L:1: unknown field 'synchronization'; did you mean "
            "'synchronisation'?");
}

TEST(TargetFile, Header) {
  EXPECT_EQ(Edited().errors("", "kind", "kind: pim"),
            "L:7: field 'kind': found 'pim', needed 'npu'");
  EXPECT_EQ(Edited().errors("", "name", "name: ../rngd"),
            "L:7: field 'name': found '../rngd', needed a name of 1 to "
            "64 letters, digits, '_', '-' or '.'");
  EXPECT_EQ(Edited().errors("", "description", ""),
            "chip.yaml:1:1: field 'description' is missing; needed a "
            "sentence that describes it");
  EXPECT_EQ(getErrors("8"),
            "chip.yaml:1:1: found '8', needed a mapping: the fields of "
            "a target");
}

TEST(TargetFile, Modes) {
  EXPECT_EQ(Edited().errors("tensor", "- type: bf16", "    - type: i4"),
            "L:13: field 'tensor.modes[0].type': found 'i4', needed one "
            "of: i8, f16, bf16, f8e4m3, f8e5m2");
  EXPECT_EQ(Edited().errors("tensor", "- type: i8", "    - type: bf16"),
            "L:13: field 'tensor.modes[1].type': 'bf16' has a mode "
            "already; keep one");
  EXPECT_NE(Edited()
                .errors("tensor", "- type: bf16", "    -")
                .find("field 'tensor.modes[0].type' is missing; needed "
                      "one of: i8, f16, bf16, f8e4m3, f8e5m2"),
            std::string::npos);
  Edited edited;
  EXPECT_EQ(edited.errors("vector", "has_float",
                          "  has_float: { value: false, source: a }"),
            edited.place("tensor", "outputs", 25, 0) +
                "field 'tensor.modes[0].outputs': a float "
                "mode needs vector.has_float to be true\n" +
                edited.place("tensor", "outputs", 25, 2) +
                "field 'tensor.modes[2].outputs': a float "
                "mode needs vector.has_float to be true\n" +
                edited.place("tensor", "outputs", 25, 3) +
                "field 'tensor.modes[3].outputs': a float "
                "mode needs vector.has_float to be true");
}

TEST(TargetFile, RelationsBetweenFields) {
  EXPECT_EQ(Edited().errors("local_memory", "banks",
                            "  banks: { value: 1000, source: a }"),
            Edited().place("local_memory", "bytes", 19) +
                "field 'local_memory.bytes': found "
                "33554432, needed a multiple of the 1000 banks");
  EXPECT_EQ(
      Edited().errors("dram", "short_burst_efficiency",
                      "  short_burst_efficiency: { value: 0.9, source: a }"),
      "L:36: field 'dram.short_burst_efficiency': found 0.9, "
      "needed at most dram.efficiency, 0.82");
  EXPECT_EQ(Edited().errors("dma", "packet_bytes",
                            "  packet_bytes: { value: 32, source: a }"),
            "L:26: field 'dma.packet_bytes': found 32, needed at least "
            "dram.burst_bytes, 64");
}

// Each array needs room for the sums of its outputs.
TEST(TargetFile, AccumulatorsHoldTheSumsOfAllUnits) {
  std::string errors =
      Edited().errors("tensor", "accumulator_bytes",
                      "  accumulator_bytes: { value: 4, source: a }");
  EXPECT_NE(errors.find("the accumulators hold 4 bytes, needed "),
            std::string::npos)
      << errors;
  EXPECT_NE(errors.find(": one 32-bit sum an output of every unit"),
            std::string::npos)
      << errors;
}

TEST(TargetFile, AllErrorsAreReportedTogether) {
  std::string text = Edited().text;
  for (llvm::StringRef field :
       {"cores: { value: ", "  banks: { value: ", "  burst_bytes: { value: "})
    text.insert(text.find(field.str()) + field.size(), "-");
  std::string errors = getErrors(text);
  EXPECT_NE(errors.find("field 'cores': found '-8'"), std::string::npos);
  EXPECT_NE(errors.find("field 'local_memory.banks': found '-"),
            std::string::npos);
  EXPECT_NE(errors.find("field 'dram.burst_bytes': found '-"),
            std::string::npos);
}

TEST(TargetFile, BrokenSyntax) {
  EXPECT_EQ(getErrors("name: a\nkind: \"npu\n"),
            "chip.yaml:2:11: not valid YAML: Expected quote at end of "
            "scalar");
  EXPECT_EQ(getErrors(""), "chip.yaml:1:1: found nothing, needed a "
                           "mapping: the fields of a target");
  EXPECT_EQ(getErrors(llvm::StringRef("a\0b", 3)),
            "chip.yaml:1:1: not a text file in UTF-8");
  EXPECT_EQ(getErrors("a: &x 1\nb: *x"),
            "chip.yaml:1:7: anchors, aliases and tags are not "
            "supported; write the value out");
  EXPECT_EQ(getErrors("a: 1\n---\nb: 1\n"),
            "chip.yaml:1:1: the file has more than one YAML document; "
            "only one is allowed");
  EXPECT_EQ(getErrors(std::string(100000, '[')),
            "chip.yaml:1:19: collections are nested more than 16 deep");
  EXPECT_EQ(getErrors("? [a]\n: b\n"),
            "chip.yaml:1:1: every key of a mapping must be a name");
}

// Whatever the bytes are, there is an answer: a machine or messages.
TEST(TargetFile, DamagedFilesNeverCrash) {
  std::string original = Edited().text;
  std::mt19937 random(1);
  const char bytes[] = "{}[]:,\"'#&*!|>-? \n\t\\%@`0azA\x80\xc3\xff";
  for (int round = 0; round < 2000; ++round) {
    std::string text = original;
    for (int edit = 0; edit < 3; ++edit) {
      size_t at = random() % text.size();
      switch (random() % 3) {
      case 0:
        text[at] = bytes[random() % (sizeof(bytes) - 1)];
        break;
      case 1:
        text.insert(at, 1, bytes[random() % (sizeof(bytes) - 1)]);
        break;
      case 2:
        text.erase(at, 1 + random() % 40);
        break;
      }
    }
    if (round % 8 == 0)
      text.resize(random() % text.size());
    getErrors(text);
  }
}

//===----------------------------------------------------------------------===//
// Documentation
//===----------------------------------------------------------------------===//

// docs/targets.md has one row for each field of the reader and no other.
TEST(TargetFile, EveryFieldIsDocumented) {
  std::string expected;
  for (const TargetField &field : getTargetFields())
    expected += "| `" + field.path + "` | " + field.type + " | " + field.unit +
                " | " + field.range + " | " + field.meaning + " |\n";
  std::string page = readSource("docs/targets.md");
  llvm::StringRef section =
      llvm::StringRef(page).split("\n## Fields of kind `npu`").second;
  section = section.take_front(section.find("\n## "));
  std::string rows;
  for (llvm::StringRef line : llvm::split(section, '\n'))
    if (line.starts_with("| `"))
      rows += line.str() + "\n";
  EXPECT_EQ(rows, expected);
}

} // namespace
