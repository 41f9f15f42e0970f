//===- EncodingTest.cpp - Binary form of NPU programs ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/NPU/Encoding.h"
#include "RandomProgram.h"
#include "llvm/Support/Endian.h"
#include "gtest/gtest.h"

#include <set>

using namespace garam::npu;
using namespace garam::npu::test;

namespace {

std::vector<uint8_t> encodeOrFail(const Program &program) {
  auto bytes = encode(program);
  if (!bytes) {
    ADD_FAILURE() << llvm::toString(bytes.takeError());
    return {};
  }
  return *bytes;
}

std::string decodeError(llvm::ArrayRef<uint8_t> bytes) {
  auto program = decode(bytes);
  return program ? "" : llvm::toString(program.takeError());
}

std::string disassemble(const Program &program) {
  std::string text;
  llvm::raw_string_ostream os(text);
  garam::npu::disassemble(program, os);
  return text;
}

/// A program with one DMA queue of one core.
Program makeProgram(std::vector<Command> commands) {
  Program program;
  program.segments.push_back({SegmentRole::Input, 1024, "x"});
  program.queues.push_back({0, Engine::DMA, std::move(commands)});
  return program;
}

/// 64 rows of 16 bytes from DRAM to the SRAM.
DMACommand makeCopy() {
  DMACommand copy;
  copy.sizes = {64, 16};
  copy.source.address.space = MemorySpace::DRAM;
  copy.source.strides = {16, 1};
  copy.destination.strides = {32, 1};
  return copy;
}

// What is encoded is decoded to the same, and what is decoded is encoded to the
// same bytes.
TEST(NPUEncoding, RandomProgramsRoundTrip) {
  for (uint32_t seed = 0; seed < 1000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    Program program = makeRandomProgram(random);
    std::vector<uint8_t> bytes = encodeOrFail(program);
    auto decoded = decode(bytes);
    ASSERT_TRUE(bool(decoded)) << llvm::toString(decoded.takeError());
    EXPECT_TRUE(*decoded == program);
    EXPECT_EQ(encodeOrFail(*decoded), bytes);
  }
}

// Bytes from a stranger are either a program, then in its canonical form, or an
// error; nothing else happens.
TEST(NPUEncoding, MutatedBytesNeverCrash) {
  unsigned valid = 0, invalid = 0;
  for (uint32_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    std::vector<uint8_t> original = encodeOrFail(makeRandomProgram(random));
    for (unsigned mutation = 0; mutation < 50; ++mutation) {
      std::vector<uint8_t> bytes = original;
      for (unsigned n = 1 + random.below(3); n > 0; --n) {
        uint8_t &byte = bytes[random.below(bytes.size())];
        byte = random.flip() ? random.bits() : byte ^ 1 << random.below(8);
      }
      if (random.below(8) == 0)
        bytes.resize(random.below(bytes.size()));
      auto decoded = decode(bytes);
      if (!decoded) {
        EXPECT_NE(llvm::toString(decoded.takeError()), "");
        ++invalid;
        continue;
      }
      ++valid;
      EXPECT_EQ(encodeOrFail(*decoded), bytes);
      EXPECT_NE(disassemble(*decoded), "");
    }
  }
  EXPECT_GT(valid, 1000u);
  EXPECT_GT(invalid, 1000u);
}

// Every prefix of a program is an error.
TEST(NPUEncoding, TruncatedBytes) {
  Random random(7);
  std::vector<uint8_t> bytes = encodeOrFail(makeRandomProgram(random));
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_NE(decodeError(llvm::ArrayRef(bytes).take_front(size)), "");
}

TEST(NPUEncoding, DamagedHeader) {
  std::vector<uint8_t> good = encodeOrFail(makeProgram({makeCopy()}));
  auto decodeWith = [&](size_t offset, uint8_t value) {
    std::vector<uint8_t> bytes = good;
    bytes[offset] = value;
    return decodeError(bytes);
  };
  EXPECT_EQ(decodeWith(0, 'X'), "NPU program: does not begin with 'GNPU'");
  EXPECT_EQ(decodeWith(4, 9), "NPU program: has version 9.0, this is for 1.2");
  EXPECT_EQ(decodeWith(8, 1), "NPU program: says that it has 1 bytes, there "
                              "are " +
                                  std::to_string(good.size()));
  std::vector<uint8_t> longer = good;
  longer.resize(good.size() + 4);
  longer[8] += 4;
  EXPECT_EQ(decodeError(longer), "NPU program: goes on after its last queue");
}

/// With 32 resident bytes in the SRAM of core 0, which a set-up fills.
Program makeResidentProgram() {
  Program program = makeProgram({makeCopy()});
  program.segments.push_back({SegmentRole::Constant, 1024, "w"});
  program.residents.push_back({MemorySpace::Local, 0, 0x1000, 32});
  DMACommand load;
  load.sizes = {32};
  load.source.address.space = MemorySpace::DRAM;
  load.source.address.index = 1;
  load.source.strides = {1};
  load.destination.address.offset = 0x1000;
  load.destination.strides = {1};
  program.setup.push_back({0, Engine::DMA, {load}});
  return program;
}

// Programs with resident bytes are of version 1.1, those whose epilogues
// quantise more than their results of 1.2, all others of 1.0.
TEST(NPUEncoding, VersionOfResidentBytes) {
  EXPECT_EQ(encodeOrFail(makeProgram({makeCopy()}))[6], 0);
  std::vector<uint8_t> bytes = encodeOrFail(makeResidentProgram());
  EXPECT_EQ(bytes[6], 1);
  bytes[6] = 3;
  EXPECT_EQ(decodeError(bytes),
            "NPU program: has version 1.3, this is for 1.2");
  bytes[6] = 2;
  EXPECT_EQ(decodeError(bytes), "NPU program: is not stored in the lowest "
                                "version for it, which is 1.1");
  bytes[6] = 1;
  bytes[24] = 0; // resident ranges
  EXPECT_EQ(decodeError(bytes), "NPU program: not a header of the lowest "
                                "version for its program");
}

TEST(NPUEncoding, VersionOfQuantization) {
  auto getVersion = [](Engine engine, const Command &command) {
    Program program;
    program.queues.push_back({0, engine, {command}});
    return encodeOrFail(program)[6];
  };
  TensorCommand tensor;
  EXPECT_EQ(getVersion(Engine::Tensor, tensor), 0);
  tensor.outputScale = 2;
  EXPECT_EQ(getVersion(Engine::Tensor, tensor), 2);
  tensor.outputScale = 1;
  tensor.hasRequantization = true;
  EXPECT_EQ(getVersion(Engine::Tensor, tensor), 2);

  VectorCommand vector;
  vector.sizes = {2, 3};
  vector.numReductionDims = 1;
  vector.inputs.resize(1);
  vector.body = {{VectorOpcode::Load, 0, 0, 0, 0, 0}};
  vector.reductions = {{Combiner::AddI, 0, 1, 0}};
  vector.finish = {{VectorOpcode::I32ToF32, 2, 1, 0, 0, 0}};
  vector.outputs.resize(1);
  vector.outputs[0].source = 2;
  EXPECT_EQ(getVersion(Engine::Vector, vector), 0);
  vector.outputs[0].zeroPoint = 3;
  EXPECT_EQ(getVersion(Engine::Vector, vector), 2);
  vector.outputs[0].zeroPoint = 0;
  vector.reductions[0].initialInput = 0;
  EXPECT_EQ(getVersion(Engine::Vector, vector), 2);
}

TEST(NPUEncoding, DamagedCommand) {
  std::vector<uint8_t> good = encodeOrFail(makeProgram({makeCopy()}));
  // Header of 6 words, segment of 4, queue of 2.
  size_t command = 12 * sizeof(uint32_t);
  ASSERT_EQ(good[command], 3u);
  auto decodeWith = [&](size_t offset, uint8_t value) {
    std::vector<uint8_t> bytes = good;
    bytes[command + offset] = value;
    return decodeError(bytes);
  };
  std::string where = "NPU program: core 0, dma queue, command 0: ";
  EXPECT_EQ(decodeWith(0, 99), where + "unknown command code 99");
  EXPECT_EQ(decodeWith(1, 1), where + "reserved bits are not zero");
  EXPECT_EQ(decodeWith(2, 0), where + "the command's length of 0 words is not "
                                      "between 1 and the 12 that are left");
  EXPECT_EQ(decodeWith(2, 5), where + "ends before the end of field 'offset'");
}

// What can be wrong in a list, a name or a command comes of the change of one
// byte, and is said with its place.
TEST(NPUEncoding, EachKindOfDamageIsNamed) {
  DMACommand gather = makeCopy();
  gather.kind = DMAKind::Gather;
  gather.indirection.address.offset = 4096;
  gather.indirection.type = ElementType::I32;
  gather.indirection.limit = 8;
  std::vector<uint8_t> good =
      encodeOrFail(makeProgram({gather, WaitCommand{3, 8}}));
  // Header of 6 words, segment of 4, queue of 2; the length is in the third
  // byte of a command.
  constexpr size_t length = 12 * sizeof(uint32_t) + 2;
  std::set<std::string> errors;
  for (unsigned longer : {0, 1})
    for (size_t offset = 0; offset < good.size(); ++offset)
      for (unsigned value = 0; value < 256; ++value) {
        std::vector<uint8_t> bytes = good;
        bytes[length] += longer;
        bytes[offset] = value;
        errors.insert(decodeError(bytes));
      }
  for (const char *expected :
       {"core 0, dma queue, command 0: field 'type' is 15, not below 15",
        "core 0, dma queue, command 0: not an index list without strides, "
        "guards and fill",
        "core 0, dma queue, command 0: the command is shorter than its length "
        "of ",
        "NPU program: ends within a list",
        "NPU program: ends before the end of field 'name'",
        "NPU program: field 'name' is not padded with zeros"})
    EXPECT_TRUE(llvm::any_of(errors, [&](const std::string &error) {
      return error.find(expected) != std::string::npos;
    })) << expected;
}

// A form that the encoder does not choose is refused: here a stride of zero
// that did not need storing.
TEST(NPUEncoding, FormsThatAreNotCanonical) {
  std::vector<uint8_t> bytes = encodeOrFail(makeProgram({makeCopy()}));
  size_t lastStride = bytes.size() - sizeof(uint32_t);
  ASSERT_EQ(llvm::support::endian::read32le(&bytes[lastStride]), 1u);
  bytes[lastStride] = 0;
  EXPECT_EQ(decodeError(bytes), "NPU program: core 0, dma queue, command 0: "
                                "not a descriptor in its shortest form");
}

TEST(NPUEncoding, OnlyWhatIsUsedIsStored) {
  // First word, semaphore and count.
  EXPECT_EQ(encodeOrFail(makeProgram({WaitCommand()})).size(),
            encodeOrFail(makeProgram({})).size() + 8);
  // First word, kind, two sizes, two descriptors of a word, offset and strides.
  EXPECT_EQ(encodeOrFail(makeProgram({makeCopy()})).size(),
            encodeOrFail(makeProgram({})).size() + 48);
}

TEST(NPUDisassembler, Text) {
  DMACommand copy = makeCopy();
  copy.destination.address.loopStrides = {2048, 0, 0};
  Program program = makeProgram({LoopBeginCommand{4, -1}, copy,
                                 SignalCommand{0, Engine::DMA, 3, 2},
                                 LoopEndCommand(), WaitCommand{3, 8}});
  EXPECT_EQ(disassemble(program), R"(program cores 1
segment dram0 input 1024 bytes "x"

queue 0.dma
     0  loop 4 {
     1    copy [64x16]x1B from dram0+0x0{16,1} to local0+0x0+i0*2048{32,1}
     2    signal 0.dma s3, 2
     3  }
     4  wait s3, 8
)");
}

TEST(NPUDisassembler, Setup) {
  EXPECT_EQ(
      disassemble(makeResidentProgram()),
      "program cores 1\n"
      "segment dram0 input 1024 bytes \"x\"\n"
      "segment dram1 constant 1024 bytes \"w\"\n"
      "resident local0+0x1000 32 bytes\n"
      "\n"
      "set-up queue 0.dma\n"
      "     0  copy [32]x1B from dram1+0x0{1} to local0+0x1000{1}\n"
      "\n"
      "queue 0.dma\n"
      "     0  copy [64x16]x1B from dram0+0x0{16,1} to local0+0x0{32,1}\n");
}

TEST(NPUDisassembler, ComputeCommands) {
  TensorCommand conv;
  conv.rows = {1, 14, 14};
  conv.columns = 8;
  conv.reduction = {3, 3, 4};
  conv.activation.type = conv.weight.type = ElementType::BF16;
  conv.activation.strides = {0, 112, 8, 112, 8, 2};
  conv.activation.guards.push_back({-1, 14, {0, 1, 0, 1, 0, 0}, {}});
  conv.weight.address.offset = 0x1000;
  conv.weight.strides = {192, 64, 16, 2};
  conv.hasClamp = true;
  conv.clampHigh = 6.0f;
  conv.output.type = ElementType::BF16;
  conv.output.address.offset = 0x2000;
  conv.output.strides = {0, 224, 16, 2};

  VectorCommand sum;
  sum.sizes = {10, 20};
  sum.numReductionDims = 1;
  sum.inputs.resize(1);
  sum.inputs[0].type = ElementType::BF16;
  sum.inputs[0].strides = {40, 2};
  sum.body = {{VectorOpcode::Load, 1, 0, 0, 0, 0}};
  sum.reductions = {{Combiner::AddF, 1, 0, 0}};
  sum.finish = {{VectorOpcode::ConstF32, 2, 0, 0, 0, 0x3d4ccccd},
                {VectorOpcode::MulF, 3, 0, 2, 0, 0}};
  sum.outputs.resize(1);
  sum.outputs[0].source = 3;
  sum.outputs[0].descriptor.type = ElementType::F32;
  sum.outputs[0].descriptor.strides = {4};

  Program program;
  program.queues.push_back({0, Engine::Tensor, {conv}});
  program.queues.push_back({0, Engine::Vector, {sum}});
  EXPECT_EQ(disassemble(program), R"(program cores 1

queue 0.tensor
     0  tensor [1x14x14]x8 red [3x3x4] act local0+0x0:bf16{0,112,8,112,8,2} if(-1+d1*1+d3*1 < 14) else 0 weight local0+0x1000:bf16{192,64,16,2} clamp [0,6] out local0+0x2000:bf16{0,224,16,2}

queue 0.vector
     0  vector [10] red [20] in local0+0x0:bf16{40,2} body { r1 = Load in0; } reduce r0 = AddF r1 from 0x0 finish { r2 = ConstF32 0.0500000007; r3 = MulF r0 r2; } r3:f32 -> out local0+0x0:f32{4}
)");
}

} // namespace
