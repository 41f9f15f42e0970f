//===- TimelineTest.cpp - Hand-computed times of functions ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Timeline.h"
#include "garam/InitAll.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"

#include "gtest/gtest.h"

using namespace garam;
using namespace garam::npu;
using namespace mlir;

namespace {

/// One core at 1 Hz, so that a cycle is a second; 64 bytes of DRAM a second.
MachineDescription makeMachine() {
  MachineDescription machine;
  machine.clockHz = 1;
  machine.local.bytes = 1 << 20;
  machine.local.readBytesPerCycle = machine.local.writeBytesPerCycle = 64;
  machine.dma.bytesPerCycle = 64;
  machine.dma.startSeconds = 1;
  machine.dram.bytesPerSecond = 64;
  machine.dram.burstBytes = 64;
  machine.dram.shortBurstEfficiency = 0.25;
  return machine;
}

class TimelineTest : public testing::Test {
protected:
  TimelineTest() {
    DialectRegistry registry;
    registerAllDialects(registry);
    context.appendDialectRegistry(registry);
  }

  double getSeconds(StringRef source, const MachineDescription &machine) {
    QueueWork work;
    return getSeconds(source, machine, work);
  }
  double getSeconds(StringRef source, const MachineDescription &machine,
                    QueueWork &work) {
    OwningOpRef<ModuleOp> module =
        parseSourceString<ModuleOp>(source, &context);
    EXPECT_TRUE(module);
    Timeline timeline(machine);
    for (Operation &op : (*module->getOps<func::FuncOp>().begin()).front())
      timeline.runOther(&op);
    double seconds = timeline.finish();
    work = timeline.getWork();
    return seconds;
  }

  MLIRContext context;
};

constexpr llvm::StringLiteral copy = R"mlir(
  func.func @copy(%x: tensor<64xf32>) -> tensor<64xf32> {
    return %x : tensor<64xf32>
  }
)mlir";

// 256 bytes are read and written: 8 s of DRAM, 4 s of the engine, behind 1 s
// of start.
TEST_F(TimelineTest, CopyAtTheRateOfTheDRAM) {
  EXPECT_EQ(getSeconds(copy, makeMachine()), 9);
}

// They are charged once for reading and once for writing.
TEST_F(TimelineTest, CopiesAreCounted) {
  MachineDescription machine = makeMachine();
  machine.dram.energyPerByte = 2;
  QueueWork work;
  getSeconds(copy, machine, work);
  EXPECT_EQ(work.dramBytes, 512u);
  EXPECT_EQ(work.joules, 1024);
}

// The engine moves 8 bytes a cycle: 32 s.
TEST_F(TimelineTest, CopyAtTheRateOfTheEngine) {
  MachineDescription machine = makeMachine();
  machine.dma.bytesPerCycle = 8;
  EXPECT_EQ(getSeconds(copy, machine), 33);
}

// One queue does two copies one behind the other.
TEST_F(TimelineTest, CopiesFollowOneAnother) {
  EXPECT_EQ(getSeconds(R"mlir(
    func.func @two(%x: tensor<64xf32>, %y: tensor<64xf32>)
        -> (tensor<64xf32>, tensor<64xf32>) {
      return %x, %y : tensor<64xf32>, tensor<64xf32>
    }
  )mlir",
                       makeMachine()),
            18);
}

// A change of shape moves nothing.
TEST_F(TimelineTest, ReshapeIsFree) {
  EXPECT_EQ(getSeconds(R"mlir(
    func.func @reshape(%x: tensor<64xf32>) -> tensor<8x8xf32> {
      %0 = npu.reshape %x : tensor<64xf32> -> tensor<8x8xf32>
      return %0 : tensor<8x8xf32>
    }
  )mlir",
                       makeMachine()),
            9);
}

} // namespace
