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

} // namespace
