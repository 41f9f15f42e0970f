//===- CommandGraph.cpp - What commands must be behind --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CommandGraph.h"
#include "WeightLoads.h"

using namespace mlir;

namespace garam::npu {

CommandGraph::CommandGraph(ArrayRef<Operation *> commands) {
  nodes.reserve(commands.size());
  for (auto [command, op] : llvm::enumerate(commands))
    add(op, command);
}

CommandGraph CommandGraph::reverse() const {
  CommandGraph graph;
  graph.nodes.resize(nodes.size());
  unsigned last = nodes.size() - 1;
  for (auto [number, node] : llvm::enumerate(nodes)) {
    Node &mirrored = graph.nodes[last - number];
    mirrored.command = node.command;
    mirrored.queue = node.queue;
    for (unsigned successor : node.successors)
      graph.addEdge(last - successor, last - number);
  }
  return graph;
}

void CommandGraph::keepWeightLoads(ArrayRef<Operation *> commands) {
  // Of each queue what is behind its last load, and that load.
  llvm::DenseMap<unsigned, SmallVector<unsigned>> inFront;
  for (auto [number, node] : llvm::enumerate(nodes)) {
    if (!node.command || !isa<DMACommandOp>(commands[*node.command]))
      continue;
    SmallVector<unsigned> &others = inFront[node.queue];
    if (isWeightLoad(commands[*node.command]))
      for (unsigned other : std::exchange(others, {}))
        addEdge(other, number);
    others.push_back(number);
  }
}

unsigned CommandGraph::addNode() {
  nodes.emplace_back();
  return nodes.size() - 1;
}

void CommandGraph::addEdge(unsigned from, unsigned to) {
  nodes[from].successors.push_back(to);
  ++nodes[to].numPredecessors;
}

void CommandGraph::add(Operation *op, unsigned command) {
  SmallVector<CommandAccess, 6> accesses = getAccesses(op);
  // Joints first, for edges go forwards.
  for (const CommandAccess &access : accesses)
    if (!histories[access.buffer].isOwner)
      takeAddresses(access.buffer);
  unsigned node = addNode();
  nodes[node].command = command;
  nodes[node].queue = getQueue(op);
  if (isa<TensorCommandOp>(op)) {
    auto [last, isFirst] = contractions.try_emplace(nodes[node].queue, node);
    if (!isFirst)
      addEdge(std::exchange(last->second, node), node);
  }
  for (const CommandAccess &access : accesses) {
    BufferHistory &history = histories[access.buffer];
    if (history.start)
      addEdge(*history.start, node);
    if (!access.isWrite)
      history.writes.visit(
          access, [](unsigned) { return true; },
          [&](unsigned write) { addEdge(write, node); });
  }
  for (const CommandAccess &access : accesses) {
    BufferHistory &history = histories[access.buffer];
    history.touches.push_back(node);
    if (access.isWrite)
      history.writes.add(access, node);
  }
}

/// Puts a joint in front of all that touches `buffer` from now on, behind what
/// touched the buffers that it takes its addresses from.
void CommandGraph::takeAddresses(BufferOp buffer) {
  histories[buffer].isOwner = true;
  SmallVector<BufferOp> previous;
  owners.take(buffer, previous);
  SmallVector<unsigned> ends;
  for (BufferOp other : previous) {
    BufferHistory &history = histories[other];
    history.isOwner = false;
    if (!history.touches.empty())
      ends.push_back(getEnd(history));
  }
  if (ends.empty())
    return;
  unsigned start = addNode();
  for (unsigned end : ends)
    addEdge(end, start);
  histories[buffer].start = start;
  histories[buffer].touches.push_back(start);
}

/// A node behind all that touched the buffer of `history`, of which there is
/// something.
unsigned CommandGraph::getEnd(BufferHistory &history) {
  if (history.touches.size() > 1) {
    unsigned joint = addNode();
    for (unsigned touch : history.touches)
      addEdge(touch, joint);
    history.touches.assign(1, joint);
  }
  return history.touches.front();
}

} // namespace garam::npu
