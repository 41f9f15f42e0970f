//===- ControlCharactersTest.cpp ------------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/ControlCharacters.h"

#include "gtest/gtest.h"

using namespace garam;

namespace {

TEST(ControlCharactersTest, OnlyTheyAreEscaped) {
  for (llvm::StringRef text :
       {"", "/model/layers.0/Add_1:0", "\xec\xb9\xa9", "caf\xc3\xa9",
        "\xc2\xa0\xc2\xb5", "a\\x0A", "\xff\xc2"})
    EXPECT_EQ(escapeControlCharacters(text), text);
  EXPECT_EQ(escapeControlCharacters("a\nerror: b\t"), "a\\x0Aerror: b\\x09");
  EXPECT_EQ(escapeControlCharacters(llvm::StringRef("\x1b[2J\0\x7f", 6)),
            "\\x1B[2J\\x00\\x7F");
  // U+0085 and U+009B, which some terminals obey, in UTF-8.
  EXPECT_EQ(escapeControlCharacters("\xc2\x85\xc2\x9b"), "\\x85\\x9B");
}

} // namespace
