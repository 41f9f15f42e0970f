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

#include <cmath>

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

/// Reduces input 0 along the sorted axes, which the result lacks.
using Reducer = llvm::function_ref<FailureOr<Value>(ArrayRef<int64_t>)>;

/// Puts the reduced dimensions back with size 1 unless keepdims is 0.
static Value keepDims(NodeAccessor &node, Value result,
                      ArrayRef<int64_t> axes) {
  if (node.getInt("keepdims", 1) != 0)
    return makeUnsqueeze(node.b, result, axes);
  return result;
}

static LogicalResult setReduced(NodeAccessor &node, Reducer reduce,
                                ArrayRef<int64_t> axes) {
  FailureOr<Value> result = reduce(axes);
  if (failed(result))
    return failure();
  return node.setOutput(keepDims(node, *result, axes));
}

/// The axes whose reduction takes input 0 to the shape of the output, where
/// dimensions of size 1 stay: reducing them changes nothing. Without keepdims
/// several sets may do.
static FailureOr<SmallVector<SmallVector<int64_t>>>
findAxes(NodeAccessor &node) {
  // Each set costs a reduction; an operand of more dimensions has its axes
  // fixed.
  constexpr int64_t maxRank = 8;
  ArrayRef<int64_t> input = node.getInputType(0).getShape();
  RankedTensorType outputType = node.getStaticOutputType();
  bool keepsDims = node.getInt("keepdims", 1) != 0;
  int64_t rank = input.size();
  if (!outputType || rank > maxRank || ShapedType::isDynamicShape(input))
    return failure(failed(node.requireConstantInts(1, "axes")));
  SmallVector<SmallVector<int64_t>> found;
  for (unsigned set = 0; set < 1u << rank; ++set) {
    SmallVector<int64_t> axes, shape;
    bool reducesOne = false;
    for (int64_t dim = 0; dim < rank; ++dim) {
      if (!(set >> dim & 1)) {
        shape.push_back(input[dim]);
        continue;
      }
      axes.push_back(dim);
      reducesOne |= input[dim] == 1;
      if (keepsDims)
        shape.push_back(1);
    }
    if (!keepsDims) // Where dimensions of size 1 stand does not matter.
      llvm::erase(shape, 1);
    SmallVector<int64_t> wanted(outputType.getShape());
    if (!keepsDims)
      llvm::erase(wanted, 1);
    if (!reducesOne && shape == wanted)
      found.push_back(std::move(axes));
  }
  if (found.empty())
    return node.error() << "no reduction of " << node.getInputType(0)
                        << " has the declared shape of the output, "
                        << outputType;
  return found;
}

/// The axes that input 1 holds as the bits of one number.
static Value makeAxisBits(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  int64_t rank = node.getRank();
  Type type = b.getI64Type();
  return makeReduction(
      b, node.getInput(1), {0}, b.getI64IntegerAttr(0),
      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        Value axis = arith::AddIOp::create(b, s[0], makeScalar(b, type, rank));
        axis = arith::RemUIOp::create(b, axis, makeScalar(b, type, rank));
        Value bit = arith::ShLIOp::create(b, makeScalar(b, type, 1), axis);
        return arith::OrIOp::create(b, s[1], bit);
      });
}

/// Axes that are computed follow from the shape of the output. Where several
/// sets of axes have that shape, all are reduced along and the operand chooses.
static LogicalResult lowerComputedAxes(NodeAccessor &node, Reducer reduce) {
  FailureOr<SmallVector<SmallVector<int64_t>>> sets = findAxes(node);
  if (failed(sets))
    return failure();
  ImplicitLocOpBuilder &b = node.b;
  RankedTensorType type = node.getStaticOutputType();
  SmallVector<Value> results;
  for (ArrayRef<int64_t> axes : *sets) {
    FailureOr<Value> result = reduce(axes);
    if (failed(result))
      return failure();
    results.push_back(
        makeReshape(b, keepDims(node, *result, axes), type.getShape()));
  }
  if (results.size() == 1)
    return node.setOutput(results.front());
  uint64_t relevant = 0;
  for (auto [dim, size] : llvm::enumerate(node.getInputType(0).getShape()))
    relevant |= uint64_t(size != 1) << dim;
  results.push_back(makeAxisBits(node));
  SmallVector<AffineMap> maps(results.size(),
                              b.getMultiDimIdentityMap(type.getRank()));
  maps.back() = AffineMap::get(type.getRank(), 0, b.getContext());
  Type bits = b.getI64Type();
  auto choose = [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
    Value given =
        arith::AndIOp::create(b, s.back(), makeScalar(b, bits, relevant));
    Value chosen = s.front();
    for (auto [axes, value] : llvm::drop_begin(llvm::zip(*sets, s))) {
      uint64_t set = 0;
      for (int64_t axis : axes)
        set |= uint64_t(1) << axis;
      Value isSet = arith::CmpIOp::create(b, arith::CmpIPredicate::eq, given,
                                          makeScalar(b, bits, set));
      chosen = arith::SelectOp::create(b, isSet, value, chosen);
    }
    return chosen;
  };
  return node.setOutput(makePointwise(b, getStaticSizes(b, type.getShape()),
                                      type.getElementType(), results, maps,
                                      choose));
}

/// Reduces along the axes of input 1 or of the attribute. Without them all
/// dimensions are reduced, or none with noop_with_empty_axes.
static LogicalResult lowerReduction(NodeAccessor &node, Reducer reduce) {
  int64_t rank = node.getRank();
  if (node.hasInput(1) && !node.getConstantInts(1) &&
      node.getInputType(1).getRank() == 1 &&
      node.getInputType(1).getDimSize(0) != 0)
    return lowerComputedAxes(node, reduce);
  std::optional<SmallVector<int64_t>> axes;
  if (!node.hasInput(1) || node.getConstantInts(1)) {
    auto given = node.getAxes(1, "axes", rank);
    if (failed(given))
      return failure();
    axes = std::move(*given);
  }
  if (!axes || axes->empty()) {
    axes.emplace();
    if (node.getInt("noop_with_empty_axes", 0) == 0)
      axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  }
  return setReduced(node, reduce, *axes);
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

using FloatFunction = llvm::function_ref<Value(ScalarMath &, Value)>;

static Value identity(ScalarMath &, Value x) { return x; }

namespace {

/// The floats that elements are reduced as: floats in the type that their sums
/// are carried in, integers as doubles, which is what onnxruntime does.
class WideType {
public:
  explicit WideType(NodeAccessor &node)
      : type(node.getElementType()), isUnsigned(node.isUnsignedInput(0)),
        wide(isFloat(type) ? getAccumulatorType(type) : node.b.getF64Type()) {}

  Type get() const { return wide; }

  Value widen(ImplicitLocOpBuilder &b, Value x) const {
    if (isFloat(type))
      return ScalarMath(b, wide).convert(x);
    if (isUnsigned)
      return arith::UIToFPOp::create(b, wide, x);
    return arith::SIToFPOp::create(b, wide, x);
  }

  /// Integers are rounded to zero; what is too large becomes the greatest one.
  Value narrow(ImplicitLocOpBuilder &b, Value x) const {
    if (isFloat(type))
      return ScalarMath(b, type).convert(x);
    Value rounded = isUnsigned
                        ? arith::FPToUIOp::create(b, type, x).getResult()
                        : arith::FPToSIOp::create(b, type, x).getResult();
    double behind =
        std::ldexp(1.0, type.getIntOrFloatBitWidth() - (isUnsigned ? 0 : 1));
    Value isTooLarge = arith::CmpFOp::create(b, arith::CmpFPredicate::OGE, x,
                                             makeScalar(b, wide, behind));
    Value greatest = arith::ConstantOp::create(b, getHighest(type, isUnsigned));
    return arith::SelectOp::create(b, isTooLarge, greatest, rounded);
  }

private:
  Type type;
  bool isUnsigned;
  Type wide;
};

} // namespace

/// after(sum of before(x)).
static Value makeSumOf(NodeAccessor &node, ArrayRef<int64_t> axes,
                       FloatFunction before, FloatFunction after) {
  ImplicitLocOpBuilder &b = node.b;
  WideType wide(node);
  Value sums =
      makeReduction(b, node.getInput(0), axes, getScalarAttr(wide.get(), 0),
                    [&](ImplicitLocOpBuilder &b, ValueRange s) {
                      ScalarMath m(b, wide.get());
                      return m.add(before(m, wide.widen(b, s[0])), s[1]);
                    });
  return makeMapped(b, node.getElementType(), sums,
                    [&](ImplicitLocOpBuilder &b, ValueRange s) {
                      ScalarMath m(b, wide.get());
                      return wide.narrow(b, after(m, s[0]));
                    });
}

static LogicalResult lowerSum(NodeAccessor &node, FloatFunction before,
                              FloatFunction after) {
  return lowerReduction(node, [&](ArrayRef<int64_t> axes) -> FailureOr<Value> {
    return makeSumOf(node, axes, before, after);
  });
}

static LogicalResult lowerReduceSum(NodeAccessor &node) {
  return lowerReduction(node, [&](ArrayRef<int64_t> axes) -> FailureOr<Value> {
    Value sums = makeSum(node.b, node.getInput(0), axes);
    if (isFloat(node.getElementType()))
      sums = castFloat(node.b, sums, node.getElementType());
    return sums;
  });
}

static LogicalResult lowerReduceMean(NodeAccessor &node) {
  return lowerReduction(node, [&](ArrayRef<int64_t> axes) -> FailureOr<Value> {
    OpFoldResult count = getElementCount(node.b, node.getInput(0), axes);
    return makeSumOf(node, axes, identity, [=](ScalarMath &m, Value sum) {
      return m.div(sum, makeCount(m.builder(), count, sum.getType()));
    });
  });
}

static Value square(ScalarMath &m, Value x) { return m.mul(x, x); }
static Value absolute(ScalarMath &m, Value x) { return m.abs(x); }
static Value squareRoot(ScalarMath &m, Value x) { return m.sqrt(x); }
static Value logarithm(ScalarMath &m, Value x) { return m.log(x); }

static LogicalResult lowerReduceL1(NodeAccessor &node) {
  return lowerSum(node, absolute, identity);
}
static LogicalResult lowerReduceL2(NodeAccessor &node) {
  return lowerSum(node, square, squareRoot);
}
static LogicalResult lowerReduceLogSum(NodeAccessor &node) {
  return lowerSum(node, identity, logarithm);
}
static LogicalResult lowerReduceSumSquare(NodeAccessor &node) {
  return lowerSum(node, square, identity);
}

/// max + log(sum exp(x - max)), for exp(x) alone overflows. Of integers, the
/// powers are rounded to zero, too, as in onnxruntime: to 1 or 0.
static Value makeLogSumExp(NodeAccessor &node, ArrayRef<int64_t> axes) {
  ImplicitLocOpBuilder &b = node.b;
  Value input = node.getInput(0);
  int64_t rank = node.getRank();
  Type type = node.getElementType();
  bool isUnsigned = node.isUnsignedInput(0);
  WideType wide(node);
  Value maxima = makeReduction(b, input, axes, getLowest(type, isUnsigned),
                               [&](ImplicitLocOpBuilder &b, ValueRange s) {
                                 return makeMaximum(b, isUnsigned, s);
                               });
  Value powers = makePointwise(
      b, getSizes(b, input), wide.get(), {input, maxima},
      {b.getMultiDimIdentityMap(rank),
       getReducedMap(b.getContext(), rank, axes)},
      [&](ImplicitLocOpBuilder &b, ValueRange s) {
        ScalarMath m(b, wide.get());
        if (!isFloat(type))
          return m.select(
              arith::CmpIOp::create(b, arith::CmpIPredicate::eq, s[0], s[1]),
              m.constant(1), m.constant(0));
        return m.exp(m.sub(wide.widen(b, s[0]), wide.widen(b, s[1])));
      });
  Value sums = makeSum(b, powers, axes);
  return makeMapped(b, type, {sums, maxima},
                    [&](ImplicitLocOpBuilder &b, ValueRange s) {
                      ScalarMath m(b, wide.get());
                      Value value = m.add(m.log(s[0]), wide.widen(b, s[1]));
                      return wide.narrow(b, value);
                    });
}

static LogicalResult lowerReduceLogSumExp(NodeAccessor &node) {
  return lowerReduction(node, [&](ArrayRef<int64_t> axes) -> FailureOr<Value> {
    return makeLogSumExp(node, axes);
  });
}

//===----------------------------------------------------------------------===//
// Maximum, minimum, product
//===----------------------------------------------------------------------===//

static LogicalResult lowerReduceExtremum(NodeAccessor &node,
                                         bool wantsMaximum) {
  bool isUnsigned = node.isUnsignedInput(0);
  Type type = node.getElementType();
  TypedAttr initial =
      wantsMaximum ? getLowest(type, isUnsigned) : getHighest(type, isUnsigned);
  return lowerReduction(node, [&](ArrayRef<int64_t> axes) -> FailureOr<Value> {
    return makeReduction(node.b, node.getInput(0), axes, initial,
                         [&](ImplicitLocOpBuilder &b, ValueRange s) {
                           return wantsMaximum ? makeMaximum(b, isUnsigned, s)
                                               : makeMinimum(b, isUnsigned, s);
                         });
  });
}

static LogicalResult lowerReduceMax(NodeAccessor &node) {
  return lowerReduceExtremum(node, /*wantsMaximum=*/true);
}

static LogicalResult lowerReduceMin(NodeAccessor &node) {
  return lowerReduceExtremum(node, /*wantsMaximum=*/false);
}

static LogicalResult lowerReduceProd(NodeAccessor &node) {
  Type type = node.getElementType(), productType = getAccumulatorType(type);
  auto multiply = [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
    if (!isFloat(type))
      return arith::MulIOp::create(b, s[0], s[1]);
    ScalarMath m(b, productType);
    return m.mul(m.convert(s[0]), s[1]);
  };
  return lowerReduction(node, [&](ArrayRef<int64_t> axes) -> FailureOr<Value> {
    Value product = makeReduction(node.b, node.getInput(0), axes,
                                  getScalarAttr(productType, 1), multiply);
    if (isFloat(type))
      product = castFloat(node.b, product, type);
    return product;
  });
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
Value makeArgument(ImplicitLocOpBuilder &b, Value input, int64_t axis,
                   bool wantsMaximum, bool wantsLast, bool isUnsigned) {
  auto inputType = cast<RankedTensorType>(input.getType());
  int64_t rank = inputType.getRank();
  Type type = inputType.getElementType(), indexType = b.getI64Type();
  Value best = makeReduction(
      b, input, axis,
      wantsMaximum ? getLowest(type, isUnsigned) : getHighest(type, isUnsigned),
      [&](ImplicitLocOpBuilder &b, ValueRange s) {
        return wantsMaximum ? makeMaximum(b, isUnsigned, s)
                            : makeMinimum(b, isUnsigned, s);
      });
  // Where no element is the extremum, its index is beyond all others.
  int64_t size = inputType.getDimSize(axis);
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
  return generic.getResult(0);
}

static LogicalResult lowerArgument(NodeAccessor &node, bool wantsMaximum) {
  int64_t axis = node.getAxis("axis", 0, node.getRank());
  if (node.hasErrors())
    return failure();
  bool wantsLast = node.getInt("select_last_index", 0) != 0;
  Value indices = makeArgument(node.b, node.getInput(0), axis, wantsMaximum,
                               wantsLast, node.isUnsignedInput(0));
  return node.setOutput(keepDims(node, indices, {axis}));
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
