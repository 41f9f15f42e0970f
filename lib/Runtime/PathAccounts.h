//===- PathAccounts.h - Critical paths by category --------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_RUNTIME_PATHACCOUNTS_H
#define GARAM_LIB_RUNTIME_PATHACCOUNTS_H

#include "garam/Target/LoadedProgram.h"
#include "llvm/ADT/StringMap.h"

namespace garam {

/// How the critical path that leads to a point in time divides into categories:
/// femtoseconds by number of the category. It is carried along instead of being
/// traced back, and sums to that time exactly.
using PathAccount = std::vector<uint64_t>;

/// Numbers of categories, in the order in which they come up.
class CategoryTable {
public:
  /// Adds `femtoseconds` of `category` to an account.
  void charge(PathAccount &account, llvm::StringRef category,
              uint64_t femtoseconds) {
    unsigned number = numbers.try_emplace(category, names.size()).first->second;
    if (number == names.size())
      names.push_back(category.str());
    if (account.size() <= number)
      account.resize(number + 1);
    account[number] += femtoseconds;
  }

  /// The account with names, what is zero included.
  std::vector<TimeShare> list(const PathAccount &account) const {
    std::vector<TimeShare> shares;
    for (unsigned i = 0; i < names.size(); ++i)
      shares.push_back({names[i], i < account.size() ? account[i] : 0});
    return shares;
  }

private:
  llvm::StringMap<unsigned> numbers;
  std::vector<std::string> names;
};

} // namespace garam

#endif // GARAM_LIB_RUNTIME_PATHACCOUNTS_H
