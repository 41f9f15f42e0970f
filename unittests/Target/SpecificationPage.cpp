//===- SpecificationPage.cpp - Tables of a page of docs/isa ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "SpecificationPage.h"

#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include "gtest/gtest.h"

#include <fstream>

using namespace garam::test;

SpecificationPage::SpecificationPage(const std::string &path) {
  std::ifstream file(path);
  std::string heading, line;
  Table *table = nullptr;
  while (std::getline(file, line)) {
    llvm::StringRef text(line);
    if (text.consume_front("#"))
      heading = text.ltrim("# ").str();
    if (!text.consume_front("|")) {
      table = nullptr;
      continue;
    }
    text.consume_back("|");
    llvm::SmallVector<llvm::StringRef> cells;
    text.split(cells, '|');
    Row row;
    for (llvm::StringRef cell : cells)
      row.push_back(cell.trim().str());
    if (!table)
      table = &tables[{heading, row[0]}];
    else if (row[0].substr(0, 3) != "---")
      table->push_back(std::move(row));
  }
}

const SpecificationPage::Table &
SpecificationPage::getTable(const std::string &heading,
                            const std::string &column) const {
  static const Table empty;
  auto found = tables.find({heading, column});
  if (found != tables.end())
    return found->second;
  ADD_FAILURE() << "no table '" << column << "' below '" << heading << "'";
  return empty;
}
