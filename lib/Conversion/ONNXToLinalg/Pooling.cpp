//===- Pooling.cpp - MaxPool, AveragePool, LpPool and global pooling ------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Constants.h"
#include "OperatorTable.h"
#include "Reductions.h"
#include "ScalarMath.h"
#include "StructuredBuilders.h"
#include "Window.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {

/// Combines the elements of each window of input 0, which is padded with
/// `initial`, the neutral element of `body`. As upstream's pooling operations
/// do, it takes the window's sizes from an empty second operand.
static Value makePooling(NodeAccessor &node, const Window &window,
                         TypedAttr initial, TypedAttr padding,
                         ScalarBody body) {
  ImplicitLocOpBuilder &b = node.b;
  size_t rank = window.getSpatialRank();
  Value padded = window.makePadded(b, node.getInput(0), padding);
  Sizes sizes = getSizes(b, padded);
  sizes.resize(2);
  llvm::append_range(sizes, window.output);
  Value init = makeFilled(b, sizes, initial);
  Value shape =
      tensor::EmptyOp::create(b, window.kernel, node.getElementType());

  // Dimensions (n, c, o1.., k1..).
  SmallVector<AffineExpr> dims(2 + 2 * rank);
  bindDimsList(b.getContext(), MutableArrayRef<AffineExpr>(dims));
  SmallVector<AffineExpr> input{dims[0], dims[1]};
  for (size_t i = 0; i < rank; ++i)
    input.push_back(window.getCoordinate(i, dims[2 + i], dims[2 + rank + i]));
  auto map = [&](ArrayRef<AffineExpr> coordinates) {
    return AffineMap::get(dims.size(), 0, coordinates, b.getContext());
  };
  SmallVector<AffineMap> maps{map(input), map(ArrayRef(dims).take_back(rank)),
                              map(ArrayRef(dims).take_front(2 + rank))};
  SmallVector<utils::IteratorType> iterators(2 + rank,
                                             utils::IteratorType::parallel);
  iterators.append(rank, utils::IteratorType::reduction);
  auto buildBody = [&](OpBuilder &nested, Location loc, ValueRange s) {
    ImplicitLocOpBuilder inner(loc, nested);
    linalg::YieldOp::create(inner, body(inner, {s[0], s[2]}));
  };
  return linalg::GenericOp::create(b, init.getType(), ValueRange{padded, shape},
                                   init, maps, iterators, buildBody)
      .getResult(0);
}

static FailureOr<Window> getPoolingWindow(NodeAccessor &node) {
  if (failed(node.checkRank(0, 3, 8)))
    return failure();
  size_t rank = node.getRank() - 2;
  if (!node.hasAttr("kernel_shape"))
    return node.error() << "attribute 'kernel_shape' is missing";
  SmallVector<int64_t> kernel = node.getInts("kernel_shape", rank, 1);
  return getWindow(node, kernel);
}

/// A number or an index as an integer, for use in a body.
static Value makeInteger(ImplicitLocOpBuilder &b, OpFoldResult size) {
  if (std::optional<int64_t> known = getConstantIntValue(size))
    return makeScalar(b, b.getI64Type(), *known);
  return arith::IndexCastOp::create(b, b.getI64Type(), cast<Value>(size));
}

static Value makeProduct(ImplicitLocOpBuilder &b,
                         ArrayRef<OpFoldResult> sizes) {
  int64_t known = 1;
  Value computed;
  for (OpFoldResult size : sizes) {
    if (std::optional<int64_t> number = getConstantIntValue(size)) {
      known *= *number;
      continue;
    }
    Value factor = makeInteger(b, size);
    computed = computed ? arith::MulIOp::create(b, computed, factor) : factor;
  }
  Value constant = makeScalar(b, b.getI64Type(), known);
  return computed ? arith::MulIOp::create(b, computed, constant) : constant;
}

/// Positions in the flat input, by rows, as positions by columns: the last
/// spatial dimension is the slowest.
static Value makeColumnMajor(ImplicitLocOpBuilder &b, Value positions,
                             ArrayRef<OpFoldResult> spatial) {
  return makeMapped(
      b, b.getI64Type(), positions,
      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        Value rest = s[0], sum = makeScalar(b, b.getI64Type(), 0);
        // By rows, the last dimension comes off first; by columns it counts
        // for all before it.
        for (size_t dim = spatial.size(); dim-- > 0;) {
          Value size = makeInteger(b, spatial[dim]);
          Value place = arith::RemUIOp::create(b, rest, size);
          rest = arith::DivUIOp::create(b, rest, size);
          Value before = makeProduct(b, spatial.take_front(dim));
          sum = arith::AddIOp::create(b, sum,
                                      arith::MulIOp::create(b, place, before));
        }
        return arith::AddIOp::create(
            b, sum, arith::MulIOp::create(b, rest, makeProduct(b, spatial)));
      });
}

/// Where in the flat input the first element of each window is that is the
/// window's maximum.
static Value makeMaximumPositions(NodeAccessor &node, const Window &window,
                                  Value maxima, TypedAttr padding) {
  ImplicitLocOpBuilder &b = node.b;
  int64_t rank = window.getSpatialRank();
  Value padded = window.makePadded(b, node.getInput(0), padding);
  Sizes shape = getSizes(b, node.getInput(0));
  // Dimensions (n, c, o1.., k1..).
  SmallVector<AffineExpr> dims(2 + 2 * rank);
  bindDimsList(b.getContext(), MutableArrayRef<AffineExpr>(dims));
  SmallVector<AffineExpr> input{dims[0], dims[1]};
  for (int64_t i = 0; i < rank; ++i)
    input.push_back(window.getCoordinate(i, dims[2 + i], dims[2 + rank + i]));
  auto map = [&](ArrayRef<AffineExpr> coordinates) {
    return AffineMap::get(dims.size(), 0, coordinates, b.getContext());
  };
  AffineMap outer = map(ArrayRef(dims).take_front(2 + rank));
  SmallVector<utils::IteratorType> iterators(2 + rank,
                                             utils::IteratorType::parallel);
  iterators.append(rank, utils::IteratorType::reduction);
  Type i64 = b.getI64Type();
  auto body = [&](OpBuilder &nested, Location loc, ValueRange s) {
    ImplicitLocOpBuilder b(loc, nested);
    auto constant = [&](int64_t value) { return makeScalar(b, i64, value); };
    auto getIndex = [&](int64_t dim) -> Value {
      return arith::IndexCastOp::create(b, i64,
                                        linalg::IndexOp::create(b, dim));
    };
    // Beside NaN everything is equal.
    Value isBest =
        isFloat(s[0].getType())
            ? arith::CmpFOp::create(b, arith::CmpFPredicate::UEQ, s[0], s[1])
                  .getResult()
            : arith::CmpIOp::create(b, arith::CmpIPredicate::eq, s[0], s[1])
                  .getResult();
    Value position = arith::AddIOp::create(
        b, arith::MulIOp::create(b, getIndex(0), makeInteger(b, shape[1])),
        getIndex(1));
    for (int64_t i = 0; i < rank; ++i) {
      Value place = arith::AddIOp::create(
          b,
          arith::MulIOp::create(b, getIndex(2 + i),
                                constant(window.strides[i])),
          arith::MulIOp::create(b, getIndex(2 + rank + i),
                                constant(window.dilations[i])));
      place = arith::SubIOp::create(b, place, makeInteger(b, window.padLow[i]));
      Value size = makeInteger(b, shape[2 + i]);
      // A negative one is a large one.
      Value isInside =
          arith::CmpIOp::create(b, arith::CmpIPredicate::ult, place, size);
      isBest = arith::AndIOp::create(b, isBest, isInside);
      position = arith::AddIOp::create(
          b, arith::MulIOp::create(b, position, size), place);
    }
    Value candidate = arith::SelectOp::create(
        b, isBest, position,
        arith::ConstantOp::create(b, b.getI64IntegerAttr(INT64_MAX)));
    linalg::YieldOp::create(
        b, arith::MinSIOp::create(b, s.back(), candidate).getResult());
  };
  Value init =
      makeFilled(b, getSizes(b, maxima), b.getI64IntegerAttr(INT64_MAX));
  Value kernel =
      tensor::EmptyOp::create(b, window.kernel, node.getElementType());
  return linalg::GenericOp::create(
             b, init.getType(), ValueRange{padded, maxima, kernel}, init,
             {map(input), outer, map(ArrayRef(dims).take_back(rank)), outer},
             iterators, body)
      .getResult(0);
}

static LogicalResult lowerMaxPool(NodeAccessor &node) {
  FailureOr<Window> window = getPoolingWindow(node);
  if (failed(window))
    return failure();
  bool isUnsigned = node.isUnsignedInput(0);
  TypedAttr lowest = getLowest(node.getElementType(), isUnsigned);
  Value maxima = makePooling(node, *window, lowest, lowest,
                             [&](ImplicitLocOpBuilder &b, ValueRange s) {
                               return makeMaximum(b, isUnsigned, s);
                             });
  if (failed(node.setOutput(maxima)))
    return failure();
  if (!node.isOutputUsed(1))
    return success();
  Value positions = makeMaximumPositions(node, *window, maxima, lowest);
  if (node.getInt("storage_order", 0) != 0)
    positions = makeColumnMajor(node.b, positions, window->input);
  return node.setOutput(1, positions);
}

namespace {
/// What a window counts along one dimension of the padded input: elements of
/// the input, or also of its padding. What ceil_mode reaches beyond that never
/// counts.
struct CountedRange {
  OpFoldResult begin, end;
};
} // namespace

static CountedRange getCountedRange(ImplicitLocOpBuilder &b,
                                    const Window &window, size_t dim,
                                    bool countsPadding) {
  AffineExpr low, size, high;
  bindSymbols(b.getContext(), low, size, high);
  OpFoldResult end = affine::makeComposedFoldedAffineApply(
      b, b.getLoc(), countsPadding ? low + size + high : low + size,
      {window.padLow[dim], window.input[dim], window.padHigh[dim]});
  return {countsPadding ? b.getIndexAttr(0) : window.padLow[dim], end};
}

/// How many elements each window counts along one dimension.
static SmallVector<double> getWindowCounts(const Window &window, size_t dim,
                                           int64_t begin, int64_t end,
                                           int64_t output) {
  SmallVector<double> counts;
  for (int64_t o = 0; o < output; ++o) {
    int64_t count = 0;
    for (int64_t k = 0; k < window.kernel[dim]; ++k) {
      int64_t position = o * window.strides[dim] + k * window.dilations[dim];
      count += position >= begin && position < end;
    }
    // A window of padding only has no average; ONNX leaves it undefined.
    counts.push_back(std::max<int64_t>(count, 1));
  }
  return counts;
}

/// The same as a vector, where sizes show at run time.
static Value makeWindowCounts(ImplicitLocOpBuilder &b, const Window &window,
                              size_t dim, const CountedRange &range,
                              Type type) {
  Type i64 = b.getI64Type();
  return makePointwise(
      b, {window.output[dim]}, type, {}, {},
      [&](ImplicitLocOpBuilder &b, ValueRange) -> Value {
        Value index =
            arith::IndexCastOp::create(b, i64, linalg::IndexOp::create(b, 0));
        Value first = arith::MulIOp::create(
            b, index, makeScalar(b, i64, window.strides[dim]));
        // Those of the window that are before `position`.
        auto countBefore = [&](OpFoldResult position) -> Value {
          Value distance =
              arith::SubIOp::create(b, makeInteger(b, position), first);
          Value count = arith::CeilDivSIOp::create(
              b, distance, makeScalar(b, i64, window.dilations[dim]));
          count = arith::MaxSIOp::create(b, count, makeScalar(b, i64, 0));
          return arith::MinSIOp::create(b, count,
                                        makeScalar(b, i64, window.kernel[dim]));
        };
        Value count = arith::SubIOp::create(b, countBefore(range.end),
                                            countBefore(range.begin));
        // As above.
        count = arith::MaxSIOp::create(b, count, makeScalar(b, i64, 1));
        return arith::SIToFPOp::create(b, type, count);
      });
}

/// Whether every window counts as many elements as it has, whatever the sizes.
static bool countsWholeWindows(const Window &window, size_t dim,
                               bool countsPadding) {
  if (countsPadding)
    return window.padBehind[dim] == window.padHigh[dim];
  return isZeroInteger(window.padLow[dim]) &&
         isZeroInteger(window.padBehind[dim]);
}

/// Divides the sums of windows by their numbers of elements, which are the
/// product of one count a dimension.
static Value divideByCounts(NodeAccessor &node, Value sums,
                            const Window &window, bool countsPadding) {
  ImplicitLocOpBuilder &b = node.b;
  auto type = cast<RankedTensorType>(sums.getType());
  Type sumType = type.getElementType();
  SmallVector<Value> operands{sums};
  SmallVector<AffineMap> maps{b.getMultiDimIdentityMap(type.getRank())};
  double uniformCount = 1;
  for (size_t dim = 0; dim < window.getSpatialRank(); ++dim) {
    if (countsWholeWindows(window, dim, countsPadding)) {
      uniformCount *= window.kernel[dim];
      continue;
    }
    CountedRange range = getCountedRange(b, window, dim, countsPadding);
    std::optional<int64_t> begin = getConstantIntValue(range.begin),
                           end = getConstantIntValue(range.end),
                           output = getConstantIntValue(window.output[dim]);
    if (begin && end && output) {
      SmallVector<double> counts =
          getWindowCounts(window, dim, *begin, *end, *output);
      if (llvm::all_equal(counts)) {
        uniformCount *= counts.front();
        continue;
      }
      operands.push_back(
          makeTensor(b, RankedTensorType::get({*output}, sumType), counts));
    } else {
      operands.push_back(makeWindowCounts(b, window, dim, range, sumType));
    }
    maps.push_back(getAxisMap(b.getContext(), type.getRank(), dim + 2));
  }
  Type elementType = node.getElementType();
  auto divide = [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
    Value count = makeScalar(b, sumType, uniformCount);
    for (Value factor : s.drop_front())
      count = arith::MulFOp::create(b, count, factor);
    Value average = arith::DivFOp::create(b, s[0], count);
    if (sumType == elementType)
      return average;
    return arith::TruncFOp::create(b, elementType, average);
  };
  return makePointwise(b, getSizes(b, sums), elementType, operands, maps,
                       divide);
}

/// Adds `power(element)`, in the type of the accumulator.
static Value addWidened(ImplicitLocOpBuilder &b, ValueRange s,
                        llvm::function_ref<Value(Value)> power) {
  Value element = s[0];
  if (element.getType() != s[1].getType())
    element = arith::ExtFOp::create(b, s[1].getType(), element);
  return arith::AddFOp::create(b, power(element), s[1]);
}

static LogicalResult lowerAveragePool(NodeAccessor &node) {
  if (failed(node.checkFloat(0)))
    return failure();
  FailureOr<Window> window = getPoolingWindow(node);
  if (failed(window))
    return failure();
  Type type = node.getElementType();
  Value sums = makePooling(
      node, *window, getScalarAttr(getAccumulatorType(type), 0),
      getScalarAttr(type, 0), [](ImplicitLocOpBuilder &b, ValueRange s) {
        return addWidened(b, s, [](Value element) { return element; });
      });
  bool countsPadding = node.getInt("count_include_pad", 0) != 0;
  return node.setOutput(divideByCounts(node, sums, *window, countsPadding));
}

/// The spatial dimensions of input 0.
static SmallVector<int64_t> getSpatialAxes(NodeAccessor &node) {
  return llvm::to_vector(llvm::seq<int64_t>(2, node.getRank()));
}

static LogicalResult lowerGlobalAveragePool(NodeAccessor &node) {
  if (failed(node.checkFloat(0)) || failed(node.checkRank(0, 3, 8)))
    return failure();
  ImplicitLocOpBuilder &b = node.b;
  Value input = node.getInput(0);
  SmallVector<int64_t> axes = getSpatialAxes(node);
  Value sums = makeSum(b, input, axes);
  OpFoldResult count = getElementCount(b, input, axes);
  Type type = node.getElementType();
  Value average = makeMapped(
      b, type, sums, [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        Value divisor = makeCount(b, count, s[0].getType());
        Value quotient = arith::DivFOp::create(b, s[0], divisor);
        if (quotient.getType() == type)
          return quotient;
        return arith::TruncFOp::create(b, type, quotient);
      });
  return node.setOutput(makeUnsqueeze(b, average, axes));
}

static LogicalResult lowerGlobalMaxPool(NodeAccessor &node) {
  if (failed(node.checkRank(0, 3, 8)))
    return failure();
  bool isUnsigned = node.isUnsignedInput(0);
  SmallVector<int64_t> axes = getSpatialAxes(node);
  Value maxima = makeReduction(node.b, node.getInput(0), axes,
                               getLowest(node.getElementType(), isUnsigned),
                               [&](ImplicitLocOpBuilder &b, ValueRange s) {
                                 return makeMaximum(b, isUnsigned, s);
                               });
  return node.setOutput(makeUnsqueeze(node.b, maxima, axes));
}

//===----------------------------------------------------------------------===//
// LpPool, GlobalLpPool
//===----------------------------------------------------------------------===//

/// (|x|^p, or for sums of those the p-th root), in one type.
static Value makePower(ImplicitLocOpBuilder &b, Value x, double exponent) {
  ScalarMath m(b, x.getType());
  if (exponent == 1)
    return x;
  if (exponent == 2)
    return m.mul(x, x);
  if (exponent == 0.5)
    return m.sqrt(x);
  return m.pow(x, m.constant(exponent));
}

/// The p-norms of which `sums` holds the sums of powers.
static Value makeRoots(NodeAccessor &node, Value sums, double p) {
  Type type = node.getElementType();
  return makeMapped(
      node.b, type, sums, [&](ImplicitLocOpBuilder &b, ValueRange s) {
        return ScalarMath(b, type).convert(makePower(b, s[0], 1 / p));
      });
}

static FailureOr<double> getNorm(NodeAccessor &node) {
  int64_t p = node.getInt("p", 2);
  if (p < 1)
    return node.error() << "attribute 'p' is " << p
                        << ", but a positive number is needed";
  return static_cast<double>(p);
}

static LogicalResult lowerLpPool(NodeAccessor &node) {
  if (failed(node.checkFloat(0)))
    return failure();
  FailureOr<Window> window = getPoolingWindow(node);
  FailureOr<double> p = getNorm(node);
  if (failed(window) || failed(p))
    return failure();
  Type type = node.getElementType(), sumType = getAccumulatorType(type);
  Value sums = makePooling(
      node, *window, getScalarAttr(sumType, 0), getScalarAttr(type, 0),
      [&](ImplicitLocOpBuilder &b, ValueRange s) {
        return addWidened(b, s, [&](Value element) {
          return makePower(b, math::AbsFOp::create(b, element), *p);
        });
      });
  return node.setOutput(makeRoots(node, sums, *p));
}

static LogicalResult lowerGlobalLpPool(NodeAccessor &node) {
  if (failed(node.checkFloat(0)) || failed(node.checkRank(0, 3, 8)))
    return failure();
  FailureOr<double> p = getNorm(node);
  if (failed(p))
    return failure();
  ImplicitLocOpBuilder &b = node.b;
  SmallVector<int64_t> axes = getSpatialAxes(node);
  Type sumType = getAccumulatorType(node.getElementType());
  Value sums = makeReduction(
      b, node.getInput(0), axes, getScalarAttr(sumType, 0),
      [&](ImplicitLocOpBuilder &b, ValueRange s) {
        return addWidened(b, s, [&](Value element) {
          return makePower(b, math::AbsFOp::create(b, element), *p);
        });
      });
  return node.setOutput(makeUnsqueeze(b, makeRoots(node, sums, *p), axes));
}

void registerPooling(OperatorTable &table) {
  table.add("AveragePool", 1, lowerAveragePool);
  table.add("GlobalAveragePool", 1, lowerGlobalAveragePool);
  table.add("GlobalLpPool", 1, lowerGlobalLpPool);
  table.add("GlobalMaxPool", 1, lowerGlobalMaxPool);
  table.add("LpPool", 1, lowerLpPool);
  table.add("MaxPool", 1, lowerMaxPool);
}

} // namespace garam::onnx
