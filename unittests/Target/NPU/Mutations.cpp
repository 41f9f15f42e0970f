//===- Mutations.cpp - Damaged programs for the static checker ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Mutations.h"

#include "ReferenceOrder.h"
#include "garam/Target/NPU/Machine/ByteRegion.h"
#include "garam/Target/NPU/StaticChecker.h"
#include "llvm/Support/FormatVariadic.h"

using namespace garam::npu;
using namespace garam::npu::test;

void MutationReport::add(const MutationReport &other) {
  for (const auto &[kind, counts] : other.kinds) {
    MutantCounts &sum = kinds[kind];
    sum.harmfulCaught += counts.harmfulCaught;
    sum.harmfulMissed += counts.harmfulMissed;
    sum.harmlessCaught += counts.harmlessCaught;
    sum.harmlessMissed += counts.harmlessMissed;
  }
  missed.insert(missed.end(), other.missed.begin(), other.missed.end());
}

void MutationReport::print(llvm::raw_ostream &os) const {
  os << llvm::formatv("{0,-24}{1,18}{2,18}{3,18}{4,18}\n", "mutants",
                      "harmful: caught", "missed", "harmless: caught",
                      "not caught");
  for (const auto &[kind, c] : kinds)
    os << llvm::formatv("{0,-24}{1,18}{2,18}{3,18}{4,18}\n", kind,
                        c.harmfulCaught, c.harmfulMissed, c.harmlessCaught,
                        c.harmlessMissed);
}

namespace {

class Mutator {
public:
  Mutator(Program program, MemoryPlan plan, const MachineDescription &machine)
      : program(std::move(program)), plan(std::move(plan)), machine(machine),
        conflicts(findConflicts(this->program)) {}

  MutationReport run();

private:
  using Buffers = llvm::SmallVector<uint32_t, 4>;
  /// Where each stored command of the mutated queue came from.
  using Origin = std::vector<unsigned>;

  void mutateQueue(unsigned queue);
  void removeCommand(unsigned queue, unsigned command, const char *kind);
  void changeCount(unsigned queue, unsigned command, int change);
  void removePair(unsigned receiver, unsigned wait);
  void swapWithNext(unsigned queue, unsigned command, const char *kind);
  void moveOperands(unsigned queue, unsigned command);

  /// Lets `change` erase or swap commands of a queue, and the plan follow.
  void edit(unsigned queue,
            llvm::function_ref<void(std::vector<Command> &, Origin &)> change);
  bool isHarmful() const;
  bool isCaught() const;
  void judge(const std::string &kind, unsigned queue, unsigned command,
             bool isHarmful);

  Program program;
  MemoryPlan plan;
  const MachineDescription &machine;
  std::vector<Conflict> conflicts;
  MutationReport report;
};

uint32_t &getCount(Command &command) {
  if (auto *wait = std::get_if<WaitCommand>(&command))
    return wait->count;
  return std::get<SignalCommand>(command).count;
}

bool isLoop(const Command &command) {
  return std::holds_alternative<LoopBeginCommand>(command) ||
         std::holds_alternative<LoopEndCommand>(command);
}

/// An operand's address, and the walk from it.
struct MovableOperand {
  Address *address;
  Descriptor walk;
  llvm::SmallVector<uint32_t, maxDims> sizes;
  unsigned elementBytes;
};

/// The operands of a command in the order of the plan.
std::vector<MovableOperand> getOperands(Command &command) {
  std::vector<MovableOperand> result;
  auto add = [&](Descriptor &d, llvm::ArrayRef<uint32_t> sizes,
                 unsigned bytes) {
    result.push_back(
        {&d.address, d, llvm::SmallVector<uint32_t, 6>(sizes), bytes});
  };
  if (auto *c = std::get_if<TensorCommand>(&command)) {
    const auto &r = c->rows, &k = c->reduction;
    auto typed = [&](Descriptor &d, llvm::ArrayRef<uint32_t> sizes) {
      add(d, sizes, getByteWidth(d.type));
    };
    typed(c->activation, {r[0], r[1], r[2], k[0], k[1], k[2]});
    typed(c->weight, {k[0], k[1], k[2], c->columns});
    if (c->hasBias)
      typed(c->bias, {c->columns});
    if (c->hasScale)
      typed(c->scale, {c->columns});
    if (c->hasResidual)
      typed(c->residual, {r[0], r[1], r[2], c->columns});
    if (c->store)
      typed(c->output, {r[0], r[1], r[2], c->columns});
  } else if (auto *c = std::get_if<VectorCommand>(&command)) {
    for (Descriptor &input : c->inputs)
      add(input, c->sizes, getByteWidth(input.type));
    for (VectorOutput &output : c->outputs)
      add(output.descriptor,
          llvm::ArrayRef(c->sizes).drop_back(c->numReductionDims),
          getByteWidth(output.descriptor.type));
  } else if (auto *c = std::get_if<DMACommand>(&command)) {
    // Moving an indexed or multicast operand moves all that it reaches.
    if (c->kind != DMAKind::Fill)
      add(c->source, c->sizes, c->elementBytes);
    add(c->destination, c->sizes, c->elementBytes);
  }
  return result;
}

void Mutator::edit(
    unsigned number,
    llvm::function_ref<void(std::vector<Command> &, Origin &)> change) {
  Queue &queue = program.queues[number];
  // What the plan says of each execution of each command, in order.
  std::vector<std::vector<Buffers>> buffers(queue.commands.size());
  for (auto [step, execution] : llvm::enumerate(expandLoops(queue)))
    buffers[execution.command].push_back(plan.operandBuffers[number][step]);

  Origin origin(queue.commands.size());
  std::iota(origin.begin(), origin.end(), 0);
  change(queue.commands, origin);

  std::vector<unsigned> next(buffers.size(), 0);
  plan.operandBuffers[number].clear();
  for (const Execution &execution : expandLoops(queue)) {
    unsigned old = origin[execution.command];
    plan.operandBuffers[number].push_back(buffers[old][next[old]++]);
  }
}

bool Mutator::isHarmful() const {
  ReferenceOrder order(program);
  return order.isDeadlocked() ||
         llvm::any_of(conflicts, [&](const Conflict &conflict) {
           return !order.isOrdered(conflict);
         });
}

bool Mutator::isCaught() const {
  llvm::Error error = checkProgram(program, plan, machine);
  bool caught = bool(error);
  llvm::consumeError(std::move(error));
  return caught;
}

void Mutator::judge(const std::string &kind, unsigned queue, unsigned command,
                    bool isHarmful) {
  MutantCounts &counts = report.kinds[kind];
  bool caught = isCaught();
  if (!isHarmful) {
    ++(caught ? counts.harmlessCaught : counts.harmlessMissed);
    return;
  }
  ++(caught ? counts.harmfulCaught : counts.harmfulMissed);
  if (!caught)
    report.missed.push_back(
        llvm::formatv("{0}: queue {1}, command {2}", kind, queue, command));
}

void Mutator::removeCommand(unsigned queue, unsigned command,
                            const char *kind) {
  edit(queue, [&](std::vector<Command> &commands, Origin &origin) {
    commands.erase(commands.begin() + command);
    origin.erase(origin.begin() + command);
  });
  judge(kind, queue, command, isHarmful());
}

void Mutator::changeCount(unsigned queue, unsigned command, int change) {
  Command &c = program.queues[queue].commands[command];
  getCount(c) += change;
  bool isWait = std::holds_alternative<WaitCommand>(c);
  std::string kind = isWait ? "wait count" : "signal count";
  judge(kind + (change > 0 ? " + 1" : " - 1"), queue, command, isHarmful());
}

void Mutator::removePair(unsigned receiver, unsigned waitNumber) {
  const Program oldProgram = program;
  const MemoryPlan oldPlan = plan;
  const Queue &queue = oldProgram.queues[receiver];
  WaitCommand wait = std::get<WaitCommand>(queue.commands[waitNumber]);
  auto remove = [&](unsigned from, unsigned command) {
    edit(from, [&](std::vector<Command> &commands, Origin &origin) {
      commands.erase(commands.begin() + command);
      origin.erase(origin.begin() + command);
    });
  };
  for (unsigned sender = 0; sender < oldProgram.queues.size(); ++sender) {
    const auto &commands = oldProgram.queues[sender].commands;
    for (unsigned i = 0; i < commands.size(); ++i) {
      auto *signal = std::get_if<SignalCommand>(&commands[i]);
      if (!signal || signal->core != queue.core ||
          signal->engine != queue.engine ||
          signal->semaphore != wait.semaphore || signal->count != wait.count)
        continue;
      remove(sender, i);
      remove(receiver, waitNumber - (sender == receiver && i < waitNumber));
      judge("wait and signal removed", receiver, waitNumber, isHarmful());
      program.queues[sender] = oldProgram.queues[sender];
      program.queues[receiver] = oldProgram.queues[receiver];
      plan = oldPlan;
    }
  }
}

void Mutator::swapWithNext(unsigned queue, unsigned command, const char *kind) {
  edit(queue, [&](std::vector<Command> &commands, Origin &origin) {
    std::swap(commands[command], commands[command + 1]);
    std::swap(origin[command], origin[command + 1]);
  });
  judge(kind, queue, command, isHarmful());
}

void Mutator::moveOperands(unsigned queue, unsigned command) {
  Command &c = program.queues[queue].commands[command];
  unsigned firstStep = 0;
  auto executions = expandLoops(program.queues[queue]);
  while (firstStep < executions.size() &&
         executions[firstStep].command != command)
    ++firstStep;
  if (firstStep == executions.size())
    return;
  const Buffers &buffers = plan.operandBuffers[queue][firstStep];
  for (auto [number, operand] : llvm::enumerate(getOperands(c))) {
    const PlannedBuffer &buffer = plan.buffers[buffers[number]];
    ByteRegion region =
        getRegion(program, operand.walk, operand.sizes, operand.elementBytes,
                  executions[firstStep].indices);
    if (region.empty())
      continue;
    int64_t begin = buffer.offset, end = buffer.offset + buffer.size;
    int64_t old = operand.address->offset;
    for (int64_t change :
         {end - region.getEnd() + 1, begin - region.getBegin() - 1,
          int64_t(buffer.size), -int64_t(buffer.size)}) {
      operand.address->offset = old + change;
      judge("operand moved", queue, command, /*isHarmful=*/true);
    }
    operand.address->offset = old;
  }
}

void Mutator::mutateQueue(unsigned queue) {
  const Queue oldQueue = program.queues[queue];
  const auto oldPlan = plan.operandBuffers[queue];
  auto restore = [&] {
    program.queues[queue] = oldQueue;
    plan.operandBuffers[queue] = oldPlan;
  };
  const auto &commands = oldQueue.commands;
  for (unsigned i = 0; i < commands.size(); ++i) {
    bool isWait = std::holds_alternative<WaitCommand>(commands[i]);
    bool isSignal = std::holds_alternative<SignalCommand>(commands[i]);
    if (!isWait && !isSignal) {
      moveOperands(queue, i);
      continue;
    }
    removeCommand(queue, i, isWait ? "wait removed" : "signal removed");
    restore();
    for (int change : {1, -1}) {
      if (int64_t(getCount(program.queues[queue].commands[i])) + change < 1)
        continue;
      changeCount(queue, i, change);
      restore();
    }
    if (isWait) {
      removePair(queue, i);
      if (i + 1 < commands.size() && !isLoop(commands[i + 1])) {
        swapWithNext(queue, i, "wait later");
        restore();
      }
    } else if (i > 0 && !isLoop(commands[i - 1])) {
      swapWithNext(queue, i - 1, "signal earlier");
      restore();
    }
  }
}

MutationReport Mutator::run() {
  for (unsigned queue = 0; queue < program.queues.size(); ++queue)
    mutateQueue(queue);
  return report;
}

} // namespace

MutationReport
garam::npu::test::testMutants(Program program, MemoryPlan plan,
                              const MachineDescription &machine) {
  return Mutator(std::move(program), std::move(plan), machine).run();
}
