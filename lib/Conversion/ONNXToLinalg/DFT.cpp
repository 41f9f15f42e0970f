//===- DFT.cpp - DFT ------------------------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A discrete Fourier transform as a product with the matrix of its factors,
// which devices with a fast product take. The factors of long transforms are
// computed when the model runs: they would be larger than the signal.
//
//===----------------------------------------------------------------------===//

#include "Constants.h"
#include "Contraction.h"
#include "Fourier.h"
#include "OperatorTable.h"
#include "StructuredBuilders.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace mlir;

namespace garam::onnx {

namespace {

class Transform {
public:
  Transform(NodeAccessor &node)
      : node(node), b(node.b), isInverse(node.getInt("inverse", 0) != 0),
        isOneSided(node.getInt("onesided", 0) != 0) {}

  LogicalResult lower();

private:
  LogicalResult checkSignal();
  FailureOr<SmallVector<int64_t>> getAxes();
  LogicalResult setAxis(int64_t newAxis);
  Value makeFactor(ScalarMath &m, ArrayRef<Value> position);
  Value makeFactors();
  Value makeTransform();
  Value makeChoice(Value transform, Value other);
  /// The inverse of a transform of a real signal: from one half of the
  /// spectrum, which mirrors the other, to a real signal.
  bool isToReal() const { return isInverse && isOneSided; }

  NodeAccessor &node;
  ImplicitLocOpBuilder &b;
  bool isInverse, isOneSided;
  int64_t axis = 0;
  /// Of the transform.
  int64_t length = 0;
  /// How many elements of the axis are read and written, and how many numbers
  /// (the real part, the imaginary part) an element has.
  int64_t inputs = 0, outputs = 0, inputParts = 0, outputParts = 0;
};

} // namespace

/// The last dimension holds real and imaginary parts.
LogicalResult Transform::checkSignal() {
  if (failed(node.checkFloat(0)) || failed(node.checkRank(0, 2, INT32_MAX)))
    return failure();
  inputParts = node.getInputType(0).getShape().back();
  if (inputParts == 1 || inputParts == 2)
    return success();
  return node.error() << "the last dimension of " << node.getInputType(0)
                      << " must hold the 1 or 2 parts of a number";
}

/// One axis, or, when it is computed at run time, all that yield what the model
/// declares.
FailureOr<SmallVector<int64_t>> Transform::getAxes() {
  int64_t given = node.getInt("axis", -2), rank = node.getRank();
  if (node.hasInput(2)) {
    RankedTensorType type = node.getInputType(2);
    if (!type.hasStaticShape() || type.getNumElements() != 1 ||
        !type.getElementType().isInteger())
      return node.error() << "input 2 ('axis') is " << type
                          << ", but one integer is needed";
    std::optional<SmallVector<int64_t>> constant = node.getConstantInts(2);
    if (!constant && node.getStaticOutputType()) {
      // A single element is not one half of a spectrum.
      bool needsTwo = isToReal() && !node.hasInput(1);
      return llvm::filter_to_vector(
          llvm::seq<int64_t>(rank - 1), [&](int64_t dim) {
            return !needsTwo || node.getInputType(0).getDimSize(dim) != 1;
          });
    }
    if (!constant)
      return node.requireConstantInts(2, "axis");
    given = constant->front();
  }
  given = node.normalizeAxis(given, rank);
  if (node.hasErrors())
    return failure();
  if (given == rank - 1)
    return node.error() << "axis " << given << " of " << node.getInputType(0)
                        << " holds the parts of the numbers";
  return SmallVector<int64_t>{given};
}

LogicalResult Transform::setAxis(int64_t newAxis) {
  axis = newAxis;
  if (failed(node.checkStaticDim(0, axis, "a Fourier transform")))
    return failure();
  int64_t size = node.getInputType(0).getDimSize(axis);
  length = isToReal() ? 2 * (size - 1) : size;
  if (node.hasInput(1)) {
    FailureOr<SmallVector<int64_t>> given =
        node.requireConstantInts(1, "dft_length");
    if (failed(given))
      return failure();
    length = given->size() == 1 ? given->front() : 0;
  }
  if (length < 1)
    return node.error() << "a transform of " << length
                        << " elements is not possible";
  int64_t half = length / 2 + 1;
  inputs = std::min(size, isToReal() ? half : length);
  outputs = isOneSided && !isInverse ? half : length;
  outputParts = isToReal() ? 1 : 2;
  return success();
}

static Value isEqual(ImplicitLocOpBuilder &b, Value index, int64_t number) {
  return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, index,
                               arith::ConstantIndexOp::create(b, number));
}

Value makeFourierFactor(ScalarMath &m, ArrayRef<Value> position, int64_t length,
                        bool isInverse) {
  ImplicitLocOpBuilder &b = m.builder();
  // Whole turns are taken off while they are exact.
  Value turns = arith::MulIOp::create(b, position[0], position[1]);
  turns = arith::RemUIOp::create(b, turns,
                                 arith::ConstantIndexOp::create(b, length));
  turns = arith::IndexCastOp::create(b, b.getI64Type(), turns);
  Value angle = arith::SIToFPOp::create(b, b.getF64Type(), turns);
  ScalarMath wide(b, b.getF64Type());
  angle = wide.mul(angle, 2 * llvm::numbers::pi / length);
  Value cosine = m.convert(math::CosOp::create(b, angle));
  Value sine = m.convert(math::SinOp::create(b, angle));
  // exp(-i angle) = cos - i sin; the inverse has the other sign.
  Value isReal = isEqual(b, position[2], 0);
  Value toReal = isEqual(b, position[3], 0);
  Value negative = m.neg(sine);
  Value crossed = isInverse ? m.select(isReal, sine, negative)
                            : m.select(isReal, negative, sine);
  Value isSame =
      arith::CmpIOp::create(b, arith::CmpIPredicate::eq, isReal, toReal);
  Value factor = m.select(isSame, cosine, crossed);
  return isInverse ? m.mul(factor, 1.0 / length) : factor;
}

double getFourierFactor(ArrayRef<int64_t> position, int64_t length,
                        bool isInverse) {
  // Whole turns are taken off while they are exact.
  int64_t turns = position[0] * position[1] % length;
  double angle = turns * (2 * llvm::numbers::pi / length);
  bool isReal = position[2] == 0, toReal = position[3] == 0;
  double factor = std::cos(angle);
  if (isReal != toReal)
    factor = isReal == isInverse ? std::sin(angle) : -std::sin(angle);
  return isInverse ? factor / length : factor;
}

Value makeFactorTable(ImplicitLocOpBuilder &b, Type type,
                      ArrayRef<int64_t> shape,
                      llvm::function_ref<double(ArrayRef<int64_t>)> getFactor) {
  // Of frames of 510 elements, one half of the spectrum: 1 MB of f32.
  constexpr int64_t largestTable = int64_t(1) << 18;
  int64_t count = 1;
  for (int64_t size : shape) {
    std::optional<int64_t> product = llvm::checkedMul(count, size);
    if (!product || *product > largestTable)
      return {};
    count = *product;
  }
  SmallVector<double> factors;
  factors.reserve(count);
  SmallVector<int64_t> strides = computeStrides(shape);
  for (int64_t i = 0; i < count; ++i)
    factors.push_back(getFactor(delinearize(i, strides)));
  return makeTensor(b, RankedTensorType::get(shape, type), factors);
}

Value Transform::makeFactor(ScalarMath &m, ArrayRef<Value> position) {
  ImplicitLocOpBuilder &b = m.builder();
  Value factor = makeFourierFactor(m, position, length, isInverse);
  if (!isToReal())
    return factor;
  // Elements but the first and the middle one stand for their mirror, too.
  Value isOnce = isEqual(b, position[1], 0);
  if (length % 2 == 0)
    isOnce =
        arith::OrIOp::create(b, isOnce, isEqual(b, position[1], length / 2));
  return m.select(isOnce, factor, m.mul(factor, 2));
}

/// The factors [outputs, inputs, inputParts, outputParts].
Value Transform::makeFactors() {
  Type type = getAccumulatorType(node.getElementType());
  int64_t shape[] = {outputs, inputs, inputParts, outputParts};
  auto getFactor = [&](ArrayRef<int64_t> position) {
    double factor = getFourierFactor(position, length, isInverse);
    bool isOnce = !isToReal() || position[1] == 0 || position[1] * 2 == length;
    return isOnce ? factor : 2 * factor;
  };
  if (Value table = makeFactorTable(b, type, shape, getFactor))
    return table;
  return makePointwise(b, getStaticSizes(b, shape), type, {}, {},
                       [&](ImplicitLocOpBuilder &b, ValueRange) {
                         ScalarMath m(b, type);
                         SmallVector<Value> position;
                         for (int64_t dim = 0; dim < 4; ++dim)
                           position.push_back(linalg::IndexOp::create(b, dim));
                         return makeFactor(m, position);
                       });
}

Value Transform::makeTransform() {
  Value signal = node.getInput(0);
  if (inputs < node.getInputType(0).getDimSize(axis))
    signal = makeSlice(b, signal, axis, 0, inputs);
  // The nest is that of the result, then the element and part of the signal.
  int64_t rank = node.getRank();
  SmallVector<AffineExpr> dims(rank + 2);
  bindDimsList(b.getContext(), MutableArrayRef<AffineExpr>(dims));
  SmallVector<AffineExpr> read(ArrayRef(dims).take_front(rank));
  read[axis] = dims[rank];
  read.back() = dims[rank + 1];
  auto map = [&](ArrayRef<AffineExpr> coordinates) {
    return AffineMap::get(rank + 2, 0, coordinates, b.getContext());
  };
  Sizes sizes = getSizes(b, signal);
  sizes[axis] = b.getIndexAttr(outputs);
  sizes.back() = b.getIndexAttr(outputParts);
  Type type = getAccumulatorType(node.getElementType());
  Value sums = makeContraction(
      b, signal, makeFactors(), makeFilled(b, sizes, getScalarAttr(type, 0)),
      {map(read), map({dims[axis], dims[rank], dims[rank + 1], dims[rank - 1]}),
       map(ArrayRef(dims).take_front(rank))});
  return castFloat(b, sums, node.getElementType());
}

/// `transform` where the axis of run time is `axis`, else `other`.
Value Transform::makeChoice(Value transform, Value other) {
  int64_t rank = node.getRank();
  Type axisType = node.getElementType(2);
  AffineMap identity = b.getMultiDimIdentityMap(rank);
  return makePointwise(
      b, getSizes(b, transform), node.getElementType(),
      {transform, other, makeReshape(b, node.getInput(2), {})},
      {identity, identity, AffineMap::get(rank, 0, b.getContext())},
      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        Value chosen = s[1];
        for (int64_t spelling : {axis, axis - rank}) {
          Value isChosen =
              arith::CmpIOp::create(b, arith::CmpIPredicate::eq, s[2],
                                    makeScalar(b, axisType, spelling));
          chosen = arith::SelectOp::create(b, isChosen, s[0], chosen);
        }
        return chosen;
      });
}

LogicalResult Transform::lower() {
  if (failed(checkSignal()))
    return failure();
  FailureOr<SmallVector<int64_t>> axes = getAxes();
  if (failed(axes))
    return failure();
  Value result;
  for (int64_t candidate : *axes) {
    if (failed(setAxis(candidate)))
      return failure();
    Value transform = makeTransform();
    if (axes->size() == 1)
      return node.setOutput(transform);
    if (transform.getType() != node.getStaticOutputType())
      continue;
    result = result ? makeChoice(transform, result) : transform;
  }
  if (!result)
    return node.error() << "no axis of " << node.getInputType(0)
                        << " yields the declared "
                        << node.getStaticOutputType();
  return node.setOutput(result);
}

static LogicalResult lowerDFT(NodeAccessor &node) {
  return Transform(node).lower();
}

void registerDFT(OperatorTable &table) { table.add("DFT", 1, lowerDFT); }

} // namespace garam::onnx
