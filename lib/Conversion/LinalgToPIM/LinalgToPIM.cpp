//===- LinalgToPIM.cpp - From structured operations to HBM-PIM ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "LinalgToPIM.h"

#include "garam/Conversion/LinalgToPIM/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace garam {
#define GEN_PASS_DEF_CONVERTLINALGTOPIM
#include "garam/Conversion/LinalgToPIM/Passes.h.inc"
} // namespace garam

using namespace mlir;
using namespace garam::pim;

namespace {

struct ConvertLinalgToPIM
    : garam::impl::ConvertLinalgToPIMBase<ConvertLinalgToPIM> {
  void runOnOperation() override;

private:
  void refuse(const garam::Refusal &refusal) {
    hasRefused = true;
    (void)garam::emitRefusal(refusal);
  }
  void convertOperations(IRRewriter &rewriter);
  void convertOperation(IRRewriter &rewriter, Operation *op);
  void removeUnused(IRRewriter &rewriter);
  void checkArguments();
  void checkResults();

  bool hasRefused = false;
};

} // namespace

namespace garam::pim {

bool isFloatTensor(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  return tensor && tensor.hasStaticShape() && tensor.getNumElements() > 0 &&
         (tensor.getElementType().isF32() || tensor.getElementType().isF16());
}

std::string describe(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

} // namespace garam::pim

static SmallVector<Operation *> getOperations(func::FuncOp func) {
  SmallVector<Operation *> operations;
  for (Operation &op : func.getBody().front())
    operations.push_back(&op);
  return operations;
}

/// A tensor in another shape: the same bytes.
static bool isReshape(Operation *op) {
  return isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(op) &&
         isFloatTensor(op->getOperand(0).getType());
}

/// What is only there for a structured operation that reads it.
static bool isAuxiliary(Operation *op) {
  return isa<arith::ConstantOp, tensor::EmptyOp, linalg::FillOp>(op);
}

void ConvertLinalgToPIM::convertOperation(IRRewriter &rewriter, Operation *op) {
  if (isa<func::ReturnOp>(op) || isa<PIMDialect>(op->getDialect()) ||
      isReshape(op) || isAuxiliary(op))
    return;
  auto linalgOp = dyn_cast<linalg::LinalgOp>(op);
  if (!linalgOp)
    return refuse({op, "HBM-PIM carries out matrix-vector products with "
                       "constant weights, additions, products and ReLUs of "
                       "f32 or f16"});
  Obstacle obstacle;
  LogicalResult converted =
      linalg::isaContractionOpInterface(linalgOp)
          ? convertMatrixVector(rewriter, linalgOp, obstacle)
          : convertElementwise(rewriter, linalgOp, obstacle);
  if (failed(converted))
    refuse({op, obstacle.reason, obstacle.hint});
}

/// Products first, with all that follows them; then the rest.
void ConvertLinalgToPIM::convertOperations(IRRewriter &rewriter) {
  for (Operation *op : getOperations(getOperation())) {
    auto product = dyn_cast<linalg::LinalgOp>(op);
    Obstacle obstacle;
    if (product && linalg::isaContractionOpInterface(product))
      (void)convertMatrixVector(rewriter, product, obstacle);
  }
  for (GemvOp op : llvm::to_vector(getOperation().getOps<GemvOp>())) {
    FailureOr<GemvOp> gemv = op;
    while (succeeded(gemv))
      gemv = foldEpilogue(rewriter, *gemv);
  }
  removeUnused(rewriter);
  for (Operation *op : getOperations(getOperation()))
    convertOperation(rewriter, op);
  removeUnused(rewriter);
}

void ConvertLinalgToPIM::removeUnused(IRRewriter &rewriter) {
  SmallVector<Operation *> operations = getOperations(getOperation());
  for (Operation *op : llvm::reverse(operations))
    if (isOpTriviallyDead(op))
      rewriter.eraseOp(op);
}

/// Each result is made by a kernel of its own.
void ConvertLinalgToPIM::checkResults() {
  SmallPtrSet<Operation *, 4> kernels;
  Operation *terminator = getOperation().getBody().front().getTerminator();
  for (Value value : terminator->getOperands()) {
    Operation *definition = value.getDefiningOp();
    while (definition && isReshape(definition))
      definition = definition->getOperand(0).getDefiningOp();
    if (!definition || !isa<PIMDialect>(definition->getDialect())) {
      // What was refused is reported already.
      Operation *blamed = value.getDefiningOp();
      if (!definition || isAuxiliary(definition))
        refuse({blamed ? blamed : getOperation().getOperation(),
                "a result is an input or a constant, but needs to be computed "
                "on the device"});
    } else if (!kernels.insert(definition).second) {
      refuse({definition, "is returned twice, but needs to be one result"});
    }
  }
}

/// Inputs of the model with dimensions that are not fixed.
void ConvertLinalgToPIM::checkArguments() {
  func::FuncOp func = getOperation();
  for (auto [i, type] : llvm::enumerate(func.getArgumentTypes())) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || tensor.hasStaticShape())
      continue;
    std::string name = garam::getInputName(func, i);
    refuse({func,
            "input " + name + ": found " + describe(type) +
                ", needed dimensions that are fixed",
            "bind them with --shape " + name + "=... or --dim NAME=VALUE"});
  }
}

void ConvertLinalgToPIM::runOnOperation() {
  func::FuncOp func = getOperation();
  if (func.isExternal())
    return;
  if (!func.getBody().hasOneBlock()) {
    refuse({func, "has control flow, which this conversion does not take"});
    return signalPassFailure();
  }
  checkArguments();
  // Operations on sizes that are not fixed follow from the inputs.
  if (hasRefused)
    return signalPassFailure();
  IRRewriter rewriter(&getContext());
  convertOperations(rewriter);
  checkResults();
  if (hasRefused)
    signalPassFailure();
}
