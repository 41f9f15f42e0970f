//===- JSONKeysTest.cpp - Keys that JSON objects have twice ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/JSONKeys.h"

#include "gtest/gtest.h"

using namespace garam;

namespace {

std::string find(llvm::StringRef text) {
  std::optional<JSONKeyPlace> place = findRepeatedKey(text);
  return place ? place->key + " " + std::to_string(place->line) + ":" +
                     std::to_string(place->column)
               : "";
}

// Objects beside or within each other may have the same keys, and values may
// look like keys.
TEST(JSONKeys, OneOfEach) {
  EXPECT_EQ(find(R"({"a": 1, "b": {"a": [{"a": "b"}, {"a": "a"}]}, "c": "a"})"),
            "");
  EXPECT_EQ(find("[]"), "");
  EXPECT_EQ(find(""), "");
}

TEST(JSONKeys, Repeated) {
  EXPECT_EQ(find(R"({"a": 1, "a": 2})"), "a 1:10");
  EXPECT_EQ(find("[{\"a\": {\"b\": 1},\n  \"b\": 2,\n  \"a\": 3}]"), "a 3:3");
  // A key may be written in several ways, and have what ends a string.
  EXPECT_EQ(find(R"({"ab": 1, "a\u0062": 2})"), "ab 1:11");
  EXPECT_EQ(find(R"({"\"": 1, "x:\"": 2, "\"" : 3})"), "\" 1:22");
}

// What is no JSON is for the parser to tell.
TEST(JSONKeys, NoJSON) {
  EXPECT_EQ(find("{\"a"), "");
  EXPECT_EQ(find("}]\"a\":\"a\\"), "");
  EXPECT_EQ(find("{\"\\x\": 1, \"\\x\": 1}"), "");
}

} // namespace
