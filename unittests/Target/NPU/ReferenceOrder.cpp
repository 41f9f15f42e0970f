//===- ReferenceOrder.cpp - Order of commands, found plainly --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ReferenceOrder.h"

#include "llvm/ADT/STLExtras.h"

#include <deque>
#include <map>
#include <set>

using namespace garam::npu;
using namespace garam::npu::test;

static void expandInto(llvm::ArrayRef<Command> commands, unsigned &position,
                       unsigned depth,
                       std::array<uint32_t, maxLoopDepth> indices,
                       std::vector<Execution> &result) {
  while (position < commands.size()) {
    const Command &command = commands[position];
    if (std::holds_alternative<LoopEndCommand>(command))
      return;
    if (auto *loop = std::get_if<LoopBeginCommand>(&command)) {
      unsigned begin = position + 1;
      for (indices[depth] = 0; indices[depth] < loop->count; ++indices[depth]) {
        position = begin;
        expandInto(commands, position, depth + 1, indices, result);
      }
      indices[depth] = 0;
    } else {
      result.push_back({position, indices});
    }
    ++position;
  }
}

std::vector<Execution> garam::npu::test::expandLoops(const Queue &queue) {
  std::vector<Execution> result;
  unsigned position = 0;
  expandInto(queue.commands, position, 0, {}, result);
  return result;
}

static bool isData(const Command &command) {
  return std::holds_alternative<TensorCommand>(command) ||
         std::holds_alternative<VectorCommand>(command) ||
         std::holds_alternative<DMACommand>(command);
}

//===----------------------------------------------------------------------===//
// Conflicts
//===----------------------------------------------------------------------===//

namespace {

/// Runs of bytes [begin, end).
using Runs = std::vector<std::pair<int64_t, int64_t>>;
using Memory = std::pair<MemorySpace, uint16_t>;

struct Touched {
  DataStep step;
  bool isWrite;
  Runs runs;
};

/// Walks every element of every operand.
class OperandWalker {
public:
  OperandWalker(const Program &program, const Execution &execution)
      : program(program), execution(execution) {}

  /// Memory, whether it is written, runs.
  std::vector<std::tuple<Memory, bool, Runs>> result;

  void visit(const TensorCommand &c) {
    const auto &r = c.rows, &k = c.reduction;
    walk(c.activation, {r[0], r[1], r[2], k[0], k[1], k[2]}, false);
    walk(c.weight, {k[0], k[1], k[2], c.columns}, false);
    if (c.hasBias)
      walk(c.bias, {c.columns}, false);
    if (c.hasScale)
      walk(c.scale, {c.columns}, false);
    if (c.hasResidual)
      walk(c.residual, {r[0], r[1], r[2], c.columns}, false);
    if (c.store)
      walk(c.output, {r[0], r[1], r[2], c.columns}, true);
  }
  void visit(const VectorCommand &c) {
    for (const Descriptor &input : c.inputs)
      walk(input, c.sizes, false);
    for (const VectorOutput &output : c.outputs)
      walk(output.descriptor,
           llvm::ArrayRef(c.sizes).drop_back(c.numReductionDims), true);
  }
  void visit(const DMACommand &c) {
    auto sourceSizes = c.sizes;
    if (c.kind == DMAKind::Gather)
      sourceSizes[c.indirection.dimension] = c.indirection.limit;
    if (c.kind != DMAKind::Fill)
      walk(c.source, sourceSizes, false, c.elementBytes);
    Descriptor destination = c.destination;
    for (unsigned core = 0; core < program.numCores; ++core) {
      if (c.multicast ? !(c.multicast >> core & 1) : core > 0)
        continue;
      if (c.multicast)
        destination.address.index = core;
      walk(destination, c.sizes, true, c.elementBytes);
    }
    if (c.kind == DMAKind::Gather) {
      Descriptor list;
      list.address = c.indirection.address;
      unsigned bytes = getByteWidth(c.indirection.type);
      list.strides[0] = bytes;
      walk(list, {c.sizes[c.indirection.dimension]}, false, bytes);
    }
  }
  template <typename T>
  void visit(const T &) {}

private:
  void walk(const Descriptor &d, llvm::ArrayRef<uint32_t> sizes, bool isWrite) {
    walk(d, sizes, isWrite, getByteWidth(d.type));
  }
  void walk(const Descriptor &d, llvm::ArrayRef<uint32_t> sizes, bool isWrite,
            unsigned elementBytes);
  bool isInside(const Descriptor &d, llvm::ArrayRef<uint32_t> index) const;

  const Program &program;
  const Execution &execution;
};

bool OperandWalker::isInside(const Descriptor &d,
                             llvm::ArrayRef<uint32_t> index) const {
  return llvm::all_of(d.guards, [&](const Guard &guard) {
    int64_t coordinate = guard.start;
    for (unsigned i = 0; i < maxLoopDepth; ++i)
      coordinate += int64_t(guard.loopStrides[i]) * execution.indices[i];
    for (auto [i, value] : llvm::enumerate(index))
      coordinate += int64_t(guard.coefficients[i]) * value;
    return coordinate >= 0 && coordinate < int64_t(guard.extent);
  });
}

void OperandWalker::walk(const Descriptor &d, llvm::ArrayRef<uint32_t> sizes,
                         bool isWrite, unsigned elementBytes) {
  int64_t base = d.address.offset;
  if (d.address.parameter >= 0)
    base += d.address.parameterStride *
            program.parameters[d.address.parameter].maximum;
  for (unsigned i = 0; i < maxLoopDepth; ++i)
    base += d.address.loopStrides[i] * execution.indices[i];

  Runs runs;
  std::vector<uint32_t> index(sizes.size(), 0);
  while (true) {
    if (isInside(d, index)) {
      int64_t begin = base;
      for (auto [i, value] : llvm::enumerate(index))
        begin += d.strides[i] * value;
      if (!runs.empty() && runs.back().second == begin)
        runs.back().second += elementBytes;
      else
        runs.push_back({begin, begin + elementBytes});
    }
    unsigned dim = sizes.size();
    while (dim > 0 && ++index[dim - 1] == sizes[dim - 1])
      index[--dim] = 0;
    if (dim == 0)
      break;
  }
  // Sorted, joined.
  llvm::sort(runs);
  Runs joined;
  for (auto run : runs)
    if (!joined.empty() && run.first <= joined.back().second)
      joined.back().second = std::max(joined.back().second, run.second);
    else
      joined.push_back(run);
  result.push_back({{d.address.space, d.address.index}, isWrite, joined});
}

bool meet(const Runs &a, const Runs &b) {
  auto x = a.begin(), y = b.begin();
  while (x != a.end() && y != b.end()) {
    if (x->first < y->second && y->first < x->second)
      return true;
    if (x->second <= y->second)
      ++x;
    else
      ++y;
  }
  return false;
}

} // namespace

std::vector<Conflict> garam::npu::test::findConflicts(const Program &program) {
  std::map<Memory, std::vector<Touched>> memories;
  for (auto [q, queue] : llvm::enumerate(program.queues)) {
    unsigned number = 0;
    for (const Execution &execution : expandLoops(queue)) {
      const Command &command = queue.commands[execution.command];
      if (!isData(command))
        continue;
      OperandWalker walker(program, execution);
      std::visit([&](const auto &c) { walker.visit(c); }, command);
      for (auto &[memory, isWrite, runs] : walker.result)
        memories[memory].push_back(
            {{unsigned(q), number}, isWrite, std::move(runs)});
      ++number;
    }
  }
  std::set<Conflict> conflicts;
  for (const auto &[memory, touched] : memories)
    for (const Touched &a : touched)
      for (const Touched &b : touched)
        if (a.step.queue < b.step.queue && (a.isWrite || b.isWrite) &&
            meet(a.runs, b.runs))
          conflicts.insert({a.step, b.step});
  return {conflicts.begin(), conflicts.end()};
}

//===----------------------------------------------------------------------===//
// ReferenceOrder
//===----------------------------------------------------------------------===//

ReferenceOrder::ReferenceOrder(const Program &program)
    : dataSteps(program.queues.size()) {
  std::vector<std::vector<Execution>> executions;
  std::vector<unsigned> firstStep;
  unsigned numSteps = 0;
  for (const Queue &queue : program.queues) {
    executions.push_back(expandLoops(queue));
    firstStep.push_back(numSteps);
    numSteps += executions.back().size();
  }
  predecessors.resize(numSteps, llvm::BitVector(numSteps));

  // Counts that were signalled and not yet taken: by which step, how many.
  using Tokens = std::deque<std::pair<unsigned, uint32_t>>;
  std::map<std::tuple<uint16_t, Engine, uint16_t>, Tokens> semaphores;
  std::vector<unsigned> position(program.queues.size(), 0);
  bool progress = true;
  while (progress) {
    progress = false;
    for (auto [q, queue] : llvm::enumerate(program.queues)) {
      for (; position[q] < executions[q].size(); ++position[q]) {
        const Command &command =
            queue.commands[executions[q][position[q]].command];
        unsigned step = firstStep[q] + position[q];
        llvm::BitVector &before = predecessors[step];
        before.reset();
        if (position[q] > 0) {
          before |= predecessors[step - 1];
          before.set(step - 1);
        }
        if (auto *wait = std::get_if<WaitCommand>(&command)) {
          Tokens &tokens =
              semaphores[{queue.core, queue.engine, wait->semaphore}];
          uint64_t available = 0;
          for (auto &[from, count] : tokens)
            available += count;
          if (available < wait->count)
            break;
          for (uint32_t needed = wait->count; needed > 0;) {
            auto &[from, count] = tokens.front();
            before |= predecessors[from];
            before.set(from);
            uint32_t taken = std::min(needed, count);
            needed -= taken;
            count -= taken;
            if (count == 0)
              tokens.pop_front();
          }
        } else if (auto *signal = std::get_if<SignalCommand>(&command)) {
          semaphores[{signal->core, signal->engine, signal->semaphore}]
              .push_back({step, signal->count});
        } else {
          dataSteps[q].push_back(step);
        }
        progress = true;
      }
    }
  }
  for (unsigned q = 0; q < program.queues.size(); ++q)
    deadlocked |= position[q] < executions[q].size();
}

//===----------------------------------------------------------------------===//
// Interleavings
//===----------------------------------------------------------------------===//

Interleavings::Interleavings(const Program &program)
    : dataSteps(program.queues.size()) {
  size_t numQueues = program.queues.size();
  std::vector<std::vector<const Command *>> commands(numQueues);
  // Number of data steps before each position.
  std::vector<std::vector<unsigned>> dataBefore(numQueues);
  for (size_t q = 0; q < numQueues; ++q) {
    unsigned count = 0;
    for (const Execution &execution : expandLoops(program.queues[q])) {
      commands[q].push_back(&program.queues[q].commands[execution.command]);
      dataBefore[q].push_back(count);
      count += isData(*commands[q].back());
    }
    dataBefore[q].push_back(count);
    dataSteps[q].resize(
        count, {std::vector<unsigned>(numQueues,
                                      std::numeric_limits<unsigned>::max())});
  }

  using State = std::vector<unsigned>; // position of each queue
  auto canStep = [&](const State &state, size_t q) {
    auto *wait = std::get_if<WaitCommand>(commands[q][state[q]]);
    if (!wait)
      return true;
    int64_t count = 0;
    for (size_t other = 0; other < numQueues; ++other)
      for (unsigned i = 0; i < state[other]; ++i) {
        auto *signal = std::get_if<SignalCommand>(commands[other][i]);
        if (signal && signal->core == program.queues[q].core &&
            signal->engine == program.queues[q].engine &&
            signal->semaphore == wait->semaphore)
          count += signal->count;
        auto *taken = std::get_if<WaitCommand>(commands[other][i]);
        if (other == q && taken && taken->semaphore == wait->semaphore)
          count -= taken->count;
      }
    return count >= int64_t(wait->count);
  };

  std::set<State> seen;
  std::vector<State> worklist = {State(numQueues, 0)};
  seen.insert(worklist.front());
  while (!worklist.empty()) {
    State state = worklist.back();
    worklist.pop_back();
    bool isStuck = true, isEnd = true;
    for (size_t q = 0; q < numQueues; ++q) {
      if (state[q] == commands[q].size())
        continue;
      isEnd = false;
      if (!canStep(state, q))
        continue;
      isStuck = false;
      if (isData(*commands[q][state[q]])) {
        StepInfo &info = dataSteps[q][dataBefore[q][state[q]]];
        for (size_t other = 0; other < numQueues; ++other)
          info.dataBefore[other] =
              std::min(info.dataBefore[other], dataBefore[other][state[other]]);
      }
      State next = state;
      ++next[q];
      if (seen.insert(next).second)
        worklist.push_back(next);
    }
    deadlocks |= isStuck && !isEnd;
  }
}

bool Interleavings::happensBefore(DataStep a, DataStep b) const {
  return a.number < dataSteps[b.queue][b.number].dataBefore[a.queue];
}
