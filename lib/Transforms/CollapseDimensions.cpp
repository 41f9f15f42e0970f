//===- CollapseDimensions.cpp - Makes one loop of neighbours --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_COLLAPSEDIMENSIONS
#include "garam/Transforms/Passes.h.inc"

namespace {

struct CollapseDimensions : impl::CollapseDimensionsBase<CollapseDimensions> {
  LogicalResult initialize(MLIRContext *context) override;

  void runOnOperation() override {
    if (failed(applyPatternsGreedily(getOperation(), patterns)))
      signalPassFailure();
  }

  FrozenRewritePatternSet patterns;
};

} // namespace

/// The longest runs of loops of one kind that every operand has side by side,
/// or has none of. They are looked for in the order of the output.
static SmallVector<ReassociationIndices> findRuns(linalg::LinalgOp op) {
  SmallVector<ReassociationIndices> runs;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  if (!op.hasPureTensorSemantics() || op.hasIndexSemantics() ||
      !llvm::all_of(maps,
                    [](AffineMap map) { return map.isProjectedPermutation(); }))
    return runs;
  SmallVector<utils::IteratorType> kinds = op.getIteratorTypesArray();
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  // In front of loops, results become views of buffers of any shape. In a loop
  // they are expanded again, which makes up one size that is not known, not
  // two.
  bool isInLoop = !isa<func::FuncOp>(op->getParentOp());
  auto areExpandable = [&](ArrayRef<int64_t> loops) {
    return !isInLoop || llvm::count_if(loops, [&](int64_t loop) {
                          return ShapedType::isDynamic(sizes[loop]);
                        }) <= 1;
  };
  ReassociationIndices run;
  auto finish = [&] {
    if (run.size() > 1)
      runs.push_back(run);
    run.clear();
  };
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop) {
    ReassociationIndices longer(run);
    longer.push_back(loop);
    bool isRun = run.empty() ||
                 (kinds[run.back()] == kinds[loop] && areExpandable(longer) &&
                  linalg::areDimSequencesPreserved(maps, {longer}));
    if (!isRun)
      finish();
    run.push_back(loop);
  }
  finish();
  return runs;
}

LogicalResult CollapseDimensions::initialize(MLIRContext *context) {
  RewritePatternSet set(context);
  linalg::populateCollapseDimensions(set, findRuns);
  patterns = std::move(set);
  return success();
}

} // namespace garam
