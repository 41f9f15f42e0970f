//===- LoadedProgramTest.cpp - Loading a program of the NPU ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Target/NPU/LoadedProgram.h"

#include "garam/Target/NPU/Encoding.h"
#include "garam/Target/TargetRegistry.h"

#include "gtest/gtest.h"

#include <set>

using namespace garam;
using namespace garam::npu;

namespace {

/// The error of loading a program that copies a segment of one role to another
/// one.
std::string getError(SegmentRole source, SegmentRole destination) {
  Program program;
  program.segments = {{source, 16, "from"}, {destination, 16, "to"}};
  DMACommand copy;
  copy.sizes = {16};
  copy.source.address.space = MemorySpace::DRAM;
  copy.source.strides = {1};
  copy.destination = copy.source;
  copy.destination.address.index = 1;
  program.queues.push_back({0, Engine::DMA, {copy}});
  TargetFile target = llvm::cantFail(loadTarget("atom"));
  auto loaded =
      loadProgram(llvm::cantFail(encode(program)), target.getBuffer());
  return loaded ? "" : llvm::toString(loaded.takeError());
}

// Weights are mapped from the file of the binary, and inputs are a caller's.
TEST(DeviceProgram, RefusesToWriteWhatIsOnlyRead) {
  EXPECT_EQ(getError(SegmentRole::Input, SegmentRole::Output), "");
  for (SegmentRole role :
       {SegmentRole::Constant, SegmentRole::Parameter, SegmentRole::Input})
    EXPECT_EQ(getError(SegmentRole::Input, role),
              "core 0 dma command 0 writes segment 'to', which is only to be "
              "read");
}

// Events say what their commands do.
TEST(DeviceProgram, EventsNameTheKindsOfCommands) {
  Program program;
  DMACommand fill;
  fill.kind = DMAKind::Fill;
  fill.sizes = {16};
  fill.destination.strides = {1};
  program.queues.push_back(
      {0,
       Engine::DMA,
       {LoopBeginCommand{2, -1}, fill, SignalCommand{0, Engine::DMA, 0, 1},
        WaitCommand{0, 1}, LoopEndCommand()}});
  TargetFile target = llvm::cantFail(loadTarget("atom"));
  auto loaded = llvm::cantFail(
      loadProgram(llvm::cantFail(encode(program)), target.getBuffer()));
  std::set<std::string> kinds;
  DeviceRunOptions options;
  options.onEvent = [&](const DeviceEvent &event) {
    kinds.insert(event.kind.str());
    EXPECT_EQ(event.isSynchronisation,
              event.kind == "wait" || event.kind == "signal");
  };
  EXPECT_GT(llvm::cantFail(loaded->measure(options)).latencyFs, 0u);
  // A queue spends no time of its own on "loop begin" and "loop end".
  EXPECT_EQ(kinds, std::set<std::string>({"dma", "signal", "wait"}));
}

/// Copies 64 bytes of weights, which stay in the SRAM of core 0 from byte 256
/// on, to the output.
Program makeResidentProgram() {
  Program program;
  program.segments = {{SegmentRole::Constant, 64, "weights"},
                      {SegmentRole::Output, 64, "y"}};
  program.residents = {{MemorySpace::Local, 0, 256, 64}};
  DMACommand load;
  load.sizes = {64};
  load.source.address.space = MemorySpace::DRAM;
  load.source.strides = load.destination.strides = {1};
  load.destination.address.offset = 256;
  DMACommand store;
  store.sizes = {64};
  store.source = load.destination;
  store.destination = load.source;
  store.destination.address.index = 1;
  program.setup.push_back({0, Engine::DMA, {load}});
  program.queues.push_back({0, Engine::DMA, {store}});
  return program;
}

// Weights are brought when an instance is made; every run finds them.
TEST(DeviceProgram, SetupBringsResidentWeights) {
  TargetFile target = llvm::cantFail(loadTarget("atom"));
  auto loaded = llvm::cantFail(loadProgram(
      llvm::cantFail(encode(makeResidentProgram())), target.getBuffer()));
  std::vector<uint8_t> weights(64, 7);
  auto instance = llvm::cantFail(loaded->instantiate(weights, {}));
  EXPECT_GT(instance->getSetupCost().femtoseconds, 500'000'000u);
  EXPECT_GT(instance->getSetupCost().joule, 0.0);
  for (unsigned run = 0; run < 2; ++run) {
    std::vector<uint8_t> output(64);
    DeviceRun result = llvm::cantFail(
        instance->run({llvm::MutableArrayRef<uint8_t>(), output}));
    EXPECT_EQ(output, weights);
    EXPECT_EQ(result.dramReadBytes, 0u);
  }
  // What such a program keeps leaves nothing to find out about its transfers.
  InstanceOptions timing;
  timing.timingOnly = timing.residentWeights = true;
  auto timed = llvm::cantFail(loaded->instantiate({}, timing));
  EXPECT_EQ(timed->getSetupCost().femtoseconds,
            instance->getSetupCost().femtoseconds);
  EXPECT_GT(llvm::cantFail(timed->run({})).latencyFs, 0u);
  // Weights that are not there are an error.
  EXPECT_NE(llvm::toString(loaded->instantiate({}, {}).takeError()), "");
}

// Weights to byte 0 that nothing overwrites, and four more that a loop brings
// to other places, all to the same.
TEST(DeviceProgram, TransfersThatARunFindsDone) {
  Program program;
  program.segments = {{SegmentRole::Constant, 64, "weights"}};
  DMACommand kept;
  kept.sizes = {64};
  kept.source.address.space = MemorySpace::DRAM;
  kept.source.strides = kept.destination.strides = {1};
  DMACommand overwritten = kept;
  overwritten.destination.address.offset = 64;
  program.queues.push_back(
      {0,
       Engine::DMA,
       {kept, LoopBeginCommand{4, -1}, overwritten, LoopEndCommand()}});
  // There are five writes.
  Program warm = removeResidentTransfers(program, /*maxWrites=*/5);
  ASSERT_EQ(warm.queues[0].commands.size(), 3u);
  EXPECT_TRUE(
      std::holds_alternative<LoopBeginCommand>(warm.queues[0].commands[0]));
  // What is not compared stays.
  EXPECT_EQ(removeResidentTransfers(program, /*maxWrites=*/4)
                .queues[0]
                .commands.size(),
            4u);
}

// What is not kept may be of any program in a run.
TEST(DeviceProgram, ResidentRanges) {
  TargetFile target = llvm::cantFail(loadTarget("atom"));
  auto loaded = llvm::cantFail(loadProgram(
      llvm::cantFail(encode(makeResidentProgram())), target.getBuffer()));
  std::vector<ResidentRange> ranges = loaded->getResidents();
  // Of 8 cores and the shared memory, one of the cores in two parts.
  ASSERT_EQ(ranges.size(), 11u);
  EXPECT_EQ(ranges[0], (ResidentRange{"SRAM of core 0", 256, 320, false}));
  EXPECT_EQ(ranges[1], (ResidentRange{"SRAM of core 0", 0, 256, true}));
  EXPECT_EQ(ranges[2], (ResidentRange{"SRAM of core 0", 320, 4 << 20, true}));
  EXPECT_EQ(ranges[10], (ResidentRange{"shared SRAM", 0, 32 << 20, true}));
}

} // namespace
