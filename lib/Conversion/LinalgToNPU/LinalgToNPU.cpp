//===- LinalgToNPU.cpp - From structured operations to stages -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "LinalgToNPU.h"

#include "garam/Conversion/LinalgToNPU/Passes.h"
#include "garam/Conversion/LinalgToNPU/Support.h"
#include "garam/Support/PackedWeights.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace garam {
#define GEN_PASS_DEF_CONVERTLINALGTONPU
#include "garam/Conversion/LinalgToNPU/Passes.h.inc"
} // namespace garam

using namespace mlir;
using namespace garam::npu;

namespace {

struct ConvertLinalgToNPU
    : garam::impl::ConvertLinalgToNPUBase<ConvertLinalgToNPU> {
  using ConvertLinalgToNPUBase::ConvertLinalgToNPUBase;

  LogicalResult initialize(MLIRContext *context) override;
  void runOnOperation() override;

private:
  void convertSums(IRRewriter &rewriter);
  void removeUnused(IRRewriter &rewriter);
  LogicalResult convertRest(IRRewriter &rewriter);

  TensorEngineFeatures features;
};

} // namespace

LogicalResult ConvertLinalgToNPU::initialize(MLIRContext *context) {
  features.addsResidual = residuals;
  features.narrowFloats.clear();
  for (StringRef name : narrowFloats) {
    auto type = dyn_cast_or_null<FloatType>(parseType(name, context));
    if (!type || type.getWidth() != CHAR_BIT)
      return emitError(UnknownLoc::get(context), "option narrow-floats needs "
                                                 "floats of 8 bits, found '")
             << name << "'";
    features.narrowFloats.push_back(type);
  }
  return success();
}

static bool isStage(Operation *op) {
  return isa_and_nonnull<NPUDialect>(op->getDialect()) ||
         isa<func::ReturnOp>(op);
}

static SmallVector<Operation *> getOperations(func::FuncOp func) {
  SmallVector<Operation *> operations;
  for (Operation &op : func.getBody().front())
    operations.push_back(&op);
  return operations;
}

/// From the last to the first: of two sums that meet in an addition, the later
/// one absorbs it, because the other is ready then.
void ConvertLinalgToNPU::convertSums(IRRewriter &rewriter) {
  SmallVector<linalg::LinalgOp> candidates;
  for (Operation &op : getOperation().getBody().front())
    if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
      candidates.push_back(linalgOp);
  for (linalg::LinalgOp op : llvm::reverse(candidates))
    (void)convertSumOfProducts(rewriter, op, features);
}

void ConvertLinalgToNPU::removeUnused(IRRewriter &rewriter) {
  SmallVector<Operation *> operations = getOperations(getOperation());
  for (Operation *op : llvm::reverse(operations))
    if (isOpTriviallyDead(op))
      rewriter.eraseOp(op);
}

/// Whether `op`, which is no stage, is only there because its reader failed: an
/// empty tensor or a scalar.
static bool isOperandOfFailure(Operation *op) {
  return isa<tensor::EmptyOp, arith::ConstantOp>(op) &&
         llvm::none_of(op->getUsers(), llvm::IsaPred<func::ReturnOp>);
}

/// Consumers first, so that each sees the movements that feed it as tensor
/// operations; what nobody reads any more is not converted.
LogicalResult ConvertLinalgToNPU::convertRest(IRRewriter &rewriter) {
  bool failed = false;
  SmallVector<Operation *> operations = getOperations(getOperation());
  for (Operation *op : llvm::reverse(operations)) {
    if (isStage(op))
      continue;
    if (isOpTriviallyDead(op)) {
      rewriter.eraseOp(op);
      continue;
    }
    Obstacle obstacle;
    LogicalResult result = failure();
    if (isWideMovement(op))
      result = convertWideMovement(rewriter, op, obstacle);
    else if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op))
      result = convertToVector(rewriter, linalgOp, obstacle);
    else if (isa<garam::ext::QuantizeOp, garam::ext::DequantizeOp>(op))
      result = convertQuantization(rewriter, op, obstacle);
    else
      result = convertMovement(rewriter, op, obstacle);
    if (mlir::failed(result) && !isOperandOfFailure(op)) {
      failed = true;
      (void)garam::emitRefusal({op, obstacle.reason, obstacle.hint});
    }
  }
  return failure(failed);
}

/// Weights of less than a byte become constants that are unpacked when their
/// section is written.
static void convertPackedWeights(IRRewriter &rewriter, func::FuncOp func) {
  for (Operation &op : llvm::make_early_inc_range(func.getBody().front()))
    if (ElementsAttr weight = garam::getPackedWeight(&op)) {
      Operation *packed = op.getOperand(0).getDefiningOp();
      rewriter.setInsertionPoint(&op);
      rewriter.replaceOpWithNewOp<ConstantOp>(&op, op.getResult(0).getType(),
                                              weight);
      if (packed->use_empty())
        rewriter.eraseOp(packed);
    }
}

void ConvertLinalgToNPU::runOnOperation() {
  func::FuncOp func = getOperation();
  if (func.isExternal())
    return;
  if (!func.getBody().hasOneBlock()) {
    (void)garam::emitRefusal(
        {func, "has control flow, which this conversion does not take"});
    return signalPassFailure();
  }
  IRRewriter rewriter(&getContext());
  convertPackedWeights(rewriter, func);
  if (SmallVector<garam::Refusal> refusals = checkSupported(func);
      !refusals.empty()) {
    for (const garam::Refusal &refusal : refusals)
      (void)garam::emitRefusal(refusal);
    return signalPassFailure();
  }
  convertSums(rewriter);
  removeUnused(rewriter);
  if (failed(convertRest(rewriter)))
    return signalPassFailure();
  removeUnused(rewriter);
}
