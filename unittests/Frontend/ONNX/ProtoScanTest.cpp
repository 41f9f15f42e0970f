//===- ProtoScanTest.cpp - Tests of the scan of serialised models ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Frontend/ONNX/ProtoScan.h"
#include "ProtoWriter.h"
#include "garam/Support/Errors.h"
#include "gtest/gtest.h"

using namespace garam;
using namespace garam::onnx;
using namespace garam::onnx::testing;

namespace {

std::string scanError(const std::string &text) {
  llvm::Expected<SlimModel> slim = scanModel(text);
  if (slim)
    return "";
  ErrorReport report = consumeToReport(slim.takeError());
  EXPECT_EQ(report.exitCode, ExitCode::Model);
  return report.text;
}

TEST(ProtoScan, TakesPayloadsOutWithoutACopy) {
  std::string large(kMaxInlineBytes + 1, 'L'), small(kMaxInlineBytes, 'S');
  ProtoWriter graph;
  graph.message(5, makeTensor("large", kFloat, {1}, large))
      .message(5, makeTensor("small", kFloat, {1}, small));
  std::string model = makeModel(graph);
  llvm::Expected<SlimModel> slim = scanModel(model);
  ASSERT_TRUE(bool(slim));
  ASSERT_EQ(slim->payloads.size(), 2u);
  EXPECT_EQ(slim->payloads[0].data(), model.data() + model.find(large));
  EXPECT_EQ(slim->payloads[0].size(), large.size());
  EXPECT_EQ(slim->payloads[1].data(), model.data() + model.find(small));
  EXPECT_EQ(slim->bytes.find(large), std::string::npos);
  EXPECT_EQ(slim->bytes.find(small), std::string::npos);
  EXPECT_NE(slim->bytes.find(makePayloadMarker(0)), std::string::npos);
  EXPECT_NE(slim->bytes.find(makePayloadMarker(1)), std::string::npos);
}

TEST(ProtoScan, FindsPayloadsInAttributesAndFunctions) {
  std::string large(kMaxInlineBytes + 1, 'L');
  ProtoWriter attribute;
  attribute.bytes(1, "value").message(5, makeTensor("", kFloat, {1}, large));
  ProtoWriter node = makeNode("Constant", {}, {"c"});
  node.message(5, attribute);
  ProtoWriter model;
  model.message(7, ProtoWriter().message(1, node))
      .message(25, ProtoWriter().message(7, node));
  llvm::Expected<SlimModel> slim = scanModel(model.text);
  ASSERT_TRUE(bool(slim));
  EXPECT_EQ(slim->payloads.size(), 2u);
}

TEST(ProtoScan, DropsWhatIsNotRead) {
  ProtoWriter node = makeNode("Relu", {"x"}, {"y"});
  node.bytes(6, "documentation").bytes(9, "stack trace");
  std::string model = makeModel(ProtoWriter().message(1, node));
  llvm::Expected<SlimModel> slim = scanModel(model);
  ASSERT_TRUE(bool(slim));
  EXPECT_EQ(slim->bytes.find("documentation"), std::string::npos);
  EXPECT_EQ(slim->bytes.find("stack trace"), std::string::npos);
  EXPECT_NE(slim->bytes.find("Relu"), std::string::npos);
}

TEST(ProtoScan, AMarkerInTheFileIsAPayload) {
  std::string forged = makePayloadMarker(7);
  std::string model =
      makeModel(ProtoWriter().message(5, makeTensor("w", kFloat, {1}, forged)));
  llvm::Expected<SlimModel> slim = scanModel(model);
  ASSERT_TRUE(bool(slim));
  ASSERT_EQ(slim->payloads.size(), 1u);
  EXPECT_EQ(slim->bytes.find(forged), std::string::npos);
}

TEST(ProtoScan, MarkersRoundTrip) {
  EXPECT_EQ(parsePayloadMarker(makePayloadMarker(0)), 0u);
  EXPECT_EQ(parsePayloadMarker(makePayloadMarker(123456)), 123456u);
  EXPECT_EQ(parsePayloadMarker("data"), std::nullopt);
  EXPECT_EQ(parsePayloadMarker(""), std::nullopt);
}

TEST(ProtoScan, EveryTruncationIsReportedOrHarmless) {
  std::string large(kMaxInlineBytes + 1, 'L');
  std::string model =
      makeModel(ProtoWriter().message(5, makeTensor("w", kFloat, {1}, large)));
  for (size_t size = 0; size < model.size(); ++size)
    scanError(model.substr(0, size));
  EXPECT_NE(scanError(model.substr(0, model.size() / 2))
                .find("is the file truncated?"),
            std::string::npos);
}

TEST(ProtoScan, ReportsLengthsBeyondTheMessage) {
  // A graph of 2^63 bytes.
  std::string model = "\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f";
  EXPECT_NE(scanError(model).find("at byte 10 a field of"), std::string::npos);
}

TEST(ProtoScan, ReportsNumbersThatDoNotEnd) {
  std::string model(11, '\xff');
  EXPECT_NE(scanError(model).find("more than ten bytes"), std::string::npos);
}

// protobuf reads 32 bits of a tag, so that to it this is raw_data.
TEST(ProtoScan, ReportsTagsThatProtobufShortens) {
  ProtoWriter tensor = makeTensor("w", kFloat, {1}, "");
  std::string marker = makePayloadMarker(99);
  tensor.text += std::string("\xca\x80\x80\x80\x10") + char(marker.size());
  tensor.text += marker;
  EXPECT_NE(scanError(makeModel(ProtoWriter().message(5, tensor)))
                .find("a field's tag has more than 32 bits"),
            std::string::npos);
}

TEST(ProtoScan, ReportsFieldsThatOnnxDoesNotHave) {
  EXPECT_NE(scanError("\x0b").find("is this an ONNX file?"), std::string::npos);
}

TEST(ProtoScan, ReportsDeepNesting) {
  ProtoWriter graph;
  for (int i = 0; i < 60; ++i) {
    ProtoWriter attribute = ProtoWriter().message(6, graph);
    graph = ProtoWriter().message(1, ProtoWriter().message(5, attribute));
  }
  EXPECT_NE(scanError(makeModel(graph)).find("nested more than 100 deep"),
            std::string::npos);
}

} // namespace
