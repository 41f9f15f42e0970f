//===- SystemTest.cpp - Target files of systems ---------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/System.h"

#include "garam/Support/Errors.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include "gtest/gtest.h"

using namespace garam;

namespace {

constexpr char link[] =
    "    bytes_per_second: { value: 1.0e+9, assumed: \"test\" }\n"
    "    seconds: { value: 1.0e-6, assumed: \"test\" }\n"
    "    energy_joules_per_byte: { value: 2.0e-12, assumed: \"test\" }\n";

std::string makeSystem(llvm::StringRef host = "b", llvm::StringRef second = "b",
                       llvm::StringRef ends = "[a, b]",
                       llvm::StringRef more = "") {
  return ("name: pair\nkind: system\ndescription: \"two\"\nhost_device: " +
          host + "\ndevices:\n  - { name: a, target: one }\n  - { name: " +
          second + ", target: ./two.yaml }\nlinks:\n  - between: " + ends +
          "\n" + link + more)
      .str();
}

std::string readSource(llvm::StringRef path) {
  auto buffer =
      llvm::MemoryBuffer::getFile(llvm::Twine(GARAM_SOURCE_DIR "/") + path);
  return buffer ? (*buffer)->getBuffer().str() : "";
}

std::string getErrors(llvm::StringRef text) {
  llvm::Expected<SystemDescription> system =
      readSystemFile(llvm::MemoryBufferRef(text, "s.yaml"));
  return system ? "" : consumeToReport(system.takeError()).text;
}

TEST(System, Reads) {
  std::string text = makeSystem();
  llvm::Expected<SystemDescription> system =
      readSystemFile(llvm::MemoryBufferRef(text, "s.yaml"));
  ASSERT_TRUE(bool(system)) << consumeToReport(system.takeError()).text;
  EXPECT_EQ(system->name, "pair");
  EXPECT_EQ(system->host, "b");
  ASSERT_EQ(system->devices.size(), 2u);
  EXPECT_EQ(system->devices[1].target, "./two.yaml");
  ASSERT_EQ(system->links.size(), 1u);
  EXPECT_EQ(system->links[0].ends[1], "b");
  EXPECT_EQ(system->links[0].bytesPerSecond, 1e9);
  EXPECT_EQ(system->links[0].seconds, 1e-6);
  EXPECT_EQ(system->links[0].energyPerByte, 2e-12);
}

// What is wrong is said with its place, all of it at once.
TEST(System, Mistakes) {
  EXPECT_EQ(getErrors(makeSystem("c")),
            "s.yaml:4:14: field 'host_device': 'c' is none of the devices");
  EXPECT_NE(getErrors(makeSystem("a", "a", "[a, b]"))
                .find("field 'devices[1].name': 'a' is a device "
                      "already; needed another name"),
            std::string::npos);
  EXPECT_NE(getErrors(makeSystem("b", "b", "[a, c]"))
                .find("field 'links[0].between': 'c' is none of "
                      "the devices"),
            std::string::npos);
  EXPECT_NE(getErrors(makeSystem("b", "b", "[a, a]"))
                .find("field 'links[0].between': joins 'a' with itself"),
            std::string::npos);
  EXPECT_NE(getErrors(makeSystem("b", "b", "[a, a]"))
                .find("field 'devices[1].name': no link leads from 'b' to 'a'"),
            std::string::npos);
  EXPECT_NE(getErrors(makeSystem("b", "b", "[a, b]",
                                 std::string("  - between: [b, a]\n") + link))
                .find("field 'links[1].between': 'b' and 'a' have a link "
                      "already; keep one"),
            std::string::npos);
  EXPECT_NE(getErrors(makeSystem("b", "b", "a"))
                .find("field 'links[0].between': found 'a', needed a sequence "
                      "of two names of devices"),
            std::string::npos);
  EXPECT_NE(getErrors(makeSystem("b", "b", "[a, b, a]"))
                .find("found a sequence, needed a sequence of two names"),
            std::string::npos);
  EXPECT_NE(getErrors(makeSystem("b", "'b c'"))
                .find("field 'devices[1].name': found 'b c', needed a name of "
                      "letters, digits, '_', '-' or '.'"),
            std::string::npos);
  EXPECT_EQ(
      getErrors("name: s\nkind: system\ndescription: d\nhost_device: [a]\n"
                "devices: []\nlinks: 1\n"),
      "s.yaml:4:1: field 'host_device': found a sequence, needed the name of "
      "one of the devices\n"
      "s.yaml:5:1: field 'devices': found a sequence, needed a sequence "
      "of at least one mapping, one a device: the devices of the system\n"
      "s.yaml:6:1: field 'links': found '1', needed a sequence of "
      "mappings, one a link: what joins their memories; from each device "
      "there is a way to each other");
  EXPECT_NE(
      getErrors("name: s\nkind: system\ndescription: d\n")
          .find("field 'host_device' is missing; needed the name of one of the "
                "devices"),
      std::string::npos);
}

// docs/targets.md has one row for each field of the reader and no other.
TEST(System, EveryFieldIsDocumented) {
  std::string expected;
  for (const TargetField &field : getSystemFields())
    expected += "| `" + field.path + "` | " + field.type + " | " + field.unit +
                " | " + field.range + " | " + field.meaning + " |\n";
  std::string page = readSource("docs/targets.md");
  llvm::StringRef fields =
      llvm::StringRef(page).split("## Fields of kind `system`").second;
  std::string rows;
  for (llvm::StringRef line : llvm::split(fields.split("\n## ").first, '\n'))
    if (line.starts_with("| `"))
      rows += line.str() + "\n";
  EXPECT_EQ(rows, expected);
}

} // namespace
