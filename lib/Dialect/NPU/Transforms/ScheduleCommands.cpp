//===- ScheduleCommands.cpp - The order of commands in their queues -------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CommandPhases.h"
#include "ListSchedule.h"
#include "Machine.h"
#include "Tuning.h"
#include "garam/Dialect/NPU/Transforms/CommandAccess.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"

using namespace mlir;

namespace garam {
#define GEN_PASS_DEF_NPUSCHEDULECOMMANDS
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

namespace garam::npu {
namespace {

/// How often list scheduling goes forwards for each graph and first urgency.
/// More rounds find the same orders again, or some that are as good.
constexpr unsigned numRounds = 2;

/// Looks for the order in which the commands of a function end first.
class OrderSearch {
public:
  OrderSearch(ArrayRef<Operation *> commands, const CommandClock &clock,
              const MachineDescription &machine);

  /// When the last command ends in the order that commands have, in seconds.
  double getSecondsInOrder() const { return secondsInOrder; }

  /// The order that ends clearly sooner than the one that commands have, or
  /// nothing where none was found.
  std::optional<std::vector<Operation *>> run();

private:
  std::vector<double> getInOrder(const CommandGraph &graph) const;
  void improve(const CommandGraph &graph, std::vector<double> remaining);
  void consider(ArrayRef<unsigned> order);

  const MachineDescription &machine;
  std::vector<Operation *> commands;
  AccessTable accesses;
  std::vector<CommandTime> times;
  /// From the begin of each command to the end of the program, in the order
  /// that they have.
  std::vector<double> secondsLeft;
  double secondsInOrder = 0;
  double leastSeconds = 0; // of orders that were considered
  std::vector<Operation *> best;
};

struct ScheduleCommands : impl::NPUScheduleCommandsBase<ScheduleCommands> {
  using NPUScheduleCommandsBase::NPUScheduleCommandsBase;

  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    FailureOr<MachineDescription> machine = loadMachine(getOperation(), target);
    if (failed(machine) || failed(checkCommands(getOperation(), *machine)) ||
        failed(checkPlanned(getOperation())) ||
        failed(checkWrites(getOperation())) ||
        failed(scheduleCommands(getOperation(), *machine, limit)))
      signalPassFailure();
  }
};

} // namespace

OrderSearch::OrderSearch(ArrayRef<Operation *> commandList,
                         const CommandClock &clock,
                         const MachineDescription &machine)
    : machine(machine), commands(commandList), accesses(commands) {
  for (Operation *op : commands)
    times.push_back(clock.getCommandTime(op));
  CommandFlow flow(commands, times, Synchronization(commands, accesses),
                   machine);
  secondsInOrder = leastSeconds = flow.run();
  flow.visitEnds([&](Operation *, double end) {
    double seconds = times[secondsLeft.size()].seconds;
    secondsLeft.push_back(secondsInOrder - end + seconds);
  });
}

std::optional<std::vector<Operation *>> OrderSearch::run() {
  CommandGraph graph(commands, accesses), withLoadsKept = graph;
  withLoadsKept.keepWeightLoads(commands);
  for (const CommandGraph *searched : {&withLoadsKept, &graph}) {
    improve(*searched, findCriticalPaths(*searched, times, machine));
    improve(*searched, getInOrder(*searched));
  }
  if (leastSeconds > (1 - tuning::leastOrderGain) * secondsInOrder)
    return std::nullopt;
  return std::move(best);
}

/// The seconds that nodes have left in the order that commands have. Nobody
/// asks for those of joints.
std::vector<double> OrderSearch::getInOrder(const CommandGraph &graph) const {
  std::vector<double> remaining;
  for (const CommandGraph::Node &node : graph.getNodes())
    remaining.push_back(node.command ? secondsLeft[*node.command] : 0);
  return remaining;
}

/// Schedules forwards and backwards in turn. What a command has left to the end
/// when all are as late as they can be says better how urgent it is than the
/// critical path, which knows no queues.
void OrderSearch::improve(const CommandGraph &graph,
                          std::vector<double> remaining) {
  CommandGraph reversed = graph.reverse();
  for (unsigned round = 0;; ++round) {
    ListSchedule forwards(graph, times, machine, std::move(remaining));
    if (forwards.run() < leastSeconds)
      consider(forwards.getOrder());
    if (round + 1 == numRounds)
      return;
    std::vector<double> ends = forwards.getEnds();
    ListSchedule backwards(reversed, times, machine,
                           {ends.rbegin(), ends.rend()});
    backwards.run();
    ends = backwards.getEnds();
    remaining.assign(ends.rbegin(), ends.rend());
  }
}

/// Keeps an order if it is the best one so far with the waits that it needs.
void OrderSearch::consider(ArrayRef<unsigned> order) {
  std::vector<Operation *> ordered;
  std::vector<CommandTime> orderedTimes;
  for (unsigned number : order) {
    ordered.push_back(commands[number]);
    orderedTimes.push_back(times[number]);
  }
  double seconds = CommandFlow(ordered, orderedTimes,
                               Synchronization(ordered, accesses), machine)
                       .run();
  if (seconds >= leastSeconds)
    return;
  leastSeconds = seconds;
  best = std::move(ordered);
}

static void applyOrder(func::FuncOp func, ArrayRef<Operation *> order) {
  Operation *end = func.front().getTerminator();
  // What is said of the values at the end stays behind all commands.
  if (auto values = func.getOps<ValueOp>(); !values.empty())
    end = *values.begin();
  for (Operation *op : order)
    op->moveBefore(end);
}

LogicalResult scheduleCommands(func::FuncOp func,
                               const MachineDescription &machine,
                               double limit) {
  if (failed(checkNotSynchronized(func)))
    return failure();
  CommandClock clock(machine);
  if (failed(clock.addPrograms(func)))
    return failure();
  std::vector<Operation *> commands;
  for (Operation &op : func.front())
    if (isCommand(&op))
      commands.push_back(&op);
  OrderSearch search(commands, clock, machine);
  if (limit > 0 && search.getSecondsInOrder() > limit)
    return success();
  if (auto order = search.run())
    applyOrder(func, *order);
  return success();
}

} // namespace garam::npu
