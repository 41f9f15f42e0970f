//===- PlacementRulesTest.cpp - Placement by hand -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/Hetero/Transforms/PlacementRules.h"

#include "garam/Support/Errors.h"
#include "gtest/gtest.h"

using namespace garam;
using namespace garam::hetero;

namespace {

PlacementRules parse(const std::string &rules) {
  llvm::Expected<PlacementRules> parsed = PlacementRules::parse(
      "{\"schema\": 1, \"rules\": [" + rules + "]}", "p.json");
  if (parsed)
    return std::move(*parsed);
  ADD_FAILURE() << consumeToReport(parsed.takeError()).text;
  return PlacementRules();
}

std::string getErrors(const std::string &text) {
  llvm::Expected<PlacementRules> parsed = PlacementRules::parse(text, "p.json");
  if (parsed)
    return "";
  ErrorReport report = consumeToReport(parsed.takeError());
  EXPECT_EQ(report.exitCode, ExitCode::Config);
  return report.text;
}

std::string getRuleErrors(const std::string &rule) {
  return getErrors("{\"schema\": 1, \"rules\": [" + rule + "]}");
}

std::string getDevice(const PlacementRules &rules, llvm::StringRef id,
                      llvm::StringRef op) {
  const PlacementRule *rule = rules.lookup(id, op);
  return rule ? rule->device : "";
}

// Of all rules that match a node, by its name or its operator, the last counts.
TEST(PlacementRules, LastMatchWins) {
  PlacementRules rules = parse(
      R"({"node": "*", "device": "a"}, {"op": "Conv", "device": "b"},
         {"node": "head/*", "device": "c"}, {"node": "head/1", "device": "d"},
         {"op": "G?mm", "device": "e"}, {"node": "head/[89]", "device": "f"})");
  EXPECT_EQ(getDevice(rules, "x", "Relu"), "a");
  EXPECT_EQ(getDevice(rules, "x", "Conv"), "b");
  EXPECT_EQ(getDevice(rules, "head/2", "Conv"), "c");
  EXPECT_EQ(getDevice(rules, "head/1", "Conv"), "d");
  EXPECT_EQ(getDevice(rules, "head/1", "Gemm"), "e");
  EXPECT_EQ(getDevice(rules, "head/8", "Gemm"), "f");
  EXPECT_EQ(parse("").lookup("x", "Conv"), nullptr);
}

// What is written is read again, and a name with wildcards means itself.
TEST(PlacementRules, WrittenOnesAreRead) {
  std::vector<PlacementRule> written;
  std::vector<PlacedNode> nodes;
  for (const char *id : {"a*", "b[0]", "c\\d", "e?", "f{g,h}", "\"i\"", "ax"}) {
    written.push_back(makeNodeRule(id, id, {{"other", "why \"not\""}}));
    nodes.push_back({id, "Relu"});
  }
  llvm::Expected<PlacementRules> rules =
      PlacementRules::parse(printPlacement(written), "p.json");
  ASSERT_TRUE(bool(rules)) << consumeToReport(rules.takeError()).text;
  std::vector<llvm::StringRef> devices = {"other"};
  for (const PlacedNode &node : nodes) {
    EXPECT_EQ(getDevice(*rules, node.id, "Relu"), node.id);
    devices.push_back(node.id);
  }
  EXPECT_EQ(rules->lookup("a*", "")->reasons.at("other"), "why \"not\"");
  EXPECT_FALSE(bool(rules->check(nodes, devices)));
}

// JSON cannot hold a name that is not UTF-8: its rule has wildcards.
TEST(PlacementRules, NamesThatAreNotUTF8) {
  std::string printed = printPlacement(
      {makeNodeRule("a\xff*", "x", {}), makeNodeRule("ab*", "y", {})});
  llvm::Expected<PlacementRules> rules =
      PlacementRules::parse(printed, "p.json");
  ASSERT_TRUE(bool(rules)) << consumeToReport(rules.takeError()).text;
  EXPECT_EQ(getDevice(*rules, "a\xff*", "Relu"), "x");
  EXPECT_EQ(getDevice(*rules, "ab*", "Relu"), "y");
}

// A rule that matches nothing, or names no device, is a mistake; all are told.
TEST(PlacementRules, MistakesInNames) {
  PlacementRules rules = parse(
      R"({"node": "conv2", "device": "a"}, {"node": "q*", "device": "a"},
         {"op": "Gemm", "device": "c"}, {"op": "Pad", "device": "a"},
         {"node": "entirely", "device": "b"}, {"op": "?ad", "device": "a"},
         {"op": "gemm", "device": "a"}, {"node": "q", "device": "a"})");
  llvm::Error error =
      rules.check({{"conv1", "Conv"}, {"dense", "Gemm"}}, {"a", "b"});
  EXPECT_EQ(
      consumeToReport(std::move(error)).text,
      "p.json: rules[2] ('op': 'Gemm'): no device is called 'c'; the system "
      "has a, b\n"
      "p.json: rules[0] ('node': 'conv2'): the model has no node of this name; "
      "did you mean 'conv1'?\n"
      "p.json: rules[1] ('node': 'q*'): matches nothing in the model\n"
      "p.json: rules[3] ('op': 'Pad'): no node of the model has this operator\n"
      "p.json: rules[4] ('node': 'entirely'): the model has no node of this "
      "name\n"
      "p.json: rules[5] ('op': '?ad'): matches nothing in the model\n"
      "p.json: rules[6] ('op': 'gemm'): no node of the model has this "
      "operator; did you mean 'Gemm'?\n"
      "p.json: rules[7] ('node': 'q'): the model has no node of this name");
}

// A reason of a device that there is not was meant for another system.
TEST(PlacementRules, ReasonsOfUnknownDevices) {
  PlacementRules rules = parse(
      R"({"op": "Conv", "device": "a", "reasons": {"b": "x", "c": "y"}})");
  EXPECT_EQ(consumeToReport(rules.check({{"conv", "Conv"}}, {"a", "b"})).text,
            "p.json: rules[0] ('op': 'Conv'), reasons: no device is called "
            "'c'; the system has a, b");
}

TEST(PlacementRules, MistakesInTheFile) {
  EXPECT_EQ(getErrors("{\n  \"schema\": 1,\n  rules\n}"),
            "p.json: no JSON: [3:3, byte=20]: Expected object key");
  EXPECT_EQ(getErrors("[]"),
            "p.json: needed an object with 'schema' and 'rules'");
  EXPECT_EQ(getErrors(R"({"schema": 2, "rules": []})"),
            "p.json: 'schema': needed 1");
  EXPECT_EQ(getErrors(R"({"schema": 1, "rules": {}})"),
            "p.json: 'rules': needed a list of rules");
  EXPECT_EQ(getErrors(R"({"schema": 1, "rules": [], "rule": 1})"),
            "p.json: unknown field 'rule'; needed schema, rules");
  EXPECT_EQ(getRuleErrors("1"), "p.json: rules[0]: needed an object");
  EXPECT_EQ(getRuleErrors(R"({"device": "a"})"),
            "p.json: rules[0]: has neither 'node' nor 'op'; needed a pattern "
            "of either");
  EXPECT_EQ(getRuleErrors(R"({"node": "x", "op": "y", "device": "a"})"),
            "p.json: rules[0]: has both 'node' and 'op'; keep one");
  EXPECT_EQ(getRuleErrors(R"({"node": "x"})"),
            "p.json: rules[0]: has no 'device'");
  EXPECT_EQ(getRuleErrors(R"({"node": 1, "device": "a"})"),
            "p.json: rules[0].node: needed a text that is not empty");
  EXPECT_EQ(getRuleErrors(R"({"node": "x", "device": ""})"),
            "p.json: rules[0].device: needed a text that is not empty");
  EXPECT_EQ(getRuleErrors(R"({"node": "x", "device": "a", "reasons": "no"})"),
            "p.json: rules[0].reasons: needed an object of device and text");
  EXPECT_EQ(
      getRuleErrors(R"({"node": "x", "device": "a", "reasons": {"b": 1}})"),
      "p.json: rules[0].reasons.b: needed a text that is not empty");
  EXPECT_EQ(getRuleErrors(R"({"node": "x", "devise": "a"})"),
            "p.json: rules[0]: unknown field 'devise'; needed node or op, "
            "device, reasons");
  // JSON leaves open which of two equal keys counts.
  EXPECT_EQ(
      getErrors("{\"schema\": 1, \"rules\": [\n"
                "  {\"node\": \"x\", \"device\": \"a\", \"node\": \"y\"}]}"),
      "p.json:2:32: 'node' is there twice in one object; keep one");
  EXPECT_EQ(getErrors(R"({"schema": 1, "schema": 1, "rules": []})"),
            "p.json:1:15: 'schema' is there twice in one object; keep one");
  EXPECT_NE(getRuleErrors(R"({"node": "x[", "device": "a"})")
                .find("p.json: rules[0] ('node': 'x['): not a pattern: "),
            std::string::npos);
}

} // namespace
