//===- SearchSchedules.cpp - Schedules that are fastest as commands -------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ReplaceFunction.h"
#include "garam/Dialect/NPU/IR/NPU.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"
#include "garam/Target/DeviceTarget.h"
#include "mlir/Pass/PassManager.h"

using namespace mlir;

namespace garam {
#define GEN_PASS_DEF_NPUSEARCHSCHEDULES
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

namespace garam::npu {
namespace {

/// One search for the schedules of a function.
struct Search {
  WeightTiming weights;
  SearchWidth width;
};

/// The searches of a level of optimisation. Those of a level are among those of
/// the levels above it but one: with weights in order, a second path finds what
/// a single one does or better. A wider search brings less with weights in
/// order: paths differ by what they wait for weights, which a prefetch takes
/// away.
SmallVector<Search> getSearches(unsigned level) {
  constexpr WeightTiming inOrder = WeightTiming::inOrder;
  constexpr WeightTiming ahead = WeightTiming::ahead;
  if (level == 0)
    return {{inOrder, {/*paths=*/1, /*choices=*/1}}};
  if (level == 1)
    return {{inOrder, {/*paths=*/1, /*choices=*/3}}};
  SmallVector<Search> searches = {{inOrder, {/*paths=*/2, /*choices=*/3}},
                                  {ahead, {/*paths=*/4, /*choices=*/4}}};
  if (level > 2)
    for (WeightTiming weights : {inOrder, ahead})
      searches.push_back({weights, {/*paths=*/4, /*choices=*/6}});
  return searches;
}

using FunctionCopy = OwningOpRef<func::FuncOp>;

/// Whether the stages of two copies of a function have the same schedules.
bool haveSameSchedules(func::FuncOp a, func::FuncOp b) {
  return llvm::all_of(llvm::zip_equal(a.front(), b.front()),
                      [](auto operations) {
                        auto &[opA, opB] = operations;
                        if (auto contract = dyn_cast<ContractOp>(opA))
                          return contract.getScheduleAttr() ==
                                 cast<ContractOp>(opB).getScheduleAttr();
                        if (auto vector = dyn_cast<VectorOp>(opA))
                          return vector.getScheduleAttr() ==
                                 cast<VectorOp>(opB).getScheduleAttr();
                        return true;
                      });
}

struct SearchSchedules : impl::NPUSearchSchedulesBase<SearchSchedules> {
  using NPUSearchSchedulesBase::NPUSearchSchedulesBase;

  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal())
      return;
    SmallVector<FunctionCopy> found;
    if (failed(search(func, found)))
      return signalPassFailure();
    FailureOr<size_t> fastest = findFastest(func, found);
    if (failed(fastest))
      return signalPassFailure();
    replaceFunction(func, std::move(found[*fastest]));
  }

private:
  /// Adds copies of `func` that a search has scheduled to `found`, those with
  /// other schedules than the ones before them.
  LogicalResult search(func::FuncOp func,
                       SmallVectorImpl<FunctionCopy> &found) {
    FunctionCopy before = func.clone();
    for (const Search &search : getSearches(level)) {
      OpPassManager pipeline(func::FuncOp::getOperationName());
      pipeline.addPass(createNPUScheduleStages(
          {target, search.weights, search.width.paths, search.width.choices}));
      if (failed(runPipeline(pipeline, func)))
        return failure();
      if (llvm::none_of(found, [&](FunctionCopy &other) {
            return haveSameSchedules(*other, func);
          }))
        found.push_back(func.clone());
      replaceFunction(func, before->clone());
    }
    return success();
  }

  /// Which of `found` is fastest as commands, of equal ones the first; the
  /// first too where no commands fit the memories: whoever lowers them says
  /// why. `func` becomes what is left of the last.
  FailureOr<size_t> findFastest(func::FuncOp func,
                                ArrayRef<FunctionCopy> found) {
    size_t fastest = 0;
    double leastSeconds = HUGE_VAL;
    for (size_t i = 0; found.size() > 1 && i < found.size(); ++i) {
      replaceFunction(func, found[i].get().clone());
      FailureOr<std::optional<double>> seconds = estimate(func);
      if (failed(seconds))
        return failure();
      if (!*seconds || **seconds >= leastSeconds)
        continue;
      fastest = i;
      leastSeconds = **seconds;
    }
    return fastest;
  }

  /// When the commands of a function with schedules end, in seconds, or nothing
  /// where they do not fit the memories.
  FailureOr<std::optional<double>> estimate(func::FuncOp func) {
    OpPassManager pipeline(func::FuncOp::getOperationName());
    pipeline.addPass(
        createNPULowerToPlannedCommands({target, level, pinWeights}));
    RefusalCollector refusals(func.getContext());
    bool isLowered = succeeded(runPipeline(pipeline, func));
    if (refusals.hasErrors())
      return failure();
    return isLowered ? std::optional(readEstimatedSeconds(func)) : std::nullopt;
  }
};

} // namespace
} // namespace garam::npu
