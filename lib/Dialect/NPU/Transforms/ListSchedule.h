//===- ListSchedule.h - Orders queues by urgency ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// List scheduling of commands. A queue that is free takes, of the commands that
// may begin, the one with the most time from its begin to the end of the
// program. Commands are not interrupted, so one that would delay another which
// becomes ready soon may be left for later: whichever of the two orders lets
// the program end first, by what follows the two, is taken.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_LISTSCHEDULE_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_LISTSCHEDULE_H

#include "CommandFlow.h"
#include "CommandGraph.h"

#include <queue>
#include <set>

namespace garam::npu {

/// The critical paths from each node of `graph`: seconds from its begin to the
/// end of the program at least. `times` are those of the commands.
std::vector<double> findCriticalPaths(const CommandGraph &graph,
                                      llvm::ArrayRef<CommandTime> times,
                                      const MachineDescription &machine);

class ListSchedule : private CommandFlow {
public:
  /// `times` are those of the commands and must stay, `remaining` the seconds
  /// from the begin of each node to the end of the program.
  ListSchedule(const CommandGraph &graph, llvm::ArrayRef<CommandTime> times,
               const MachineDescription &machine,
               std::vector<double> remaining);

  /// Follows all commands. Returns when the last one ends, in seconds.
  using CommandFlow::run;
  /// The commands in the order in which they begin, after run.
  llvm::ArrayRef<unsigned> getOrder() const { return order; }
  /// When each node ends, in seconds, after run.
  std::vector<double> getEnds() const;

private:
  /// A command that a queue may take, the more urgent the larger.
  struct Candidate {
    double remaining;
    unsigned node;
    bool operator<(const Candidate &other) const {
      return std::make_pair(remaining, other.node) <
             std::make_pair(other.remaining, node);
    }
  };
  struct Queue {
    std::priority_queue<Candidate> available;
    /// Commands that become ready later, by when.
    std::set<std::pair<double, unsigned>> pending;
  };

  void tryNext(unsigned queue) override;
  void release(unsigned node) override;
  std::optional<double> findWait(const Queue &queue, unsigned node) const;

  llvm::ArrayRef<CommandGraph::Node> nodes;
  std::vector<double> remaining; // a node
  std::vector<Queue> queues;
  std::vector<unsigned> order;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_LISTSCHEDULE_H
