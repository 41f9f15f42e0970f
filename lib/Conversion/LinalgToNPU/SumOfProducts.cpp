//===- SumOfProducts.cpp - Matrix products and convolutions ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "SumOfProducts.h"
#include "Constants.h"
#include "NarrowFactors.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::npu {

int64_t SumOfProducts::countIterations(IteratorKind kind) const {
  int64_t count = 1;
  for (auto [size, iterator] : llvm::zip(loops.sizes, loops.iterators))
    if (iterator == kind)
      count *= size;
  return count;
}

//===----------------------------------------------------------------------===//
// Recognition
//===----------------------------------------------------------------------===//

static Value skipExtension(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isa<arith::ExtFOp, arith::ExtSIOp, arith::ExtUIOp>(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

namespace {

struct Factors {
  OpOperand *activation, *weight;
  bool activationUnsigned, weightUnsigned;
};

} // namespace

static bool isZeroExtended(Value argument) {
  return llvm::any_of(argument.getUsers(), [](Operation *user) {
    return isa<arith::ExtUIOp>(user);
  });
}

/// Matches the body out + a * b, with a and b widened or not.
static std::optional<Factors> matchFactors(linalg::LinalgOp op) {
  if (op.getNumDpsInits() != 1 || op->getNumResults() != 1)
    return std::nullopt;
  Block *body = op.getBlock();
  Operation *sum = body->getTerminator()->getOperand(0).getDefiningOp();
  if (!sum || !isa<arith::AddFOp, arith::AddIOp>(sum))
    return std::nullopt;
  BlockArgument accumulator = op.getRegionOutputArgs()[0];
  if (!accumulator.hasOneUse())
    return std::nullopt;
  bool isFirst = sum->getOperand(0) == accumulator;
  if (!isFirst && sum->getOperand(1) != accumulator)
    return std::nullopt;
  Operation *product = sum->getOperand(isFirst ? 1 : 0).getDefiningOp();
  if (!product || !isa<arith::MulFOp, arith::MulIOp>(product))
    return std::nullopt;
  auto a = dyn_cast<BlockArgument>(skipExtension(product->getOperand(0)));
  auto b = dyn_cast<BlockArgument>(skipExtension(product->getOperand(1)));
  if (!a || !b || a.getOwner() != body || b.getOwner() != body ||
      a == accumulator || b == accumulator || a == b)
    return std::nullopt;
  // The operands stand in the order of the op, not of the product.
  if (a.getArgNumber() > b.getArgNumber())
    std::swap(a, b);
  return Factors{op.getMatchingOpOperand(a), op.getMatchingOpOperand(b),
                 isZeroExtended(a), isZeroExtended(b)};
}

static Access getAccess(linalg::LinalgOp op, OpOperand *operand) {
  return Access(operand->get(),
                op.getMatchingIndexingMap(operand).getResults());
}

static bool dependsOn(ArrayRef<AffineExpr> coordinates, unsigned dim) {
  return llvm::any_of(coordinates, [dim](AffineExpr expr) {
    return expr.isFunctionOfDim(dim);
  });
}

/// The role of each dimension; fails where one has none, such as a dimension
/// that is reduced over one operand alone.
static LogicalResult classify(SumOfProducts &sum) {
  sum.loops.iterators.clear();
  for (unsigned dim = 0, e = sum.loops.sizes.size(); dim < e; ++dim) {
    bool inActivation = dependsOn(sum.activation.coordinates, dim);
    bool inWeight = dependsOn(sum.weight.coordinates, dim);
    bool inOutput = dependsOn(sum.output, dim);
    bool isSmall = sum.loops.sizes[dim] == 1;
    IteratorKind kind = IteratorKind::reduction;
    if (inOutput)
      kind = !inWeight       ? IteratorKind::row
             : !inActivation ? IteratorKind::column
                             : IteratorKind::batch;
    else if (!isSmall && !(inActivation && inWeight))
      return failure();
    // Nothing to share along a dimension of one element.
    if (kind == IteratorKind::batch && isSmall)
      kind = IteratorKind::row;
    sum.loops.iterators.push_back(kind);
  }
  return success();
}

namespace {

/// The scale of factors along a coordinate of the loops.
struct FactorScale {
  ChannelValues values;
  AffineExpr channel;
};

} // namespace

static std::optional<FactorScale> foldWeightScale(Access &weight) {
  foldMovement(weight);
  auto op = weight.source.getDefiningOp<ext::DequantizeOp>();
  if (!op)
    return std::nullopt;
  auto parameters = getParameters(op);
  if (!parameters || parameters->zeroPoints.size() != 1 || weight.hasPadding())
    return std::nullopt;
  FactorScale result;
  result.values = parameters->scales;
  if (result.values.size() > 1)
    result.channel = weight.coordinates[parameters->axis];
  Dequantization dequantization;
  dequantization.zeroPoint = static_cast<int64_t>(parameters->zeroPoints[0]);
  dequantization.isUnsigned = parameters->isUnsigned;
  weight.dequantization = dequantization;
  weight.locations.push_back(op.getLoc());
  weight.source = op.getInput();
  foldMovement(weight);
  return result;
}

static bool isByte(Value value) {
  return getElementTypeOrSelf(value).isInteger(8);
}

namespace {

class SumConversion {
public:
  SumConversion(RewriterBase &rewriter, linalg::LinalgOp op,
                const TensorEngineFeatures &features)
      : rewriter(rewriter), op(op), features(features) {}
  LogicalResult run();

private:
  LogicalResult match();
  void foldQuantization();
  void foldNarrowFloats();
  bool isByOutputChannel(AffineExpr channel) const;
  bool usesArray() const;
  LogicalResult prepareEpilogue(EpilogueBuilder &builder);
  void replace(EpilogueBuilder &builder);

  RewriterBase &rewriter;
  linalg::LinalgOp op;
  const TensorEngineFeatures &features;
  std::optional<SumOfProducts> sum;
  std::optional<FactorScale> factorScale;
};

} // namespace

LogicalResult SumConversion::match() {
  if (!op.hasPureTensorSemantics() || op.getNumReductionLoops() == 0)
    return failure();
  std::optional<Factors> factors = matchFactors(op);
  if (!factors)
    return failure();
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  AffineMap outputMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (llvm::any_of(sizes, ShapedType::isDynamic) ||
      llvm::is_contained(sizes, 0) || // a sum of nothing
      !outputMap.isProjectedPermutation())
    return failure();
  sum.emplace(SumOfProducts{
      EpilogueLoops{sizes, {}}, getAccess(op, factors->activation),
      getAccess(op, factors->weight), llvm::to_vector(outputMap.getResults())});
  foldMovement(sum->activation);
  foldMovement(sum->weight);
  // The first operand of a product such as W * x may be the one to keep.
  if (failed(classify(*sum)))
    return failure();
  if (sum->countIterations(IteratorKind::column) == 1 &&
      sum->countIterations(IteratorKind::batch) == 1 &&
      !sum->activation.hasPadding()) {
    std::swap(sum->activation, sum->weight);
    std::swap(factors->activationUnsigned, factors->weightUnsigned);
    if (failed(classify(*sum)))
      return failure();
  }
  if (sum->weight.hasPadding())
    return failure();
  foldQuantization();
  if (!sum->isInteger)
    foldNarrowFloats();
  for (const Access *access : {&sum->activation, &sum->weight})
    if (!llvm::all_of(access->coordinates, isLinear))
      return failure();
  if (sum->activation.hasPadding() && !sum->isInteger &&
      sum->activation.fill != 0.0)
    return failure();

  Type activationType = getElementTypeOrSelf(sum->activation.source);
  Type weightType = getElementTypeOrSelf(sum->weight.source);
  if (sum->isInteger)
    return success();
  if (isByte(sum->activation.source) && isByte(sum->weight.source) &&
      cast<RankedTensorType>(op->getResult(0).getType())
          .getElementType()
          .isInteger(32)) {
    sum->isPlainInteger = sum->isInteger = true;
    sum->activation.dequantization =
        Dequantization{1.0, 0, factors->activationUnsigned};
    sum->weight.dequantization =
        Dequantization{1.0, 0, factors->weightUnsigned};
    return success(sum->activation.fill == 0.0);
  }
  return success(isa<FloatType>(activationType) &&
                 activationType == weightType);
}

void SumConversion::foldQuantization() {
  Access activation = sum->activation, weight = sum->weight;
  foldMovementAndDequantize(activation);
  if (!activation.dequantization || !isByte(activation.source))
    return;
  std::optional<FactorScale> scale = foldWeightScale(weight);
  if (!scale || !isByte(weight.source) ||
      (activation.hasPadding() &&
       activation.fill != activation.dequantization->zeroPoint) ||
      !isByOutputChannel(scale->channel))
    return;
  for (double &value : scale->values)
    value *= activation.dequantization->scale;
  sum->activation = std::move(activation);
  sum->weight = std::move(weight);
  sum->isInteger = true;
  factorScale = std::move(scale);
}

/// Each channel of the output must see one scale of the weight.
bool SumConversion::isByOutputChannel(AffineExpr channel) const {
  if (!channel)
    return true;
  for (unsigned dim = 0, e = sum->loops.sizes.size(); dim < e; ++dim)
    if (channel.isFunctionOfDim(dim) &&
        sum->loops.iterators[dim] != IteratorKind::column &&
        sum->loops.iterators[dim] != IteratorKind::batch &&
        sum->loops.sizes[dim] != 1)
      return false;
  return true;
}

/// Products of two floats of 8 bits are exact in f32, so that the scales of the
/// factors can multiply the sum.
void SumConversion::foldNarrowFloats() {
  std::optional<NarrowFactor> activation = findNarrowFactor(sum->activation);
  std::optional<NarrowFactor> weight = findNarrowFactor(sum->weight);
  if (!activation || !weight || activation->channel ||
      activation->getElementType() != weight->getElementType() ||
      !llvm::is_contained(features.narrowFloats,
                          activation->getElementType()) ||
      !usesArray() || !isByOutputChannel(weight->channel))
    return;
  factorScale = FactorScale{std::move(weight->scale), weight->channel};
  for (double &value : factorScale->values)
    value *= activation->scale.front();
  sum->activation = std::move(activation->access);
  sum->weight = std::move(weight->access);
}

LogicalResult SumConversion::prepareEpilogue(EpilogueBuilder &builder) {
  if (factorScale &&
      !builder.setScale(factorScale->values, factorScale->channel))
    return failure();
  OpOperand *init = op.getDpsInitOperand(0);
  if (sum->isPlainInteger)
    return success(readSplat(init->get()) == 0.0);
  return builder.addInitialValue(init->get(),
                                 op.getMatchingIndexingMap(init).getResults());
}

/// The array needs columns that share the activations, or at least rows that
/// share the weights.
bool SumConversion::usesArray() const {
  return sum->countIterations(IteratorKind::column) > 1 ||
         (sum->countIterations(IteratorKind::row) > 1 &&
          sum->countIterations(IteratorKind::batch) == 1);
}

void SumConversion::replace(EpilogueBuilder &builder) {
  Value result = builder.getResult();
  Operation *last = result.getDefiningOp();
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(last);

  SmallVector<Location> locations = sum->activation.locations;
  llvm::append_range(locations, sum->weight.locations);
  locations.push_back(op.getLoc());
  llvm::append_range(locations, builder.getLocations());
  Location loc = fuse(last->getLoc(), locations);

  auto finalType = cast<RankedTensorType>(result.getType());
  SmallVector<int64_t> shape;
  for (AffineExpr expr : builder.getResultCoordinates())
    shape.push_back(sum->loops.sizes[cast<AffineDimExpr>(expr).getPosition()]);
  auto type = RankedTensorType::get(shape, finalType.getElementType());
  Value stage = (usesArray() ? createContract : createReduction)(
      rewriter, loc, *sum, builder.getEpilogue(),
      builder.getResultCoordinates(), type);
  if (type != finalType)
    stage = ReshapeOp::create(rewriter, loc, finalType, stage);
  rewriter.replaceOp(last, stage);
}

LogicalResult SumConversion::run() {
  if (failed(match()))
    return failure();
  EpilogueBuilder builder(sum->loops, op->getResult(0), sum->output,
                          features.addsResidual,
                          features.addsResidual && usesArray());
  if (failed(prepareEpilogue(builder)))
    return failure();
  if (!sum->isPlainInteger)
    builder.absorbConsumers();
  replace(builder);
  return success();
}

LogicalResult convertSumOfProducts(RewriterBase &rewriter, linalg::LinalgOp op,
                                   const TensorEngineFeatures &features) {
  return SumConversion(rewriter, op, features).run();
}

} // namespace garam::npu
