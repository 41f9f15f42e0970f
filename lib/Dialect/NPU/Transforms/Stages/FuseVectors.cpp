//===- FuseVectors.cpp - Merges vector stages -----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Tuning.h"
#include "VectorFusion.h"

#include "garam/Dialect/NPU/Transforms/Stages/Passes.h"

namespace garam {
#define GEN_PASS_DEF_NPUFUSEVECTORS
#include "garam/Dialect/NPU/Transforms/Stages/Passes.h.inc"
} // namespace garam

using namespace mlir;
using namespace garam::npu;

static int64_t countElements(ArrayRef<int64_t> sizes) {
  int64_t count = 1;
  for (int64_t size : sizes)
    count *= size;
  return count;
}

/// How often `consumer` would run the body of the producer of its input.
static int64_t countRuns(VectorOp consumer, unsigned input) {
  VectorSpec spec = VectorSpec::get(consumer);
  // Where finish reads it, once for each result; in the body, each iteration.
  if (spec.isInvariant(input) &&
      consumer.getBody().getArgument(input).use_empty())
    return countElements(
        ArrayRef(spec.sizes).take_front(spec.getNumParallel()));
  return countElements(spec.sizes);
}

static int64_t countBytes(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  return type.getNumElements() *
         llvm::divideCeil(type.getElementTypeBitWidth(), 8);
}

namespace {

struct NPUFuseVectors : garam::impl::NPUFuseVectorsBase<NPUFuseVectors> {
  using NPUFuseVectorsBase::NPUFuseVectorsBase;
  void runOnOperation() override;

private:
  bool isWidening(VectorOp producer);
  bool isWorthRepeating(VectorOp producer);
  VectorOp fuseInput(IRRewriter &rewriter, VectorOp consumer, unsigned input);
};

} // namespace

/// Whether a stage does little work on few bytes to give many.
bool NPUFuseVectors::isWidening(VectorOp producer) {
  int64_t read = 0;
  for (Value input : producer.getInputs())
    read += countBytes(input);
  return read < countBytes(producer.getResult(0)) &&
         countBodyOperations(producer, functionOperations) <=
             tuning::wideningOperations;
}

/// Whether the consumers of an elementwise stage, all of them, compute it more
/// cheaply than a stage of its own does, which stores what they load.
bool NPUFuseVectors::isWorthRepeating(VectorOp producer) {
  int64_t elements = countElements(producer.getSizes());
  int64_t runs = 0;
  for (OpOperand &use : producer.getResult(0).getUses()) {
    auto user = dyn_cast<VectorOp>(use.getOwner());
    if (!user)
      return false;
    runs += countRuns(user, use.getOperandNumber());
  }
  return countBodyOperations(producer, functionOperations) *
             (runs - elements) <=
         tuning::storeAndLoadOperations * std::max(runs, elements) +
             tuning::exposedStage * stageOperations;
}

VectorOp NPUFuseVectors::fuseInput(IRRewriter &rewriter, VectorOp consumer,
                                   unsigned input) {
  auto producer = consumer.getInputs()[input].getDefiningOp<VectorOp>();
  if (!producer)
    return {};
  if (producer.getNumReductions() != 0)
    return producer->hasOneUse() ? fuseIntoFinish(rewriter, consumer, input)
                                 : VectorOp();
  if (producer.getNumResults() != 1 ||
      !(isWidening(producer) || isWorthRepeating(producer)))
    return {};
  return fuseProducer(rewriter, consumer, input);
}

/// In program order: producers are as merged as they get when their consumers
/// look at them, and a merged stage is looked at again.
void NPUFuseVectors::runOnOperation() {
  IRRewriter rewriter(&getContext());
  SmallVector<VectorOp> stages;
  getOperation().walk([&](VectorOp op) { stages.push_back(op); });
  for (VectorOp stage : stages) {
    VectorOp current = stage;
    for (unsigned input = 0; input < current.getInputs().size();) {
      auto producer = current.getInputs()[input].getDefiningOp<VectorOp>();
      VectorOp merged = fuseInput(rewriter, current, input);
      if (!merged) {
        ++input;
        continue;
      }
      rewriter.replaceOp(current, merged.getResults());
      if (producer->use_empty())
        rewriter.eraseOp(producer);
      current = merged;
      input = 0;
    }
  }
}
