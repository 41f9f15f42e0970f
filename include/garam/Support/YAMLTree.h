//===- YAMLTree.h - A YAML document with its source locations ---*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// llvm/Support/YAMLTraits.h stops at the first error. A user who writes a
// target file wants all of them at once, so a file is first read into a tree
// with LLVM's YAML parser, and its reader then walks the tree.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_YAMLTREE_H
#define GARAM_SUPPORT_YAMLTREE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace garam {

/// Collections that may be nested in one another. More is refused, so that a
/// file cannot exhaust the stack.
constexpr unsigned maxYAMLDepth = 16;

/// Line and column, both from 1.
struct YAMLLocation {
  unsigned line = 1, column = 1;
};

struct YAMLEntry;

/// A scalar, a sequence or a mapping with scalar keys.
struct YAMLNode {
  enum class Kind { Null, Scalar, Sequence, Mapping };

  Kind kind = Kind::Null;
  YAMLLocation location;
  std::string scalar;             // quotes and escapes resolved
  bool isQuoted = false;          // a quoted or block scalar: never a number
  std::vector<YAMLNode> elements; // of a sequence
  std::vector<YAMLEntry> entries; // of a mapping, in order; no key twice

  bool isMapping() const { return kind == Kind::Mapping; }
  bool isScalar() const { return kind == Kind::Scalar; }
  /// The entry of a mapping with this key, or null.
  const YAMLEntry *find(llvm::StringRef key) const;
  /// "a mapping", "a sequence", "nothing" or "'scalar'", for messages.
  std::string describe() const;
};

struct YAMLEntry {
  std::string key;
  YAMLLocation location; // of the key
  YAMLNode value;
};

/// Collects errors of one file: "FILE:LINE:COLUMN: MESSAGE" each.
class YAMLErrors {
public:
  explicit YAMLErrors(llvm::StringRef file) : file(file) {}
  void add(YAMLLocation location, const llvm::Twine &message);
  bool empty() const { return errors.empty(); }
  /// All of them in order of their place in the file, joined, as UserErrors
  /// with ExitCode::Config; success when there are none.
  llvm::Error take();
  /// The first of them with another message.
  llvm::Error takeFirstAs(const llvm::Twine &message);

private:
  std::string file;
  std::multimap<std::pair<unsigned, unsigned>, std::string> errors;
};

/// Reads a file of one YAML document. Anchors, aliases, tags and keys that are
/// not scalars are refused: configuration needs none. A duplicate key is added
/// to `errors` and the first value kept; where the syntax is broken, reading
/// stops and `errors` says so.
YAMLNode readYAML(llvm::MemoryBufferRef file, YAMLErrors &errors);

} // namespace garam

#endif // GARAM_SUPPORT_YAMLTREE_H
