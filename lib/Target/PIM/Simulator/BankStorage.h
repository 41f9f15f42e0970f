//===- BankStorage.h - Cells of the banks of a rank -------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_PIM_SIMULATOR_BANKSTORAGE_H
#define GARAM_LIB_TARGET_PIM_SIMULATOR_BANKSTORAGE_H

#include "garam/Target/PIM/TransactionStream.h"
#include "llvm/ADT/DenseMap.h"

#include <memory>

namespace garam::pim {

/// Rows exist from their first write on; others read as 0. A copy shares the
/// rows with its original until one of the two writes them.
class BankStorage {
public:
  explicit BankStorage(const Geometry &geometry) : geometry(geometry) {}

  Burst read(uint32_t bank, uint32_t row, uint32_t column) const {
    auto found = rows.find(getKey(bank, row));
    return found == rows.end() ? Burst() : (*found->second)[column];
  }

  void write(uint32_t bank, uint32_t row, uint32_t column, const Burst &burst) {
    std::shared_ptr<Row> &bursts = rows[getKey(bank, row)];
    if (!bursts)
      bursts = std::make_shared<Row>(geometry.columns);
    else if (bursts.use_count() > 1)
      bursts = std::make_shared<Row>(*bursts);
    (*bursts)[column] = burst;
  }

private:
  using Row = std::vector<Burst>;

  uint64_t getKey(uint32_t bank, uint32_t row) const {
    return uint64_t(bank) * geometry.rows + row;
  }

  const Geometry &geometry;
  llvm::DenseMap<uint64_t, std::shared_ptr<Row>> rows;
};

} // namespace garam::pim

#endif // GARAM_LIB_TARGET_PIM_SIMULATOR_BANKSTORAGE_H
