//===- EpilogueBuilder.cpp - Finds what an epilogue can carry out ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Constants.h"
#include "Epilogue.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <cmath>

using namespace mlir;

namespace garam::npu {

//===----------------------------------------------------------------------===//
// Bodies
//===----------------------------------------------------------------------===//

namespace {

/// What a scalar of an elementwise body is to the epilogue.
struct Scalar {
  enum Kind { Unknown, Chain, Constant, Tensor } kind = Unknown;
  ChannelValues values;             // Constant
  std::optional<Residual> residual; // Tensor
};

} // namespace

/// Runs the body of an elementwise operation on symbolic values: one of them is
/// the result of the epilogue so far.
class EpilogueBody {
public:
  EpilogueBody(EpilogueBuilder &builder, linalg::LinalgOp op,
               ArrayRef<AffineExpr> dims)
      : builder(builder), op(op), dims(dims) {}

  bool run(unsigned chainOperand);

private:
  Scalar readOperand(OpOperand *operand);
  Scalar evaluate(Operation *inner);
  Scalar evaluateUnary(Operation *inner, const Scalar &a);
  Scalar evaluateBinary(Operation *inner, const Scalar &a, const Scalar &b);
  Scalar add(const Scalar &a, const Scalar &b);
  Scalar multiply(const Scalar &a, const Scalar &b);
  Scalar evaluateRelu(arith::SelectOp select);
  Scalar get(Value value);
  Scalar chainIf(bool absorbed) {
    Scalar result;
    if (absorbed)
      result.kind = Scalar::Chain;
    return result;
  }

  EpilogueBuilder &builder;
  linalg::LinalgOp op;
  ArrayRef<AffineExpr> dims;
  llvm::DenseMap<Value, Scalar> scalars;
};

static Scalar makeConstant(ChannelValues values) {
  Scalar result;
  result.kind = Scalar::Constant;
  result.values = std::move(values);
  return result;
}

static Scalar mapConstant(const Scalar &a, double (*function)(double)) {
  ChannelValues values;
  for (double value : a.values)
    values.push_back(function(value));
  return makeConstant(std::move(values));
}

Scalar EpilogueBody::get(Value value) {
  auto known = scalars.find(value);
  if (known != scalars.end())
    return known->second;
  // A constant from outside of the body.
  if (auto constant = readConstant(value))
    return makeConstant(*constant);
  return {};
}

/// The residual that reads `access`: floats, or bytes that are dequantised.
static std::optional<Residual> getResidual(Access access) {
  Access dequantized = access;
  foldMovementAndDequantize(dequantized);
  if (dequantized.dequantization &&
      getElementTypeOrSelf(dequantized.source).isInteger(8))
    access = std::move(dequantized);
  else if (!isa<FloatType>(getElementTypeOrSelf(access.source)))
    return std::nullopt;
  if (!llvm::all_of(access.coordinates, isLinear))
    return std::nullopt;
  double scale = access.dequantization ? access.dequantization->scale : 1.0;
  return Residual{std::move(access), scale};
}

Scalar EpilogueBody::readOperand(OpOperand *operand) {
  if (auto splat = readSplat(operand->get()))
    return makeConstant({*splat});
  if (!isa<RankedTensorType>(operand->get().getType()))
    return {};
  AffineMap map = op.getMatchingIndexingMap(operand);
  SmallVector<AffineExpr> coordinates;
  for (AffineExpr expr : map.getResults())
    coordinates.push_back(expr.replaceDims(dims));
  Access access(operand->get(), coordinates);
  foldMovement(access);
  if (!llvm::all_of(access.coordinates, isLinear) || access.hasPadding())
    return {};
  if (auto splat = readSplat(access.source))
    return makeConstant({*splat});
  if (auto channels = builder.readChannels(access)) {
    llvm::append_range(builder.locations, access.locations);
    return makeConstant(*channels);
  }
  Scalar result;
  result.residual = getResidual(std::move(access));
  if (result.residual)
    result.kind = Scalar::Tensor;
  return result;
}

Scalar EpilogueBody::add(const Scalar &a, const Scalar &b) {
  if (a.kind == Scalar::Constant && b.kind == Scalar::Constant) {
    Epilogue sum;
    sum.bias = a.values;
    sum.add(b.values);
    return makeConstant(sum.bias);
  }
  if (a.kind == Scalar::Chain && b.kind == Scalar::Constant)
    return chainIf(builder.epilogue.add(b.values));
  if (a.kind == Scalar::Chain && b.kind == Scalar::Tensor) {
    bool absorbed = builder.epilogue.add(*b.residual);
    if (absorbed)
      llvm::append_range(builder.locations, b.residual->access.locations);
    return chainIf(absorbed);
  }
  if (b.kind == Scalar::Chain && a.kind != Scalar::Chain)
    return add(b, a);
  return {};
}

Scalar EpilogueBody::multiply(const Scalar &a, const Scalar &b) {
  if (b.kind != Scalar::Constant)
    return a.kind == Scalar::Constant && b.kind != Scalar::Unknown
               ? multiply(b, a)
               : Scalar();
  switch (a.kind) {
  case Scalar::Unknown:
    return {};
  case Scalar::Chain:
    return chainIf(builder.epilogue.multiply(b.values));
  case Scalar::Constant: {
    Epilogue product;
    product.scale = a.values;
    product.multiply(b.values);
    return makeConstant(product.scale);
  }
  case Scalar::Tensor: {
    if (b.values.size() != 1)
      return {};
    Scalar result = a;
    result.residual->scale *= b.values[0];
    return result;
  }
  }
  return {};
}

/// The result of the epilogue is rounded when it is stored.
static Scalar narrow(arith::TruncFOp op, const Scalar &a) {
  if (a.kind == Scalar::Chain)
    return a;
  if (a.kind != Scalar::Constant)
    return {};
  const auto &semantics = cast<FloatType>(op.getType()).getFloatSemantics();
  ChannelValues values;
  for (double value : a.values) {
    APFloat rounded(value);
    bool losesInfo;
    rounded.convert(semantics, APFloat::rmNearestTiesToEven, &losesInfo);
    values.push_back(rounded.convertToDouble());
  }
  return makeConstant(std::move(values));
}

Scalar EpilogueBody::evaluateUnary(Operation *inner, const Scalar &a) {
  // What the model narrows and widens again has lost digits on the way, which
  // the store of the result would not take from it.
  if (isa<arith::ExtFOp>(inner))
    return a.kind == Scalar::Chain ? Scalar() : a;
  if (auto cast = dyn_cast<arith::TruncFOp>(inner))
    return narrow(cast, a);
  if (isa<arith::NegFOp>(inner))
    return multiply(a, makeConstant({-1.0}));
  if (a.kind != Scalar::Constant)
    return {};
  if (isa<math::SqrtOp>(inner))
    return mapConstant(a, +[](double x) { return std::sqrt(x); });
  if (isa<math::RsqrtOp>(inner))
    return mapConstant(a, +[](double x) { return 1.0 / std::sqrt(x); });
  if (isa<math::AbsFOp>(inner))
    return mapConstant(a, +[](double x) { return std::fabs(x); });
  if (isa<math::ExpOp>(inner))
    return mapConstant(a, +[](double x) { return std::exp(x); });
  return {};
}

Scalar EpilogueBody::evaluateBinary(Operation *inner, const Scalar &a,
                                    const Scalar &b) {
  if (isa<arith::AddFOp>(inner))
    return add(a, b);
  if (isa<arith::SubFOp>(inner))
    return add(a, multiply(b, makeConstant({-1.0})));
  if (isa<arith::MulFOp>(inner))
    return multiply(a, b);
  if (isa<arith::DivFOp>(inner) && b.kind == Scalar::Constant)
    return multiply(a, mapConstant(b, +[](double x) { return 1.0 / x; }));
  bool isMax = isa<arith::MaximumFOp, arith::MaxNumFOp>(inner);
  bool isMin = isa<arith::MinimumFOp, arith::MinNumFOp>(inner);
  if (!isMax && !isMin)
    return {};
  if (a.kind == Scalar::Constant && b.kind == Scalar::Chain)
    return evaluateBinary(inner, b, a);
  if (a.kind != Scalar::Chain || b.kind != Scalar::Constant ||
      b.values.size() != 1)
    return {};
  return chainIf(isMax ? builder.epilogue.clampBelow(b.values[0])
                       : builder.epilogue.clampAbove(b.values[0]));
}

/// select(x > 0, x, 0), which is how some write a ReLU.
Scalar EpilogueBody::evaluateRelu(arith::SelectOp select) {
  using P = arith::CmpFPredicate;
  auto compare = select.getCondition().getDefiningOp<arith::CmpFOp>();
  if (!compare || compare.getLhs() != select.getTrueValue() ||
      compare.getRhs() != select.getFalseValue())
    return {};
  Scalar a = get(compare.getLhs()), b = get(compare.getRhs());
  if (a.kind != Scalar::Chain || b.kind != Scalar::Constant ||
      b.values.size() != 1)
    return {};
  switch (compare.getPredicate()) {
  case P::OGT:
  case P::OGE:
  case P::UGT:
  case P::UGE:
    return chainIf(builder.epilogue.clampBelow(b.values[0]));
  case P::OLT:
  case P::OLE:
  case P::ULT:
  case P::ULE:
    return chainIf(builder.epilogue.clampAbove(b.values[0]));
  default:
    return {};
  }
}

Scalar EpilogueBody::evaluate(Operation *inner) {
  if (auto constant = dyn_cast<arith::ConstantOp>(inner))
    return get(constant.getResult());
  if (auto select = dyn_cast<arith::SelectOp>(inner))
    return evaluateRelu(select);
  if (inner->getNumOperands() == 1)
    return evaluateUnary(inner, get(inner->getOperand(0)));
  if (inner->getNumOperands() == 2)
    return evaluateBinary(inner, get(inner->getOperand(0)),
                          get(inner->getOperand(1)));
  return {};
}

/// The number of operations, comparisons aside, that use `value`.
static unsigned countUses(Value value) {
  unsigned count = 0;
  for (Operation *user : value.getUsers())
    count += !isa<arith::CmpFOp>(user);
  return count;
}

bool EpilogueBody::run(unsigned chainOperand) {
  for (OpOperand &operand : op->getOpOperands()) {
    BlockArgument argument = op.getMatchingBlockArgument(&operand);
    if (argument.use_empty())
      continue;
    if (operand.getOperandNumber() == chainOperand)
      scalars[argument].kind = Scalar::Chain;
    else
      scalars[argument] = readOperand(&operand);
  }
  Operation *terminator = op.getBlock()->getTerminator();
  for (Operation &inner : op.getBlock()->without_terminator()) {
    if (inner.getNumResults() != 1)
      return false;
    // The epilogue is one chain: its value may not be read twice.
    for (Value input : inner.getOperands())
      if (get(input).kind == Scalar::Chain && countUses(input) > 1)
        return false;
    scalars[inner.getResult(0)] = evaluate(&inner);
  }
  return get(terminator->getOperand(0)).kind == Scalar::Chain;
}

//===----------------------------------------------------------------------===//
// Channels
//===----------------------------------------------------------------------===//

bool EpilogueBuilder::setChannel(AffineExpr expr, int64_t count) {
  if (epilogue.channel)
    return epilogue.channel == expr && epilogue.numChannels == count;
  bool ok = true;
  expr.walk([&](AffineExpr inner) {
    auto dim = dyn_cast<AffineDimExpr>(inner);
    if (!dim)
      return;
    IteratorKind kind = loops.iterators[dim.getPosition()];
    ok &= kind == IteratorKind::column || kind == IteratorKind::batch;
  });
  if (!ok)
    return false;
  epilogue.channel = expr;
  epilogue.numChannels = count;
  return true;
}

std::optional<ChannelValues> EpilogueBuilder::readChannels(Access access) {
  auto type = cast<RankedTensorType>(access.source.getType());
  if (!type.hasStaticShape() || type.getNumElements() > maxEvaluatedElements)
    return std::nullopt;
  // Biases of quantised models are dequantised constants.
  std::optional<QuantizationParameters> parameters;
  Value source = access.source;
  if (auto op = source.getDefiningOp<ext::DequantizeOp>()) {
    parameters = getParameters(op);
    if (!parameters)
      return std::nullopt;
    source = op.getInput();
  }
  auto values =
      readConstant(source, parameters ? parameters->isUnsigned : false);
  if (!values)
    return std::nullopt;

  AffineExpr channel;
  int64_t axis = -1;
  for (auto [i, expr] : llvm::enumerate(access.coordinates)) {
    if (type.getDimSize(i) == 1)
      continue;
    if (channel)
      return std::nullopt;
    channel = expr;
    axis = i;
  }
  if (parameters) {
    if (!parameters->isPerTensor() && parameters->axis != axis)
      return std::nullopt;
    for (auto [i, value] : llvm::enumerate(*values)) {
      auto at = [&, i = i](const SmallVector<double> &v) {
        return v[v.size() == 1 ? 0 : i];
      };
      value = (value - at(parameters->zeroPoints)) * at(parameters->scales);
    }
  }
  if (!channel)
    return values;
  if (!setChannel(channel, type.getDimSize(axis)))
    return std::nullopt;
  return values;
}

//===----------------------------------------------------------------------===//
// Consumers
//===----------------------------------------------------------------------===//

bool EpilogueBuilder::setScale(const ChannelValues &scale, AffineExpr channel) {
  if (channel && !setChannel(channel, scale.size()))
    return false;
  return epilogue.multiply(scale);
}

LogicalResult EpilogueBuilder::addInitialValue(Value init,
                                               ArrayRef<AffineExpr> coords) {
  Access access(init, coords);
  foldMovement(access);
  if (access.hasPadding() || !llvm::all_of(access.coordinates, isLinear))
    return failure();
  llvm::append_range(locations, access.locations);
  if (auto splat = readSplat(access.source)) {
    if (*splat != 0.0)
      epilogue.add({*splat});
    return success();
  }
  if (auto channels = readChannels(access))
    return success(epilogue.add(*channels));
  std::optional<Residual> residual = getResidual(std::move(access));
  return success(residual && epilogue.add(*residual));
}

bool EpilogueBuilder::absorbElementwise(linalg::LinalgOp op) {
  if (op.getNumParallelLoops() != op.getNumLoops() ||
      op.getNumDpsInits() != 1 || op->getNumResults() != 1 ||
      isa<linalg::FillOp>(op.getOperation()))
    return false;
  AffineMap outputMap = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  if (!outputMap.isPermutation())
    return false;
  OpOperand *use = nullptr;
  for (OpOperand &operand : op->getOpOperands())
    if (operand.get() == current)
      use = &operand;
  AffineMap chainMap = op.getMatchingIndexingMap(use);
  if (!chainMap.isPermutation() ||
      !isa<FloatType>(
          cast<RankedTensorType>(op->getResult(0).getType()).getElementType()))
    return false;

  // Loop coordinates of each dimension of the consumer.
  SmallVector<AffineExpr> dims(op.getNumLoops());
  for (auto [i, expr] : llvm::enumerate(chainMap.getResults()))
    dims[cast<AffineDimExpr>(expr).getPosition()] = coordinates[i];
  SmallVector<AffineExpr> newCoordinates;
  for (AffineExpr expr : outputMap.getResults())
    newCoordinates.push_back(dims[cast<AffineDimExpr>(expr).getPosition()]);
  if (reshaped && newCoordinates != coordinates)
    return false;
  if (!EpilogueBody(*this, op, dims).run(use->getOperandNumber()))
    return false;
  coordinates = newCoordinates;
  if (!reshaped)
    resultCoordinates = newCoordinates;
  return true;
}

bool EpilogueBuilder::absorbQuantize(ext::QuantizeOp op) {
  auto parameters = getParameters(op);
  if (!parameters || op.getInput() != current ||
      parameters->zeroPoints.size() != 1)
    return false;
  if (parameters->scales.size() != 1 &&
      !setChannel(coordinates[parameters->axis], parameters->scales.size()))
    return false;
  return epilogue.quantize(parameters->scales, parameters->zeroPoints[0],
                           parameters->isUnsigned);
}

bool EpilogueBuilder::absorbDequantize(ext::DequantizeOp op) {
  auto parameters = getParameters(op);
  // Wider integers are more than f32 holds exactly.
  constexpr unsigned mostBits = 16;
  unsigned bits = getElementTypeOrSelf(op.getInput()).getIntOrFloatBitWidth();
  return parameters && parameters->isPerTensor() && bits <= mostBits &&
         getElementTypeOrSelf(op.getResult()).isF32() &&
         epilogue.dequantize(parameters->scales[0],
                             static_cast<int64_t>(parameters->zeroPoints[0]),
                             parameters->isUnsigned, bits);
}

bool EpilogueBuilder::absorbCollapse(Operation *op) {
  auto collapse = cast<tensor::CollapseShapeOp>(op);
  ArrayRef<int64_t> shape = collapse.getSrcType().getShape();
  SmallVector<AffineExpr> newCoordinates;
  for (const ReassociationIndices &group : collapse.getReassociationIndices()) {
    AffineExpr coordinate = getAffineConstantExpr(0, op->getContext());
    for (int64_t dim : group)
      coordinate = coordinate * shape[dim] + coordinates[dim];
    newCoordinates.push_back(coordinate);
  }
  coordinates = newCoordinates;
  reshaped = true;
  return true;
}

/// Dimensions of one element may be added.
bool EpilogueBuilder::absorbExpand(Operation *op) {
  auto expand = cast<tensor::ExpandShapeOp>(op);
  ArrayRef<int64_t> shape = expand.getResultType().getShape();
  SmallVector<AffineExpr> newCoordinates(
      shape.size(), getAffineConstantExpr(0, op->getContext()));
  for (auto [i, group] : llvm::enumerate(expand.getReassociationIndices())) {
    std::optional<int64_t> dim = findSplitDim(group, shape);
    if (!dim)
      return false;
    newCoordinates[*dim] = coordinates[i];
  }
  coordinates = newCoordinates;
  reshaped = true;
  return true;
}

bool EpilogueBuilder::absorb(Operation *user) {
  if (auto op = dyn_cast<ext::DequantizeOp>(user))
    return absorbDequantize(op);
  if (epilogue.isQuantized)
    return false;
  if (auto op = dyn_cast<linalg::LinalgOp>(user))
    return absorbElementwise(op);
  if (auto op = dyn_cast<ext::QuantizeOp>(user))
    return absorbQuantize(op);
  if (isa<tensor::CollapseShapeOp>(user))
    return absorbCollapse(user);
  if (isa<tensor::ExpandShapeOp>(user))
    return absorbExpand(user);
  return false;
}

void EpilogueBuilder::restore(State state) {
  epilogue = std::move(state.epilogue);
  current = state.current;
  coordinates = std::move(state.coordinates);
  resultCoordinates = std::move(state.resultCoordinates);
  reshaped = state.reshaped;
  locations.truncate(state.numLocations);
}

void EpilogueBuilder::absorbConsumers() {
  std::optional<State> quantized;
  while (current.hasOneUse()) {
    Operation *user = *current.getUsers().begin();
    // A consumer is absorbed whole or not at all.
    State before = save();
    if (!absorb(user)) {
      restore(std::move(before));
      break;
    }
    if (isa<ext::DequantizeOp>(user))
      quantized = std::move(before);
    locations.push_back(user->getLoc());
    current = user->getResult(0);
  }
  // A quantised result is smaller than what it is dequantised to.
  if (quantized && !epilogue.isQuantized)
    restore(std::move(*quantized));
}

} // namespace garam::npu
