//===- TensorProtoTest.cpp - Tests of ONNX's tensor files -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/TensorFile.h"
#include "garam/Support/Errors.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

using namespace llvm;
using namespace garam;

namespace {

/// Field `number` of a message that holds these bytes.
std::string bytesField(unsigned number, StringRef bytes) {
  std::string field(1, static_cast<char>(number << 3 | 2));
  return field + static_cast<char>(bytes.size()) + bytes.str();
}

/// Field `number` of a message that holds a number below 128.
std::string numberField(unsigned number, unsigned value) {
  return {static_cast<char>(number << 3), static_cast<char>(value)};
}

// Numbers of TensorProto's fields and of its types, from onnx.proto.
constexpr unsigned dims = 1, dataType = 2, int32Data = 5, int64Data = 7,
                   rawData = 9, uint64Data = 11, dataLocation = 14;
enum Type { UInt8 = 2, Int8, UInt16, Int16, Int32, Int64, String, Bool };
constexpr unsigned uint32Type = 12, bfloat16Type = 16;

std::string makeProto(unsigned type, unsigned size, StringRef field) {
  return numberField(dims, size) + numberField(dataType, type) + field.str();
}

Expected<Tensor> parse(StringRef file) {
  return readTensorProto(MemoryBufferRef(file, "file.pb"));
}

std::string getError(Expected<Tensor> tensor) {
  if (tensor)
    return "";
  ErrorReport report = consumeToReport(tensor.takeError());
  EXPECT_EQ(report.exitCode, ExitCode::Input);
  return report.text;
}

/// The elements of a tensor of two elements of a type.
std::vector<uint8_t> getBytes(unsigned type, StringRef field) {
  Expected<Tensor> tensor = parse(makeProto(type, 2, field));
  if (!tensor) {
    ADD_FAILURE() << toString(tensor.takeError());
    return {};
  }
  EXPECT_EQ(tensor->type.shape.size(), 1u);
  EXPECT_EQ(tensor->type.shape[0], 2);
  return tensor->data;
}

// onnx.proto keeps the elements of a type in a field of its own, wider than
// they are.
TEST(TensorProtoTest, ElementsOfEveryField) {
  using Bytes = std::vector<uint8_t>;
  StringRef values("\x01\x02", 2);
  EXPECT_EQ(getBytes(UInt8, bytesField(rawData, values)), Bytes({1, 2}));
  for (unsigned type : {UInt8, Int8, Bool})
    EXPECT_EQ(getBytes(type, bytesField(int32Data, values)), Bytes({1, 2}));
  for (unsigned type : {unsigned(UInt16), unsigned(Int16), bfloat16Type})
    EXPECT_EQ(getBytes(type, bytesField(int32Data, values)),
              Bytes({1, 0, 2, 0}));
  EXPECT_EQ(getBytes(Int32, bytesField(int32Data, values)),
            Bytes({1, 0, 0, 0, 2, 0, 0, 0}));
  EXPECT_EQ(getBytes(uint32Type, bytesField(uint64Data, values)),
            Bytes({1, 0, 0, 0, 2, 0, 0, 0}));
  EXPECT_EQ(getBytes(Int64, bytesField(int64Data, values)),
            Bytes({1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0}));
}

// Elements of less than a byte are packed, the first in the low bits.
TEST(TensorProtoTest, PackedElementsGetAByteEach) {
  using Bytes = std::vector<uint8_t>;
  constexpr unsigned uint4Type = 21, int4Type = 22, float4Type = 23,
                     uint2Type = 25;
  StringRef byte("\xE1", 1);
  for (unsigned type : {uint4Type, int4Type, float4Type})
    EXPECT_EQ(getBytes(type, bytesField(rawData, byte)), Bytes({0x1, 0xE}));
  EXPECT_EQ(getBytes(uint2Type, bytesField(rawData, byte)), Bytes({1, 0}));
  EXPECT_EQ(getBytes(int4Type, numberField(int32Data, 0x21)),
            Bytes({0x1, 0x2}));
  EXPECT_EQ(getError(parse(makeProto(int4Type, 3, bytesField(rawData, byte)))),
            "file.pb: has 1 bytes of elements, which are not int4[3]");
  EXPECT_EQ(getError(parse(makeProto(
                int4Type, 2, bytesField(rawData, StringRef("\x01\x02", 2))))),
            "file.pb: has 2 bytes of elements, which are not int4[2]");
}

TEST(TensorProtoTest, WhatIsWrongIsNamed) {
  std::string data = bytesField(rawData, "ab");
  EXPECT_EQ(getError(parse("\xFF\xFF")), "file.pb: not an ONNX TensorProto");
  EXPECT_EQ(getError(parse(makeProto(String, 2, data))),
            "file.pb: a TensorProto of type 8, which no device takes");
  EXPECT_EQ(getError(parse(makeProto(UInt8, 2, numberField(dataLocation, 1)))),
            "file.pb: its data is in another file");
  EXPECT_EQ(getError(parse(makeProto(UInt8, 3, data))),
            "file.pb: has 2 bytes of elements, which are not uint8[3]");
}

TEST(TensorFileTest, KindOfTheFileIsItsExtension) {
  SmallString<128> path;
  ASSERT_FALSE(sys::fs::createTemporaryFile("garam-tensor", "txt", path));
  EXPECT_EQ(getError(readTensorFile(path)),
            "'" + path.str().str() +
                "': tensors are read from .npy and .pb files");
  ASSERT_FALSE(sys::fs::remove(path));
  sys::path::replace_extension(path, "npy");
  EXPECT_EQ(getError(readTensorFile(path))
                .find("cannot read '" + path.str().str() + "': "),
            0u);
}

} // namespace
