//===- PlanMemory.cpp - Gives tensors their places ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Abacus.h"
#include "Export.h"

#include "garam/MemoryPlanning/MemoryPlanner.h"

using namespace mlir;

namespace abacus {

#define GEN_PASS_DEF_ABACUSPLANMEMORY
#include "AbacusPasses.h.inc"

/// Of tensors that share a segment: what the memory reads at once.
static constexpr int64_t alignment = 64;

/// A buffer for each chain that has no place yet. Time counts chains: the
/// tensor lives until the last chain that reads it is done, for a chain does
/// not write what it reads.
static std::vector<garam::memory::Buffer> getBuffers(func::FuncOp function) {
  DenseMap<Operation *, int64_t> times;
  for (auto [time, chain] : llvm::enumerate(function.getOps<ChainOp>()))
    times[chain] = time;
  std::vector<garam::memory::Buffer> buffers;
  for (auto chain : function.getOps<ChainOp>()) {
    if (chain.getPlace())
      continue;
    int64_t first = times[chain], last = first;
    for (Operation *user : chain->getUsers())
      last = std::max(
          last, times.lookup(function.front().findAncestorOpInBlock(*user)));
    int64_t bytes = std::max<int64_t>(getBytes(chain.getType()), 1);
    buffers.push_back({first, last + 1, bytes, alignment});
  }
  return buffers;
}

namespace {

struct AbacusPlanMemoryPass
    : public impl::AbacusPlanMemoryBase<AbacusPlanMemoryPass> {
  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    Segments segments(function);
    placeWeights(function);
    for (auto [i, value] :
         llvm::enumerate(function.front().getTerminator()->getOperands())) {
      auto chain = value.getDefiningOp<ChainOp>();
      if (!chain || chain.getPlace()) {
        function.emitError()
            << "result " << i << " is not that of a chain of its own";
        return signalPassFailure();
      }
      chain.setPlaceAttr(PlaceAttr::get(&getContext(), segments.outputs + i,
                                        /*offset=*/0));
    }
    if (failed(placeScratch(function, segments.scratch)))
      signalPassFailure();
  }

private:
  void placeWeights(func::FuncOp function) {
    uint64_t end = 0;
    for (auto weight : function.getOps<WeightOp>()) {
      weight.setPlaceAttr(PlaceAttr::get(&getContext(), 0, end));
      end += llvm::alignTo(getBytes(weight.getType()), alignment);
    }
  }
  LogicalResult placeScratch(func::FuncOp function, uint32_t segment) {
    llvm::Expected<garam::memory::MemoryPlan> plan =
        garam::memory::planMemory(getBuffers(function));
    if (!plan)
      return function.emitError() << llvm::toString(plan.takeError());
    auto offset = plan->offsets.begin();
    for (auto chain : function.getOps<ChainOp>())
      if (!chain.getPlace())
        chain.setPlaceAttr(PlaceAttr::get(&getContext(), segment, *offset++));
    return success();
  }
};

} // namespace

} // namespace abacus
