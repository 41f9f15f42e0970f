//===- ScheduleSearches.h - Several searches beside each other --*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The searches for the schedules of one function that are compared. Where the
// context has threads, those behind the first are done beside the caller, who
// asks for the first meanwhile; each of them looks at a copy of the function
// and at tables of its own, so that they share nothing that changes. What they
// find does not depend on that.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_SCHEDULESEARCHES_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_SCHEDULESEARCHES_H

#include "ScheduleSearch.h"
#include "mlir/IR/OwningOpRef.h"
#include "llvm/Support/ThreadPool.h"

#include <deque>
#include <mutex>
#include <optional>

namespace garam::npu {

/// One search for the schedules of a function.
struct SearchOptions {
  WeightTiming weights;
  SearchWidth width;
};

class ScheduleSearches {
public:
  /// `func` must stay as it is.
  ScheduleSearches(mlir::func::FuncOp func, const MachineDescription &machine,
                   llvm::ArrayRef<SearchOptions> allOptions);
  ScheduleSearches(const ScheduleSearches &) = delete;
  ScheduleSearches &operator=(const ScheduleSearches &) = delete;

  /// What search `number` finds. The first refuses a function that fits the
  /// machine in no way; the others, which fail then as well, say nothing.
  mlir::FailureOr<FunctionSchedule> take(size_t number);
  /// What a search of another width finds, with the tables of search `number`,
  /// which was taken.
  mlir::FailureOr<FunctionSchedule> searchAgain(size_t number,
                                                SearchWidth width);

private:
  /// What searches one after another look at.
  struct Tables {
    mlir::func::FuncOp func;
    mlir::OwningOpRef<mlir::func::FuncOp> copy; // null: it is no copy
    std::optional<SearchSpace> space;           // once it is needed
  };
  struct Search {
    Search(const SearchOptions &options, Tables &tables)
        : options(options), tables(tables) {}

    SearchOptions options;
    Tables &tables;
    std::once_flag isBegun;
    mlir::FailureOr<FunctionSchedule> found = mlir::failure();
  };

  void ensureDone(size_t number);
  mlir::FailureOr<FunctionSchedule> run(Tables &tables, WeightTiming weights,
                                        SearchWidth width) const;

  mlir::MLIRContext *context;
  const MachineDescription &machine;
  std::deque<Tables> allTables;
  std::deque<Search> searches;
  /// Of the context's threads, where it has some. The last member: others are
  /// in use until its tasks are done.
  std::optional<llvm::ThreadPoolTaskGroup> tasks;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_SCHEDULESEARCHES_H
