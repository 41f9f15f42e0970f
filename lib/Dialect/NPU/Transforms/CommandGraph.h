//===- CommandGraph.h - What commands must be behind ------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Which commands must have ended before others begin, whatever queues they are
// in: a read is behind the writes of its bytes, and a command that touches a
// buffer is behind all that touched the buffers which had its addresses before.
// Contractions of a core stay in their order: one may add to the sums that the
// one before it leaves in the accumulators. All orders that keep to the graph
// compute the same in the same memory.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_COMMANDGRAPH_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_COMMANDGRAPH_H

#include "AccessTable.h"

#include <optional>
#include <vector>

namespace garam::npu {

class CommandGraph {
public:
  struct Node {
    /// Number among the commands. A joint has none and takes no time: what is
    /// behind it is behind all that it is behind. With joints there are few
    /// edges where many commands are behind many.
    std::optional<unsigned> command;
    unsigned queue = 0; // of the command
    llvm::SmallVector<unsigned, 4> successors;
    unsigned numPredecessors = 0;
  };

  CommandGraph() = default;
  /// `commands` are those of a function with addresses, in their order;
  /// `accesses` has theirs.
  CommandGraph(llvm::ArrayRef<mlir::Operation *> commands,
               const AccessTable &accesses);

  /// Edges go from lower to higher numbers.
  llvm::ArrayRef<Node> getNodes() const { return nodes; }
  /// With all edges, and with them the numbers of the nodes, the other way
  /// round. Commands keep theirs.
  CommandGraph reverse() const;
  /// Adds edges so that loads of weights stay behind what is in front of them
  /// in their queue, where npu-prefetch-weights has left time for it; other
  /// commands may still go ahead of loads.
  void keepWeightLoads(llvm::ArrayRef<mlir::Operation *> commands);

private:
  class Builder;

  void addEdge(unsigned from, unsigned to);

  std::vector<Node> nodes;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_COMMANDGRAPH_H
