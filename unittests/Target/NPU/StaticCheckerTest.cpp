//===- StaticCheckerTest.cpp - Proofs and violations ----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/NPU/StaticChecker.h"

#include "PlannedProgram.h"
#include "gtest/gtest.h"

using namespace garam::npu;
using namespace garam::npu::test;

namespace {

// Queues of PlannedProgram.
enum : unsigned { vector0 = 1, dma0 = 2, vector1 = 4, dma1 = 5 };

std::string check(const PlannedProgram &p) {
  return llvm::toString(checkProgram(
      p.program, p.plan, PlannedProgram::makeMachine(p.program.numCores)));
}

testing::AssertionResult contains(llvm::StringRef text, llvm::StringRef part) {
  if (text.contains(part))
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << text.str();
}

/// Load, compute, store on one core, each waiting for the one before.
struct Pipeline : PlannedProgram {
  uint32_t in, out, a, b;

  Pipeline() : PlannedProgram(2) {
    in = addBuffer(MemorySpace::DRAM, 0, 0, 256, "in");
    out = addBuffer(MemorySpace::DRAM, 1, 0, 256, "out");
    a = addBuffer(MemorySpace::Local, 0, 0, 256, "a");
    b = addBuffer(MemorySpace::Local, 0, 256, 256, "b");
  }
  void build(bool waitsForLoad = true, bool waitsForCompute = true) {
    copy(dma0, in, 0, a, 0, 256);
    signal(dma0, vector0, 0);
    if (waitsForLoad)
      wait(vector0, 0);
    compute(vector0, a, 0, b, 0, 256);
    signal(vector0, dma0, 1);
    if (waitsForCompute)
      wait(dma0, 1);
    copy(dma0, b, 0, out, 0, 256);
  }
};

TEST(StaticChecker, AcceptsAPipeline) {
  Pipeline p;
  p.build();
  EXPECT_EQ(check(p), "");
}

// (D) Two queues that wait for each other first.
TEST(StaticChecker, Deadlock) {
  Pipeline p;
  p.wait(dma0, 1);
  p.signal(dma0, vector0, 0);
  p.wait(vector0, 0);
  p.signal(vector0, dma0, 1);
  EXPECT_EQ(
      check(p),
      "NPU program is not safe:\n"
      "  (D) core 0, vector queue, command 0: waits forever for semaphore "
      "0 to reach 1; it stays at 0\n"
      "  (D) core 0, dma queue, command 0: waits forever for semaphore 1 "
      "to reach 1; it stays at 0");
}

// (D) A signal that nobody waits for.
TEST(StaticChecker, Leftover) {
  Pipeline p;
  p.build();
  p.signal(dma0, vector0, 7, 3);
  EXPECT_EQ(check(p), "NPU program is not safe:\n"
                      "  (D) semaphore 7 of core 0, vector queue, is left at "
                      "3; last signalled by core 0, dma queue, command 4");
}

// (S) With two signalling queues, a count does not say who has signalled.
TEST(StaticChecker, TwoSignallers) {
  Pipeline p;
  p.signal(dma0, vector0, 0);
  p.signal(dma1, vector0, 0);
  p.wait(vector0, 0, 2);
  EXPECT_EQ(check(p),
            "NPU program is not safe:\n"
            "  (S) semaphore 0 of core 0, vector queue is signalled "
            "by two queues: core 0, dma queue, and core 1, dma queue");
}

// (S) A semaphore that can be signalled faster than it is waited for must hold
// the sum.
TEST(StaticChecker, SemaphoreOverflow) {
  Pipeline p;
  p.signal(dma0, vector0, 0, 65535);
  p.signal(dma0, vector0, 0, 1);
  p.wait(vector0, 0, 65535);
  p.wait(vector0, 0, 1);
  EXPECT_TRUE(contains(check(p), "(S) core 0, dma queue, command 1: semaphore "
                                 "0 of core 0, vector queue, can reach a "
                                 "count of 65536, more than 65535"));
  // Not when the first wait has happened before the second signal.
  Pipeline q;
  q.signal(dma0, vector0, 0, 65535);
  q.wait(vector0, 0, 65535);
  q.signal(vector0, dma0, 0);
  q.wait(dma0, 0);
  q.signal(dma0, vector0, 0, 1);
  q.wait(vector0, 0, 1);
  EXPECT_EQ(check(q), "");
}

// (B) An operand that leaves its buffer by a byte, at either end.
TEST(StaticChecker, OperandOutsideItsBuffer) {
  Pipeline p;
  p.copy(dma0, p.in, 1, p.a, 0, 256);
  EXPECT_EQ(
      check(p),
      "NPU program is not safe:\n"
      "  (B) core 0, dma queue, command 0: source reads bytes 1 to 257 of "
      "dram0, outside buffer 'in' (dram0 bytes 0 to 256)");
  Pipeline q;
  q.copy(dma0, q.in, 0, q.b, -1, 256);
  EXPECT_TRUE(contains(check(q), "(B) core 0, dma queue, command 0: "
                                 "destination writes bytes 255 to 511 of "
                                 "local0, outside buffer 'b'"));
}

// (B) A guarded walk may point outside, as long as it does not read there.
TEST(StaticChecker, GuardedOperand) {
  for (uint32_t extent : {256, 257}) {
    Pipeline p;
    p.compute(vector0, p.a, 0, p.b, 0, 256);
    auto &command =
        std::get<VectorCommand>(p.program.queues[vector0].commands[0]);
    command.inputs[0].address.offset = -1;
    command.inputs[0].guards.push_back({-1, extent, {1}, {}});
    EXPECT_EQ(check(p), "");
    command.inputs[0].address.offset = 1;
    command.inputs[0].guards[0].start = 1;
    EXPECT_EQ(check(p) == "", extent == 256);
  }
}

// (B) An operand of a loop is checked in every turn.
TEST(StaticChecker, OperandInALoop) {
  for (unsigned count : {4, 5}) {
    Pipeline p;
    p.copy(dma0, p.in, 0, p.a, 0, 64);
    Queue &queue = p.program.queues[dma0];
    auto &copy = std::get<DMACommand>(queue.commands[0]);
    copy.source.address.loopStrides[0] = 64;
    queue.commands.insert(queue.commands.begin(), LoopBeginCommand{count, -1});
    queue.commands.push_back(LoopEndCommand());
    auto buffers = p.plan.operandBuffers[dma0][0];
    p.plan.operandBuffers[dma0].assign(count, buffers);
    EXPECT_EQ(check(p),
              count == 4 ? ""
                         : "NPU program is not safe:\n"
                           "  (B) core 0, dma queue, command 1, turn 4: source "
                           "reads bytes 256 to 320 of dram0, outside buffer "
                           "'in' (dram0 bytes 0 to 256)");
  }
}

// (B) A launch parameter stands for all values up to its maximum.
TEST(StaticChecker, OperandWithALaunchParameter) {
  for (uint32_t maximum : {3, 4}) {
    Pipeline p;
    p.program.parameters.push_back({"n", maximum});
    p.copy(dma0, p.in, 0, p.a, 0, 64);
    auto &copy = std::get<DMACommand>(p.program.queues[dma0].commands[0]);
    copy.source.address.parameter = 0;
    copy.source.address.parameterStride = 64;
    EXPECT_EQ(check(p) == "", maximum == 3);
  }
}

// (B) An index list is taken to hold any number below its limit.
TEST(StaticChecker, IndirectOperand) {
  for (uint32_t limit : {16, 17}) {
    Pipeline p;
    p.copy(dma0, p.in, 0, p.a, 0, 16);
    auto &gather = std::get<DMACommand>(p.program.queues[dma0].commands[0]);
    gather.kind = DMAKind::Gather;
    gather.sizes = {4, 16};
    gather.source.strides = {16, 1};
    gather.destination.strides = {16, 1};
    gather.indirection.address.offset = 256;
    gather.indirection.limit = limit;
    p.plan.operandBuffers[dma0][0].push_back(p.b);
    EXPECT_EQ(check(p) == "", limit == 16);
  }
}

TEST(StaticChecker, BufferOutsideItsMemory) {
  Pipeline p;
  p.addBuffer(MemorySpace::Local, 1, 4000, 100, "big");
  EXPECT_EQ(check(p), "NPU program is not safe:\n"
                      "  (B) buffer 'big' (local1 bytes 4000 to 4100) leaves "
                      "its memory of 4096 bytes");
}

TEST(StaticChecker, PlanOfAnotherProgram) {
  Pipeline p;
  p.build();
  Pipeline q;
  EXPECT_TRUE(contains(llvm::toString(checkProgram(
                           p.program, q.plan, PlannedProgram::makeMachine(2))),
                       "(B) the plan is for 0 commands of core 0, vector "
                       "queue, which executes 3"));
  p.plan.operandBuffers[vector0][1].pop_back();
  EXPECT_TRUE(contains(check(p), "(B) core 0, vector queue, command 1: has 2 "
                                 "operands; the plan has 1"));
  EXPECT_TRUE(contains(llvm::toString(checkProgram(
                           q.program, q.plan, PlannedProgram::makeMachine(1))),
                       "(B) the program needs 2 cores, machine 'small' has "
                       "1"));
}

// (W) Inputs are for reading.
TEST(StaticChecker, WriteToAnInput) {
  Pipeline p;
  p.copy(dma0, p.out, 0, p.in, 0, 256);
  EXPECT_EQ(check(p), "NPU program is not safe:\n"
                      "  (W) core 0, dma queue, command 0: destination writes "
                      "segment 0 'in', whose role is input");
}

// (R) The reader does not wait for the writer.
TEST(StaticChecker, RaceInABuffer) {
  Pipeline p;
  p.build(/*waitsForLoad=*/false);
  EXPECT_TRUE(contains(check(p), "(R) no order between two accesses to buffer "
                                 "'a' (local0 bytes 0 to 256): core 0, "));
}

// (R) Two cores that write interleaved rows of one buffer need no order; when
// the rows meet by a byte, they do.
TEST(StaticChecker, InterleavedWrites) {
  for (uint32_t width : {16, 17}) {
    PlannedProgram p(2);
    uint32_t in = p.addBuffer(MemorySpace::DRAM, 0, 0, 256, "in");
    uint32_t out = p.addBuffer(MemorySpace::DRAM, 1, 0, 512, "out");
    for (unsigned core : {0, 1}) {
      p.copy(3 * core + 2, in, 0, out, 16 * core, width);
      auto &copy =
          std::get<DMACommand>(p.program.queues[3 * core + 2].commands.back());
      copy.sizes = {8, width};
      copy.source.strides = {0, 1};
      copy.destination.strides = {32, 1};
    }
    EXPECT_EQ(check(p) == "", width == 16);
  }
}

/// Two buffers at the same addresses, the second filled by another core's DMA.
struct Reuse : PlannedProgram {
  Reuse(bool isOrdered) : PlannedProgram(2) {
    uint32_t in = addBuffer(MemorySpace::DRAM, 0, 0, 256, "in");
    uint32_t out = addBuffer(MemorySpace::DRAM, 1, 0, 256, "out");
    uint32_t first = addBuffer(MemorySpace::Local, 0, 0, 256, "first");
    uint32_t second = addBuffer(MemorySpace::Local, 0, 128, 256, "second");
    copy(dma0, in, 0, first, 0, 256);
    copy(dma0, first, 0, out, 0, 256);
    if (isOrdered) {
      signal(dma0, dma1, 0);
      wait(dma1, 0);
    }
    copy(dma1, in, 0, second, 0, 256);
  }
};

// (L) Memory is reused only after the last access to its former content.
TEST(StaticChecker, ReusedMemory) {
  EXPECT_EQ(check(Reuse(/*isOrdered=*/true)), "");
  EXPECT_EQ(check(Reuse(/*isOrdered=*/false)),
            "NPU program is not safe:\n"
            "  (L) buffer 'first' (local0 bytes 0 to 256) and buffer 'second' "
            "(local0 bytes 128 to 384) share addresses and are live at once: "
            "no order between core 0, dma queue, command 1, and core 1, dma "
            "queue, command 0");
}

// An order can come by way of a third queue.
TEST(StaticChecker, TransitiveOrder) {
  PlannedProgram p(2);
  uint32_t in = p.addBuffer(MemorySpace::DRAM, 0, 0, 256, "in");
  uint32_t out = p.addBuffer(MemorySpace::DRAM, 1, 0, 256, "out");
  uint32_t a = p.addBuffer(MemorySpace::Shared, 0, 0, 256, "a");
  p.copy(dma0, in, 0, a, 0, 256);
  p.signal(dma0, vector0, 0);
  p.wait(vector0, 0);
  p.signal(vector0, dma1, 0);
  p.wait(dma1, 0);
  p.copy(dma1, a, 0, out, 0, 256);
  EXPECT_EQ(check(p), "");
}

// Double buffering in a loop: each turn waits for its own half's reader of two
// turns ago.
TEST(StaticChecker, DoubleBuffering) {
  for (unsigned credits : {1, 2, 3}) {
    PlannedProgram p(1);
    uint32_t in = p.addBuffer(MemorySpace::DRAM, 0, 0, 512, "in");
    uint32_t halves = p.addBuffer(MemorySpace::Local, 0, 0, 128, "halves");
    uint32_t sum = p.addBuffer(MemorySpace::Local, 0, 128, 64, "sum");
    p.signal(vector0, dma0, 0, credits);
    for (unsigned turn = 0; turn < 8; ++turn) {
      p.wait(dma0, 0);
      p.copy(dma0, in, 64 * turn, halves, turn % 2 * 64, 64);
      p.signal(dma0, vector0, 0);
      p.wait(vector0, 0);
      p.compute(vector0, halves, turn % 2 * 64, sum, 0, 64);
      if (turn + credits < 8)
        p.signal(vector0, dma0, 0);
    }
    EXPECT_EQ(check(p) == "", credits <= 2);
  }
}

/// A core computes with 256 bytes of constants that stay in its SRAM.
struct Resident : PlannedProgram {
  uint32_t weights, kept, out, result;

  Resident() : PlannedProgram(1) {
    program.segments.push_back({SegmentRole::Constant, 4096, "weights"});
    weights = addBuffer(MemorySpace::DRAM, 3, 0, 256, "weights");
    kept = addBuffer(MemorySpace::Local, 0, 1024, 256, "kept");
    out = addBuffer(MemorySpace::DRAM, 1, 0, 256, "out");
    result = addBuffer(MemorySpace::Local, 0, 0, 256, "result");
    program.residents = {{MemorySpace::Local, 0, 1024, 256}};
    program.setup = {{0, Engine::DMA, {}}};
    plan.setupOperandBuffers.resize(1);
    compute(vector0, kept, 0, result, 0, 256);
    signal(vector0, dma0, 0);
    wait(dma0, 0);
    copy(dma0, result, 0, out, 0, 256);
  }
  /// `size` bytes from `offset` on.
  void load(uint64_t offset, uint32_t size) {
    DMACommand command;
    command.sizes = {size};
    command.source = makeWalk(weights, offset);
    command.destination = makeWalk(kept, offset);
    program.setup[0].commands.push_back(command);
    plan.setupOperandBuffers[0].push_back({weights, kept});
  }
};

// No queue of the run orders what the set-up has written before.
TEST(StaticChecker, ResidentBytes) {
  Resident p;
  p.load(0, 128);
  p.load(128, 128);
  EXPECT_EQ(check(p), "");
}

// (W) They must be there in the next run too.
TEST(StaticChecker, WriteToResidentBytes) {
  Resident p;
  p.load(0, 256);
  p.copy(dma0, p.out, 0, p.kept, 64, 64);
  EXPECT_EQ(check(p),
            "NPU program is not safe:\n"
            "  (W) core 0, dma queue, command 2: destination writes bytes 1088 "
            "to 1152 of local0, of which 256 from 1024 on are resident");
  // Between them there is room.
  Resident q;
  q.program.residents = {{MemorySpace::Local, 0, 1024, 64},
                         {MemorySpace::Local, 0, 1152, 128}};
  q.load(0, 64);
  q.load(128, 128);
  q.copy(dma0, q.out, 0, q.kept, 64, 64);
  EXPECT_EQ(check(q), "");
}

// The set-up is held to the plan as runs are.
TEST(StaticChecker, SetupOutsideItsPlan) {
  Resident p;
  p.load(0, 256);
  p.plan.buffers[p.weights].size = 255;
  EXPECT_TRUE(contains(check(p), "in the set-up: NPU program is not safe:\n"
                                 "  (B) core 0, dma queue, command 0: source "
                                 "reads bytes 0 to 256"));
  p.plan.setupOperandBuffers.clear();
  EXPECT_TRUE(contains(check(p), "in the set-up: NPU program is not safe:\n"
                                 "  (B) the plan is for 0 queues, the program "
                                 "has 1"));
}

// (R) Queues of the set-up run at once.
TEST(StaticChecker, UnorderedSetup) {
  Resident p;
  p.program.numCores = 2;
  p.load(0, 256);
  p.program.setup.push_back(p.program.setup[0]);
  p.program.setup[1].core = 1;
  p.plan.setupOperandBuffers.push_back(p.plan.setupOperandBuffers[0]);
  EXPECT_TRUE(contains(check(p), "in the set-up: NPU program is not safe:\n"
                                 "  (R) no order between two accesses to "
                                 "buffer 'kept'"));
}

// At most ten violations are listed.
TEST(StaticChecker, ManyViolations) {
  Pipeline p;
  for (unsigned i = 0; i < 30; ++i)
    p.copy(dma0, p.in, 1, p.a, 0, 256);
  std::string message = check(p);
  EXPECT_EQ(llvm::StringRef(message).count("(B)"), 10u);
}

} // namespace
