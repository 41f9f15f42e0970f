//===- ProgramTest.cpp - Programs and their binary form -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Machines.h"

#include "garam/Target/PIM/ChannelWalk.h"
#include "garam/Target/PIM/Encoding.h"
#include "garam/Target/PIM/Execution.h"
#include "garam/Target/PIM/Simulator.h"
#include "gtest/gtest.h"

#include <random>

using namespace garam;
using namespace garam::pim;
using namespace garam::pim::test;

namespace {

/// A program with every kind of step and command.
Program makeProgram() {
  Program program;
  program.segments = {{MemoryRole::Constant, 4 * bytesPerBurst, "weights"},
                      {MemoryRole::Input, 40, "x"},
                      {MemoryRole::Output, 12, "y"}};
  program.microKernels = {llvm::cantFail(
      assemble("MAC GRF_B, GRF_A, EVEN_BANK, auto\nNOP 7\nEXIT\n", "kernel"))};
  program.literals = {Burst()};
  program.stagingBursts = 6;

  Phase weights = {"weights", /*isSetup=*/true, {}};
  AccessCommand store;
  store.kind = TransactionKind::Write;
  store.source = DataSource::Constant;
  store.channels = {0, 2};
  store.dataEnd = 3;
  store.channelData = 2;
  store.dims = {{2, 1, 0, 1}};
  weights.commands = {store};
  program.steps.push_back(weights);

  ConvertCommand convert;
  convert.source = {1, 0, FloatType::F32};
  convert.dims = {{2, 5}, {5, 1}};
  convert.bursts = 1;
  program.steps.push_back(convert);

  Phase kernel = {"kernel", /*isSetup=*/false, {}};
  AccessCommand load;
  load.kind = TransactionKind::Write;
  load.source = DataSource::Staging;
  load.channels = {0, 1};
  load.place = 32;
  load.repeats = {{32, 0}};
  AccessCommand read;
  read.channels = {0, 1};
  read.repeats = {{32, 0}};
  kernel.commands = {RepeatBegin{3}, load, BarrierCommand{{0, 1}}, read,
                     RepeatEnd()};
  program.steps.push_back(kernel);

  Phase result = {"result", /*isSetup=*/false, {}};
  AccessCommand fetch;
  fetch.kind = TransactionKind::ResultRead;
  fetch.channels = {0, 1};
  fetch.data = 1;
  fetch.dataEnd = 4;
  fetch.dims = {{3, 0, 1, 1}};
  result.commands = {fetch};
  program.steps.push_back(result);

  ReduceCommand reduce;
  reduce.staging = 1;
  reduce.outputs = 3;
  reduce.bias = TensorPlace{0, 0, FloatType::F32};
  reduce.destination = {2, 0, FloatType::F32};
  program.steps.push_back(reduce);
  program.steps.push_back(StoreCommand{1, 3, {2, 0, FloatType::F32}});
  return program;
}

MachineDescription machine = describeMachine(/*channels=*/2, /*ranks=*/1);

TEST(PIMProgram, RoundTrip) {
  Program program = makeProgram();
  ASSERT_EQ(llvm::toString(check(program, machine)), "");
  std::vector<uint8_t> bytes = encode(program);
  llvm::Expected<Program> decoded = decodeProgram(bytes);
  ASSERT_TRUE(bool(decoded)) << llvm::toString(decoded.takeError());
  EXPECT_EQ(encode(*decoded), bytes);
  std::string text, decodedText;
  llvm::raw_string_ostream os(text), decodedOs(decodedText);
  disassemble(program, machine, os);
  disassemble(*decoded, machine, decodedOs);
  EXPECT_EQ(text, decodedText);
  EXPECT_NE(text.find("phase weights of the setup\n"
                      "  write constant 0 below 3 channels 0 to 1 (data +2 for "
                      "every 1) rank 0 bank 0 row 0x0 column 0, 2 times bank "
                      "+1 data +1\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("convert segment 1 byte 0 as f32, 2 by 5, 5 by 1, to "
                      "staging 0, 1 bursts\n"),
            std::string::npos);
  EXPECT_NE(text.find("  repeat 3\n    write staging 0 below 1 channels 0 to 0 "
                      "rank 0 bank 0 row 0x1 column 0, a turn column +32 data "
                      "+0\n    barrier channels 0 to 0\n"),
            std::string::npos);
  EXPECT_NE(text.find("result to staging 1 below 4"), std::string::npos);
  EXPECT_NE(text.find("reduce staging 1, 3 outputs of 1 parts by 0, alpha 1, "
                      "beta 1 of segment 0 byte 0 as f32, to segment 2"),
            std::string::npos);
  EXPECT_NE(text.find("store staging 1, 3 elements, to segment 2 byte 0"),
            std::string::npos);
  std::get<ReduceCommand>(program.steps[4]).relu = true;
  std::string withRelu;
  llvm::raw_string_ostream reluOs(withRelu);
  disassemble(program, machine, reluOs);
  EXPECT_NE(withRelu.find(", relu, to segment 2"), std::string::npos);
}

//===----------------------------------------------------------------------===//
// Expansion
//===----------------------------------------------------------------------===//

/// "bank/place=data", with B behind a barrier.
std::string listAccesses(const Phase &phase, uint32_t channel) {
  ChannelWalk walk(phase.commands, channel);
  std::string list;
  while (auto access = walk.next())
    list += std::to_string(access->bank) + "/" + std::to_string(access->place) +
            "=" + std::to_string(access->data) +
            (access->isBarrier ? "B " : " ");
  return list;
}

// What is at the end or beyond is left out; the second channel's data follow.
TEST(PIMChannelWalk, DataEnd) {
  Program program = makeProgram();
  const auto &weights = std::get<Phase>(program.steps[0]);
  EXPECT_EQ(listAccesses(weights, 0), "0/0=0 1/0=1 ");
  EXPECT_EQ(listAccesses(weights, 1), "0/0=2 ");
}

// Repetitions move accesses on; a barrier belongs to the access before it.
TEST(PIMChannelWalk, Repetitions) {
  Program program = makeProgram();
  const auto &kernel = std::get<Phase>(program.steps[2]);
  EXPECT_EQ(listAccesses(kernel, 0), "0/32=0B 0/0=0 0/64=0B 0/32=0 0/96=0B "
                                     "0/64=0 ");
  EXPECT_EQ(listAccesses(kernel, 1), "");
}

// Groups of channels share data; a barrier before the first access is nothing.
TEST(PIMChannelWalk, ChannelGroups) {
  AccessCommand access;
  access.channels = {2, 4};
  access.channelGroup = 2;
  access.channelData = 5;
  access.dataEnd = 100;
  access.data = 1;
  access.repeats = {{10, 1}, {1, 7}};
  Phase phase = {"p",
                 false,
                 {BarrierCommand{{0, 8}}, RepeatBegin{2}, RepeatBegin{2},
                  access, RepeatEnd(), RepeatEnd()}};
  EXPECT_EQ(listAccesses(phase, 2), "0/0=1 0/1=8 0/10=2 0/11=9 ");
  EXPECT_EQ(listAccesses(phase, 3), "0/0=1 0/1=8 0/10=2 0/11=9 ");
  EXPECT_EQ(listAccesses(phase, 4), "0/0=6 0/1=13 0/10=7 0/11=14 ");
  EXPECT_EQ(listAccesses(phase, 6), "");
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

const std::string tooLong = "the program has more than 2^36 transactions and "
                            "operations of the driver";

/// The error of the program that `change` has spoilt.
template <typename Change>
std::string getError(Change change) {
  Program program = makeProgram();
  change(program);
  return llvm::toString(check(program, machine));
}

AccessCommand &getAccess(Program &program, size_t step, size_t command) {
  return std::get<AccessCommand>(
      std::get<Phase>(program.steps[step]).commands[command]);
}

TEST(PIMProgramCheck, Accesses) {
  using P = Program;
  const std::string weights = "step 0, command 0: ";
  EXPECT_EQ(getError([](P &p) { getAccess(p, 0, 0).channels = {1, 2}; }),
            weights + "names channels 1 to 3, but there are 2");
  EXPECT_EQ(getError([](P &p) { getAccess(p, 0, 0).channels.count = 0; }),
            weights + "counts channels or a dimension as 0");
  EXPECT_EQ(getError([](P &p) { getAccess(p, 0, 0).dims[0].count = 0; }),
            weights + "counts channels or a dimension as 0");
  EXPECT_EQ(getError([](P &p) { getAccess(p, 0, 0).channelGroup = 0; }),
            weights + "counts channels or a dimension as 0");
  EXPECT_EQ(getError([](P &p) { getAccess(p, 0, 0).rank = 1; }),
            weights + "accesses rank 1, but there are 1");
  EXPECT_EQ(getError([](P &p) { getAccess(p, 0, 0).bank = 15; }),
            weights + "accesses bank 16, but there are 16");
  EXPECT_EQ(getError([](P &p) { getAccess(p, 0, 0).dims[0].bank = ~0u; }),
            weights + "accesses bank 4294967295, but there are 16");
  EXPECT_EQ(getError([](P &p) { getAccess(p, 0, 0).place = 524288; }),
            weights + "accesses place 524288 of a bank, which has 524288");
  EXPECT_EQ(
      getError([](P &p) { getAccess(p, 2, 1).repeats[0].place = 1 << 18; }),
      "step 2, command 1: accesses place 524320 of a bank, which has "
      "524288");
  EXPECT_EQ(getError([](P &p) { getAccess(p, 0, 0).dataEnd = 5; }),
            weights + "has data up to burst 5 of 'constant', which has 4");
  EXPECT_EQ(getError([](P &p) { p.segments[0].role = MemoryRole::Input; }),
            weights + "has data up to burst 3 of 'constant', which has 0");
  EXPECT_EQ(getError([](P &p) {
              getAccess(p, 0, 0).source = DataSource::MicroKernel;
              getAccess(p, 0, 0).dataEnd = 5;
            }),
            weights + "has data up to burst 5 of 'micro_kernel', which has 4");
  EXPECT_EQ(
      getError([](P &p) { getAccess(p, 0, 0).source = DataSource::Literal; }),
      weights + "has data up to burst 3 of 'literal', which has 1");
  EXPECT_EQ(getError([](P &p) { getAccess(p, 3, 0).dataEnd = 7; }),
            "step 3, command 0: has data up to burst 7 of 'staging', which has "
            "6");
  EXPECT_EQ(getError([](P &p) { getAccess(p, 0, 0).dims[0].data = ~0u; }),
            weights + "has data beyond the largest number of a burst");
  EXPECT_EQ(
      getError([](P &p) { getAccess(p, 0, 0).source = DataSource::Staging; }),
      weights + "needs the driver, but belongs to the setup");
  EXPECT_EQ(getError([](P &p) { getAccess(p, 2, 1).repeats.clear(); }),
            "step 2, command 1: has steps for 0 repetitions, but is in 1");
  EXPECT_EQ(
      getError([](P &p) { getAccess(p, 0, 0).dims.assign(2, {~0u, 0, 0, 0}); }),
      weights + tooLong);
}

TEST(PIMProgramCheck, Phases) {
  using P = Program;
  auto commands = [](P &p) -> auto & {
    return std::get<Phase>(p.steps[2]).commands;
  };
  EXPECT_EQ(getError([](P &p) { std::get<Phase>(p.steps[2]).isSetup = true; }),
            "step 2: belongs to the setup, but comes after a step of a run");
  EXPECT_EQ(getError([](P &p) { std::get<Phase>(p.steps[2]).name = "a b"; }),
            "step 2: a phase has a name of letters, digits, '_', '-' and '.'");
  EXPECT_EQ(getError([&](P &p) { commands(p)[0] = RepeatBegin{0}; }),
            "step 2, command 0: repeats nothing: its count is 0");
  EXPECT_EQ(getError([&](P &p) { commands(p).pop_back(); }),
            "step 2: has a repetition without an end");
  EXPECT_EQ(getError([&](P &p) { commands(p).push_back(RepeatEnd()); }),
            "step 2, command 5: ends a repetition that has not begun");
  EXPECT_EQ(getError([&](P &p) { commands(p)[2] = BarrierCommand{{2, 1}}; }),
            "step 2, command 2: names channels 2 to 3, but there are 2");
  // Nothing but repetitions of repetitions ends too.
  EXPECT_EQ(getError([&](P &p) {
              commands(p) = {RepeatBegin{~0u}, RepeatBegin{~0u}, RepeatEnd(),
                             RepeatEnd()};
            }),
            "step 2, command 2: " + tooLong);
}

TEST(PIMProgramCheck, Driver) {
  using P = Program;
  auto convert = [](P &p) -> ConvertCommand & {
    return std::get<ConvertCommand>(p.steps[1]);
  };
  auto reduce = [](P &p) -> ReduceCommand & {
    return std::get<ReduceCommand>(p.steps[4]);
  };
  auto store = [](P &p) -> StoreCommand & {
    return std::get<StoreCommand>(p.steps[5]);
  };
  EXPECT_EQ(getError([&](P &p) { convert(p).dims[0].count = 0; }),
            "step 1: counts a dimension as 0");
  EXPECT_EQ(getError([&](P &p) { convert(p).dims[0].count = 4; }),
            "step 1: converts 20 elements, but has 1 bursts of 16 for them");
  EXPECT_EQ(getError([&](P &p) { convert(p).staging = 6; }),
            "step 1: uses bursts 6 to 7 of the staging buffer, which has 6");
  EXPECT_EQ(getError([&](P &p) { convert(p).source.offset = 4; }),
            "step 1: reaches byte 44 of segment 'x', which has 40");
  EXPECT_EQ(getError([&](P &p) { convert(p).dims[0].stride = ~uint64_t(0); }),
            "step 1: reaches byte 18446744073709551615 of segment 'x', which "
            "has 40");
  EXPECT_EQ(getError([&](P &p) { convert(p).source.segment = 3; }),
            "step 1: names segment 3, but there are 3");
  EXPECT_EQ(getError([&](P &p) { reduce(p).outputs = 0; }),
            "step 4: sums up nothing");
  EXPECT_EQ(getError([&](P &p) {
              reduce(p).parts = 2;
              reduce(p).partStride = 3;
            }),
            "step 4: uses bursts 1 to 7 of the staging buffer, which has 6");
  EXPECT_EQ(getError([&](P &p) { reduce(p).bias->type = FloatType::F16; }),
            "step 4: has a bias that is not of f32");
  EXPECT_EQ(getError([&](P &p) { reduce(p).destination.segment = 1; }),
            "step 4: writes segment 'x', which is only to be read");
  EXPECT_EQ(getError([&](P &p) { store(p).elements = 0; }),
            "step 5: stores nothing");
  EXPECT_EQ(getError([&](P &p) { store(p).elements = 4; }),
            "step 5: reaches byte 16 of segment 'y', which has 12");
}

// What a driver computes ends too, however often it reads the same bursts.
TEST(PIMProgramCheck, DriverEnds) {
  using P = Program;
  auto sumUp = [](P &p, uint32_t parts) {
    auto &reduce = std::get<ReduceCommand>(p.steps[4]);
    reduce.parts = parts;
    reduce.partStride = 0;
  };
  EXPECT_EQ(getError([&](P &p) { sumUp(p, ~0u); }), "step 4: " + tooLong);
  EXPECT_EQ(getError([&](P &p) { sumUp(p, 1 << 30); }), "");
  // Each of two is short enough, both together are not.
  EXPECT_EQ(getError([&](P &p) {
              sumUp(p, 1 << 30);
              p.steps.push_back(p.steps[4]);
            }),
            "step 6: " + tooLong);
  // So are the transactions before them.
  EXPECT_EQ(getError([&](P &p) {
              sumUp(p, 1 << 30);
              AccessCommand &fetch = getAccess(p, 3, 0);
              fetch.dims[0] = {1u << 31, 0, 0, 0};
              fetch.dims.push_back({16, 0, 0, 0});
            }),
            "step 4: " + tooLong);
  EXPECT_EQ(getError([](P &p) {
              p.stagingBursts = 1 << 24;
              auto &convert = std::get<ConvertCommand>(p.steps[1]);
              convert.bursts = 1 << 24;
              p.steps.resize(4096, p.steps[1]);
            }),
            "step 260: " + tooLong);
  EXPECT_EQ(getError([](P &p) {
              p.stagingBursts = 1 << 24;
              p.segments[2].size = uint64_t(4) << 28;
              auto &store = std::get<StoreCommand>(p.steps[5]);
              store.staging = 0;
              store.elements = 1 << 28;
              p.steps.resize(4096, p.steps[5]);
            }),
            "step 260: " + tooLong);
}

TEST(PIMProgramCheck, Program) {
  using P = Program;
  EXPECT_EQ(getError([](P &p) { p.microKernels[0].pop_back(); }),
            "the program: micro-kernel 0, instruction 1: a program ends with "
            "EXIT");
  EXPECT_EQ(getError([](P &p) { p.stagingBursts = 1 << 25; }),
            "the program: the staging buffer has at most 16777216 bursts, got: "
            "33554432");
}

//===----------------------------------------------------------------------===//
// Damage
//===----------------------------------------------------------------------===//

TEST(PIMProgramDecoder, Errors) {
  std::vector<uint8_t> bytes = encode(makeProgram());
  auto getDecodeError = [](llvm::ArrayRef<uint8_t> damaged) {
    auto program = decodeProgram(damaged);
    return program ? "" : llvm::toString(program.takeError());
  };
  EXPECT_EQ(getDecodeError({}), "byte 0: ends before the end of field 'magic'");
  std::vector<uint8_t> damaged = bytes;
  damaged[4] = 9;
  EXPECT_EQ(getDecodeError(damaged), "byte 8: field 'version' is 9, but this "
                                     "version of Garam needs 1");
  damaged = bytes;
  damaged.push_back(0);
  EXPECT_EQ(getDecodeError(damaged),
            "byte " + std::to_string(bytes.size()) + ": 1 bytes are left");
  damaged = bytes;
  damaged[12] = 6; // the first segment's role
  EXPECT_EQ(getDecodeError(damaged), "byte 16: field 'role' is 6, not below 6");
  damaged = bytes;
  damaged[35] = 1; // behind "weights"
  EXPECT_EQ(getDecodeError(damaged), "byte 36: field 'name' is not padded with "
                                     "zeros");
}

/// Runs a program that decodes and passes its check.
void runForTime(const Program &program) {
  InstanceOptions timing;
  timing.timingOnly = true;
  auto instance = makeInstance(program, machine, {}, timing);
  if (!instance)
    return llvm::consumeError(instance.takeError());
  llvm::consumeError((*instance)->run({}).takeError());
}

// Every program that is cut off is refused.
TEST(PIMProgramDecoder, Truncations) {
  std::vector<uint8_t> bytes = encode(makeProgram());
  for (size_t size = 0; size < bytes.size(); ++size) {
    auto program = decodeProgram(llvm::ArrayRef(bytes).take_front(size));
    EXPECT_FALSE(bool(program)) << size;
    llvm::consumeError(program.takeError());
  }
}

/// How often an execution of a mutated program may take its time.
uint64_t countAccesses(const Program &program) {
  uint64_t count = 0;
  for (const Step &step : program.steps)
    if (const auto *phase = std::get_if<Phase>(&step))
      for (uint32_t channel = 0; channel < 2; ++channel) {
        ChannelWalk walk(phase->commands, channel);
        while (walk.next() && count < 100000)
          ++count;
      }
  return count;
}

// A bit that flips gives an error or another program that runs to an end,
// inside of its memory.
TEST(PIMProgramDecoder, BitFlips) {
  std::vector<uint8_t> bytes = encode(makeProgram());
  unsigned ran = 0;
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::vector<uint8_t> damaged = bytes;
    damaged[bit / 8] ^= 1 << bit % 8;
    auto program = decodeProgram(damaged);
    if (!program) {
      llvm::consumeError(program.takeError());
      continue;
    }
    if (llvm::Error error = check(*program, machine)) {
      llvm::consumeError(std::move(error));
      continue;
    }
    if (countAccesses(*program) >= 100000)
      continue;
    ++ran;
    runForTime(*program);
  }
  EXPECT_GT(ran, 100u);
}

//===----------------------------------------------------------------------===//
// Execution
//===----------------------------------------------------------------------===//

TEST(PIMExecution, MemoryOfSegments) {
  Program program = makeProgram();
  std::vector<uint8_t> memory(200);
  llvm::MutableArrayRef<uint8_t> all(memory);
  auto instance = llvm::cantFail(makeInstance(program, machine, all, {}));
  auto getRunError =
      [&](llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments) {
        return llvm::toString(instance->run(segments).takeError());
      };
  EXPECT_EQ(getRunError({}), "the program has 3 segments, but memory for 0");
  EXPECT_EQ(getRunError({{}, all.take_front(39), all}),
            "segment 'x' has 39 bytes, needed 40");
  EXPECT_EQ(llvm::toString(makeInstance(program, machine, {}, {}).takeError()),
            "segment 'weights' has 0 bytes, needed " +
                std::to_string(program.segments[0].size));
}

/// Bytes for the program's segments.
std::vector<std::vector<uint8_t>> allocate(const Program &program) {
  std::vector<std::vector<uint8_t>> memory;
  for (const DeviceSegment &segment : program.segments)
    memory.emplace_back(segment.size, 0x3c); // 1.06 in fp16
  return memory;
}

SetupCost getSetupCost(const Program &program) {
  std::vector<uint8_t> constants = allocate(program)[0];
  return llvm::cantFail(makeInstance(program, machine, constants, {}))
      ->getSetupCost();
}

/// Runs the program with data and gives the run and the bytes of 'y'.
std::pair<DeviceRun, std::vector<uint8_t>> run(const Program &program,
                                               StreamObserver observer = {}) {
  std::vector<std::vector<uint8_t>> memory = allocate(program);
  std::vector<llvm::MutableArrayRef<uint8_t>> segments(memory.begin(),
                                                       memory.end());
  auto instance = llvm::cantFail(
      makeInstance(program, machine, memory[0], {}, std::move(observer)));
  DeviceRun result = llvm::cantFail(instance->run(segments));
  return {std::move(result), memory.back()};
}

// Runs of one instance do not show each other: times, energy and data are those
// of the first, whatever came before.
TEST(PIMExecution, RunsOfAnInstanceAreIndependent) {
  Program program = makeProgram();
  // What comes out is what the kernel has written.
  Phase &result = std::get<Phase>(program.steps[3]);
  std::get<AccessCommand>(result.commands[0]).place = 32;
  auto [first, y] = run(program);
  std::vector<uint8_t> constants = allocate(program)[0];
  auto instance = llvm::cantFail(makeInstance(program, machine, constants, {}));
  for (uint8_t byte : {0x3c, 0x44, 0x3c}) {
    SCOPED_TRACE(unsigned(byte));
    std::vector<std::vector<uint8_t>> memory = allocate(program);
    std::fill(memory[1].begin(), memory[1].end(), byte);
    std::vector<llvm::MutableArrayRef<uint8_t>> segments(memory.begin(),
                                                         memory.end());
    DeviceRun again = llvm::cantFail(instance->run(segments));
    EXPECT_EQ(again.latencyFs, first.latencyFs);
    EXPECT_EQ(again.energyJoule, first.energyJoule);
    EXPECT_EQ(again.dramReadBytes, first.dramReadBytes);
    EXPECT_EQ(memory.back() == y, byte == 0x3c);
  }
}

/// What a run sent, as text.
std::string getStream(const Program &program) {
  std::string text;
  llvm::raw_string_ostream os(text);
  TransactionStream head;
  head.header = makeHeader(machine);
  print(head, os);
  run(program,
      [&](const Transaction &transaction, llvm::ArrayRef<uint8_t> data,
          llvm::StringRef phase) { print(transaction, data, phase, os); });
  return text;
}

// The text of a run's stream, replayed, gives its cycles and its data.
TEST(PIMExecution, StreamReplays) {
  Program program = makeProgram();
  auto stream = parseStream(getStream(program), "stream");
  ASSERT_TRUE(bool(stream)) << llvm::toString(stream.takeError());
  auto replayed = simulate(*stream, machine);
  ASSERT_TRUE(bool(replayed)) << llvm::toString(replayed.takeError());
  DeviceRun finished = run(program).first;
  ASSERT_EQ(replayed->phases.size(), 3u);
  sim::Clock clock(machine.timing.clockHz);
  EXPECT_EQ(clock.getTime(replayed->phases[0].cycles),
            getSetupCost(program).femtoseconds);
  for (unsigned phase : {1, 2}) {
    EXPECT_EQ(replayed->phases[phase].name,
              finished.criticalPath[phase].category);
    EXPECT_EQ(clock.getTime(replayed->phases[phase].cycles),
              finished.criticalPath[phase].femtoseconds);
  }
  // The first result is what the constants left at its place.
  ASSERT_EQ(replayed->results.size(), 3u);
  EXPECT_EQ(replayed->results[0][0], 0x3c);
}

// The setup is not in the latency, whose parts are those of the steps.
TEST(PIMExecution, TimesAddUp) {
  DeviceRun finished = run(makeProgram()).first;
  EXPECT_GT(getSetupCost(makeProgram()).femtoseconds, 0u);
  EXPECT_GT(getSetupCost(makeProgram()).joule, 0);
  EXPECT_GT(finished.energyJoule, 0);
  uint64_t sum = 0;
  for (const TimeShare &share : finished.criticalPath)
    sum += share.femtoseconds;
  EXPECT_EQ(sum, finished.latencyFs);
  ASSERT_EQ(finished.criticalPath.size(), 3u);
  EXPECT_EQ(finished.criticalPath[0].category, "driver");
  EXPECT_EQ(finished.criticalPath[1].category, "kernel");
  EXPECT_EQ(finished.criticalPath[2].category, "result");
}

} // namespace
