//===- Reduction.cpp - Reductions, ArgMax and ArgMin ----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "OperatorTable.h"
#include "Reductions.h"
#include "ScalarMath.h"
#include "StructuredBuilders.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {

//===----------------------------------------------------------------------===//
// Neutral elements
//===----------------------------------------------------------------------===//

TypedAttr getLowest(Type type, bool isUnsigned) {
  if (auto floatType = dyn_cast<FloatType>(type))
    return FloatAttr::get(
        type, APFloat::getInf(floatType.getFloatSemantics(), /*Neg=*/true));
  unsigned width = type.getIntOrFloatBitWidth();
  return IntegerAttr::get(type, isUnsigned ? APInt::getZero(width)
                                           : APInt::getSignedMinValue(width));
}

TypedAttr getHighest(Type type, bool isUnsigned) {
  if (auto floatType = dyn_cast<FloatType>(type))
    return FloatAttr::get(type, APFloat::getInf(floatType.getFloatSemantics()));
  unsigned width = type.getIntOrFloatBitWidth();
  return IntegerAttr::get(type, isUnsigned ? APInt::getMaxValue(width)
                                           : APInt::getSignedMaxValue(width));
}

Value makeMaximum(ImplicitLocOpBuilder &b, bool isUnsigned, ValueRange s) {
  if (isFloat(s[0].getType()))
    return arith::MaximumFOp::create(b, s[0], s[1]);
  if (isUnsigned)
    return arith::MaxUIOp::create(b, s[0], s[1]);
  return arith::MaxSIOp::create(b, s[0], s[1]);
}

Value makeMinimum(ImplicitLocOpBuilder &b, bool isUnsigned, ValueRange s) {
  if (isFloat(s[0].getType()))
    return arith::MinimumFOp::create(b, s[0], s[1]);
  if (isUnsigned)
    return arith::MinUIOp::create(b, s[0], s[1]);
  return arith::MinSIOp::create(b, s[0], s[1]);
}

//===----------------------------------------------------------------------===//
// Axes
//===----------------------------------------------------------------------===//

/// The axes of a reduction: input 1 or the attribute. Without them all
/// dimensions are reduced, or none with noop_with_empty_axes.
static FailureOr<SmallVector<int64_t>> getReductionAxes(NodeAccessor &node) {
  int64_t rank = node.getRank();
  auto axes = node.getAxes(1, "axes", rank);
  if (failed(axes))
    return failure();
  if (*axes && !(*axes)->empty())
    return std::move(**axes);
  if (node.getInt("noop_with_empty_axes", 0) != 0)
    return SmallVector<int64_t>();
  return llvm::to_vector(llvm::seq<int64_t>(0, rank));
}

/// Puts the reduced dimensions back with size 1 unless keepdims is 0.
static LogicalResult setReduced(NodeAccessor &node, Value result,
                                ArrayRef<int64_t> axes) {
  if (node.getInt("keepdims", 1) != 0)
    result = makeUnsqueeze(node.b, result, axes);
  return node.setOutput(result);
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

using FloatFunction = llvm::function_ref<Value(ScalarMath &, Value)>;

static Value identity(ScalarMath &, Value x) { return x; }

/// after(sum of before(x)) on floats, carried in the accumulator's type.
static LogicalResult lowerFloatSum(NodeAccessor &node, FloatFunction before,
                                   FloatFunction after) {
  FailureOr<SmallVector<int64_t>> axes = getReductionAxes(node);
  if (failed(axes))
    return failure();
  if (failed(node.checkFloat(0)))
    return failure();
  ImplicitLocOpBuilder &b = node.b;
  Type type = node.getElementType(), sumType = getAccumulatorType(type);
  Value sums =
      makeReduction(b, node.getInput(0), *axes, getScalarAttr(sumType, 0),
                    [&](ImplicitLocOpBuilder &b, ValueRange s) {
                      ScalarMath m(b, sumType);
                      return m.add(before(m, m.convert(s[0])), s[1]);
                    });
  Value result =
      makeMapped(b, type, sums, [&](ImplicitLocOpBuilder &b, ValueRange s) {
        ScalarMath m(b, sumType);
        return ScalarMath(b, type).convert(after(m, s[0]));
      });
  return setReduced(node, result, *axes);
}

static LogicalResult lowerReduceSum(NodeAccessor &node) {
  FailureOr<SmallVector<int64_t>> axes = getReductionAxes(node);
  if (failed(axes))
    return failure();
  Value sums = makeSum(node.b, node.getInput(0), *axes);
  if (isFloat(node.getElementType()))
    sums = castFloat(node.b, sums, node.getElementType());
  return setReduced(node, sums, *axes);
}

static LogicalResult lowerReduceMean(NodeAccessor &node) {
  FailureOr<SmallVector<int64_t>> axes = getReductionAxes(node);
  if (failed(axes))
    return failure();
  double count = 1;
  for (int64_t axis : *axes) {
    if (failed(node.checkStaticDim(0, axis, "a mean")))
      return failure();
    count *= node.getInputType(0).getDimSize(axis);
  }
  return lowerFloatSum(node, identity, [=](ScalarMath &m, Value sum) {
    return m.div(sum, m.constant(count));
  });
}

static Value square(ScalarMath &m, Value x) { return m.mul(x, x); }
static Value absolute(ScalarMath &m, Value x) { return m.abs(x); }
static Value squareRoot(ScalarMath &m, Value x) { return m.sqrt(x); }
static Value logarithm(ScalarMath &m, Value x) { return m.log(x); }

static LogicalResult lowerReduceL1(NodeAccessor &node) {
  return lowerFloatSum(node, absolute, identity);
}
static LogicalResult lowerReduceL2(NodeAccessor &node) {
  return lowerFloatSum(node, square, squareRoot);
}
static LogicalResult lowerReduceLogSum(NodeAccessor &node) {
  return lowerFloatSum(node, identity, logarithm);
}
static LogicalResult lowerReduceSumSquare(NodeAccessor &node) {
  return lowerFloatSum(node, square, identity);
}

/// max + log(sum exp(x - max)), for exp(x) alone overflows.
static LogicalResult lowerReduceLogSumExp(NodeAccessor &node) {
  FailureOr<SmallVector<int64_t>> axes = getReductionAxes(node);
  if (failed(axes))
    return failure();
  if (failed(node.checkFloat(0)))
    return failure();
  ImplicitLocOpBuilder &b = node.b;
  Value input = node.getInput(0);
  int64_t rank = node.getRank();
  Type type = node.getElementType(), sumType = getAccumulatorType(type);
  Value maxima = makeReduction(b, input, *axes, getLowest(type, false),
                               [](ImplicitLocOpBuilder &b, ValueRange s) {
                                 return makeMaximum(b, false, s);
                               });
  Value powers =
      makePointwise(b, getSizes(b, input), sumType, {input, maxima},
                    {b.getMultiDimIdentityMap(rank),
                     getReducedMap(b.getContext(), rank, *axes)},
                    [&](ImplicitLocOpBuilder &b, ValueRange s) {
                      ScalarMath m(b, sumType);
                      return m.exp(m.sub(m.convert(s[0]), m.convert(s[1])));
                    });
  Value sums = makeSum(b, powers, *axes);
  Value result = makeMapped(b, type, {sums, maxima},
                            [&](ImplicitLocOpBuilder &b, ValueRange s) {
                              ScalarMath m(b, sumType);
                              Value value = m.add(m.log(s[0]), m.convert(s[1]));
                              return ScalarMath(b, type).convert(value);
                            });
  return setReduced(node, result, *axes);
}

//===----------------------------------------------------------------------===//
// Maximum, minimum, product
//===----------------------------------------------------------------------===//

static LogicalResult lowerReduceExtremum(NodeAccessor &node,
                                         bool wantsMaximum) {
  FailureOr<SmallVector<int64_t>> axes = getReductionAxes(node);
  if (failed(axes))
    return failure();
  bool isUnsigned = node.isUnsignedInput(0);
  Type type = node.getElementType();
  TypedAttr initial =
      wantsMaximum ? getLowest(type, isUnsigned) : getHighest(type, isUnsigned);
  Value result = makeReduction(node.b, node.getInput(0), *axes, initial,
                               [&](ImplicitLocOpBuilder &b, ValueRange s) {
                                 return wantsMaximum
                                            ? makeMaximum(b, isUnsigned, s)
                                            : makeMinimum(b, isUnsigned, s);
                               });
  return setReduced(node, result, *axes);
}

static LogicalResult lowerReduceMax(NodeAccessor &node) {
  return lowerReduceExtremum(node, /*wantsMaximum=*/true);
}

static LogicalResult lowerReduceMin(NodeAccessor &node) {
  return lowerReduceExtremum(node, /*wantsMaximum=*/false);
}

static LogicalResult lowerReduceProd(NodeAccessor &node) {
  FailureOr<SmallVector<int64_t>> axes = getReductionAxes(node);
  if (failed(axes))
    return failure();
  Type type = node.getElementType(), productType = getAccumulatorType(type);
  Value result = makeReduction(
      node.b, node.getInput(0), *axes, getScalarAttr(productType, 1),
      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        if (!isFloat(type))
          return arith::MulIOp::create(b, s[0], s[1]);
        ScalarMath m(b, productType);
        return m.mul(m.convert(s[0]), s[1]);
      });
  if (isFloat(type))
    result = castFloat(node.b, result, type);
  return setReduced(node, result, *axes);
}

//===----------------------------------------------------------------------===//
// ArgMax, ArgMin
//===----------------------------------------------------------------------===//

/// Whether `element` is the extremum `best`. Beside NaN everything is.
static Value isExtremum(ImplicitLocOpBuilder &b, Value element, Value best,
                        bool wantsMaximum) {
  if (!isFloat(element.getType()))
    return arith::CmpIOp::create(b, arith::CmpIPredicate::eq, element, best);
  using P = arith::CmpFPredicate;
  return arith::CmpFOp::create(b, wantsMaximum ? P::UGE : P::ULE, element,
                               best);
}

/// The extremum along the axis, then the least or greatest of the indices where
/// it stands: two reductions, each by an operation that hardware has.
static LogicalResult lowerArgument(NodeAccessor &node, bool wantsMaximum) {
  ImplicitLocOpBuilder &b = node.b;
  int64_t rank = node.getRank();
  int64_t axis = node.getAxis("axis", 0, rank);
  if (node.hasErrors())
    return failure();
  bool wantsLast = node.getInt("select_last_index", 0) != 0;
  bool isUnsigned = node.isUnsignedInput(0);
  Type type = node.getElementType(), indexType = b.getI64Type();
  Value input = node.getInput(0);
  Value best = makeReduction(
      b, input, axis,
      wantsMaximum ? getLowest(type, isUnsigned) : getHighest(type, isUnsigned),
      [&](ImplicitLocOpBuilder &b, ValueRange s) {
        return wantsMaximum ? makeMaximum(b, isUnsigned, s)
                            : makeMinimum(b, isUnsigned, s);
      });
  // Where no element is the extremum, its index is beyond all others.
  int64_t size = node.getInputType(0).getDimSize(axis);
  int64_t last = ShapedType::isDynamic(size)
                     ? std::numeric_limits<int32_t>::max()
                     : size - 1;
  TypedAttr other = getScalarAttr(indexType, wantsLast ? 0 : last);
  Value indices = makeFilled(b, dropSizes(getSizes(b, input), {axis}), other);
  AffineMap reduced = getReducedMap(b.getContext(), rank, {axis});
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  iterators[axis] = utils::IteratorType::reduction;
  auto generic = linalg::GenericOp::create(
      b, indices.getType(), ValueRange{input, best}, indices,
      ArrayRef<AffineMap>{b.getMultiDimIdentityMap(rank), reduced, reduced},
      iterators, [&](OpBuilder &nested, Location loc, ValueRange s) {
        ImplicitLocOpBuilder inner(loc, nested);
        Value position = arith::IndexCastOp::create(
            inner, indexType, linalg::IndexOp::create(inner, axis));
        Value candidate = arith::SelectOp::create(
            inner, isExtremum(inner, s[0], s[1], wantsMaximum), position,
            arith::ConstantOp::create(inner, other));
        SmallVector<Value, 2> pair{candidate, s[2]};
        linalg::YieldOp::create(
            inner, wantsLast ? makeMaximum(inner, /*isUnsigned=*/false, pair)
                             : makeMinimum(inner, /*isUnsigned=*/false, pair));
      });
  return setReduced(node, generic.getResult(0), {axis});
}

static LogicalResult lowerArgMax(NodeAccessor &node) {
  return lowerArgument(node, /*wantsMaximum=*/true);
}

static LogicalResult lowerArgMin(NodeAccessor &node) {
  return lowerArgument(node, /*wantsMaximum=*/false);
}

void registerReduction(OperatorTable &table) {
  table.add("ArgMax", 1, lowerArgMax);
  table.add("ArgMin", 1, lowerArgMin);
  table.add("ReduceL1", 1, lowerReduceL1);
  table.add("ReduceL2", 1, lowerReduceL2);
  table.add("ReduceLogSum", 1, lowerReduceLogSum);
  table.add("ReduceLogSumExp", 1, lowerReduceLogSumExp);
  table.add("ReduceMax", 1, lowerReduceMax);
  table.add("ReduceMean", 1, lowerReduceMean);
  table.add("ReduceMin", 1, lowerReduceMin);
  table.add("ReduceProd", 1, lowerReduceProd);
  table.add("ReduceSum", 1, lowerReduceSum);
  table.add("ReduceSumSquare", 1, lowerReduceSumSquare);
}

} // namespace garam::onnx
