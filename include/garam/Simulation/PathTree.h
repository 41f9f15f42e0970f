//===- PathTree.h - Paths that share their beginnings -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SIMULATION_PATHTREE_H
#define GARAM_SIMULATION_PATHTREE_H

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

namespace garam::sim {

/// Paths over points that each have one before them. A copy of a path costs
/// nothing and grows on its own: critical paths are carried along in this form
/// and handed from what ends to what has waited for it.
template <typename Point>
class PathTree {
public:
  /// The number of the last point; nothing for the path without points.
  using Path = std::optional<size_t>;

  void append(Path &path, Point point) {
    entries.push_back({std::move(point), path});
    path = entries.size() - 1;
  }

  Point &getLast(Path path) { return entries[*path].point; }
  /// The path without its last point.
  Path getRest(Path path) const { return entries[*path].before; }

  /// The points from the first to the last.
  std::vector<Point> list(Path path) const {
    std::vector<Point> points;
    for (; path; path = getRest(path))
      points.push_back(entries[*path].point);
    std::reverse(points.begin(), points.end());
    return points;
  }

private:
  struct Entry {
    Point point;
    Path before;
  };

  std::vector<Entry> entries;
};

} // namespace garam::sim

#endif // GARAM_SIMULATION_PATHTREE_H
