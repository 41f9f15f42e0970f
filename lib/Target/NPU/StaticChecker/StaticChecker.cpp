//===- StaticChecker.cpp - Proves a compiled program safe -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// HappensBefore finds the order of all steps (rules D and S). In that order,
// each operand of each step becomes an access to bytes of a buffer (rules B and
// W). Then every access is compared with the earlier ones to its buffer that
// are not ordered before it (rule R): those are the last few of each other
// queue, so the work is near-linear in a program that synchronises. Buffers
// that share addresses are compared along each byte's sequence of buffers only
// (rule L), because the order is transitive.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/NPU/StaticChecker.h"

#include "HappensBefore.h"
#include "Operands.h"
#include "garam/Target/NPU/Encoding.h"
#include "garam/Target/NPU/Machine/RegionIndex.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/Twine.h"

#include <map>
#include <optional>

using namespace garam::npu;
using llvm::Twine;

namespace {

/// Violations that are reported before the checker gives up.
constexpr unsigned maxViolations = 10;

/// Bytes that one step touches in one buffer.
struct Access {
  StepId step;
  bool isWrite;
  ByteRegion region;
};

/// Accesses of one kind, of one queue to one buffer, in order.
struct AccessList {
  std::vector<uint32_t> numbers;
  RegionIndex index; // by position in `numbers`
};

/// Accesses of one queue to one buffer, in order.
struct QueueAccesses {
  uint32_t queue;
  AccessList reads, writes;
  StepId first, last;
};

class Checker {
public:
  Checker(const Program &program, const MemoryPlan &plan,
          const MachineDescription &machine)
      : program(program), plan(plan), machine(machine), order(program),
        accessesOf(plan.buffers.size()) {}

  llvm::Error run();

private:
  void report(char rule, const Twine &message);
  bool isDone() const { return violations.size() >= maxViolations; }

  bool checkPlan();
  void checkBuffers();
  void checkStep(StepId step);
  void checkOperand(StepId step, const Operand &operand, uint32_t buffer);
  void checkOrder(uint32_t access, uint32_t buffer);
  void checkAgainst(const Access &access, const AccessList &earlier,
                    uint32_t buffer);
  void reportUnordered(const Access &first, const Access &second,
                       uint32_t buffer);
  void checkLifetimes();
  std::optional<std::pair<StepId, StepId>> findUnordered(uint32_t a,
                                                         uint32_t b) const;

  uint64_t getMemorySize(MemorySpace space, uint16_t index) const;
  std::string describe(uint32_t buffer) const;
  static std::string describe(const ByteRegion &region);

  const Program &program;
  const MemoryPlan &plan;
  const MachineDescription &machine;
  HappensBefore order;
  std::vector<Access> accesses;
  /// By buffer.
  std::vector<llvm::SmallVector<QueueAccesses, 1>> accessesOf;
  /// Buffers with accesses, by their first one.
  std::vector<uint32_t> usedBuffers;
  /// Pairs of queues, for each buffer, whose missing order was reported.
  llvm::DenseSet<std::pair<uint32_t, uint64_t>> reportedPairs;
  std::vector<std::string> violations;
};

void Checker::report(char rule, const Twine &message) {
  if (!isDone())
    violations.push_back(("(" + Twine(rule) + ") " + message).str());
}

uint64_t Checker::getMemorySize(MemorySpace space, uint16_t index) const {
  switch (space) {
  case MemorySpace::Local:
    return index < program.numCores ? machine.local.bytes : 0;
  case MemorySpace::Shared:
    return index == 0 ? machine.shared.bytes : 0;
  case MemorySpace::DRAM:
    return index < program.segments.size() ? program.segments[index].size : 0;
  }
  return 0;
}

std::string Checker::describe(uint32_t number) const {
  const PlannedBuffer &buffer = plan.buffers[number];
  std::string text;
  llvm::raw_string_ostream os(text);
  os << "buffer '" << buffer.name << "' (" << getName(buffer.space);
  if (buffer.space != MemorySpace::Shared)
    os << buffer.index;
  os << " bytes " << buffer.offset << " to " << buffer.offset + buffer.size
     << ")";
  return text;
}

std::string Checker::describe(const ByteRegion &region) {
  return "bytes " + std::to_string(region.getBegin()) + " to " +
         std::to_string(region.getEnd());
}

//===----------------------------------------------------------------------===//
// Bounds: rules B and W
//===----------------------------------------------------------------------===//

/// Whether the plan speaks of this program.
bool Checker::checkPlan() {
  if (program.numCores > machine.cores)
    report('B', "the program needs " + Twine(program.numCores) +
                    " cores, machine '" + machine.name + "' has " +
                    Twine(machine.cores));
  if (plan.operandBuffers.size() != program.queues.size()) {
    report('B', "the plan is for " + Twine(plan.operandBuffers.size()) +
                    " queues, the program has " + Twine(program.queues.size()));
    return false;
  }
  for (uint32_t queue = 0; queue < program.queues.size(); ++queue)
    if (plan.operandBuffers[queue].size() != order.getSteps(queue).size()) {
      report('B', "the plan is for " +
                      Twine(plan.operandBuffers[queue].size()) +
                      " commands of core " + Twine(program.queues[queue].core) +
                      ", " + getName(program.queues[queue].engine) +
                      " queue, which executes " +
                      Twine(order.getSteps(queue).size()));
      return false;
    }
  return true;
}

void Checker::checkBuffers() {
  for (uint32_t number = 0; number < plan.buffers.size(); ++number) {
    const PlannedBuffer &buffer = plan.buffers[number];
    uint64_t size = getMemorySize(buffer.space, buffer.index);
    if (buffer.offset > size || buffer.size > size - buffer.offset)
      report('B', describe(number) + " leaves its memory of " + Twine(size) +
                      " bytes");
  }
}

void Checker::checkStep(StepId id) {
  const Step &step = order.getSteps(id.queue)[id.step];
  const auto &buffers = plan.operandBuffers[id.queue][id.step];
  unsigned number = 0;
  forEachOperand(
      program, program.queues[id.queue], step, [&](const Operand &operand) {
        if (number < buffers.size() && buffers[number] < plan.buffers.size())
          checkOperand(id, operand, buffers[number]);
        ++number;
      });
  if (number != buffers.size() || llvm::any_of(buffers, [&](uint32_t buffer) {
        return buffer >= plan.buffers.size();
      }))
    report('B', order.describe(id) + ": has " + Twine(number) +
                    " operands; the plan has " + Twine(buffers.size()) +
                    " or one that is none of its buffers");
}

void Checker::checkOperand(StepId step, const Operand &operand,
                           uint32_t number) {
  if (operand.region.empty())
    return;
  const PlannedBuffer &buffer = plan.buffers[number];
  auto verb = operand.isWrite ? "writes " : "reads ";
  if (operand.space != buffer.space || operand.index != buffer.index ||
      operand.region.getBegin() < int64_t(buffer.offset) ||
      operand.region.getEnd() > int64_t(buffer.offset + buffer.size)) {
    report('B', order.describe(step) + ": " + operand.name + " " + verb +
                    describe(operand.region) + " of " + getName(operand.space) +
                    Twine(operand.index) + ", outside " + describe(number));
    return;
  }
  bool isReadOnly =
      operand.space == MemorySpace::DRAM &&
      garam::npu::isReadOnly(program.segments[operand.index].role);
  if (isReadOnly && operand.isWrite)
    report('W', order.describe(step) + ": " + operand.name +
                    " writes segment " + Twine(operand.index) + " '" +
                    program.segments[operand.index].name + "', whose role is " +
                    getName(program.segments[operand.index].role));
  if (operand.isWrite)
    if (const ResidentBytes *resident =
            findResident(program, operand.space, operand.index, operand.region))
      report('W', order.describe(step) + ": " + operand.name + " writes " +
                      describe(operand.region) + " of " +
                      getName(operand.space) + Twine(operand.index) +
                      ", of which " + Twine(resident->size) + " from " +
                      Twine(resident->offset) + " on are resident");
  // Nobody can change what is only read.
  if (isReadOnly)
    return;
  accesses.push_back({step, operand.isWrite, operand.region});
  checkOrder(accesses.size() - 1, number);
}

//===----------------------------------------------------------------------===//
// Order inside a buffer: rule R
//===----------------------------------------------------------------------===//

/// Compares an access with the earlier ones to its buffer, then adds it.
void Checker::checkOrder(uint32_t number, uint32_t buffer) {
  const Access &access = accesses[number];
  auto &queues = accessesOf[buffer];
  if (queues.empty())
    usedBuffers.push_back(buffer);
  QueueAccesses *own = nullptr;
  for (QueueAccesses &other : queues) {
    if (other.queue == access.step.queue) {
      own = &other;
      continue;
    }
    checkAgainst(access, other.writes, buffer);
    if (access.isWrite)
      checkAgainst(access, other.reads, buffer);
  }
  if (!own) {
    queues.push_back({access.step.queue, {}, {}, access.step, access.step});
    own = &queues.back();
  }
  own->last = access.step;
  AccessList &list = access.isWrite ? own->writes : own->reads;
  list.numbers.push_back(number);
  list.index.add(access.region.getBegin(), access.region.getEnd());
}

/// `earlier` are accesses of one other queue. Those at its end are not ordered
/// before `access`.
void Checker::checkAgainst(const Access &access, const AccessList &earlier,
                           uint32_t buffer) {
  auto firstUnordered =
      llvm::partition_point(earlier.numbers, [&](uint32_t number) {
        return order.happensBefore(accesses[number].step, access.step);
      });
  earlier.index.visit(
      firstUnordered - earlier.numbers.begin(), access.region.getBegin(),
      access.region.getEnd(), [&](size_t position) {
        const Access &other = accesses[earlier.numbers[position]];
        if (isDone())
          return false;
        if (!overlap(other.region, access.region))
          return true;
        reportUnordered(other, access, buffer);
        return false;
      });
}

void Checker::reportUnordered(const Access &first, const Access &second,
                              uint32_t buffer) {
  uint64_t queues = uint64_t(first.step.queue) << 32 | second.step.queue;
  if (!reportedPairs.insert({buffer, queues}).second)
    return;
  auto does = [&](const Access &a) {
    return order.describe(a.step) + (a.isWrite ? " writes " : " reads ") +
           describe(a.region);
  };
  report('R', "no order between two accesses to " + describe(buffer) + ": " +
                  does(first) + ", and " + does(second));
}

//===----------------------------------------------------------------------===//
// Buffers that share addresses: rule L
//===----------------------------------------------------------------------===//

/// Two steps that show that not all accesses to buffer `a` happen before all
/// accesses to `b`.
std::optional<std::pair<StepId, StepId>>
Checker::findUnordered(uint32_t a, uint32_t b) const {
  for (const QueueAccesses &x : accessesOf[a])
    for (const QueueAccesses &y : accessesOf[b])
      if (!order.happensBefore(x.last, y.first))
        return std::make_pair(x.last, y.first);
  return std::nullopt;
}

void Checker::checkLifetimes() {
  // For each memory, which buffer used which bytes last: begin -> end, buffer.
  using Intervals = std::map<uint64_t, std::pair<uint64_t, uint32_t>>;
  std::map<std::pair<MemorySpace, uint16_t>, Intervals> memories;
  for (uint32_t number : usedBuffers) {
    const PlannedBuffer &buffer = plan.buffers[number];
    Intervals &intervals = memories[{buffer.space, buffer.index}];
    uint64_t begin = buffer.offset, end = begin + buffer.size;
    auto it = intervals.upper_bound(begin);
    if (it != intervals.begin() && std::prev(it)->second.first > begin)
      --it;
    llvm::SmallVector<uint32_t, 4> compared;
    while (it != intervals.end() && it->first < end) {
      auto [oldBegin, oldEnd, old] =
          std::make_tuple(it->first, it->second.first, it->second.second);
      if (!llvm::is_contained(compared, old))
        if (auto steps = findUnordered(old, number))
          report('L', describe(old) + " and " + describe(number) +
                          " share addresses and are live at once: no order "
                          "between " +
                          order.describe(steps->first) + ", and " +
                          order.describe(steps->second));
      compared.push_back(old);
      it = intervals.erase(it);
      if (oldBegin < begin)
        intervals[oldBegin] = {begin, old};
      if (oldEnd > end)
        intervals[end] = {oldEnd, old};
    }
    intervals[begin] = {end, number};
  }
}

llvm::Error Checker::run() {
  bool ended = order.run(
      [this](char rule, const Twine &message) { report(rule, message); });
  if (checkPlan() && ended) {
    checkBuffers();
    for (StepId step : order.getExecution())
      if (!isDone())
        checkStep(step);
    checkLifetimes();
  }
  if (violations.empty())
    return llvm::Error::success();
  return llvm::createStringError("NPU program is not safe:\n  " +
                                 llvm::join(violations, "\n  "));
}

} // namespace

llvm::Error garam::npu::checkProgram(const Program &program,
                                     const MemoryPlan &plan,
                                     const MachineDescription &machine) {
  if (llvm::Error error = verify(program))
    return error;
  if (llvm::Error error = Checker(program, plan, machine).run())
    return error;
  if (program.setup.empty())
    return llvm::Error::success();
  Program setup = makeSetupProgram(program);
  setup.segments = program.segments; // as large as the buffers of the plan need
  MemoryPlan setupPlan{plan.buffers, plan.setupOperandBuffers, {}};
  if (llvm::Error error = Checker(setup, setupPlan, machine).run())
    return llvm::createStringError("in the set-up: " +
                                   llvm::toString(std::move(error)));
  return llvm::Error::success();
}
