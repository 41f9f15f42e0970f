//===- Specification.h - Tables of docs/isa/npu.md --------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_UNITTESTS_TARGET_NPU_SPECIFICATION_H
#define GARAM_UNITTESTS_TARGET_NPU_SPECIFICATION_H

#include <map>
#include <string>
#include <vector>

namespace garam::npu::test {

/// The Markdown tables of the instruction set's specification.
class Specification {
public:
  using Row = std::vector<std::string>;
  using Table = std::vector<Row>; // without its head

  static const Specification &get();

  /// The table below `heading` whose first column is called `column`. A missing
  /// one is an empty table.
  const Table &getTable(const std::string &heading,
                        const std::string &column) const;

private:
  Specification();

  std::map<std::pair<std::string, std::string>, Table> tables;
};

} // namespace garam::npu::test

#endif // GARAM_UNITTESTS_TARGET_NPU_SPECIFICATION_H
