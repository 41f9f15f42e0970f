//===- UnrollLoops.cpp - Steps of loops one after the other ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Conversion/LinalgToNPU/Passes.h"
#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace garam {
#define GEN_PASS_DEF_NPUUNROLLLOOPS
#include "garam/Conversion/LinalgToNPU/Passes.h.inc"
} // namespace garam

using namespace mlir;

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

/// Whether `op` can be in a step that becomes stages: it computes with whole
/// tensors, or positions in them.
static bool isOfTensors(Operation &op) {
  if (isa<linalg::LinalgOp, tensor::ExtractSliceOp, tensor::InsertSliceOp,
          tensor::ExpandShapeOp, tensor::CollapseShapeOp, tensor::ConcatOp,
          tensor::PadOp, tensor::EmptyOp, tensor::FromElementsOp,
          bufferization::MaterializeInDestinationOp>(op))
    return true;
  return isa_and_nonnull<arith::ArithDialect, garam::ext::GaramExtDialect>(
      op.getDialect());
}

/// Operations that the steps of `loop` are together; nothing where their number
/// is not known, or they are not all of tensors.
static std::optional<APInt> countUnrolled(scf::ForOp loop) {
  auto body = loop.getBody()->without_terminator();
  std::optional<APInt> numSteps = loop.getStaticTripCount();
  if (!numSteps || !llvm::all_of(body, isOfTensors))
    return std::nullopt;
  constexpr unsigned bits = 128; // of the product of two 64-bit numbers
  uint64_t numOperations = std::max<ptrdiff_t>(llvm::range_size(body), 1);
  return numSteps->zextOrTrunc(bits) * APInt(bits, numOperations);
}

//===----------------------------------------------------------------------===//
// What the steps have collected
//===----------------------------------------------------------------------===//

namespace {

/// A part that an insertion writes, whole in all dimensions but one.
struct Part {
  int64_t axis = 0, offset = 0, size = 0;
  Value source;
};

/// Replaces insertions, one into the other, that write every element once, by
/// a concatenation:
///   insert(%b, insert(%a, %init, 0), 1) -> concat(%a, %b).
struct InsertionsToConcat : OpRewritePattern<tensor::InsertSliceOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(tensor::InsertSliceOp op,
                                PatternRewriter &rewriter) const override;
};

} // namespace

static bool isInsertedInto(tensor::InsertSliceOp op) {
  return llvm::any_of(op->getUses(), [](OpOperand &use) {
    auto user = dyn_cast<tensor::InsertSliceOp>(use.getOwner());
    return user && &use == &user.getDestMutable();
  });
}

static std::optional<Part> readPart(tensor::InsertSliceOp op) {
  RankedTensorType source = op.getSourceType(), result = op.getType();
  if (!op.getOffsets().empty() || !op.getSizes().empty() ||
      !op.getStrides().empty() || source.getRank() != result.getRank() ||
      !source.hasStaticShape() || !result.hasStaticShape() ||
      llvm::any_of(op.getStaticStrides(), [](int64_t s) { return s != 1; }))
    return std::nullopt;
  Part part;
  part.source = op.getSource();
  unsigned numCut = 0;
  for (int64_t dim = 0; dim < source.getRank(); ++dim) {
    if (source.getDimSize(dim) == result.getDimSize(dim))
      continue;
    ++numCut;
    part.axis = dim;
    part.offset = op.getStaticOffsets()[dim];
    part.size = source.getDimSize(dim);
  }
  return numCut == 1 ? std::optional(part) : std::nullopt;
}

LogicalResult
InsertionsToConcat::matchAndRewrite(tensor::InsertSliceOp op,
                                    PatternRewriter &rewriter) const {
  if (isInsertedInto(op))
    return rewriter.notifyMatchFailure(op, "not the last insertion");
  SmallVector<Part> parts;
  int64_t written = 0;
  for (tensor::InsertSliceOp current = op; current;
       current = current.getDest().getDefiningOp<tensor::InsertSliceOp>()) {
    std::optional<Part> part = readPart(current);
    if (!part || (current != op && !current->hasOneUse()) ||
        (!parts.empty() && part->axis != parts.front().axis))
      break;
    written += part->size;
    parts.push_back(*part);
  }
  if (parts.empty() || written != op.getType().getDimSize(parts.front().axis))
    return rewriter.notifyMatchFailure(op, "other elements are left");
  llvm::sort(parts, [](const Part &left, const Part &right) {
    return left.offset < right.offset;
  });
  SmallVector<Value> sources;
  int64_t end = 0;
  for (const Part &part : parts) {
    if (part.offset != end)
      return rewriter.notifyMatchFailure(op, "an element is written twice");
    end += part.size;
    sources.push_back(part.source);
  }
  rewriter.replaceOpWithNewOp<tensor::ConcatOp>(op, parts.front().axis,
                                                sources);
  return success();
}

namespace {

struct NPUUnrollLoops : garam::impl::NPUUnrollLoopsBase<NPUUnrollLoops> {
  using NPUUnrollLoopsBase::NPUUnrollLoopsBase;

  void runOnOperation() override;

private:
  bool unroll();
  LogicalResult simplify();
};

} // namespace

/// Inner loops first, so that an outer one has their steps. Whether there was
/// any.
bool NPUUnrollLoops::unroll() {
  SmallVector<scf::ForOp> loops;
  getOperation().walk([&](scf::ForOp loop) { loops.push_back(loop); });
  bool isChanged = false;
  for (scf::ForOp loop : loops) {
    std::optional<APInt> count = countUnrolled(loop);
    if (count && count->ule(maxOperations))
      isChanged |= succeeded(loopUnrollFull(loop));
  }
  return isChanged;
}

/// Positions become constants, and what was collected at them one tensor.
LogicalResult NPUUnrollLoops::simplify() {
  // Where a step stores a value is of no more interest.
  for (auto store : llvm::make_early_inc_range(
           getOperation()
               .getBody()
               .front()
               .getOps<bufferization::MaterializeInDestinationOp>()))
    if (store.getResult()) {
      store.getResult().replaceAllUsesWith(store.getSource());
      store.erase();
    }
  RewritePatternSet patterns(&getContext());
  tensor::InsertSliceOp::getCanonicalizationPatterns(patterns, &getContext());
  tensor::ExtractSliceOp::getCanonicalizationPatterns(patterns, &getContext());
  patterns.add<InsertionsToConcat>(&getContext());
  return applyPatternsGreedily(getOperation(), std::move(patterns));
}

void NPUUnrollLoops::runOnOperation() {
  if (getOperation().isExternal() || !unroll())
    return;
  if (failed(simplify()))
    signalPassFailure();
}
