//===- PlacementRules.h - Placement by hand ---------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A placement file says in JSON which nodes run on which device
// (docs/placement.md):
//
//   {"schema": 1,
//    "rules": [{"op": "Conv", "device": "a"},
//              {"node": "head/*", "device": "b",
//               "reasons": {"a": "why it does not take it"}}]}
//
// The last rule that matches a node counts.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_HETERO_TRANSFORMS_PLACEMENTRULES_H
#define GARAM_DIALECT_HETERO_TRANSFORMS_PLACEMENTRULES_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/GlobPattern.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace garam::hetero {

/// Why devices do not take a node, by their names.
using RefusalReasons = std::map<std::string, std::string>;

/// A node that rules are matched with.
struct PlacedNode {
  std::string id, op;
};

/// One rule of a placement file.
struct PlacementRule {
  enum class Kind { Node, Operator };

  Kind kind = Kind::Node;
  std::string pattern; // a glob as of llvm::GlobPattern, without braces
  std::string device;
  RefusalReasons reasons; // what a placement that was written out tells
  unsigned number = 0;    // in its file
};

/// A placement file has at most this many bytes: reasons for a million nodes.
constexpr uint64_t maxPlacementFileBytes = uint64_t(1) << 28;

/// The rules of a placement file.
class PlacementRules {
public:
  /// Reads a placement file. Errors (ExitCode::Config) name `file` and, of
  /// what is no JSON, line and column.
  static llvm::Expected<PlacementRules> parse(llvm::StringRef text,
                                              llvm::StringRef file);

  bool empty() const { return rules.empty(); }
  /// Each rule matches a node of the model, if it has any or is named, and each
  /// device, of rules and of reasons, is one of `devices`. Errors
  /// (ExitCode::Config) are joined.
  llvm::Error check(llvm::ArrayRef<PlacedNode> nodes,
                    llvm::ArrayRef<llvm::StringRef> devices) const;
  /// The last rule that matches a node, or null.
  const PlacementRule *lookup(llvm::StringRef id, llvm::StringRef op) const;
  /// The rules that match none of `placed`: nothing runs of what they match.
  std::vector<const PlacementRule *>
  listUnused(llvm::ArrayRef<PlacedNode> placed) const;
  /// "FILE: rules[3] ('node': 'conv*')", for messages.
  std::string describe(const PlacementRule &rule) const;

private:
  struct Globs {
    llvm::StringMap<unsigned> literals; // last rule of a text without wildcards
    std::vector<std::pair<unsigned, llvm::GlobPattern>> patterns;

    /// One more than the number of the last rule that matches, or 0.
    unsigned match(llvm::StringRef text) const;
  };

  /// What rules of either kind are matched with, each once.
  struct NodeTexts {
    explicit NodeTexts(llvm::ArrayRef<PlacedNode> nodes);

    llvm::StringSet<> ids, ops;
  };

  llvm::Error add(PlacementRule rule);
  bool matchesAny(unsigned number, const NodeTexts &texts) const;
  llvm::Error checkDevices(llvm::ArrayRef<llvm::StringRef> devices) const;
  llvm::Error checkMatches(llvm::ArrayRef<PlacedNode> nodes) const;

  std::string file;
  // Patterns refer to the texts of the rules.
  std::vector<std::unique_ptr<PlacementRule>> rules;
  Globs nodes, operators;
};

/// A node with its device, as a rule that matches it and nothing else. In a
/// name that is not UTF-8, which JSON cannot hold, other bytes than ASCII
/// become `?`: such rules may match more, and belong in front of the others.
PlacementRule makeNodeRule(llvm::StringRef id, llvm::StringRef device,
                           RefusalReasons reasons);

/// The text of a placement file with these rules, one a line.
std::string printPlacement(llvm::ArrayRef<PlacementRule> rules);

} // namespace garam::hetero

#endif // GARAM_DIALECT_HETERO_TRANSFORMS_PLACEMENTRULES_H
