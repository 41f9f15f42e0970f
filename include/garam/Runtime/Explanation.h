//===- Explanation.h - What bounds each part of a run -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_RUNTIME_EXPLANATION_H
#define GARAM_RUNTIME_EXPLANATION_H

#include "garam/Runtime/Profile.h"

namespace garam {

/// Version of the JSON form (docs/explain.md).
constexpr int64_t explanationSchema = 1;

/// What the compiler chose for nodes of a group, and what was next best.
struct ExplainedChoice {
  std::vector<std::string> nodes; // ids
  DebugChoice choice;
};

/// What a search of the compiler over all of a program has found.
struct ExplainedSearch {
  std::string place; // the device
  uint32_t step = 0; // of the entry point
  DebugSearch search;
};

/// Nodes that share commands, as they were fused, or a transfer between
/// devices.
struct ExplainedGroup {
  /// Ids of the nodes; of a transfer, what is transferred.
  std::vector<std::string> names;
  /// Of a device, or of the link of a transfer.
  std::string place;
  uint32_t step = 0; // of the entry point
  /// What the critical path spent here, the largest first. The cause is the
  /// kind of the command and the category of the time.
  std::vector<TimeShare> causes;
  /// What the group's commands took, on all lanes and on the path or not, by
  /// their kind.
  std::vector<TimeShare> work;
  /// In the order in which they were recorded.
  std::vector<ExplainedChoice> choices;
  /// How much later the last of the group's commands ends than those of all
  /// groups of the same program that end before it: in this run, and where the
  /// device says so by the cost model that the compiler chose by.
  uint64_t advanceFs = 0;
  std::optional<double> expectedAdvanceSeconds;

  uint64_t getPathFs() const;
};

struct Explanation {
  std::shared_ptr<const Executable> executable;
  uint64_t latencyFs = 0;
  BoundReport bound;
  /// Of the whole critical path, the largest first; sums to latencyFs.
  std::vector<TimeShare> causes;
  /// In the order in which the critical path gets to them; those that it does
  /// not lead over stand last. Their shares of the path sum to latencyFs.
  std::vector<ExplainedGroup> groups;
  std::vector<ExplainedSearch> searches; // by step
};

/// Runs the executable with timing only and divides its critical path among the
/// nodes of the model.
llvm::Expected<Explanation>
explain(std::shared_ptr<const Executable> executable);

/// Writes it as JSON.
void writeExplanation(const Explanation &explanation, llvm::raw_ostream &os);

/// Prints the causes, and of the groups the `maxGroups` that the most time was
/// spent on, for people.
void printExplanation(const Explanation &explanation, size_t maxGroups,
                      llvm::raw_ostream &os);

} // namespace garam

#endif // GARAM_RUNTIME_EXPLANATION_H
