//===- SpecificationPage.h - Tables of a page of docs/isa -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_UNITTESTS_TARGET_SPECIFICATIONPAGE_H
#define GARAM_UNITTESTS_TARGET_SPECIFICATIONPAGE_H

#include <map>
#include <string>
#include <vector>

namespace garam::test {

/// The Markdown tables of an instruction set's specification.
class SpecificationPage {
public:
  using Row = std::vector<std::string>;
  using Table = std::vector<Row>; // without its head

  explicit SpecificationPage(const std::string &path);

  /// The table below `heading` whose first column is called `column`. A missing
  /// one fails the test and is an empty table.
  const Table &getTable(const std::string &heading,
                        const std::string &column) const;

private:
  std::map<std::pair<std::string, std::string>, Table> tables;
};

} // namespace garam::test

#endif // GARAM_UNITTESTS_TARGET_SPECIFICATIONPAGE_H
