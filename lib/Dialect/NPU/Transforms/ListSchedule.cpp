//===- ListSchedule.cpp - Orders queues by urgency ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ListSchedule.h"

using namespace mlir;

namespace garam::npu {

/// A queue looks at this many of the commands that become ready before it would
/// be free again.
static constexpr unsigned maxLookahead = 8;

std::vector<double> findCriticalPaths(const CommandGraph &graph,
                                      ArrayRef<CommandTime> times,
                                      const MachineDescription &machine) {
  QueueClock clock(machine);
  std::vector<double> paths(graph.getNodes().size(), 0.0);
  for (unsigned number = paths.size(); number-- > 0;) {
    const CommandGraph::Node &node = graph.getNodes()[number];
    double &path = paths[number];
    for (unsigned successor : node.successors) {
      const CommandGraph::Node &next = graph.getNodes()[successor];
      double seconds = paths[successor];
      if (node.command && next.command)
        seconds += clock.getArrival({0, node.queue}, next.queue);
      path = std::max(path, seconds);
    }
    if (node.command)
      path += times[*node.command].seconds;
  }
  return paths;
}

ListSchedule::ListSchedule(const CommandGraph &graph,
                           ArrayRef<CommandTime> times,
                           const MachineDescription &machine,
                           std::vector<double> remainingTimes)
    : CommandFlow(machine), nodes(graph.getNodes()),
      remaining(std::move(remainingTimes)),
      queues(machine.cores * numEngineKinds) {
  commands.resize(nodes.size());
  for (auto [number, node] : llvm::enumerate(nodes)) {
    Command &command = commands[number];
    command.queue = node.queue;
    if (node.command)
      command.time = &times[*node.command];
    command.waiting.assign(node.successors.begin(), node.successors.end());
    command.numMissing = node.numPredecessors;
    if (node.numPredecessors == 0)
      queues[node.queue].pending.insert({0, number});
  }
}

std::vector<double> ListSchedule::getEnds() const {
  std::vector<double> ends;
  for (const Command &command : commands)
    ends.push_back(command.end);
  return ends;
}

void ListSchedule::release(unsigned node) {
  Command &command = commands[node];
  if (nodes[node].command) {
    queues[command.queue].pending.insert({command.ready, node});
    return tryNext(command.queue);
  }
  command.end = getNow();
  notify(node);
}

void ListSchedule::tryNext(unsigned number) {
  Queue &queue = queues[number];
  if (isBlocked(number))
    return;
  while (!queue.pending.empty() && queue.pending.begin()->first <= getNow()) {
    unsigned node = queue.pending.begin()->second;
    queue.available.push({remaining[node], node});
    queue.pending.erase(queue.pending.begin());
  }
  if (!queue.available.empty()) {
    unsigned node = queue.available.top().node;
    if (std::optional<double> wait = findWait(queue, node))
      return tryAt(number, *wait);
    queue.available.pop();
    order.push_back(*nodes[node].command);
    return begin(node);
  }
  if (!queue.pending.empty())
    tryAt(number, queue.pending.begin()->first);
}

/// Until when `queue` should wait for a more urgent command than `node`, which
/// it could begin now.
std::optional<double> ListSchedule::findWait(const Queue &queue,
                                             unsigned node) const {
  double end = getNow() + commands[node].time->seconds;
  unsigned numSeen = 0;
  for (auto [ready, other] : queue.pending) {
    if (ready >= end || numSeen++ == maxLookahead)
      break;
    if (remaining[other] <= remaining[node])
      continue;
    double inOrder =
        std::max(getNow() + remaining[node], end + remaining[other]);
    double swapped =
        std::max(ready + remaining[other],
                 ready + commands[other].time->seconds + remaining[node]);
    if (swapped < inOrder)
      return ready;
  }
  return std::nullopt;
}

} // namespace garam::npu
