//===- PathAccounts.h - Critical paths by category --------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_RUNTIME_PATHACCOUNTS_H
#define GARAM_LIB_RUNTIME_PATHACCOUNTS_H

#include "garam/Runtime/Session.h"
#include "garam/Simulation/PathTree.h"
#include "llvm/ADT/StringMap.h"

namespace garam {

/// How the critical path that leads to a point in time divides into categories:
/// femtoseconds by number of the category. It is carried along instead of being
/// traced back, and sums to that time exactly.
struct PathAccount {
  std::vector<uint64_t> spent;
  /// What it leads over, when that is traced.
  sim::PathTree<RunInterval>::Path path;
};

/// Numbers of categories, in the order in which they come up.
class CategoryTable {
public:
  /// Adds `femtoseconds` of `category` to an account.
  void charge(PathAccount &account, llvm::StringRef category,
              uint64_t femtoseconds) {
    unsigned number = numbers.try_emplace(category, names.size()).first->second;
    if (number == names.size())
      names.push_back(category.str());
    if (account.spent.size() <= number)
      account.spent.resize(number + 1);
    account.spent[number] += femtoseconds;
  }

  /// The account with names, what is zero included.
  std::vector<TimeShare> list(const PathAccount &account) const {
    std::vector<TimeShare> shares;
    for (unsigned i = 0; i < names.size(); ++i)
      shares.push_back(
          {names[i], i < account.spent.size() ? account.spent[i] : 0});
    return shares;
  }

private:
  llvm::StringMap<unsigned> numbers;
  std::vector<std::string> names;
};

} // namespace garam

#endif // GARAM_LIB_RUNTIME_PATHACCOUNTS_H
