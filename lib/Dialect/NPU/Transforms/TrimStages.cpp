//===- TrimStages.cpp - Leaves out what nothing reads ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "StageSlices.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"

using namespace mlir;

namespace garam {
#define GEN_PASS_DEF_NPUTRIMSTAGES
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

namespace garam::npu {
namespace {

/// Whether a stage computes with the indices of its loops, which would begin
/// elsewhere.
bool readsIndices(Operation *stage) {
  return stage->walk([](IndexOp) { return WalkResult::interrupt(); })
      .wasInterrupted();
}

class Trimmer {
public:
  explicit Trimmer(func::FuncOp func) : block(func.front()) {}

  void run() {
    findLoops();
    TensorSlices slices;
    SmallVector<Operation *> replaced;
    for (auto &[op, loops] : llvm::reverse(needed)) {
      Stage stage = getStage(op);
      bool reads = llvm::any_of(stage.inputs, [&](const StageOperand &input) {
        return slices.contains(input.tensor);
      });
      if (!reads && loops == stage.getLoops())
        continue;
      OpBuilder builder(op);
      Operation *trimmed = cloneLoops(builder, stage, loops, slices);
      // Only stages read less than all of a tensor, and they are to come.
      for (auto [old, result] :
           llvm::zip(op->getResults(), trimmed->getResults()))
        if (old.getType() == result.getType())
          old.replaceAllUsesWith(result);
      replaced.push_back(op);
    }
    for (Operation *op : llvm::reverse(replaced))
      op->erase();
  }

private:
  /// From the last operation to the first, which loops of the stages make what
  /// is read.
  void findLoops() {
    llvm::DenseMap<Value, Box> regions;
    auto read = [&](Value tensor, const Box &region) {
      auto [it, isNew] = regions.try_emplace(tensor, region);
      if (!isNew)
        it->second = it->second.hull(region);
    };
    for (Operation &op : llvm::reverse(block)) {
      if (!isStage(&op)) {
        for (Value operand : op.getOperands())
          if (isa<RankedTensorType>(operand.getType()))
            read(operand, Box::ofShape(getTensorType(operand).getShape()));
        continue;
      }
      Stage stage = getStage(&op);
      Box loops = getLoops(stage, regions);
      for (const StageOperand &input : stage.inputs)
        read(input.tensor, getNeededRegion(input, loops));
      needed.push_back({&op, loops});
    }
  }

  static Box getLoops(const Stage &stage,
                      const llvm::DenseMap<Value, Box> &regions) {
    if (readsIndices(stage.op))
      return stage.getLoops();
    std::optional<Box> loops;
    for (const StageOperand &output : stage.outputs)
      if (auto it = regions.find(output.tensor); it != regions.end()) {
        Box own = getLoopsOf(stage, output, it->second);
        loops = loops ? loops->hull(own) : own;
      }
    return loops.value_or(stage.getLoops()); // or nothing reads it at all
  }

  Block &block;
  /// From the last stage to the first.
  std::vector<std::pair<Operation *, Box>> needed;
};

struct TrimStages : impl::NPUTrimStagesBase<TrimStages> {
  void runOnOperation() override {
    if (failed(checkStageFunction(getOperation())))
      return signalPassFailure();
    trimStages(getOperation());
  }
};

} // namespace

void trimStages(func::FuncOp func) {
  if (!func.isExternal())
    Trimmer(func).run();
}

} // namespace garam::npu
