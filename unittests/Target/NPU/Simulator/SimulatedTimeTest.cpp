//===- SimulatedTimeTest.cpp - Time of programs: contention, paths, energy ===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "SimulatorTesting.h"
#include "garam/Simulation/Kernel.h"
#include "garam/Target/NPU/Device.h"
#include "garam/Target/NPU/Machine/Timing.h"

#include "gtest/gtest.h"

#include <numeric>

using namespace garam::npu;
using namespace garam::npu::testing;

namespace {

const ElementType u8 = ElementType::U8;
constexpr uint64_t ns = 1'000'000; // femtoseconds

/// A machine whose SRAM is faster than all else, and a segment of 1 MiB.
class SimulatedTimeTest : public ::testing::Test {
protected:
  SimulatedTimeTest() : test(4) {
    test.machine.local.writeBytesPerCycle = 256;
    test.machine.local.readBytesPerCycle = 256;
    segment = test.addSegment(1 << 20);
  }

  void load(uint32_t bytes, unsigned core = 0) {
    test.add(Engine::DMA,
             copyBytes(dram(segment, u8, {}), local(0, u8, {}, core), bytes),
             core);
  }

  /// A tensor command with ceil(reduction / 8) cycles.
  TensorCommand makeTensor(uint32_t reduction, unsigned core = 0) {
    TensorCommand command;
    command.reduction = {1, 1, reduction};
    command.activation = local(0, ElementType::I8, {0, 0, 0, 0, 0, 1}, core);
    command.weight = local(65536, ElementType::I8, {0, 0, 1, 0}, core);
    command.output = local(131072, ElementType::I32, {}, core);
    return command;
  }

  SimulationResult run() {
    SimulationOptions options;
    options.tracePath = true;
    SimulationResult result = test.runOrFail(options);
    EXPECT_EQ(std::accumulate(result.criticalPathFs.begin(),
                              result.criticalPathFs.end(), uint64_t(0)),
              result.latencyFs);
    // The commands that it leads over have spent the same.
    std::array<uint64_t, numTimeCategories> traced = {};
    for (const PathInterval &interval : result.path)
      traced[static_cast<unsigned>(interval.category)] += interval.femtoseconds;
    EXPECT_EQ(traced, result.criticalPathFs);
    return result;
  }

  static uint64_t get(const SimulationResult &result, TimeCategory category) {
    return result.criticalPathFs[static_cast<unsigned>(category)];
  }

  TestProgram test;
  unsigned segment;
};

TEST_F(SimulatedTimeTest, ATransferAloneTakesItsClosedForm) {
  load(4096);
  SimulationResult result = run();
  EXPECT_EQ(result.latencyFs, 628 * ns);
  EXPECT_EQ(get(result, TimeCategory::FixedCost), 500 * ns);
  EXPECT_EQ(get(result, TimeCategory::DRAMBandwidth) +
                get(result, TimeCategory::NetworkBandwidth),
            128 * ns);
  EXPECT_EQ(result.queueBusyFs, (std::vector<uint64_t>{628 * ns}));
}

TEST_F(SimulatedTimeTest, ATensorCommandTakesItsClosedForm) {
  test.addTensor(makeTensor(8000));
  SimulationResult result = run();
  EXPECT_EQ(result.latencyFs, (100 + 10 + 1000) * ns);
  EXPECT_EQ(get(result, TimeCategory::FixedCost), 100 * ns);
  EXPECT_EQ(get(result, TimeCategory::Fill), 10 * ns);
  EXPECT_EQ(get(result, TimeCategory::Compute), 1000 * ns);
}

// Two cores that stream from DRAM get half of its rate each.
TEST_F(SimulatedTimeTest, StreamsShareDRAM) {
  load(65536, 0);
  load(65536, 1);
  SimulationResult result = run();
  EXPECT_EQ(result.latencyFs, (500 + 2 * 2048) * ns);
  // The last packet waits for the other core's before it, as all have.
  EXPECT_EQ(get(result, TimeCategory::Contention), 2048 * ns);
  EXPECT_EQ(get(result, TimeCategory::DRAMBandwidth), 2048 * ns);
}

// Where DRAM is not the limit, they do not hinder each other.
TEST_F(SimulatedTimeTest, StreamsOnDifferentPortsRunAtOnce) {
  for (unsigned core : {0, 2})
    test.add(
        Engine::DMA,
        copyBytes(local(0, u8, {}, core), local(0, u8, {}, core + 1), 65536),
        core);
  EXPECT_EQ(run().latencyFs, (500 + 2048) * ns);
}

// Two senders share the port of the receiver.
TEST_F(SimulatedTimeTest, StreamsShareAPort) {
  for (unsigned core : {0, 2})
    test.add(Engine::DMA,
             copyBytes(local(0, u8, {}, core), local(131072 * core, u8, {}, 3),
                       65536),
             core);
  EXPECT_EQ(run().latencyFs, (500 + 2 * 2048) * ns);
}

// A contraction slows the streams of its own core.
TEST_F(SimulatedTimeTest, ContractionsSlowStreams) {
  test.machine.dram.contractionSlowdown = 0.2;
  load(65536);
  uint64_t alone = run().latencyFs;
  EXPECT_EQ(alone, (500 + 2048) * ns);
  test.addTensor(makeTensor(8000)); // until 1110 ns
  uint64_t together = run().latencyFs;
  // During (1110 - 500) ns the stream advances by 80 % of that.
  EXPECT_NEAR(double(together), double(alone + 122 * ns), double(4 * ns));
  test.machine.dram.contractionSlowdown = 0;
  EXPECT_EQ(run().latencyFs, alone);
}

// The path leads through the signal to the queue that sent it.
TEST_F(SimulatedTimeTest, CriticalPathFollowsSignals) {
  load(4096);
  test.order(Engine::DMA, Engine::Tensor);
  test.addTensor(makeTensor(800));
  // On another core, sooner.
  test.add(Engine::Tensor, makeTensor(8, 1), 1);
  test.order(Engine::Tensor, Engine::Tensor, 1, 1, 0);
  test.addTensor(makeTensor(8));
  SimulationResult result = run();
  // start-up, stream, signal, fixed + fill + 100, fixed + fill + 1
  EXPECT_EQ(result.latencyFs, (500 + 128 + 20 + 210 + 111) * ns);
  EXPECT_EQ(get(result, TimeCategory::Synchronisation), 20 * ns);
  EXPECT_EQ(get(result, TimeCategory::FixedCost), 700 * ns);
  EXPECT_EQ(get(result, TimeCategory::Fill), 20 * ns);
  EXPECT_EQ(get(result, TimeCategory::Compute), 101 * ns);
  // Queue 1 has the transfer, queue 0 the contractions, each behind a wait
  // command.
  using Place = std::pair<uint32_t, uint32_t>;
  std::vector<Place> commands;
  for (const PathInterval &interval : result.path) {
    Place place = {interval.queue, interval.command};
    if (commands.empty() || commands.back() != place)
      commands.push_back(place);
  }
  EXPECT_EQ(commands, (std::vector<Place>{{1, 0}, {0, 0}, {0, 1}, {0, 3}}));
}

TEST_F(SimulatedTimeTest, RemoteSignalsTakeLonger) {
  test.add(Engine::Tensor, makeTensor(8, 1), 1);
  test.order(Engine::Tensor, Engine::Vector, 0, 1, 2);
  SimulationResult result = run();
  EXPECT_EQ(result.latencyFs, (111 + 200) * ns);
  EXPECT_EQ(get(result, TimeCategory::Synchronisation), 200 * ns);
}

TEST_F(SimulatedTimeTest, EventsOfCommands) {
  load(4096);
  test.order(Engine::DMA, Engine::Tensor);
  test.addTensor(makeTensor(8));
  std::vector<CommandEvent> events;
  SimulationOptions options;
  options.onCommand = [&](const CommandEvent &event) {
    events.push_back(event);
  };
  test.runOrFail(options);
  // Queue 0 is the tensor engine's: it waits from the start on.
  const std::vector<CommandEvent> expected = {{1, 0, 0, 628 * ns},
                                              {1, 1, 628 * ns, 628 * ns},
                                              {0, 0, 0, 648 * ns},
                                              {0, 1, 648 * ns, 759 * ns}};
  ASSERT_EQ(events.size(), expected.size());
  for (unsigned i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i].queue, expected[i].queue);
    EXPECT_EQ(events[i].command, expected[i].command);
    EXPECT_EQ(events[i].startFs, expected[i].startFs);
    EXPECT_EQ(events[i].endFs, expected[i].endFs);
  }
}

TEST_F(SimulatedTimeTest, EnergyIsThatOfWorkAndTraffic) {
  load(4096);
  test.order(Engine::DMA, Engine::Tensor);
  TensorCommand tensor = makeTensor(800);
  test.addTensor(tensor);
  SimulationResult result = run();
  uint64_t bytes = getTime(tensor, test.machine).localBytes;
  EXPECT_EQ(result.macs, 800u);
  EXPECT_EQ(result.localBytes, 4096 + bytes);
  double expected = 800 * 1e-12              // MACs
                    + (4096 + bytes) * 1e-12 // SRAM
                    + 4096 * 1e-12           // network
                    + 4096 * 30e-12;         // DRAM
  EXPECT_NEAR(result.energyJoule, expected, expected * 1e-12);
}

// Times do not depend on data, and need no memory.
TEST_F(SimulatedTimeTest, TimingOnlyIsTheSame) {
  load(65536, 0);
  load(4096, 1);
  test.order(Engine::DMA, Engine::Tensor);
  test.addTensor(makeTensor(800));
  SimulationResult full = run();
  test.memory.clear();
  SimulationOptions options;
  options.timingOnly = true;
  SimulationResult times = test.runOrFail(options);
  EXPECT_EQ(times.latencyFs, full.latencyFs);
  EXPECT_EQ(times.criticalPathFs, full.criticalPathFs);
  EXPECT_EQ(times.energyJoule, full.energyJoule);
}

// Another component of the simulation uses the same DRAM.
class Stream : public garam::sim::Component {
public:
  Stream(garam::sim::Kernel &kernel, garam::sim::BandwidthServer &dram)
      : kernel(kernel), dram(dram) {}
  llvm::Error start() override { return handle(0); }
  llvm::Error handle(uint64_t packet) override {
    garam::sim::Time end = dram.reserve(kernel.now(), 8 * ns).end;
    if (packet < 1000)
      kernel.schedule(end - kernel.now(), *this, packet + 1);
    return llvm::Error::success();
  }
  std::string describeBlocked() const override { return ""; }

  garam::sim::Kernel &kernel;
  garam::sim::BandwidthServer &dram;
};

/// Starts a component after a while.
class Delay : public garam::sim::Component {
public:
  Delay(garam::sim::Kernel &kernel, garam::sim::Component &other,
        garam::sim::Time time)
      : kernel(kernel), other(other), time(time) {}
  llvm::Error start() override {
    kernel.schedule(time, *this, 0);
    return llvm::Error::success();
  }
  llvm::Error handle(uint64_t) override { return kernel.start(other); }
  std::string describeBlocked() const override { return ""; }

  garam::sim::Kernel &kernel;
  garam::sim::Component &other;
  garam::sim::Time time;
};

TEST_F(SimulatedTimeTest, DevicesOfOneKernelContend) {
  load(65536);
  garam::sim::Kernel kernel;
  garam::sim::BandwidthServer shared;
  SimulationOptions options;
  options.timingOnly = true;
  llvm::Expected<std::unique_ptr<Device>> device = Device::create(
      kernel, test.program, test.machine, {}, {}, options, &shared);
  ASSERT_TRUE(bool(device));
  Stream stream(kernel, shared);
  kernel.add(**device);
  kernel.add(stream);
  ASSERT_FALSE(llvm::errorToBool(kernel.run()));
  // After the packet that is under way at 500 ns, 256 packets of 8 ns take
  // turns with those of the other stream.
  EXPECT_EQ((*device)->getResult().latencyFs, (504 + (2 * 256 - 1) * 8) * ns);
}

// A device that is started later takes the same time, and says when it is done.
TEST_F(SimulatedTimeTest, LatencyCountsFromTheStart) {
  load(65536);
  uint64_t alone = run().latencyFs;
  garam::sim::Kernel kernel;
  std::vector<uint64_t> ends, starts;
  SimulationOptions options;
  options.timingOnly = true;
  options.onEnd = [&] {
    ends.push_back(kernel.now());
    return llvm::Error::success();
  };
  options.onCommand = [&](const CommandEvent &event) {
    starts.push_back(event.startFs);
  };
  llvm::Expected<std::unique_ptr<Device>> device =
      Device::create(kernel, test.program, test.machine, {}, {}, options);
  ASSERT_TRUE(bool(device));
  Delay delay(kernel, **device, 7 * ns);
  kernel.add(delay);
  ASSERT_FALSE(llvm::errorToBool(kernel.run()));
  EXPECT_EQ((*device)->getResult().latencyFs, alone);
  EXPECT_EQ(ends, std::vector<uint64_t>({alone + 7 * ns}));
  ASSERT_FALSE(starts.empty());
  EXPECT_EQ(starts.front(), 7 * ns);
  uint64_t sum = 0;
  for (uint64_t part : (*device)->getResult().criticalPathFs)
    sum += part;
  EXPECT_EQ(sum, alone);
}

} // namespace
