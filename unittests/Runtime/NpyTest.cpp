//===- NpyTest.cpp - Tests of numpy's array files -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/TensorFile.h"
#include "garam/Support/Errors.h"
#include "llvm/Support/Endian.h"
#include "gtest/gtest.h"

using namespace llvm;
using namespace garam;

namespace {

/// A file of version `version` with this header and these elements.
std::string makeFile(unsigned char version, StringRef header, StringRef data) {
  std::string file = "\x93NUMPY";
  file += static_cast<char>(version);
  file += '\0';
  char length[sizeof(uint32_t)];
  support::endian::write32le(length, header.size());
  file.append(length, version == 1 ? sizeof(uint16_t) : sizeof(uint32_t));
  return file + header.str() + data.str();
}

Expected<Tensor> parse(StringRef file) {
  return readNpy(MemoryBufferRef(file, "file.npy"));
}

std::string getError(StringRef file) {
  Expected<Tensor> tensor = parse(file);
  if (tensor)
    return "";
  ErrorReport report = consumeToReport(tensor.takeError());
  EXPECT_EQ(report.exitCode, ExitCode::Input);
  return report.text;
}

TEST(NpyTest, RoundTripOfEveryTypeAndRank) {
  for (unsigned type = 0; type < numDataTypes; ++type) {
    for (const std::vector<int64_t> &shape :
         std::vector<std::vector<int64_t>>{{}, {3}, {2, 0, 4}, {2, 3, 4, 5}}) {
      Tensor tensor;
      tensor.type.type = static_cast<DataType>(type);
      tensor.type.shape.assign(shape.begin(), shape.end());
      tensor.data.resize(*getByteSize(tensor.type));
      for (size_t i = 0; i < tensor.data.size(); ++i)
        tensor.data[i] = i & 1;
      std::string file;
      raw_string_ostream os(file);
      writeNpy(tensor, os);
      Expected<Tensor> read =
          readNpy(MemoryBufferRef(file, "file.npy"), tensor.type.type);
      ASSERT_TRUE(bool(read)) << toString(read.takeError());
      EXPECT_EQ(read->type.str(), tensor.type.str());
      EXPECT_EQ(read->data, tensor.data);
    }
  }
}

// ml_dtypes writes all its types of a byte alike, but for float8_e5m2.
TEST(NpyTest, TypesOfAByteAreThoseThatAreExpected) {
  auto make = [](StringRef type) {
    return makeFile(
        1,
        ("{'descr': '" + type + "', 'fortran_order': False, 'shape': (2,), }")
            .str(),
        "ab");
  };
  for (StringRef spelling : {"<V1", "|V1"}) {
    Tensor tensor = cantFail(
        readNpy(MemoryBufferRef(make(spelling), "file.npy"), DataType::UInt4));
    EXPECT_EQ(tensor.type.str(), "uint4[2]");
    EXPECT_NE(getError(make(spelling))
                  .find("elements of type '" + spelling.str() +
                        "' are those of a type of ml_dtypes, but the file does "
                        "not say which, and none of a byte is expected here"),
              std::string::npos);
  }
  // An int8 has a code of its own.
  EXPECT_FALSE(errorToBool(
      readNpy(MemoryBufferRef(make("|i1"), "file.npy"), DataType::Int4)
          .takeError()));
  EXPECT_EQ(cantFail(parse(make("<f1"))).type.str(), "float8_e5m2[2]");
}

TEST(NpyTest, VersionsAndSpellings) {
  for (unsigned char version : {1, 2, 3})
    EXPECT_EQ(getError(makeFile(version,
                                "{'descr': '<i2', 'fortran_order': False, "
                                "'shape': (2,), }   \n",
                                "abcd")),
              "");
  EXPECT_EQ(getError(makeFile(1,
                              "{\"shape\":(1,2),\"fortran_order\":False,"
                              "\"descr\":\"|u1\"}",
                              "ab")),
            "");
}

TEST(NpyTest, FortranOrderIsTurnedRound) {
  Tensor tensor = cantFail(parse(
      makeFile(1, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }",
               "abcdef")));
  EXPECT_EQ(std::string(tensor.data.begin(), tensor.data.end()), "acebdf");
}

TEST(NpyTest, WhatIsWrongIsNamed) {
  StringRef good = "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }";
  EXPECT_EQ(getError("hello"), "file.npy: not a .npy file");
  EXPECT_EQ(getError(makeFile(4, good, "ab")),
            "file.npy: version 4 of the .npy format, 1 to 3 are known");
  EXPECT_EQ(getError(makeFile(1, good, "a")),
            "file.npy: has 1 bytes of elements, uint8[2] needs 2");
  EXPECT_EQ(getError(makeFile(1, good, "abc")),
            "file.npy: has 3 bytes of elements, uint8[2] needs 2");
  EXPECT_EQ(getError(StringRef("\x93NUMPY\x02\0abc", 11)),
            "file.npy: it ends within its header");
  EXPECT_EQ(getError(StringRef(makeFile(2, good, "")).drop_back()),
            "file.npy: it ends within its header");
}

TEST(NpyTest, WhatIsWrongInTheHeaderIsNamed) {
  struct Case {
    const char *from, *to, *error;
  };
  constexpr const char *noDictionary = "its header is not a dictionary";
  constexpr const char *noSizes = "its shape is not a tuple of sizes";
  constexpr Case cases[] = {
      {"|u1", ">f4",
       "big-endian elements ('>f4'); hint: convert with "
       "array.astype(array.dtype.newbyteorder('<'))"},
      {"|u1", "<U4", "element type '<U4' has no counterpart in ONNX"},
      {"'|u1'", "[('a', '<f4')]",
       "its element type is not a plain type (a structured array?)"},
      {"(2,)", "2", "its shape is not a tuple"},
      {"(2,)", "(-2,)", noSizes},
      {"(2,)", "(2.5,)", noSizes},
      {"(2,)", "(99999999999999999999,)", noSizes},
      {"(2,)", "(4294967296, 4294967296)",
       "has 2 bytes of elements, uint8[4294967296,4294967296] needs more than "
       "there can be"},
      {"shape", "shame",
       "its header has an entry 'shame' that does not belong"},
      {"'descr': '|u1'", "'descr': '|u1', 'descr': '|u1'",
       "its header has an entry 'descr' that does not belong"},
      {"False", "Maybe",
       "its header has an entry 'fortran_order' that does not belong"},
      {"{", "[", noDictionary},
      {"'shape':", "'shape'", noDictionary},
      {"'shape'", "shape", noDictionary},
      {"False,", "False", noDictionary},
      {", 'shape': (2,)", "",
       "its header is not a dictionary of descr, fortran_order and shape"},
      {"}", "} 1",
       "its header is not a dictionary of descr, fortran_order and shape"},
  };
  for (const Case &c : cases) {
    std::string header =
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }";
    header.replace(header.find(c.from), StringRef(c.from).size(), c.to);
    EXPECT_EQ(getError(makeFile(1, header, "ab")),
              std::string("file.npy: ") + c.error)
        << header;
  }
}

TEST(NpyTest, EveryTruncationIsRefused) {
  std::string file = makeFile(
      2, "{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }", "ab");
  for (size_t size = 0; size < file.size(); ++size)
    EXPECT_NE(getError(StringRef(file).take_front(size)), "") << size;
}

} // namespace
