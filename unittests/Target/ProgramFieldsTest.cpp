//===- ProgramFieldsTest.cpp - Binary form of device programs -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/ProgramFields.h"
#include "gtest/gtest.h"

using namespace garam;

namespace {

struct Thing {
  std::vector<DeviceSegment> segments;
  int32_t integer = 0;
  float fraction = 0;
  bool truth = false;
  std::optional<uint64_t> wide;
  std::variant<uint32_t, float> either;
  std::array<uint8_t, 4> four{};
  std::vector<uint8_t> rest;
};

template <typename IO, typename T>
void visitThing(IO &io, T &thing) {
  io.constant("magic", uint32_t(0x4D544753));
  visitSegments(io, thing.segments);
  io.number("integer", thing.integer);
  io.number("fraction", thing.fraction);
  io.number("truth", thing.truth);
  io.optional("wide", thing.wide, [&](auto &wide) { io.number("wide", wide); });
  io.alternative("either", thing.either,
                 [&](auto &member) { io.number("member", member); });
  io.fixed("four", thing.four);
  io.data("rest", thing.rest);
}

Thing makeThing() {
  Thing thing;
  thing.segments = {{MemoryRole::Output, 1ull << 40, "segment"}};
  thing.integer = -5;
  thing.fraction = 0.5;
  thing.truth = true;
  thing.wide = 7;
  thing.either = 2.5f;
  thing.four = {1, 2, 3, 4};
  thing.rest = {5, 6, 7, 8};
  return thing;
}

std::vector<uint8_t> encode(const Thing &thing, unsigned unit) {
  FieldWriter writer(unit);
  visitThing(writer, thing);
  return writer.takeBytes();
}

std::string decode(llvm::ArrayRef<uint8_t> bytes, unsigned unit, Thing &thing) {
  FieldReader reader(bytes, unit);
  visitThing(reader, thing);
  return llvm::toString(reader.finish());
}

class ProgramFields : public testing::TestWithParam<unsigned> {};

TEST_P(ProgramFields, AreReadAsTheyWereWritten) {
  Thing thing = makeThing(), read;
  std::vector<uint8_t> bytes = encode(thing, GetParam());
  EXPECT_EQ(decode(bytes, GetParam(), read), "");
  EXPECT_EQ(read.segments, thing.segments);
  EXPECT_EQ(read.integer, -5);
  EXPECT_EQ(read.fraction, 0.5f);
  EXPECT_TRUE(read.truth);
  EXPECT_EQ(read.wide, thing.wide);
  EXPECT_EQ(read.either, thing.either);
  EXPECT_EQ(read.four, thing.four);
  EXPECT_EQ(read.rest, thing.rest);
}

// Bytes that end anywhere, and any byte too many, are an error.
TEST_P(ProgramFields, EndTooEarlyOrTooLate) {
  std::vector<uint8_t> bytes = encode(makeThing(), GetParam());
  for (size_t size = 0; size < bytes.size(); ++size) {
    Thing thing;
    EXPECT_NE(decode(llvm::ArrayRef(bytes).take_front(size), GetParam(), thing)
                  .find("ends before the end of field '"),
              std::string::npos)
        << size;
  }
  bytes.push_back(0);
  Thing thing;
  EXPECT_EQ(decode(bytes, GetParam(), thing),
            "byte " + std::to_string(bytes.size() - 1) + ": 1 bytes are left");
}

INSTANTIATE_TEST_SUITE_P(Units, ProgramFields, testing::Values(1, 4));

// Magic, count, role, size, size of the name, name, then the others.
TEST(ProgramFieldsForm, Units) {
  EXPECT_EQ(encode(makeThing(), 1).size(),
            4u + 4 + 1 + 8 + 4 + 7 + 4 + 4 + 1 + 1 + 8 + 1 + 4 + 4 + 8 + 4);
  EXPECT_EQ(encode(makeThing(), 4).size(),
            4u + 4 + 4 + 8 + 4 + 8 + 4 + 4 + 4 + 4 + 8 + 4 + 4 + 4 + 8 + 4);
}

TEST(ProgramFieldsForm, Damage) {
  std::vector<uint8_t> bytes = encode(makeThing(), 4);
  auto decodeWith = [&](size_t place, uint8_t value) {
    std::vector<uint8_t> damaged = bytes;
    damaged[place] = value;
    Thing thing;
    return decode(damaged, 4, thing);
  };
  EXPECT_EQ(decodeWith(3, 0), "byte 4: field 'magic' is 5523283, but this "
                              "version of Garam needs 1297368915");
  EXPECT_EQ(decodeWith(8, 99), "byte 12: field 'role' is 99, not below 6");
  EXPECT_EQ(decodeWith(31, 1),
            "byte 32: field 'name' is not padded with zeros");
}

} // namespace
