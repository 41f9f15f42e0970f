//===- LinalgToAbacus.cpp - Structured operations become chains -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ChainPlan.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

using namespace mlir;

namespace abacus {

#define GEN_PASS_DEF_CONVERTLINALGTOABACUS
#include "AbacusPasses.h.inc"

//===----------------------------------------------------------------------===//
// Fusion
//===----------------------------------------------------------------------===//

/// Fuses elementwise operations, for their values to stay in the chain, while
/// it has instructions enough for both. Upstream does the work.
static LogicalResult fuseElementwise(func::FuncOp function,
                                     unsigned chainInstructions) {
  auto control = [=](OpOperand *operand) {
    auto producer = operand->get().getDefiningOp<linalg::LinalgOp>();
    auto consumer = cast<linalg::LinalgOp>(operand->getOwner());
    // A sum would compute its producer again for every row.
    if (!producer || !producer->hasOneUse() ||
        consumer.getNumReductionLoops() != 0)
      return false;
    std::string reason;
    FailureOr<ChainPlan> first = planChain(producer, reason);
    FailureOr<ChainPlan> second = planChain(consumer, reason);
    return succeeded(first) && succeeded(second) &&
           first->numInstructions + second->numInstructions <=
               chainInstructions;
  };
  RewritePatternSet patterns(function.getContext());
  linalg::populateElementwiseOpsFusionPatterns(patterns, control);
  return applyPatternsGreedily(function, std::move(patterns));
}

//===----------------------------------------------------------------------===//
// Chains
//===----------------------------------------------------------------------===//

/// The tensor that a stream of `value` reads. A constant becomes a weight, in
/// the order of the stream; the shape of anything else does not matter.
static Value makeSource(OpBuilder &builder, Value value, const Stream &stream) {
  auto reshaped = lookThroughReshapes(value);
  auto constant = reshaped.getDefiningOp<arith::ConstantOp>();
  if (!constant)
    return reshaped;
  auto elements = cast<ElementsAttr>(constant.getValue());
  auto type = cast<RankedTensorType>(elements.getType());
  SmallVector<int64_t> permutation = stream.permutation;
  if (permutation.empty())
    permutation = llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
  SmallVector<int64_t> shape;
  for (int64_t dim : permutation)
    shape.push_back(type.getDimSize(dim));
  return WeightOp::create(builder, constant.getLoc(), type.clone(shape),
                          elements, permutation, PlaceAttr());
}

/// Makes a chain with an empty body, where `builder` goes on.
static ChainOp beginChain(OpBuilder &builder, Location loc, Type type,
                          int64_t row) {
  auto chain = ChainOp::create(builder, loc, type, row, PlaceAttr());
  builder.createBlock(&chain.getBody());
  return chain;
}

/// Turns `op`, which has a plan, into a chain.
static void convert(IRRewriter &rewriter, linalg::LinalgOp op,
                    const ChainPlan &plan) {
  rewriter.setInsertionPoint(op);
  SmallVector<Value> sources;
  for (auto [operand, stream] : llvm::zip(op->getOperands(), plan.streams))
    sources.push_back(stream ? makeSource(rewriter, operand, *stream)
                             : Value());
  auto chain =
      beginChain(rewriter, op.getLoc(), op->getResult(0).getType(), plan.row);
  Type f32 = rewriter.getF32Type();
  // What the values of the body of `op` are in the chain.
  IRMapping values;
  for (auto [argument, source, stream] :
       llvm::zip(op.getBlock()->getArguments(), sources, plan.streams))
    if (stream)
      values.map(argument, LoadOp::create(rewriter, op.getLoc(), f32, source,
                                          stream->repeat, stream->period));
  auto get = [&](Value value, Location loc) {
    if (!values.contains(value))
      values.map(value,
                 NumberOp::create(rewriter, loc, f32, *getNumber(op, value)));
    return values.lookup(value);
  };
  for (Operation &inner : op.getBlock()->without_terminator()) {
    std::optional<Operator> kind = getOperator(&inner);
    if (!kind || &inner == plan.sum)
      continue;
    Value left = get(inner.getOperand(0), inner.getLoc());
    Value right = get(inner.getOperand(1), inner.getLoc());
    values.map(inner.getResult(0), BinaryOp::create(rewriter, inner.getLoc(),
                                                    f32, *kind, left, right));
  }
  Value stored = get(plan.stored, op.getLoc());
  StoreOp::create(rewriter, op.getLoc(), stored);
  rewriter.replaceOp(op, chain);
}

/// Each result of the function is written by a chain of its own: what is
/// reshaped, constant, an argument, or returned twice, is copied.
static void makeResults(IRRewriter &rewriter, func::ReturnOp terminator) {
  llvm::SmallPtrSet<Operation *, 4> seen;
  for (OpOperand &operand : terminator->getOpOperands()) {
    Value value = operand.get();
    auto chain = value.getDefiningOp<ChainOp>();
    if (chain && seen.insert(chain).second)
      continue;
    rewriter.setInsertionPoint(terminator);
    auto type = cast<RankedTensorType>(value.getType());
    Value source = makeSource(rewriter, value, Stream());
    ChainOp copy = beginChain(rewriter, value.getLoc(), type, /*row=*/1);
    Value element = LoadOp::create(rewriter, value.getLoc(),
                                   type.getElementType(), source, /*repeat=*/1,
                                   /*period=*/type.getNumElements());
    StoreOp::create(rewriter, value.getLoc(), element);
    rewriter.modifyOpInPlace(terminator, [&] { operand.set(copy); });
  }
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {

struct ConvertLinalgToAbacusPass
    : public impl::ConvertLinalgToAbacusBase<ConvertLinalgToAbacusPass> {
  using ConvertLinalgToAbacusBase::ConvertLinalgToAbacusBase;

  void runOnOperation() override {
    func::FuncOp function = getOperation();
    if (function.isExternal())
      return;
    SmallVector<garam::Refusal> refusals =
        findRefusals(function, chainInstructions);
    for (const garam::Refusal &refusal : refusals)
      (void)garam::emitRefusal(refusal);
    if (!refusals.empty() ||
        failed(fuseElementwise(function, chainInstructions)))
      return signalPassFailure();

    // All plans first: what an operation looks at is gone once it is a chain.
    SmallVector<std::pair<linalg::LinalgOp, ChainPlan>> plans;
    for (auto op : function.getOps<linalg::LinalgOp>()) {
      std::string reason;
      FailureOr<ChainPlan> plan = planChain(op, reason);
      if (failed(plan)) {
        op.emitError(reason);
        return signalPassFailure();
      }
      plans.push_back({op, std::move(*plan)});
    }
    IRRewriter rewriter(&getContext());
    for (auto &[op, plan] : plans)
      convert(rewriter, op, plan);
    makeResults(rewriter,
                cast<func::ReturnOp>(function.front().getTerminator()));
    eliminateDeadCode(rewriter, function);
  }

private:
  /// Initial values of sums, reshapes, constants that are weights now.
  static void eliminateDeadCode(IRRewriter &rewriter, func::FuncOp function) {
    for (Operation &op :
         llvm::make_early_inc_range(llvm::reverse(function.front())))
      if (isOpTriviallyDead(&op))
        rewriter.eraseOp(&op);
  }
};

} // namespace

} // namespace abacus
