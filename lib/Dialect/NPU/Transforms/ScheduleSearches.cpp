//===- ScheduleSearches.cpp - Several searches beside each other ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ScheduleSearches.h"

#include "garam/Target/DeviceTarget.h"

using namespace mlir;

namespace garam::npu {

ScheduleSearches::ScheduleSearches(func::FuncOp func,
                                   const MachineDescription &machine,
                                   ArrayRef<SearchOptions> allOptions)
    : context(func.getContext()), machine(machine) {
  bool hasThreads = context->isMultithreadingEnabled();
  allTables.emplace_back().func = func;
  for (const SearchOptions &options : allOptions) {
    // One after another they share what is known of equal stages.
    if (hasThreads && !searches.empty()) {
      Tables &tables = allTables.emplace_back();
      tables.copy = func.clone();
      tables.func = *tables.copy;
    }
    searches.emplace_back(options, allTables.back());
  }
  if (!hasThreads)
    return;
  tasks.emplace(context->getThreadPool());
  for (size_t number = 1; number < searches.size(); ++number)
    tasks->async([this, number] { ensureDone(number); });
}

FailureOr<FunctionSchedule> ScheduleSearches::run(Tables &tables,
                                                  WeightTiming weights,
                                                  SearchWidth width) const {
  if (!tables.space)
    tables.space.emplace(tables.func, machine);
  return ScheduleSearch(*tables.space, weights, width).run();
}

/// Runs a search unless that was begun, and waits until it is done. A search
/// waits for nobody, so this ends also where all threads of the pool call it.
void ScheduleSearches::ensureDone(size_t number) {
  Search &search = searches[number];
  std::call_once(search.isBegun, [&] {
    std::optional<RefusalCollector> refusals;
    if (number > 0)
      refusals.emplace(context);
    search.found =
        run(search.tables, search.options.weights, search.options.width);
  });
}

FailureOr<FunctionSchedule> ScheduleSearches::take(size_t number) {
  ensureDone(number);
  return std::move(searches[number].found);
}

FailureOr<FunctionSchedule> ScheduleSearches::searchAgain(size_t number,
                                                          SearchWidth width) {
  Search &search = searches[number];
  return run(search.tables, search.options.weights, width);
}

} // namespace garam::npu
