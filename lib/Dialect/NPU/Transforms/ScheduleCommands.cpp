//===- ScheduleCommands.cpp - The order of commands in their queues -------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CommandPhases.h"
#include "ListSchedule.h"
#include "Machine.h"
#include "SharedWork.h"
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
  /// nothing where none was found. Threads of `context` share the work.
  std::optional<std::vector<Operation *>> run(MLIRContext *context);

private:
  /// What commands must be behind, and the same backwards.
  struct Graphs {
    explicit Graphs(CommandGraph graph)
        : forwards(std::move(graph)), backwards(forwards.reverse()) {}

    CommandGraph forwards, backwards;
  };
  /// Where list scheduling starts: the seconds that nodes have left.
  struct Start {
    const Graphs *graphs;
    std::vector<double> remaining;
  };
  /// An order of list scheduling, and when its last command ends if commands
  /// wait for nothing but what they must be behind, in seconds.
  struct Order {
    std::vector<unsigned> commands;
    double seconds;
  };

  std::vector<double> getInOrder(const CommandGraph &graph) const;
  std::vector<Order> improve(Start &start) const;
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
  CommandFlow flow(
      commands, llvm::to_vector(llvm::make_pointer_range(std::as_const(times))),
      Synchronization(commands, accesses), machine);
  secondsInOrder = leastSeconds = flow.run();
  flow.visitEnds([&](Operation *, double end) {
    double seconds = times[secondsLeft.size()].seconds;
    secondsLeft.push_back(secondsInOrder - end + seconds);
  });
}

/// The waits that an order needs take as long to find as the order itself, so
/// orders are considered from the one that ends first without them on, until
/// the next one does not even so end sooner.
std::optional<std::vector<Operation *>> OrderSearch::run(MLIRContext *context) {
  CommandGraph graph(commands, accesses), withLoadsKept = graph;
  withLoadsKept.keepWeightLoads(commands);
  const Graphs kept(std::move(withLoadsKept)), all(std::move(graph));
  std::vector<Start> starts;
  for (const Graphs *graphs : {&kept, &all}) {
    starts.push_back(
        {graphs, findCriticalPaths(graphs->forwards, times, machine)});
    starts.push_back({graphs, getInOrder(graphs->forwards)});
  }
  std::vector<std::vector<Order>> found(starts.size());
  shareWork(context, starts.size(),
            [&](size_t number) { found[number] = improve(starts[number]); });
  std::vector<Order> orders;
  for (std::vector<Order> &some : found)
    llvm::move(some, std::back_inserter(orders));
  std::vector<const Order *> sorted;
  for (const Order &order : orders)
    sorted.push_back(&order);
  llvm::sort(sorted, [](const Order *a, const Order *b) {
    return std::tie(a->seconds, a) < std::tie(b->seconds, b);
  });
  for (const Order *order : sorted) {
    if (order->seconds >= leastSeconds)
      break;
    consider(order->commands);
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
/// critical path, which knows no queues. Returns the orders that may end sooner
/// than the one that commands have.
std::vector<OrderSearch::Order> OrderSearch::improve(Start &start) const {
  std::vector<Order> orders;
  std::vector<double> remaining = std::move(start.remaining);
  for (unsigned round = 0;; ++round) {
    ListSchedule forwards(start.graphs->forwards, times, machine,
                          std::move(remaining));
    double seconds = forwards.run();
    if (seconds < secondsInOrder)
      orders.push_back({forwards.getOrder().vec(), seconds});
    if (round + 1 == numRounds)
      return orders;
    std::vector<double> ends = forwards.getEnds();
    ListSchedule backwards(start.graphs->backwards, times, machine,
                           {ends.rbegin(), ends.rend()});
    backwards.run();
    ends = backwards.getEnds();
    remaining.assign(ends.rbegin(), ends.rend());
  }
}

/// Keeps an order if it is the best one so far with the waits that it needs.
void OrderSearch::consider(ArrayRef<unsigned> order) {
  std::vector<Operation *> ordered;
  std::vector<const CommandTime *> orderedTimes;
  for (unsigned number : order) {
    ordered.push_back(commands[number]);
    orderedTimes.push_back(&times[number]);
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
  if (auto order = search.run(func.getContext()))
    applyOrder(func, *order);
  return success();
}

} // namespace garam::npu
