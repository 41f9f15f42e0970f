//===- PlanMemory.cpp - Gives tensors their places ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Abacus.h"
#include "Export.h"

#include "garam/Target/MemoryPlanner.h"

using namespace mlir;

namespace abacus {

#define GEN_PASS_DEF_ABACUSPLANMEMORY
#include "AbacusPasses.h.inc"

/// Of tensors that share a segment: what the memory reads at once.
static constexpr uint64_t alignment = 64;

/// The chains whose tensor is read for the last time by the operation.
using LastReads = DenseMap<Operation *, SmallVector<ChainOp, 1>>;

static LastReads findLastReads(func::FuncOp function) {
  LastReads lastReads;
  for (auto chain : function.getOps<ChainOp>()) {
    Operation *last = nullptr;
    for (Operation *user : chain->getUsers()) {
      Operation *reader = function.front().findAncestorOpInBlock(*user);
      if (!last || last->isBeforeInBlock(reader))
        last = reader;
    }
    if (last)
      lastReads[last].push_back(chain);
  }
  return lastReads;
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
    placeScratch(function, segments.scratch);
  }

private:
  void placeWeights(func::FuncOp function) {
    uint64_t end = 0;
    for (auto weight : function.getOps<WeightOp>()) {
      weight.setPlaceAttr(PlaceAttr::get(&getContext(), 0, end));
      end += llvm::alignTo(getBytes(weight.getType()), alignment);
    }
  }
  /// In one walk, as chains run in their order.
  void placeScratch(func::FuncOp function, uint32_t segment) {
    LastReads lastReads = findLastReads(function);
    garam::MemoryPlanner planner(alignment);
    for (auto chain : function.getOps<ChainOp>()) {
      if (!chain.getPlace())
        chain.setPlaceAttr(
            PlaceAttr::get(&getContext(), segment,
                           planner.allocate(getBytes(chain.getType()))));
      // After its own place is taken: a chain does not write what it reads.
      for (ChainOp read : lastReads.lookup(chain))
        if (read.getPlace()->getSegment() == segment)
          planner.release(read.getPlace()->getOffset(),
                          getBytes(read.getType()));
    }
  }
};

} // namespace

} // namespace abacus
