//===- DiagnosedErrorTest.cpp - Tests of errors with their parts ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/DiagnosedError.h"
#include "gtest/gtest.h"

using namespace garam;

static DiagnosisParts makeParts() {
  DiagnosisParts parts;
  parts.file = "net.onnx";
  parts.nodes = {{"a", "Conv", 17, ""},
                 {"b", "AffineGrid", 20, ", here as Expand"},
                 {"c", "", std::nullopt, ""}};
  parts.message = "are too large";
  parts.hint = "less";
  return parts;
}

TEST(DiagnosedError, TextIsMadeOfParts) {
  DiagnosisParts parts = makeParts();
  EXPECT_EQ(parts.str(), "net.onnx: node 'a' (Conv, opset 17), node 'b' "
                         "(AffineGrid, opset 20, here as Expand), node 'c': "
                         "are too large; hint: less");
  parts.nodes.clear();
  parts.line = 3;
  parts.column = 7;
  parts.notes = {"the limit is 4"};
  EXPECT_EQ(parts.str(),
            "net.onnx:3:7: are too large\nnote: the limit is 4\nhint: less");
}

TEST(DiagnosedError, PlainTextsHaveHintsAndNotesAtTheirEnd) {
  DiagnosisParts parts = DiagnosisParts::parse(
      "no target is called 'x'; known targets: atom\n  and more\nnote: one\n"
      "hint: give a file");
  EXPECT_EQ(parts.message,
            "no target is called 'x'; known targets: atom\n  and more");
  EXPECT_EQ(parts.notes, std::vector<std::string>{"one"});
  EXPECT_EQ(parts.hint, "give a file");
  parts = DiagnosisParts::parse("too large; hint: less");
  EXPECT_EQ(parts.message, "too large");
  EXPECT_EQ(parts.hint, "less");
  EXPECT_EQ(DiagnosisParts::parse("").message, "");
}

TEST(DiagnosedError, FilesAndNodesAreAddedWhereThereAreNone) {
  DiagnosisParts other;
  other.file = "weights.bin";
  other.message = "is too short";
  llvm::Error error = addFile(
      llvm::joinErrors(
          addNode(makeUserError(ExitCode::Model, "has no type; hint: infer it"),
                  {"n", "Relu", std::nullopt, " of x.y"}),
          makeDiagnosedError(ExitCode::Model, {other})),
      "net.onnx");
  DiagnosedReport report = consumeToDiagnosedReport(std::move(error));
  EXPECT_EQ(report.exitCode, ExitCode::Model);
  EXPECT_EQ(report.text, "net.onnx: node 'n' (Relu of x.y): has no type; hint: "
                         "infer it\nweights.bin: is too short");
  ASSERT_EQ(report.parts.size(), 2u);
  EXPECT_EQ(report.parts[0].nodes[0].op, "Relu");
  EXPECT_EQ(report.parts[0].hint, "infer it");
}

TEST(DiagnosedError, SuccessHasNoParts) {
  EXPECT_FALSE(bool(addFile(llvm::Error::success(), "net.onnx")));
  DiagnosedReport report = consumeToDiagnosedReport(llvm::Error::success());
  EXPECT_EQ(report.exitCode, ExitCode::Success);
  EXPECT_TRUE(report.parts.empty());
}

TEST(DiagnosedError, OtherErrorsAreInternal) {
  DiagnosedReport report = consumeToDiagnosedReport(
      addFile(llvm::createStringError("oops\nnote: reproduce it"), "x"));
  EXPECT_EQ(report.exitCode, ExitCode::Internal);
  EXPECT_EQ(report.text, "x: oops\nnote: reproduce it");
  EXPECT_EQ(report.parts[0].notes, std::vector<std::string>{"reproduce it"});
}
