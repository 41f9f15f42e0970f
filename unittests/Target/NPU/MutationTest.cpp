//===- MutationTest.cpp - The static checker against damage ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Mutations.h"
#include "PlannedProgram.h"
#include "ReferenceOrder.h"
#include "garam/Target/NPU/StaticChecker.h"
#include "gtest/gtest.h"

using namespace garam::npu;
using namespace garam::npu::test;

namespace {

/// Writes a program command by command, with the synchronisation that each
/// command needs after the earlier ones.
class SafeProgramGenerator {
public:
  SafeProgramGenerator(Random &random, unsigned numCommands)
      : planned(numCores), random(random) {
    while (commands.size() < numCommands)
      addCommand();
    for (unsigned sender = 0; sender < numQueues; ++sender)
      for (unsigned receiver = 0; receiver < numQueues; ++receiver)
        waitForAll(sender, receiver);
  }

  PlannedProgram planned;

private:
  static constexpr unsigned numCores = 2;
  static constexpr unsigned numQueues = numCores * numEngineKinds;
  using PerQueue = std::array<unsigned, numQueues>;

  struct Use {
    uint32_t buffer;
    uint64_t begin, end;
    bool isWrite;
  };
  struct Made {
    unsigned queue;
    unsigned number; // of the queue's commands that touch memory
    Use uses[2];
  };

  uint32_t pickBuffer(MemorySpace space, uint16_t index);
  Use pickUse(unsigned queue, bool isWrite);
  bool mustFollow(const Use &use, const Use &earlier) const;
  void addCommand();
  void signal(unsigned sender, unsigned receiver);
  void waitForAll(unsigned sender, unsigned receiver);

  Random &random;
  std::vector<Made> commands;
  PerQueue commandsOf = {};
  /// Of each queue and each other, how many commands of that one happen before
  /// what follows in this one.
  std::array<PerQueue, numQueues> clocks = {};
  /// By sender and receiver, what was signalled and not waited for. The
  /// semaphore has the sender's number.
  std::array<PerQueue, numQueues> signalled = {};
};

bool sharesBytes(const PlannedBuffer &a, const PlannedBuffer &b) {
  return a.space == b.space && a.index == b.index &&
         a.offset < b.offset + b.size && b.offset < a.offset + a.size;
}

/// A buffer that holds something, or a new one over others.
uint32_t SafeProgramGenerator::pickBuffer(MemorySpace space, uint16_t index) {
  auto &buffers = planned.plan.buffers;
  std::vector<uint32_t> current;
  for (uint32_t i = 0; i < buffers.size(); ++i) {
    bool isOverwritten = false;
    for (uint32_t j = i + 1; j < buffers.size(); ++j)
      isOverwritten |= sharesBytes(buffers[i], buffers[j]);
    if (buffers[i].space == space && buffers[i].index == index &&
        !isOverwritten)
      current.push_back(i);
  }
  if (!current.empty() && random.below(3))
    return current[random.below(current.size())];
  uint64_t offset = 32 * random.below(4);
  uint64_t size = 32 * (1 + random.below(2));
  return planned.addBuffer(space, index, offset, size,
                           "b" + std::to_string(buffers.size()));
}

SafeProgramGenerator::Use SafeProgramGenerator::pickUse(unsigned queue,
                                                        bool isWrite) {
  bool isDMA = queue % numEngineKinds == unsigned(Engine::DMA);
  uint32_t buffer;
  switch (isDMA ? random.below(4) : 0) {
  case 0:
    buffer = pickBuffer(MemorySpace::Local, queue / numEngineKinds);
    break;
  case 1:
    buffer = pickBuffer(MemorySpace::Local, random.below(numCores));
    break;
  case 2:
    buffer = pickBuffer(MemorySpace::Shared, 0);
    break;
  default:
    buffer = pickBuffer(MemorySpace::DRAM, 2);
    break;
  }
  uint64_t begin = 8 * random.below(3);
  return {buffer, begin, begin + 8, isWrite};
}

bool SafeProgramGenerator::mustFollow(const Use &use,
                                      const Use &earlier) const {
  const auto &buffers = planned.plan.buffers;
  if (use.buffer != earlier.buffer)
    return sharesBytes(buffers[use.buffer], buffers[earlier.buffer]);
  return (use.isWrite || earlier.isWrite) && use.begin < earlier.end &&
         earlier.begin < use.end;
}

void SafeProgramGenerator::addCommand() {
  constexpr unsigned queues[] = {1, 2, 4, 5}; // vector and DMA of both cores
  unsigned queue = queues[random.below(4)];
  Made made;
  made.queue = queue;
  made.number = commandsOf[queue];
  size_t numBuffers = planned.plan.buffers.size();
  made.uses[0] = pickUse(queue, false);
  made.uses[1] = pickUse(queue, true);
  // Reading one buffer and writing over it in another is not possible in one
  // command.
  if (made.uses[0].buffer != made.uses[1].buffer &&
      sharesBytes(planned.plan.buffers[made.uses[0].buffer],
                  planned.plan.buffers[made.uses[1].buffer])) {
    planned.plan.buffers.resize(numBuffers);
    return;
  }
  auto &clock = clocks[queue];
  for (const Made &earlier : llvm::reverse(commands)) {
    bool isNeeded = false;
    for (const Use &use : made.uses)
      for (const Use &old : earlier.uses)
        isNeeded |= mustFollow(use, old);
    if (!isNeeded || earlier.queue == queue)
      continue;
    if (clock[earlier.queue] > earlier.number && random.below(8))
      continue; // follows from others already
    // Anywhere after the earlier command; here, at the end of its queue.
    signal(earlier.queue, queue);
    waitForAll(earlier.queue, queue);
    clock[earlier.queue] =
        std::max(clock[earlier.queue], commandsOf[earlier.queue]);
    for (unsigned q = 0; q < clock.size(); ++q)
      clock[q] = std::max(clock[q], clocks[earlier.queue][q]);
  }
  auto add = queue % numEngineKinds == unsigned(Engine::DMA)
                 ? &PlannedProgram::copy
                 : &PlannedProgram::compute;
  (planned.*add)(queue, made.uses[0].buffer, made.uses[0].begin,
                 made.uses[1].buffer, made.uses[1].begin, 8);
  ++commandsOf[queue];
  commands.push_back(made);
  // Signals that a later wait takes together with its own.
  unsigned receiver = queues[random.below(4)];
  if (random.flip() && receiver != queue)
    signal(queue, receiver);
}

void SafeProgramGenerator::signal(unsigned sender, unsigned receiver) {
  unsigned count = 1 + random.below(2);
  planned.signal(sender, receiver, sender, count);
  signalled[sender][receiver] += count;
}

/// Waits for all that `sender` has signalled.
void SafeProgramGenerator::waitForAll(unsigned sender, unsigned receiver) {
  unsigned &count = signalled[sender][receiver];
  if (count > 0)
    planned.wait(receiver, sender, count);
  count = 0;
}

std::string check(const PlannedProgram &p) {
  return llvm::toString(checkProgram(
      p.program, p.plan, PlannedProgram::makeMachine(p.program.numCores)));
}

void expectAgreement(const Program &program, unsigned &numUnordered) {
  ReferenceOrder order(program);
  Interleavings interleavings(program);
  ASSERT_EQ(order.isDeadlocked(), interleavings.canDeadlock());
  if (order.isDeadlocked())
    return;
  for (const Conflict &conflict : findConflicts(program)) {
    EXPECT_EQ(order.happensBefore(conflict.first, conflict.second),
              interleavings.happensBefore(conflict.first, conflict.second));
    EXPECT_EQ(order.happensBefore(conflict.second, conflict.first),
              interleavings.happensBefore(conflict.second, conflict.first));
    numUnordered += !order.isOrdered(conflict);
  }
}

// The two references agree on which steps happen before which, in safe
// programs and in such with two commands swapped.
TEST(Mutation, ReferencesAgree) {
  unsigned unorderedInSafe = 0, unorderedInDamaged = 0;
  for (uint32_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    Program program = SafeProgramGenerator(random, 8).planned.program;
    expectAgreement(program, unorderedInSafe);
    for (Queue &queue : program.queues)
      for (unsigned i = 1; i < queue.commands.size(); ++i) {
        std::swap(queue.commands[i - 1], queue.commands[i]);
        expectAgreement(program, unorderedInDamaged);
        std::swap(queue.commands[i - 1], queue.commands[i]);
      }
  }
  EXPECT_EQ(unorderedInSafe, 0u);
  EXPECT_GT(unorderedInDamaged, 100u);
}

// The checker accepts every program that the generator synchronised.
TEST(Mutation, SafeProgramsAreAccepted) {
  for (uint32_t seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    SafeProgramGenerator generator(random, 25);
    ASSERT_EQ(check(generator.planned), "");
  }
}

// No mutant that does harm passes.
TEST(Mutation, RandomPrograms) {
  MutationReport report;
  for (uint32_t seed = 0; seed < 60; ++seed) {
    Random random(seed);
    SafeProgramGenerator generator(random, 16);
    report.add(testMutants(generator.planned.program, generator.planned.plan,
                           PlannedProgram::makeMachine(2)));
  }
  report.print(llvm::outs());
  EXPECT_EQ(report.missed, std::vector<std::string>());
  // The harness would be worthless if its mutants did no harm.
  for (const char *kind :
       {"wait removed", "signal removed", "wait count + 1", "wait count - 1",
        "signal count + 1", "signal count - 1", "wait and signal removed",
        "wait later", "signal earlier", "operand moved"})
    EXPECT_GT(report.kinds[kind].getHarmful(), 10u) << kind;
}

// Hardware loops: a producer that may be two turns ahead of its consumer.
TEST(Mutation, DoubleBufferingInLoops) {
  PlannedProgram p(1);
  constexpr unsigned vector = 1, dma = 2, turns = 6;
  uint32_t in = p.addBuffer(MemorySpace::DRAM, 0, 0, 384, "in");
  uint32_t halves = p.addBuffer(MemorySpace::Local, 0, 0, 128, "halves");
  uint32_t out = p.addBuffer(MemorySpace::Local, 0, 128, 64, "out");
  auto &load = p.program.queues[dma].commands;
  auto &sum = p.program.queues[vector].commands;
  auto loop = [&](unsigned queue, unsigned count) {
    p.program.queues[queue].commands.push_back(LoopBeginCommand{count, -1});
  };
  auto endLoop = [&](unsigned queue, unsigned numCommands, unsigned count) {
    p.program.queues[queue].commands.push_back(LoopEndCommand());
    auto &buffers = p.plan.operandBuffers[queue];
    std::vector<llvm::SmallVector<uint32_t, 4>> body(
        buffers.end() - numCommands, buffers.end());
    for (unsigned i = 1; i < count; ++i)
      buffers.insert(buffers.end(), body.begin(), body.end());
  };
  // Two halves a turn of the loop.
  loop(dma, turns / 2);
  for (unsigned half : {0, 1}) {
    p.wait(dma, 0);
    p.copy(dma, in, 64 * half, halves, 64 * half, 64);
    std::get<DMACommand>(load.back()).source.address.loopStrides[0] = 128;
    p.signal(dma, vector, 0);
  }
  endLoop(dma, 6, turns / 2);
  p.signal(vector, dma, 0, 2);
  loop(vector, turns / 2);
  for (unsigned half : {0, 1}) {
    p.wait(vector, 0);
    p.compute(vector, halves, 64 * half, out, 0, 64);
    p.signal(vector, dma, 0);
  }
  endLoop(vector, 6, turns / 2);
  // The last two credits are not needed.
  p.wait(dma, 0, 2);
  ASSERT_EQ(check(p), "");
  ASSERT_EQ(sum.size(), 9u);

  MutationReport report =
      testMutants(p.program, p.plan, PlannedProgram::makeMachine(1));
  report.print(llvm::outs());
  EXPECT_EQ(report.missed, std::vector<std::string>());
}

} // namespace
