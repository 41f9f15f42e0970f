//===- ImportTest.cpp - Tests of the import of ONNX files -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Frontend/ONNX/Import.h"

#include "ProtoWriter.h"
#include "garam/Dialect/ONNX/IR/ONNX.h"
#include "garam/Support/Errors.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/MLIRContext.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

#include <random>

using namespace garam;
using namespace garam::onnx;
using namespace garam::onnx::testing;
using namespace mlir;

namespace {

/// A new directory for each test, removed after it.
class ImportTest : public ::testing::Test {
protected:
  void SetUp() override {
    ASSERT_FALSE(
        llvm::sys::fs::createUniqueDirectory("garam-import", directory));
  }
  void TearDown() override { llvm::sys::fs::remove_directories(directory); }

  std::string getPath(StringRef name) const {
    llvm::SmallString<128> path(directory);
    llvm::sys::path::append(path, name);
    return path.str().str();
  }

  std::string write(StringRef name, StringRef content) const {
    std::string path = getPath(name);
    llvm::sys::fs::create_directories(llvm::sys::path::parent_path(path));
    std::error_code error;
    llvm::raw_fd_ostream file(path, error);
    EXPECT_FALSE(error);
    file << content;
    return path;
  }

  /// The error that the import of a model gives; code Success when it succeeds.
  ErrorReport import(const std::string &path, ImportOptions options = {}) {
    auto module = importModel(path, options, &context);
    return module ? ErrorReport() : consumeToReport(module.takeError());
  }

  void expectError(const ErrorReport &report, ExitCode code,
                   StringRef message) {
    EXPECT_EQ(report.exitCode, code);
    EXPECT_NE(report.text.find(message.str()), std::string::npos)
        << report.text;
  }

  llvm::SmallString<128> directory;
  MLIRContext context;
};

std::string toRaw(std::vector<int64_t> values) {
  return std::string(reinterpret_cast<const char *>(values.data()),
                     values.size() * sizeof(int64_t));
}

std::string makeWeightData(size_t bytes) {
  std::string data(bytes, '\0');
  for (size_t i = 0; i < bytes; ++i)
    data[i] = char(i * 31 + i / 256);
  return data;
}

/// y = Reshape(MatMul(x, w), concat(Shape(x)[0:1], [20, 20])) with a weight `w`
/// of 4 x 400 floats.
std::string makeSmallModel(const ProtoWriter &weight) {
  ProtoWriter start = ProtoWriter().bytes(1, "start").number(3, 0);
  ProtoWriter end = ProtoWriter().bytes(1, "end").number(3, 1);
  ProtoWriter axis = ProtoWriter().bytes(1, "axis").number(3, 0);
  for (ProtoWriter *attribute : {&start, &end, &axis})
    attribute->number(20, 2);
  ProtoWriter graph;
  graph.bytes(2, "g")
      .message(1, makeNode("MatMul", {"x", "w"}, {"m"}))
      .message(
          1, makeNode("Shape", {"x"}, {"s"}).message(5, start).message(5, end))
      .message(1, makeNode("Concat", {"s", "hw"}, {"t"}).message(5, axis))
      .message(1, makeNode("Reshape", {"m", "t"}, {"y"}))
      .message(5, weight)
      .message(5, makeTensor("hw", kInt64, {2}, toRaw({20, 20})))
      .message(11, makeValue("x", kFloat, {-1, 4}))
      .message(12, makeValue("y", kFloat, {-1, 20, 20}));
  return makeModel(graph);
}

constexpr size_t kWeightBytes = 4 * 400 * sizeof(float);

ProtoWriter makeInlineWeight() {
  return makeTensor("w", kFloat, {4, 400}, makeWeightData(kWeightBytes));
}

/// y = DequantizeLinear(w, scale) with `count` elements of four bits.
std::string makePackedModel(size_t count, const std::string &data) {
  float scale = 0.5f;
  std::string scaleData(reinterpret_cast<const char *>(&scale), sizeof(scale));
  ProtoWriter graph;
  graph.bytes(2, "g")
      .message(1, makeNode("DequantizeLinear", {"w", "scale"}, {"y"}))
      .message(5, makeTensor("w", kInt4, {int64_t(count)}, data))
      .message(5, makeTensor("scale", kFloat, {}, scaleData))
      .message(12, makeValue("y", kFloat, {int64_t(count)}));
  return makeModel(graph, /*opset=*/21);
}

/// The bytes of the module's only large constant.
ArrayRef<char> getBlob(ModuleOp module) {
  ArrayRef<char> data;
  module.walk([&](ConstantOp constant) {
    if (auto attr = dyn_cast<DenseResourceElementsAttr>(constant.getValue()))
      data = attr.getRawHandle().getBlob()->getData();
  });
  return data;
}

TEST_F(ImportTest, WeightsAreReferencesWithTheirBytes) {
  std::string path = write("model.onnx", makeSmallModel(makeInlineWeight()));
  auto module = importModel(path, {}, &context);
  ASSERT_TRUE(bool(module)) << llvm::toString(module.takeError());
  ArrayRef<char> data = getBlob(**module);
  EXPECT_EQ(StringRef(data.data(), data.size()), makeWeightData(kWeightBytes));
}

TEST_F(ImportTest, ExternalWeightsAreReferencesWithTheirBytes) {
  std::string data = makeWeightData(kWeightBytes);
  write("weights/a.bin", "pad." + data + "tail");
  std::string path =
      write("model.onnx", makeSmallModel(makeExternalTensor(
                              "w", {4, 400},
                              {{"location", "weights/a.bin"},
                               {"offset", "4"},
                               {"length", std::to_string(kWeightBytes)}})));
  auto module = importModel(path, {}, &context);
  ASSERT_TRUE(bool(module)) << llvm::toString(module.takeError());
  ArrayRef<char> blob = getBlob(**module);
  EXPECT_EQ(StringRef(blob.data(), blob.size()), data);
}

TEST_F(ImportTest, ConstantNodesAreReferencesToo) {
  ProtoWriter value = ProtoWriter()
                          .bytes(1, "value")
                          .message(5, makeTensor("", kFloat, {1600},
                                                 makeWeightData(kWeightBytes)));
  ProtoWriter graph;
  graph.bytes(2, "g")
      .message(1,
               makeNode("Constant", {}, {"c"}).message(5, value.number(20, 4)))
      .message(1, makeNode("Relu", {"c"}, {"y"}))
      .message(12, makeValue("y", kFloat, {1600}));
  auto module =
      importModel(write("model.onnx", makeModel(graph)), {}, &context);
  ASSERT_TRUE(bool(module)) << llvm::toString(module.takeError());
  ArrayRef<char> data = getBlob(**module);
  EXPECT_EQ(StringRef(data.data(), data.size()), makeWeightData(kWeightBytes));
}

/// y = Identity(w) with a tensor of 15 bytes.
std::string makeBytesModel(const ProtoWriter &weight) {
  ProtoWriter graph;
  graph.bytes(2, "g")
      .message(1, makeNode("Identity", {"w"}, {"y"}))
      .message(5, weight)
      .message(12, makeValue("y", kUInt8, {15}));
  return makeModel(graph);
}

// Inside the compiler a text like this one stands for a large tensor.
TEST_F(ImportTest, TheContentOfATensorIsNothingElse) {
  std::string content = "garam.payload:9";
  ProtoWriter typed =
      ProtoWriter().number(1, content.size()).number(2, kUInt8).bytes(8, "w");
  for (char byte : content)
    typed.number(5, byte);
  ProtoWriter raw = makeTensor("w", kUInt8, {15}, content);
  for (const ProtoWriter &weight : {raw, typed}) {
    std::string path = write("model.onnx", makeBytesModel(weight));
    auto module = importModel(path, {}, &context);
    ASSERT_TRUE(bool(module)) << llvm::toString(module.takeError());
    std::string values;
    (*module)->walk([&](ConstantOp constant) {
      if (auto dense = dyn_cast<DenseIntElementsAttr>(constant.getValue()))
        for (const llvm::APInt &value : dense)
          values.push_back(char(value.getZExtValue()));
    });
    EXPECT_EQ(values, content);
  }
}

TEST_F(ImportTest, ATensorInItsFileAndBesideItIsTheOneBesideIt) {
  write("w.bin", makeWeightData(kWeightBytes));
  ProtoWriter weight =
      makeExternalTensor("w", {4, 400}, {{"location", "w.bin"}});
  weight.bytes(9, "abcd");
  std::string path = write("model.onnx", makeSmallModel(weight));
  auto module = importModel(path, {}, &context);
  ASSERT_TRUE(bool(module)) << llvm::toString(module.takeError());
  ArrayRef<char> blob = getBlob(**module);
  EXPECT_EQ(StringRef(blob.data(), blob.size()), makeWeightData(kWeightBytes));
}

TEST_F(ImportTest, LargePackedTensorsStayPacked) {
  std::string data = makeWeightData(1500);
  std::string path = write("model.onnx", makePackedModel(3000, data));
  auto module = importModel(path, {}, &context);
  ASSERT_TRUE(bool(module)) << llvm::toString(module.takeError());
  ArrayRef<char> blob = getBlob(**module);
  EXPECT_EQ(StringRef(blob.data(), blob.size()), data);
}

TEST_F(ImportTest, SmallPackedTensorsAreUnpacked) {
  // The first element is in the low bits.
  std::string path = write("model.onnx", makePackedModel(3, "\xe1\x07"));
  auto module = importModel(path, {}, &context);
  ASSERT_TRUE(bool(module)) << llvm::toString(module.takeError());
  std::vector<int64_t> values;
  (*module)->walk([&](ConstantOp constant) {
    auto dense = dyn_cast<DenseIntElementsAttr>(constant.getValue());
    if (dense)
      for (const llvm::APInt &value : dense)
        values.push_back(value.getSExtValue());
  });
  EXPECT_EQ(values, (std::vector<int64_t>{1, -2, 7}));
}

TEST_F(ImportTest, LinksToTheStoreOfTheModelAreFollowedAndOthersAreNot) {
  std::string data = write("store/blob", makeWeightData(kWeightBytes));
  std::string model =
      write("store/model", makeSmallModel(makeExternalTensor(
                               "w", {4, 400}, {{"location", "w.bin"}})));
  write("hub/other", "");
  std::string path = getPath("hub/model.onnx");
  ASSERT_FALSE(llvm::sys::fs::create_link(data, getPath("hub/w.bin")));
  ASSERT_FALSE(llvm::sys::fs::create_link(model, path));
  EXPECT_EQ(import(path).text, "");
  ASSERT_FALSE(llvm::sys::fs::remove(path));
  ASSERT_FALSE(llvm::sys::fs::copy_file(model, path));
  expectError(import(path), ExitCode::Model,
              "'" + getPath("hub/w.bin") + "' leads by a symbolic link to '");
}

TEST_F(ImportTest, ALocationThatLeavesTheDirectoryIsRefused) {
  std::string outside = write("secret", makeWeightData(kWeightBytes));
  for (const std::string &location :
       {std::string("../secret"), std::string("a/../../secret"),
        std::string("..\\secret"), outside, std::string("C:\\secret")}) {
    std::string path =
        write("in/model.onnx", makeSmallModel(makeExternalTensor(
                                   "w", {4, 400}, {{"location", location}})));
    expectError(import(path), ExitCode::Model,
                "external data of tensor 'w': location '" + location +
                    "' leaves the model's directory");
  }
}

TEST_F(ImportTest, BadExternalDataNamesTensorFileAndSizes) {
  write("w.bin", makeWeightData(100));
  auto importWith =
      [&](std::vector<std::pair<std::string, std::string>> entries) {
        return import(write("model.onnx", makeSmallModel(makeExternalTensor(
                                              "w", {4, 400}, entries))));
      };
  expectError(importWith({{"location", "none.bin"}}), ExitCode::Model,
              "external data of tensor 'w': file '" + getPath("none.bin") +
                  "' does not exist");
  expectError(importWith({{"location", "."}}), ExitCode::Model,
              "is not a regular file");
  expectError(importWith({}), ExitCode::Model, "its location is empty");
  expectError(importWith({{"location", "w.bin"}}), ExitCode::Model,
              "file 'w.bin' has 100 bytes, but the tensor needs 6400 from "
              "offset 0");
  expectError(importWith({{"location", "w.bin"}, {"length", "99"}}),
              ExitCode::Model,
              "its length is given as 99 bytes, but its shape and type need "
              "6400");
  expectError(
      importWith({{"location", "w.bin"}, {"offset", "18446744073709551615"}}),
      ExitCode::Model, "from offset 18446744073709551615");
  expectError(importWith({{"location", "w.bin"}, {"offset", "-1"}}),
              ExitCode::Model, "'-1' is not a valid offset");
}

TEST_F(ImportTest, TensorsOfTheWrongSizeAreRefused) {
  auto importWith = [&](const ProtoWriter &weight) {
    return import(write("model.onnx", makeSmallModel(weight)));
  };
  expectError(importWith(makeTensor("w", kFloat, {4, 400}, "abcd")),
              ExitCode::Model,
              "tensor 'w': its data has 4 bytes, but its shape and type need "
              "6400");
  expectError(importWith(makeTensor("w", kFloat, {4, -400}, "abcd")),
              ExitCode::Model, "tensor 'w': it has a negative dimension, -400");
  expectError(
      importWith(makeTensor("w", kFloat, {int64_t(1) << 40, 1 << 30}, "abcd")),
      ExitCode::Model, "multiply to more than 2^63 bits");
  expectError(importWith(makeTensor("w", DataType(77), {1}, "abcd")),
              ExitCode::Model,
              "its element type (number 77) is unknown or has no fixed size");
}

TEST_F(ImportTest, FilesThatAreNoModelsAreRefused) {
  expectError(import(getPath("none.onnx")), ExitCode::Model,
              "the file does not exist");
  expectError(import(directory.str().str()), ExitCode::Model,
              "this is a directory, not a model");
  expectError(import(write("empty.onnx", "")), ExitCode::Model,
              "the file is empty");
  expectError(import(write("text.onnx", "hello, world\n")), ExitCode::Model,
              "not a valid ONNX file");
  expectError(
      import(write("versions.onnx", ProtoWriter()
                                        .number(1, 99)
                                        .message(7, ProtoWriter().bytes(2, "g"))
                                        .text)),
      ExitCode::Model, "the file has IR version 99");
}

TEST_F(ImportTest, WrongOptionsAreUsageErrors) {
  std::string path = write("model.onnx", makeSmallModel(makeInlineWeight()));
  ImportOptions options;
  options.shapes = {{"x", {3, 5}}};
  expectError(import(path, options), ExitCode::Usage,
              "--shape x=3x5: dimension 1 is fixed in the model at 4");
  options.shapes = {{"w", {4, 400}}};
  expectError(import(path, options), ExitCode::Usage,
              "--shape w=4x400: the model has no such input");
  options.shapes.clear();
  options.dims = {{"M", 1}};
  expectError(import(path, options), ExitCode::Usage,
              "--dim M=1: no input has a dimension of that name");
  ErrorReport report = consumeToReport(parseShapeOption("x=1xa", options));
  expectError(report, ExitCode::Usage, "'a' is not a size");
}

TEST_F(ImportTest, NamesMayHoldEqualSigns) {
  ImportOptions options;
  ASSERT_FALSE(bool(parseShapeOption("a=b=2x3", options)));
  ASSERT_FALSE(bool(parseShapeOption("scalar=", options)));
  EXPECT_EQ(options.shapes[0].first, "a=b");
  EXPECT_EQ(options.shapes[0].second, (std::vector<int64_t>{2, 3}));
  EXPECT_TRUE(options.shapes[1].second.empty());
}

/// Damages a file as disks, networks and attackers do.
std::string mutate(std::string text, std::mt19937 &random) {
  auto below = [&](size_t limit) {
    return std::uniform_int_distribution<size_t>(0, limit - 1)(random);
  };
  switch (below(4)) {
  case 0:
    return text.substr(0, below(text.size()));
  case 1:
    for (size_t i = below(8) + 1; i > 0; --i)
      text[below(text.size())] ^= char(1 << below(8));
    return text;
  case 2: {
    size_t begin = below(text.size());
    size_t size = std::min(below(16) + 1, text.size() - begin);
    for (size_t i = 0; i < size; ++i)
      text[begin + i] = char(below(256));
    return text;
  }
  default: {
    size_t begin = below(text.size());
    std::string part = text.substr(begin, below(64) + 1);
    return text.insert(below(text.size()), part);
  }
  }
}

/// Imports damaged copies of a model: none may crash, and what is refused is
/// refused as a bad model. A debugger finds the case again by its seed.
void importMutations(const std::string &model, const std::string &path,
                     unsigned count) {
  constexpr unsigned kFirstSeed = 20261121;
  unsigned refused = 0;
  for (unsigned seed = kFirstSeed; seed < kFirstSeed + count; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::error_code error;
    llvm::raw_fd_ostream file(path, error);
    ASSERT_FALSE(error);
    file << mutate(model, random);
    file.close();
    MLIRContext context(MLIRContext::Threading::DISABLED);
    auto module = importModel(path, {}, &context);
    if (module)
      continue;
    ++refused;
    ErrorReport report = consumeToReport(module.takeError());
    ASSERT_EQ(report.exitCode, ExitCode::Model) << report.text;
    ASSERT_FALSE(report.text.empty());
  }
  EXPECT_GT(refused, count / 4) << "the mutations do not hit";
}

TEST_F(ImportTest, DamagedModelsNeverCrash) {
  importMutations(makeSmallModel(makeInlineWeight()), getPath("m.onnx"), 400);
}

TEST_F(ImportTest, DamagedGraphsNeverCrash) {
  // Nearly all bytes of this one are structure.
  std::string model = makeSmallModel(makeExternalTensor(
      "w", {4, 400}, {{"location", "w.bin"}, {"offset", "0"}}));
  write("w.bin", makeWeightData(kWeightBytes));
  importMutations(model, getPath("m.onnx"), 800);
}

TEST_F(ImportTest, DamagedRealModelsNeverCrash) {
  std::string models = GARAM_SHARED_MODELS;
  if (!llvm::sys::fs::is_directory(models))
    GTEST_SKIP() << "needs " << models;
  for (StringRef name : {"mnist8/model.onnx", "mlperf_tiny/kws_dscnn_int8.onnx",
                         "mlperf_tiny/kws_dscnn_fp32.onnx"}) {
    auto file = llvm::MemoryBuffer::getFile(models + "/" + name.str());
    ASSERT_TRUE(bool(file));
    importMutations((*file)->getBuffer().str(), getPath("m.onnx"), 100);
  }
}

} // namespace
