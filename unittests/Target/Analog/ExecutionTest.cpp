//===- ExecutionTest.cpp - The simulated chip -----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "SmallProgram.h"
#include "garam/Target/Analog/Encoding.h"
#include "garam/Target/Analog/Machine/Timing.h"
#include "garam/Target/Analog/Simulator.h"
#include "llvm/Support/Endian.h"
#include "gtest/gtest.h"

#include <random>

using namespace garam;
using namespace garam::analog;

namespace {

/// The memory of the small program and what a run of it gives.
struct SmallRun {
  std::vector<uint8_t> constants = getSmallConstants();
  std::vector<uint8_t> input = std::vector<uint8_t>(24);
  std::vector<uint8_t> output = std::vector<uint8_t>(16);
  InstanceOptions instance;
  DeviceRunOptions options;
  SetupCost setup;
  std::optional<DeviceRun> result;

  void setInputs(llvm::ArrayRef<float> values) {
    for (size_t i = 0; i < values.size(); ++i)
      llvm::support::endian::write32le(input.data() + 4 * i,
                                       llvm::bit_cast<uint32_t>(values[i]));
  }
  std::vector<float> getOutputs() const {
    std::vector<float> values;
    for (size_t i = 0; i < output.size(); i += 4)
      values.push_back(llvm::bit_cast<float>(
          llvm::support::endian::read32le(output.data() + i)));
    return values;
  }
  std::string run(const Program &program) {
    MachineDescription machine = readHermes();
    llvm::MutableArrayRef<uint8_t> segments[] = {constants, input, output};
    auto made = makeInstance(program, machine, constants, instance);
    if (!made)
      return llvm::toString(made.takeError());
    setup = (*made)->getSetupCost();
    auto run = (*made)->run(segments, options);
    if (!run)
      return llvm::toString(run.takeError());
    result = std::move(*run);
    return "";
  }
};

// (1, 2, -3) and (4, -5, 6.5 -> 6) times the levels, halved, plus 10 and 20.
TEST(AnalogExecution, SmallProgram) {
  SmallRun run;
  run.setInputs({1, 2, -3, 4, -5, 6.5});
  EXPECT_EQ(run.run(makeSmallProgram()), "");
  EXPECT_EQ(run.getOutputs(), (std::vector<float>{
                                  (1 + 6 - 15) / 2.0f + 10,
                                  (-2 + 8 + 18) / 2.0f + 20,
                                  (4 - 15 + 30) / 2.0f + 10,
                                  (-8 - 20 - 36) / 2.0f + 20,
                              }));
  EXPECT_EQ(run.result->macs, 12u);
  EXPECT_EQ(run.result->executedCommands, 11u);
}

// The digital unit's commands and one read, with two signals between them: both
// cores work at once. The shares of the path sum to the latency.
TEST(AnalogExecution, CoresWorkSideBySide) {
  SmallRun run;
  run.instance.timingOnly = true;
  Program program = makeSmallProgram();
  EXPECT_EQ(run.run(program), "");
  MachineDescription machine = readHermes();
  auto getTime = [&](unsigned queue, unsigned command) {
    return getCost(program.queues[queue].commands[command], program, machine)
        .getTime();
  };
  sim::Time signal = sim::getTime(machine.synchronisationSeconds);
  EXPECT_EQ(run.result->latencyFs,
            getTime(0, 0) + signal + getTime(1, 1) + signal + getTime(0, 4));
  EXPECT_EQ(getTime(1, 1), 2 * sim::getTime(machine.read.fourPhaseSeconds));
  uint64_t sum = 0;
  for (const TimeShare &share : run.result->criticalPath)
    sum += share.femtoseconds;
  EXPECT_EQ(sum, run.result->latencyFs);
  EXPECT_EQ(run.result->laneBusyFs,
            (std::vector<uint64_t>{getTime(0, 0) + getTime(0, 4), getTime(1, 1),
                                   getTime(2, 1)}));
}

// Programming: the rows of a core one after the other, cores at once.
TEST(AnalogExecution, SetupIsApart) {
  SmallRun run;
  run.instance.timingOnly = true;
  EXPECT_EQ(run.run(makeSmallProgram()), "");
  MachineDescription machine = readHermes();
  const ProgrammingDescription &p = machine.programming;
  double row = p.iterations * (p.pulseSeconds + p.verifySeconds);
  EXPECT_EQ(run.setup.femtoseconds, sim::getTime(2 * row));
  double devices = 3 * 2 * 2 * machine.crossbar.devicesPerPolarity;
  EXPECT_NEAR(run.setup.joule,
              p.iterations *
                  (devices * p.pulseJoules + 3 * machine.read.fourPhaseJoules),
              1e-15);
}

TEST(AnalogExecution, EventsComeInOrderOfTheirEnd) {
  SmallRun run;
  std::vector<DeviceEvent> events;
  run.options.onEvent = [&](const DeviceEvent &event) {
    events.push_back(event);
  };
  EXPECT_EQ(run.run(makeSmallProgram()), "");
  ASSERT_EQ(events.size(), 11u);
  for (size_t i = 1; i < events.size(); ++i)
    EXPECT_LE(events[i - 1].endFs, events[i].endFs);
  EXPECT_EQ(events[0].kind, "quantize");
  EXPECT_EQ(events.back().kind, "accumulate");
}

TEST(AnalogExecution, ValuesAreCopiedWhenTheyAreComplete) {
  DeviceValue value;
  value.name = "node";
  value.type = {DataType::Float32, {2, 2}};
  value.pieces.push_back({2, 0, {8, 4}, {0, 0}, {2, 2}, {{0, 4, 1}}});
  SmallRun run;
  run.setInputs({1, 0, 0, 0, 1, 0});
  run.options.values = value;
  std::vector<Tensor> tensors;
  run.options.onValue = [&](const Tensor &tensor) {
    tensors.push_back(tensor);
  };
  EXPECT_EQ(run.run(makeSmallProgram()), "");
  ASSERT_EQ(tensors.size(), 1u);
  EXPECT_EQ(tensors[0].data, run.output);
  value.pieces[0].offset = 4;
  EXPECT_EQ(run.run(makeSmallProgram()),
            "value 'node' of the debug map leaves its memory");
}

TEST(AnalogExecution, Faults) {
  SmallRun deadlock;
  Program program = makeSmallProgram();
  std::get<WaitCommand>(program.queues[1].commands[0]).count = 2;
  EXPECT_EQ(
      deadlock.run(program),
      "deadlock: queue 0 waits at command 3 for semaphore 0 to reach 2, "
      "it is 1, queue 1 waits at command 0 for semaphore 0 to reach 2, it "
      "is 1");

  SmallRun overflow;
  program = makeSmallProgram();
  for (unsigned i = 0; i < 2; ++i)
    program.queues[1].commands.push_back(SignalCommand{2, 3, 65535});
  EXPECT_EQ(overflow.run(program),
            "queue 2: semaphore 3 overflows: its count becomes 131070, the "
            "most is 65535");

  SmallRun step;
  step.constants[24] = 0;
  EXPECT_EQ(step.run(makeSmallProgram()),
            "layer 0: the ADC of column 0 of a tile has a step of 0");

  SmallRun small;
  small.input.resize(20);
  EXPECT_EQ(small.run(makeSmallProgram()),
            "segment 'input' has 20 bytes, needed 24");
}

/// Vectors of all commands times cells of their layers.
uint64_t getWork(const Program &program) {
  uint64_t work = 0;
  for (const Queue &queue : program.queues)
    for (const Command &command : queue.commands)
      if (const auto *read = std::get_if<ReadCommand>(&command))
        work += read->count * program.layers[read->layer].getRows();
  for (const Layer &layer : program.layers)
    work += layer.getVectors() * (layer.getRows() + layer.getColumns());
  return work;
}

// Whatever a damaged program that the checker accepts does, it leaves the bytes
// around its output and its inputs as they are.
TEST(AnalogExecution, DamagedProgramsStayInTheirMemory) {
  std::mt19937 random(1);
  MachineDescription machine = readHermes();
  const std::vector<uint8_t> original = encode(makeSmallProgram());
  unsigned executed = 0;
  for (unsigned round = 0; round < 20000; ++round) {
    std::vector<uint8_t> bytes = original;
    for (unsigned change = 0; change <= random() % 2; ++change)
      bytes[random() % bytes.size()] ^= 1 << random() % 8;
    llvm::Expected<Program> program = decode(bytes);
    if (!program) {
      llvm::consumeError(program.takeError());
      continue;
    }
    constexpr uint64_t muchWork = 1 << 20;
    if (llvm::Error error = checkProgram(*program, machine)) {
      llvm::consumeError(std::move(error));
      continue;
    }
    if (program->segments.size() != 3 || program->segments[0].size > muchWork ||
        getWork(*program) > muchWork)
      continue;
    constexpr size_t guard = 64;
    std::vector<std::vector<uint8_t>> memory;
    std::vector<llvm::MutableArrayRef<uint8_t>> segments;
    for (const DeviceSegment &segment : program->segments) {
      memory.emplace_back(segment.size + 2 * guard, 0xA5);
      segments.push_back(
          llvm::MutableArrayRef(memory.back()).slice(guard, segment.size));
    }
    std::vector<uint8_t> constants = getSmallConstants();
    std::copy_n(constants.begin(),
                std::min(constants.size(), segments[0].size()),
                segments[0].begin());
    std::vector<std::vector<uint8_t>> before = memory;
    DeviceRunOptions options;
    options.threads = 1;
    auto instance = makeInstance(*program, machine, segments[0], {});
    if (!instance) {
      llvm::consumeError(instance.takeError());
      continue;
    }
    llvm::consumeError((*instance)->run(segments, options).takeError());
    ++executed;
    for (size_t i = 0; i < memory.size(); ++i) {
      bool isWritable = program->segments[i].role == MemoryRole::Output ||
                        program->segments[i].role == MemoryRole::Scratch ||
                        program->segments[i].role == MemoryRole::State;
      if (isWritable) // what is inside may change
        std::copy_n(memory[i].begin() + guard, segments[i].size(),
                    before[i].begin() + guard);
      ASSERT_EQ(memory[i], before[i]) << round;
    }
  }
  EXPECT_GT(executed, 1000u);
}

} // namespace
