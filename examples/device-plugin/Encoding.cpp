//===- Encoding.cpp - Programs as bytes -----------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// All numbers are little endian:
//
//   program      magic u32, version u32, segments u32, chains u32, then each
//   segment      role u8, size u64, name (length u32, then its bytes)
//   chain        elements u64, row u64, stored u32, result, instructions u32,
//                then each
//   instruction  opcode u8, left u32, right u32, number f32, address,
//                repeat u64, period u64
//   address      segment u32, offset u64
//
//===----------------------------------------------------------------------===//

#include "Program.h"
#include "llvm/Support/DataExtractor.h"
#include "llvm/Support/EndianStream.h"

using namespace llvm;
using garam::DeviceSegment;
using garam::MemoryRole;

namespace abacus {

static constexpr uint32_t magic = 0x53434241; // "ABCS"
static constexpr uint32_t formatVersion = 1;

//===----------------------------------------------------------------------===//
// Writing
//===----------------------------------------------------------------------===//

static void write(support::endian::Writer &writer, const Address &address) {
  writer.write(address.segment);
  writer.write(address.offset);
}

static void write(support::endian::Writer &writer,
                  const Instruction &instruction) {
  writer.write(static_cast<uint8_t>(instruction.opcode));
  writer.write(instruction.left);
  writer.write(instruction.right);
  writer.write(instruction.number);
  write(writer, instruction.address);
  writer.write(instruction.repeat);
  writer.write(instruction.period);
}

std::vector<uint8_t> encode(const Program &program) {
  SmallVector<char, 0> bytes;
  raw_svector_ostream os(bytes);
  support::endian::Writer writer(os, endianness::little);
  writer.write(magic);
  writer.write(formatVersion);
  writer.write<uint32_t>(program.segments.size());
  writer.write<uint32_t>(program.chains.size());
  for (const DeviceSegment &segment : program.segments) {
    writer.write(static_cast<uint8_t>(segment.role));
    writer.write(segment.size);
    writer.write<uint32_t>(segment.name.size());
    os << segment.name;
  }
  for (const Chain &chain : program.chains) {
    writer.write(chain.elements);
    writer.write(chain.row);
    writer.write(chain.stored);
    write(writer, chain.result);
    writer.write<uint32_t>(chain.instructions.size());
    for (const Instruction &instruction : chain.instructions)
      write(writer, instruction);
  }
  return std::vector<uint8_t>(bytes.begin(), bytes.end());
}

//===----------------------------------------------------------------------===//
// Reading
//===----------------------------------------------------------------------===//

namespace {

/// Reads until something is wrong; after that every read gives 0, so that only
/// loops have to look.
class Reader {
public:
  explicit Reader(ArrayRef<uint8_t> bytes)
      : extractor(bytes, /*IsLittleEndian=*/true, /*AddressSize=*/8) {}

  Expected<Program> read();

private:
  DeviceSegment readSegment();
  Chain readChain();
  Instruction readInstruction();
  Address readAddress() {
    uint32_t segment = extractor.getU32(cursor);
    return {segment, extractor.getU64(cursor)};
  }
  void require(bool holds, const Twine &message) {
    if (!holds && problem.empty())
      problem = message.str();
  }
  bool isGood() { return static_cast<bool>(cursor) && problem.empty(); }

  DataExtractor extractor;
  DataExtractor::Cursor cursor{0};
  std::string problem;
};

} // namespace

DeviceSegment Reader::readSegment() {
  DeviceSegment segment;
  unsigned role = extractor.getU8(cursor);
  require(role < garam::numMemoryRoles,
          "a segment of unknown role " + Twine(role));
  if (isGood())
    segment.role = static_cast<MemoryRole>(role);
  segment.size = extractor.getU64(cursor);
  segment.name = extractor.getBytes(cursor, extractor.getU32(cursor)).str();
  return segment;
}

Instruction Reader::readInstruction() {
  Instruction instruction;
  unsigned opcode = extractor.getU8(cursor);
  require(opcode < numOpcodes,
          "an instruction of unknown code " + Twine(opcode));
  if (isGood())
    instruction.opcode = static_cast<Opcode>(opcode);
  instruction.left = extractor.getU32(cursor);
  instruction.right = extractor.getU32(cursor);
  instruction.number = bit_cast<float>(extractor.getU32(cursor));
  instruction.address = readAddress();
  instruction.repeat = extractor.getU64(cursor);
  instruction.period = extractor.getU64(cursor);
  return instruction;
}

Chain Reader::readChain() {
  Chain chain;
  chain.elements = extractor.getU64(cursor);
  chain.row = extractor.getU64(cursor);
  chain.stored = extractor.getU32(cursor);
  chain.result = readAddress();
  uint32_t count = extractor.getU32(cursor);
  // Nothing is reserved: the count may be a lie.
  for (uint32_t i = 0; i < count && isGood(); ++i)
    chain.instructions.push_back(readInstruction());
  return chain;
}

Expected<Program> Reader::read() {
  Program program;
  require(extractor.getU32(cursor) == magic, "it is no program of an abacus");
  uint32_t version = extractor.getU32(cursor);
  require(version == formatVersion, "it is of format " + Twine(version) +
                                        ", needed " + Twine(formatVersion));
  uint32_t numSegments = extractor.getU32(cursor);
  uint32_t numChains = extractor.getU32(cursor);
  for (uint32_t i = 0; i < numSegments && isGood(); ++i)
    program.segments.push_back(readSegment());
  for (uint32_t i = 0; i < numChains && isGood(); ++i)
    program.chains.push_back(readChain());
  // The cursor wants its error taken in any case.
  uint64_t end = cursor.tell();
  if (Error error = cursor.takeError())
    return std::move(error);
  require(end == extractor.size(),
          Twine(extractor.size() - end) + " bytes follow the last chain");
  if (!problem.empty())
    return createStringError(problem);
  return program;
}

Expected<Program> decode(ArrayRef<uint8_t> bytes) {
  return Reader(bytes).read();
}

} // namespace abacus
