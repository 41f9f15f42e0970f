//===- CommandFlow.cpp - When commands that share rates happen ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CommandFlow.h"

using namespace mlir;

namespace garam::npu {

/// Transfers with less than this part left are done: rounding.
static constexpr double doneRest = 1e-9;
/// A transfer that takes its engine and the memories no time takes this long,
/// lest its rate be infinite.
static constexpr double leastSeconds = 1e-15;

//===----------------------------------------------------------------------===//
// Commands
//===----------------------------------------------------------------------===//

CommandFlow::CommandFlow(const MachineDescription &machine)
    : machine(machine), queues(machine.cores * numEngineKinds),
      contracts(machine.cores, false) {}

CommandFlow::CommandFlow(ArrayRef<Operation *> operations,
                         ArrayRef<const CommandTime *> times,
                         const Synchronization &synchronization,
                         const MachineDescription &machine)
    : CommandFlow(machine) {
  commands.reserve(operations.size());
  for (auto [op, time] : llvm::zip_equal(operations, times)) {
    SmallVector<unsigned, 4> awaited;
    auto waits = synchronization.getWaits().find(op);
    if (waits != synchronization.getWaits().end())
      for (QueuePoint point : waits->second)
        awaited.push_back(queues[point.queue].commands[point.number - 1]);
    addCommand(op, *time, awaited);
  }
}

CommandFlow::CommandFlow(ArrayRef<Operation *> operations,
                         const CommandClock &clock,
                         const MachineDescription &machine)
    : CommandFlow(machine) {
  std::vector<SmallVector<unsigned, 4>> awaited(queues.size());
  for (Operation *op : operations) {
    if (auto signal = dyn_cast<SignalOp>(op))
      addSignal(signal);
    else if (auto wait = dyn_cast<WaitOp>(op))
      addWait(wait, awaited[getQueue(wait.getCore(), wait.getEngine())]);
    else if (isCommand(op))
      addCommand(op, ownTimes.emplace_back(clock.getCommandTime(op)),
                 std::exchange(awaited[getQueue(op)], {}));
  }
}

/// Adds a command behind `awaited`, which its queue has waited for.
void CommandFlow::addCommand(Operation *op, const CommandTime &time,
                             ArrayRef<unsigned> awaited) {
  unsigned number = commands.size();
  Command &command = commands.emplace_back();
  command.op = op;
  command.queue = getQueue(op);
  command.time = &time;
  queues[command.queue].commands.push_back(number);
  command.numMissing = awaited.size();
  for (unsigned other : awaited)
    commands[other].waiting.push_back(number);
}

/// The last command of the queue in front of it lets others go on.
void CommandFlow::addSignal(SignalOp op) {
  const std::vector<unsigned> &done =
      queues[getQueue(op.getCore(), op.getEngine())].commands;
  if (done.empty())
    return;
  unsigned target = getQueue(op.getTargetCore(), op.getTargetEngine());
  Semaphore &semaphore = semaphores[{target, op.getSemaphore()}];
  semaphore.signalled += op.getCount();
  semaphore.signals.push({semaphore.signalled, done.back()});
}

/// The next command of the queue is behind the one whose signal raises the
/// semaphore to what was waited for so far.
void CommandFlow::addWait(WaitOp op, SmallVectorImpl<unsigned> &awaited) {
  Semaphore &semaphore =
      semaphores[{getQueue(op.getCore(), op.getEngine()), op.getSemaphore()}];
  semaphore.awaited += op.getCount();
  while (!semaphore.signals.empty() &&
         semaphore.signals.front().first < semaphore.awaited)
    semaphore.signals.pop();
  if (!semaphore.signals.empty())
    awaited.push_back(semaphore.signals.front().second);
}

//===----------------------------------------------------------------------===//
// Events
//===----------------------------------------------------------------------===//

/// Whether the vector engine works, which does not do so beside the tensor
/// engine, or the other way round.
bool CommandFlow::isExcluded(unsigned queue) const {
  if (!machine.vector.excludesTensor())
    return false;
  unsigned core = queue / numEngineKinds;
  unsigned tensor = getQueue(core, EngineKind::tensor);
  unsigned vector = getQueue(core, EngineKind::vector);
  return (queue == tensor && queues[vector].isBusy) ||
         (queue == vector && queues[tensor].isBusy);
}

void CommandFlow::tryNext(unsigned number) {
  Queue &queue = queues[number];
  if (isBlocked(number) || queue.next == queue.commands.size())
    return;
  const Command &command = commands[queue.commands[queue.next]];
  if (command.numMissing > 0)
    return;
  if (command.ready > now)
    return tryAt(number, command.ready);
  begin(queue.commands[queue.next]);
}

void CommandFlow::begin(unsigned number) {
  const Command &command = commands[number];
  queues[command.queue].isBusy = true;
  if (command.time->isTransfer())
    return events.push({now + command.time->transfer->time.startSeconds,
                        EventKind::Stream, number});
  if (command.time->isContraction)
    setContracts(command.queue / numEngineKinds, true);
  events.push({now + command.time->seconds, EventKind::End, number});
}

void CommandFlow::end(unsigned number) {
  Command &command = commands[number];
  command.end = last = now;
  Queue &queue = queues[command.queue];
  queue.isBusy = false;
  ++queue.next;
  unsigned core = command.queue / numEngineKinds;
  if (command.time->isContraction)
    setContracts(core, false);
  notify(number);
  // The engines of a core may have waited for each other.
  for (unsigned engine = 0; engine < numEngineKinds; ++engine)
    tryNext(core * numEngineKinds + engine);
}

void CommandFlow::notify(unsigned number) {
  unsigned queue = commands[number].queue;
  for (unsigned waiting : commands[number].waiting) {
    Command &other = commands[waiting];
    bool isLocal = other.queue / numEngineKinds == queue / numEngineKinds;
    double seconds = isLocal ? machine.synchronisation.localSeconds
                             : machine.synchronisation.remoteSeconds;
    other.ready =
        std::max(other.ready, other.queue == queue ? now : now + seconds);
    if (--other.numMissing == 0)
      release(waiting);
  }
}

//===----------------------------------------------------------------------===//
// Rates
//===----------------------------------------------------------------------===//

/// Notes whether a core contracts, which slows its transfers with DRAM down.
void CommandFlow::setContracts(unsigned core, bool value) {
  contracts[core] = value;
  isStale |= machine.dram.contractionSlowdown > 0;
}

double CommandFlow::getDRAMSeconds(const Transfer &transfer) const {
  double lost = contracts[transfer.core] ? machine.dram.contractionSlowdown : 0;
  return transfer.time.dramSeconds / (1 - lost);
}

/// Calls `visit` with each resource that others may use at the same time, DRAM
/// and the ports of cores, and how long the transfer takes it.
template <typename Visit>
void CommandFlow::visitShared(const Transfer &transfer, Visit visit) const {
  if (transfer.time.dramSeconds > 0)
    visit(0, getDRAMSeconds(transfer));
  if (transfer.time.networkSeconds <= 0)
    return;
  if (transfer.sender >= 0)
    visit(1 + transfer.sender, transfer.time.networkSeconds);
  for (int64_t receiver : transfer.receivers)
    visit(1 + machine.cores + receiver, transfer.time.networkSeconds);
}

/// A transfer has started up.
void CommandFlow::stream(unsigned number) {
  const Transfer &transfer = *commands[number].time->transfer;
  const TransferTime &time = transfer.time;
  double packets = std::max<double>(time.packets, 1);
  flows.push_back({number, &transfer, packets,
                   packets / std::max({time.engineSeconds, time.localSeconds,
                                       time.sharedSeconds, leastSeconds})});
  isStale = true;
}

/// Lets all flows send packets equally often, as often as the resources let
/// them; those that a full one holds back, or that go as fast as they can by
/// themselves, leave the rest to the others.
void CommandFlow::shareRates() {
  size_t numResources = 1 + 2 * machine.cores;
  std::vector<double> room(numResources, 1.0), load(numResources, 0.0);
  SmallVector<Flow *> open;
  for (Flow &flow : flows) {
    open.push_back(&flow);
    visitShared(*flow.transfer, [&](size_t resource, double seconds) {
      load[resource] += seconds / flow.packets;
    });
  }
  while (!open.empty()) {
    double rate = HUGE_VAL; // packets a second
    std::optional<size_t> full;
    for (size_t resource = 0; resource < numResources; ++resource)
      if (load[resource] > 0 && room[resource] / load[resource] < rate) {
        rate = room[resource] / load[resource];
        full = resource;
      }
    Flow *slowest = *llvm::min_element(
        open, [](Flow *a, Flow *b) { return a->ownRate < b->ownRate; });
    bool isOwn = slowest->ownRate <= rate;
    if (isOwn)
      rate = slowest->ownRate;
    llvm::erase_if(open, [&](Flow *flow) {
      const Transfer &transfer = *flow->transfer;
      bool isHeld = flow == slowest;
      if (!isOwn) {
        isHeld = false;
        visitShared(transfer, [&](size_t resource, double) {
          isHeld |= resource == full;
        });
      }
      if (!isHeld)
        return false;
      flow->rate = rate / flow->packets;
      visitShared(transfer, [&](size_t resource, double seconds) {
        room[resource] = std::max(0.0, room[resource] - flow->rate * seconds);
        load[resource] =
            std::max(0.0, load[resource] - seconds / flow->packets);
      });
      return true;
    });
    if (full && !isOwn)
      load[*full] = 0;
  }
}

/// Lets the flows go on until `time`.
void CommandFlow::advance(double time) {
  for (Flow &flow : flows)
    flow.left -= (time - now) * flow.rate;
  now = time;
}

double CommandFlow::run() {
  for (unsigned queue = 0; queue < queues.size(); ++queue)
    tryNext(queue);
  while (!events.empty() || !flows.empty()) {
    if (std::exchange(isStale, false))
      shareRates();
    double time = events.empty() ? HUGE_VAL : events.top().time;
    for (const Flow &flow : flows)
      time = std::min(time, now + std::max(0.0, flow.left) / flow.rate);
    advance(time);
    SmallVector<unsigned> ended;
    llvm::erase_if(flows, [&](const Flow &flow) {
      // Late in a long program what is left may be less than time tells apart.
      bool isDone = flow.left <= doneRest || now + flow.left / flow.rate <= now;
      if (isDone)
        ended.push_back(flow.command);
      return isDone;
    });
    isStale |= !ended.empty();
    for (unsigned command : ended)
      end(command);
    while (!events.empty() && events.top().time <= now) {
      Event event = events.top();
      events.pop();
      switch (event.kind) {
      case EventKind::End:
        end(event.number);
        break;
      case EventKind::Stream:
        stream(event.number);
        break;
      case EventKind::Try:
        tryNext(event.number);
        break;
      }
    }
  }
  return last;
}

} // namespace garam::npu
