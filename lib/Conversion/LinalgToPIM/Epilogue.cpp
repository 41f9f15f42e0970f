//===- Epilogue.cpp - What follows a matrix-vector product ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

//
// The driver, which sums the lanes of each output, also scales it, adds a
// constant and applies a ReLU.
//
//===----------------------------------------------------------------------===//

#include "LinalgToPIM.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace garam::pim {

namespace {

/// factor * (the product or the constant), and for a sum of both the other's.
struct Form {
  std::optional<float> alpha; // of the product
  std::optional<float> beta;  // of the constant
  bool isNarrowed = false;    // rounded to f16: nothing but a ReLU may follow
  bool relu = false;
};

/// Reads the body of an elementwise operation on the result of a product.
class BodyReader {
public:
  BodyReader(linalg::LinalgOp op, GemvOp gemv) : op(op), gemv(gemv) {}

  std::optional<Form> read() {
    auto yield = cast<linalg::YieldOp>(op.getBlock()->getTerminator());
    return read(yield.getOperand(0));
  }
  /// The operand that is added, or null.
  OpOperand *getBias() const { return bias; }

private:
  std::optional<Form> read(Value value);
  std::optional<Form> readArgument(BlockArgument argument);
  std::optional<Form> readProduct(arith::MulFOp product);
  std::optional<Form> readSum(arith::AddFOp sum);
  std::optional<Form> readMaximum(Value lhs, Value rhs);

  linalg::LinalgOp op;
  GemvOp gemv;
  OpOperand *bias = nullptr;
};

} // namespace

static std::optional<float> readScalar(Value value) {
  FloatAttr attr;
  if (!matchPattern(value, m_Constant(&attr)))
    return std::nullopt;
  llvm::APFloat number = attr.getValue();
  bool losesInfo;
  number.convert(llvm::APFloat::IEEEsingle(),
                 llvm::APFloat::rmNearestTiesToEven, &losesInfo);
  if (losesInfo)
    return std::nullopt;
  return number.convertToFloat();
}

std::optional<Form> BodyReader::readArgument(BlockArgument argument) {
  OpOperand *operand = op.getMatchingOpOperand(argument);
  if (op.isDpsInit(operand))
    return std::nullopt;
  Form form;
  if (operand->get() == gemv.getResult()) {
    form.alpha = 1;
    return form;
  }
  if (!getConstant(operand->get()) || (bias && bias != operand))
    return std::nullopt;
  bias = operand;
  form.beta = 1;
  return form;
}

std::optional<Form> BodyReader::readProduct(arith::MulFOp product) {
  Value factorValue = product.getRhs(), value = product.getLhs();
  std::optional<float> factor = readScalar(factorValue);
  if (!factor) {
    std::swap(factorValue, value);
    factor = readScalar(factorValue);
  }
  std::optional<Form> form = factor ? read(value) : std::nullopt;
  if (!form || form->isNarrowed || form->relu || (form->alpha && form->beta))
    return std::nullopt;
  // Two factors would be two roundings.
  std::optional<float> &scaled = form->alpha ? form->alpha : form->beta;
  if (*scaled != 1)
    return std::nullopt;
  scaled = factor;
  return form;
}

std::optional<Form> BodyReader::readSum(arith::AddFOp sum) {
  std::optional<Form> a = read(sum.getLhs()), b = read(sum.getRhs());
  if (!a || !b || a->isNarrowed || b->isNarrowed || a->relu || b->relu)
    return std::nullopt;
  if ((a->alpha && b->alpha) || (a->beta && b->beta))
    return std::nullopt;
  if (b->alpha)
    std::swap(a, b);
  a->beta = b->beta;
  return a;
}

std::optional<Form> BodyReader::readMaximum(Value lhs, Value rhs) {
  if (matchPattern(lhs, m_AnyZeroFloat()))
    std::swap(lhs, rhs);
  if (!matchPattern(rhs, m_AnyZeroFloat()))
    return std::nullopt;
  std::optional<Form> form = read(lhs);
  if (!form || !form->alpha)
    return std::nullopt;
  form->relu = true;
  return form;
}

std::optional<Form> BodyReader::read(Value value) {
  if (auto argument = dyn_cast<BlockArgument>(value))
    return readArgument(argument);
  Operation *definition = value.getDefiningOp();
  if (auto product = dyn_cast<arith::MulFOp>(definition))
    return readProduct(product);
  if (auto sum = dyn_cast<arith::AddFOp>(definition))
    return readSum(sum);
  if (auto maximum = dyn_cast<arith::MaximumFOp>(definition))
    return readMaximum(maximum.getLhs(), maximum.getRhs());
  if (auto maximum = dyn_cast<arith::MaxNumFOp>(definition))
    return readMaximum(maximum.getLhs(), maximum.getRhs());
  if (auto widened = dyn_cast<arith::ExtFOp>(definition)) {
    std::optional<Form> form = read(widened.getIn());
    // The wide number would be one that was narrow before.
    if (form && form->isNarrowed)
      return std::nullopt;
    return form;
  }
  if (auto narrowed = dyn_cast<arith::TruncFOp>(definition)) {
    std::optional<Form> form = read(narrowed.getIn());
    if (form)
      form->isNarrowed = true;
    return form;
  }
  return std::nullopt;
}

/// Whether `operand` has an element for each output, along the one dimension of
/// the result that is not 1.
static bool isAlongOutputs(linalg::LinalgOp op, OpOperand *operand,
                           RankedTensorType result) {
  AffineMap map = op.getMatchingIndexingMap(operand);
  auto type = cast<RankedTensorType>(operand->get().getType());
  if (type.getNumElements() != result.getNumElements() ||
      !map.isProjectedPermutation(/*allowZeroInResults=*/true))
    return false;
  for (auto [size, expr] : llvm::zip_equal(type.getShape(), map.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (size != 1 && (!dim || result.getDimSize(dim.getPosition()) != size))
      return false;
  }
  return true;
}

static bool isElementwise(linalg::LinalgOp op) {
  return op.getNumParallelLoops() == op.getNumLoops() &&
         op->getNumResults() == 1 && op.hasPureTensorSemantics() &&
         op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity();
}

FailureOr<GemvOp> foldEpilogue(IRRewriter &rewriter, GemvOp gemv) {
  if (!gemv->hasOneUse() || gemv.getRelu())
    return failure();
  auto op = dyn_cast<linalg::LinalgOp>(*gemv->getUsers().begin());
  if (!op || !isElementwise(op) || !isFloatTensor(op->getResult(0).getType()))
    return failure();
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  if (type.getNumElements() != gemv.getOutputs())
    return failure();
  BodyReader reader(op, gemv);
  std::optional<Form> form = reader.read();
  if (!form || !form->alpha)
    return failure();
  OpOperand *product = &*gemv->getUses().begin();
  bool narrowsEarly = gemv.getType().getElementType().isF16() &&
                      (form->beta || *form->alpha != 1);
  bool isScaled = gemv.getBias() || !gemv.getAlpha().isExactlyValue(1);
  if (narrowsEarly || (isScaled && (form->beta || *form->alpha != 1)) ||
      !isAlongOutputs(op, product, type) ||
      (reader.getBias() && !isAlongOutputs(op, reader.getBias(), type)) ||
      (form->beta && !reader.getBias()))
    return failure();

  rewriter.setInsertionPoint(op);
  Value bias = form->beta ? reader.getBias()->get() : gemv.getBias();
  auto folded = GemvOp::create(
      rewriter, rewriter.getFusedLoc({gemv.getLoc(), op.getLoc()}), type,
      gemv.getVector(), gemv.getWeights(), bias, gemv.getTransposed(),
      isScaled ? gemv.getAlpha() : llvm::APFloat(*form->alpha),
      form->beta ? llvm::APFloat(*form->beta) : gemv.getBeta(), form->relu,
      GemvPlacementAttr());
  rewriter.replaceOp(op, folded);
  rewriter.eraseOp(gemv);
  return folded;
}

} // namespace garam::pim
