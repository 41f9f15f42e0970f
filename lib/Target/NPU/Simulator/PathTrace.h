//===- PathTrace.h - Critical paths, command by command ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_NPU_SIMULATOR_PATHTRACE_H
#define GARAM_LIB_TARGET_NPU_SIMULATOR_PATHTRACE_H

#include "garam/Simulation/Kernel.h"
#include "garam/Simulation/PathTree.h"
#include "garam/Target/NPU/Simulator.h"

namespace garam::npu {

/// Which commands the critical path to a point in time leads over.
class PathTrace {
  struct Point {
    PathInterval interval;
    sim::Time start = 0; // of the command
  };

public:
  using Path = sim::PathTree<Point>::Path;

  /// Makes `path` longer by what a command, which began at `start`, spent. A
  /// command has one interval for each category, however often it is charged:
  /// no path branches off before its end.
  void add(Path &path, const PathInterval &interval, sim::Time start) {
    for (Path rest = path; rest; rest = tree.getRest(rest)) {
      Point &point = tree.getLast(rest);
      if (point.interval.queue != interval.queue ||
          point.interval.command != interval.command || point.start != start)
        break;
      if (point.interval.category == interval.category) {
        point.interval.femtoseconds += interval.femtoseconds;
        return;
      }
    }
    tree.append(path, {interval, start});
  }

  std::vector<PathInterval> list(Path path) const {
    std::vector<PathInterval> intervals;
    for (const Point &point : tree.list(path))
      intervals.push_back(point.interval);
    return intervals;
  }

private:
  sim::PathTree<Point> tree;
};

} // namespace garam::npu

#endif // GARAM_LIB_TARGET_NPU_SIMULATOR_PATHTRACE_H
