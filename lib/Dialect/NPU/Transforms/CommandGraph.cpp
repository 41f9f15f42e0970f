//===- CommandGraph.cpp - What commands must be behind --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CommandGraph.h"

#include "AddressOwners.h"
#include "WeightLoads.h"
#include "WriteHistory.h"

using namespace mlir;

namespace garam::npu {

/// Makes a graph of commands in their order. What contractions of a core read
/// and write needs few edges, for they stay in their order: one that is behind
/// a command is in front of all later ones of its core, which are behind that
/// command by this alone, and what is behind the last of several is behind all
/// of them.
class CommandGraph::Builder {
public:
  explicit Builder(CommandGraph &graph) : graph(graph) {}

  void add(Operation *op, unsigned command, ArrayRef<CommandAccess> accesses);

private:
  /// What has happened to a buffer so far.
  struct BufferHistory {
    WriteHistory<unsigned> writes;
    /// Whether its addresses are its own.
    bool isOwner = false;
    /// Behind the commands that touched the buffers that had them before.
    std::optional<unsigned> start;
    /// Those that touched it since a joint was put behind them, and that joint.
    SmallVector<unsigned, 4> touches;
  };
  /// Up to which node the contractions of queues are done.
  using Progress = llvm::SmallDenseMap<unsigned, unsigned, 8>;
  /// The contractions of a queue so far.
  struct Chain {
    std::optional<unsigned> last;
    /// What they are behind: contractions, and other nodes.
    Progress contractions;
    llvm::DenseSet<unsigned> others;
  };

  unsigned addNode();
  bool isContraction(unsigned node) const { return contractions[node]; }
  void addReads(const BufferHistory &history, const CommandAccess &read,
                unsigned node, Chain *chain, Progress &contractionsDone);
  void takeAddresses(BufferOp buffer);
  unsigned getEnd(BufferHistory &history);

  CommandGraph &graph;
  std::vector<bool> contractions; // a node
  llvm::DenseMap<Operation *, BufferHistory> histories;
  AddressOwners owners;
  llvm::DenseMap<unsigned, Chain> chains; // of queues
};

CommandGraph::CommandGraph(ArrayRef<Operation *> commands,
                           const AccessTable &accesses) {
  nodes.reserve(commands.size());
  Builder builder(*this);
  for (auto [command, op] : llvm::enumerate(commands))
    builder.add(op, command, accesses.of(op));
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

void CommandGraph::addEdge(unsigned from, unsigned to) {
  nodes[from].successors.push_back(to);
  ++nodes[to].numPredecessors;
}

//===----------------------------------------------------------------------===//
// Building
//===----------------------------------------------------------------------===//

unsigned CommandGraph::Builder::addNode() {
  graph.nodes.emplace_back();
  contractions.push_back(false);
  return graph.nodes.size() - 1;
}

void CommandGraph::Builder::add(Operation *op, unsigned command,
                                ArrayRef<CommandAccess> accesses) {
  // Joints first, for edges go forwards.
  for (const CommandAccess &access : accesses)
    if (!histories[access.buffer].isOwner)
      takeAddresses(access.buffer);
  unsigned node = addNode();
  graph.nodes[node].command = command;
  graph.nodes[node].queue = getQueue(op);
  Chain *chain = nullptr;
  Progress contractionsDone;
  if (isa<TensorCommandOp>(op)) {
    contractions[node] = true;
    chain = &chains[graph.nodes[node].queue];
    if (chain->last)
      graph.addEdge(*chain->last, node);
    chain->last = node;
    chain->contractions[graph.nodes[node].queue] = node;
    contractionsDone = chain->contractions;
  }
  for (const CommandAccess &access : accesses) {
    const BufferHistory &history = histories[access.buffer];
    if (history.start &&
        (!chain || chain->others.insert(*history.start).second))
      graph.addEdge(*history.start, node);
    if (!access.isWrite)
      addReads(history, access, node, chain, contractionsDone);
  }
  if (chain)
    chain->contractions = std::move(contractionsDone);
  for (const CommandAccess &access : accesses) {
    BufferHistory &history = histories[access.buffer];
    history.touches.push_back(node);
    if (access.isWrite)
      history.writes.add(access, node);
  }
}

/// Puts `node`, the next of `chain` if it is a contraction, behind the writes
/// of what it reads. Writes are seen from the last to the first.
void CommandGraph::Builder::addReads(const BufferHistory &history,
                                     const CommandAccess &read, unsigned node,
                                     Chain *chain, Progress &contractionsDone) {
  history.writes.visit(
      read,
      [&](unsigned write) {
        if (!isContraction(write))
          return !chain || !chain->others.contains(write);
        auto done = contractionsDone.find(graph.nodes[write].queue);
        return done == contractionsDone.end() || write > done->second;
      },
      [&](unsigned write) {
        graph.addEdge(write, node);
        if (isContraction(write))
          contractionsDone[graph.nodes[write].queue] = write;
        else if (chain)
          chain->others.insert(write);
      });
}

/// Puts a joint in front of all that touches `buffer` from now on, behind what
/// touched the buffers that it takes its addresses from.
void CommandGraph::Builder::takeAddresses(BufferOp buffer) {
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
    graph.addEdge(end, start);
  histories[buffer].start = start;
  histories[buffer].touches.push_back(start);
}

/// A node behind all that touched the buffer of `history`, of which there is
/// something.
unsigned CommandGraph::Builder::getEnd(BufferHistory &history) {
  if (history.touches.size() > 1) {
    unsigned joint = addNode();
    Progress done;
    for (unsigned touch : llvm::reverse(history.touches))
      if (!isContraction(touch) ||
          done.try_emplace(graph.nodes[touch].queue, touch).second)
        graph.addEdge(touch, joint);
    history.touches.assign(1, joint);
  }
  return history.touches.front();
}

} // namespace garam::npu
