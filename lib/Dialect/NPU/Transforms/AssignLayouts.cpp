//===- AssignLayouts.cpp - Order of dimensions in memory ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Stage.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"

using namespace mlir;

namespace garam {
#define GEN_PASS_DEF_NPUASSIGNLAYOUTS
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

namespace garam::npu {
namespace {

using Layout = SmallVector<int64_t>;

/// Whether a reshape only adds or drops dimensions of size 1, which are a view
/// in any layout.
bool isUnitReshape(ReshapeOp op) {
  auto squeeze = [](ArrayRef<int64_t> shape) {
    SmallVector<int64_t> kept;
    llvm::copy_if(shape, std::back_inserter(kept),
                  [](int64_t size) { return size != 1; });
    return kept;
  };
  return squeeze(getTensorType(op.getInput()).getShape()) ==
         squeeze(getTensorType(op.getResult()).getShape());
}

bool needsRowMajor(Value result) {
  return llvm::any_of(result.getUsers(), [](Operation *user) {
    if (auto reshape = dyn_cast<ReshapeOp>(user))
      return !isUnitReshape(reshape);
    return isa<func::ReturnOp, GatherOp>(user);
  });
}

/// Layout of a value that a stage reads, in terms of what it is a view of.
Layout getInputLayout(Value value) {
  if (auto result = dyn_cast<OpResult>(value))
    if (isStage(result.getOwner()))
      return getLayout(result);
  return llvm::to_vector(llvm::seq<int64_t>(0, getTensorType(value).getRank()));
}

/// The loop that alone moves coordinate `c`, or -1.
int getLoop(const StageOperand &operand, unsigned c) {
  int loop = -1;
  for (auto [dim, coefficient] : llvm::enumerate(operand.coefficients[c])) {
    if (coefficient == 0)
      continue;
    if (loop >= 0)
      return -1;
    loop = dim;
  }
  return loop;
}

/// Result dimensions, slowest first: those whose loops come first in `loops`.
Layout orderByLoops(const StageOperand &output, ArrayRef<int64_t> loops) {
  Layout layout =
      llvm::to_vector(llvm::seq<int64_t>(0, output.coefficients.size()));
  auto position = [&](int64_t c) {
    return llvm::find(loops, getLoop(output, c)) - loops.begin();
  };
  llvm::stable_sort(
      layout, [&](int64_t a, int64_t b) { return position(a) < position(b); });
  return layout;
}

/// Batches, then rows, then columns: the array delivers the columns of a row
/// together.
SmallVector<int64_t> getContractLoops(const Stage &stage) {
  SmallVector<int64_t> loops;
  for (IteratorKind kind :
       {IteratorKind::batch, IteratorKind::row, IteratorKind::column})
    for (auto [dim, found] : llvm::enumerate(stage.kinds))
      if (found == kind)
        loops.push_back(dim);
  return loops;
}

/// Parallel loops in the order in which the largest input, which sets the
/// bandwidth, has them in memory.
SmallVector<int64_t> getVectorLoops(const Stage &stage) {
  const StageOperand *largest = nullptr;
  int64_t size = -1;
  for (const StageOperand &input : stage.inputs) {
    int64_t elements = getTensorType(input.tensor).getNumElements();
    if (elements > size && !input.tensor.getDefiningOp<ConstantOp>()) {
      largest = &input;
      size = elements;
    }
  }
  SmallVector<int64_t> loops;
  auto add = [&](int64_t dim) {
    if (stage.isParallel(dim) && !llvm::is_contained(loops, dim))
      loops.push_back(dim);
  };
  if (largest)
    for (int64_t c : getInputLayout(largest->tensor))
      for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
        if (largest->coefficients[c][dim] != 0)
          add(dim);
  // Loops that the input does not have vary slowest.
  SmallVector<int64_t> missing;
  for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
    if (stage.isParallel(dim) && !llvm::is_contained(loops, dim))
      missing.push_back(dim);
  loops.insert(loops.begin(), missing.begin(), missing.end());
  return loops;
}

void assignStageLayouts(Operation *op) {
  Stage stage = getStage(op);
  SmallVector<int64_t> loops =
      stage.isContract() ? getContractLoops(stage) : getVectorLoops(stage);
  SmallVector<Layout> layouts;
  for (const StageOperand &output : stage.outputs) {
    if (needsRowMajor(output.tensor))
      layouts.push_back(
          llvm::to_vector(llvm::seq<int64_t>(0, output.coefficients.size())));
    else
      layouts.push_back(orderByLoops(output, loops));
  }
  setLayouts(op, layouts);
}

struct AssignLayouts : impl::NPUAssignLayoutsBase<AssignLayouts> {
  void runOnOperation() override {
    if (failed(checkStageFunction(getOperation())))
      return signalPassFailure();
    assignLayouts(getOperation());
  }
};

} // namespace

void assignLayouts(func::FuncOp func) {
  if (func.isExternal())
    return;
  // In order: a stage looks at the layouts of its producers.
  for (Operation &op : func.front())
    if (isStage(&op))
      assignStageLayouts(&op);
}

} // namespace garam::npu
