//===- GridSample.cpp - GridSample ----------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Each axis has an index and a weight for every place of the grid and every
// element around it: these are computed once, for all channels. The result is
// the sum of the elements, each times the weights of its axes.
// Source of all formulas: ONNX's specification of GridSample-22.
//
//===----------------------------------------------------------------------===//

#include "Indexing.h"
#include "OperatorTable.h"
#include "ScalarMath.h"
#include "StructuredBuilders.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {

namespace {

/// Indices and weights [N, O1, ..., taps] of one axis.
struct Taps {
  Value indices, weights;
};

class GridSample {
public:
  GridSample(NodeAccessor &node)
      : node(node), b(node.b), mode(node.getString("mode", "linear")),
        padding(node.getString("padding_mode", "zeros")),
        alignsCorners(node.getInt("align_corners", 0) != 0) {
    mode.consume_front("bi"); // as opset 16 spells them
  }

  LogicalResult lower();

private:
  LogicalResult check();
  Value makePosition(ScalarMath &m, Value place);
  Value makeReflected(ScalarMath &m, Value position);
  Value makeWeight(ScalarMath &m, Value distance);
  Taps makeTaps(int64_t axis);
  Value makeInterpolated(ArrayRef<Taps> taps);
  Value makeNearest(ArrayRef<Taps> taps);
  AffineMap getTapMap(int64_t axis, int64_t numDims);
  /// How many elements on either side of a position count.
  int64_t getReach() const { return mode == "cubic" ? 2 : 1; }
  int64_t getNumTaps() const { return mode == "nearest" ? 1 : 2 * getReach(); }
  int64_t getNumAxes() const { return node.getRank() - 2; }
  double getLowEnd() const { return alignsCorners ? 0 : -0.5; }
  double getHighEnd() const { return alignsCorners ? size - 1 : size - 0.5; }

  NodeAccessor &node;
  ImplicitLocOpBuilder &b;
  StringRef mode, padding;
  bool alignsCorners;
  /// Of the axis whose taps are made, in the input.
  double size = 0;
};

} // namespace

LogicalResult GridSample::check() {
  if (!llvm::is_contained({"linear", "nearest", "cubic"}, mode))
    return node.error() << "attribute 'mode' is '"
                        << node.getString("mode", "linear")
                        << "', but linear, nearest or cubic is needed";
  if (!llvm::is_contained({"zeros", "border", "reflection"}, padding))
    return node.error() << "attribute 'padding_mode' is '" << padding
                        << "', but zeros, border or reflection is needed";
  if (failed(node.checkRank(0, 3, 8)) || failed(node.checkFloat(1)) ||
      (mode != "nearest" && failed(node.checkFloat(0))))
    return failure();
  RankedTensorType type = node.getInputType(0), grid = node.getInputType(1);
  for (unsigned input : {0u, 1u})
    for (int64_t dim = 1; dim < node.getInputType(input).getRank(); ++dim)
      if (failed(node.checkStaticDim(input, dim, "sampling")))
        return failure();
  if (grid.getRank() != type.getRank() ||
      grid.getDimSize(0) != type.getDimSize(0) ||
      grid.getShape().back() != getNumAxes())
    return node.error() << "the grid " << grid << " does not fit " << type
                        << "; a position with " << getNumAxes()
                        << " coordinates is needed for each element of the "
                           "result";
  if (llvm::is_contained(type.getShape().drop_front(2), 0))
    return node.error() << "there is nothing to sample in " << type;
  return success();
}

/// A position beyond the ends is mirrored there, as often as is needed.
Value GridSample::makeReflected(ScalarMath &m, Value position) {
  double low = getLowEnd(), range = getHighEnd() - low;
  if (range == 0)
    return m.constant(low);
  // Mirrors at both ends repeat with twice the range.
  Value offset = m.abs(m.add(position, -low));
  Value periods = m.floor(m.mul(offset, 1 / (2 * range)));
  Value rest = m.sub(offset, m.mul(periods, 2 * range));
  return m.add(m.above(rest, range, m.sub(m.constant(2 * range), rest), rest),
               low);
}

/// The position in the input of a place in [-1, 1].
Value GridSample::makePosition(ScalarMath &m, Value place) {
  Value position = alignsCorners
                       ? m.mul(m.add(place, 1), (size - 1) / 2)
                       : m.mul(m.add(m.mul(m.add(place, 1), size), -1), 0.5);
  if (mode == "nearest")
    position = math::RoundEvenOp::create(m.builder(), position);
  if (padding == "reflection")
    return makeReflected(m, position);
  // From there on all elements around a position are outside. Positions are not
  // moved to the ends: as in PyTorch and onnxruntime, that is done with the
  // elements around them.
  double beyond = getReach() + 1;
  return m.min(m.max(position, -beyond), size + beyond);
}

Value GridSample::makeWeight(ScalarMath &m, Value distance) {
  Value x = m.abs(distance);
  if (mode == "nearest")
    return m.constant(1);
  if (mode == "linear")
    return m.max(m.sub(m.constant(1), x), 0);
  // R. Keys, "Cubic convolution interpolation", 1981, equation 15.
  constexpr double a = -0.75;
  Value near = m.mul(m.mul(m.add(m.mul(x, a + 2), -(a + 3)), x), x);
  Value far = m.add(m.mul(m.add(m.mul(x, a), -5 * a), x), 8 * a);
  far = m.add(m.mul(far, x), -4 * a);
  far = m.above(x, 2, m.constant(0), far);
  return m.above(x, 1, far, m.add(near, 1));
}

Taps GridSample::makeTaps(int64_t axis) {
  RankedTensorType gridType = node.getInputType(1);
  Type type = getAccumulatorType(gridType.getElementType());
  int64_t rank = gridType.getRank();
  size = node.getInputType(0).getDimSize(axis + 2);
  Sizes sizes = getSizes(b, node.getInput(1));
  sizes.back() = b.getIndexAttr(getNumTaps());
  // The first coordinate is that of the last axis.
  SmallVector<AffineExpr> coordinates;
  for (int64_t dim = 0; dim + 1 < rank; ++dim)
    coordinates.push_back(b.getAffineDimExpr(dim));
  coordinates.push_back(b.getAffineConstantExpr(getNumAxes() - 1 - axis));
  AffineMap map = AffineMap::get(rank, 0, coordinates, b.getContext());

  // The position, and the number of an element around it.
  auto makeTap = [&](ScalarMath &m, Value place) -> std::pair<Value, Value> {
    Value position = makePosition(m, m.convert(place));
    if (mode == "nearest")
      return {position, position};
    Value tap = arith::IndexCastOp::create(
        m.builder(), b.getI64Type(),
        linalg::IndexOp::create(m.builder(), rank - 1));
    tap = arith::SIToFPOp::create(m.builder(), type, tap);
    return {position, m.add(m.add(m.floor(position), tap), 1.0 - getReach())};
  };
  Taps taps;
  taps.weights =
      makePointwise(b, sizes, type, node.getInput(1), map,
                    [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                      ScalarMath m(b, type);
                      auto [position, tap] = makeTap(m, s[0]);
                      Value weight = makeWeight(m, m.sub(tap, position));
                      if (padding != "zeros")
                        return weight;
                      Value clamped = m.min(m.max(tap, 0), size - 1);
                      Value isInside =
                          m.compare(arith::CmpFPredicate::OEQ, tap, clamped);
                      return m.select(isInside, weight, m.constant(0));
                    });
  taps.indices =
      makePointwise(b, sizes, b.getI64Type(), node.getInput(1), map,
                    [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                      ScalarMath m(b, type);
                      Value tap = makeTap(m, s[0]).second;
                      if (padding == "reflection")
                        tap = makeReflected(m, tap);
                      // What is no number is not above 0.
                      tap =
                          m.min(m.above(tap, 0, tap, m.constant(0)), size - 1);
                      return arith::FPToSIOp::create(b, b.getI64Type(), tap);
                    });
  return taps;
}

/// Reads the taps of an axis in a nest of [N, C, O1, ..., taps of axis 0, ...].
AffineMap GridSample::getTapMap(int64_t axis, int64_t numDims) {
  SmallVector<AffineExpr> coordinates{b.getAffineDimExpr(0)};
  for (int64_t i = 0; i < getNumAxes(); ++i)
    coordinates.push_back(b.getAffineDimExpr(2 + i));
  coordinates.push_back(numDims > node.getRank()
                            ? b.getAffineDimExpr(node.getRank() + axis)
                            : b.getAffineConstantExpr(0));
  return AffineMap::get(numDims, 0, coordinates, b.getContext());
}

/// The element of `input` of the batch and channel of a nest.
static Value makeExtracted(ImplicitLocOpBuilder &b, NodeAccessor &node,
                           ValueRange indices) {
  SmallVector<Value> coordinates{linalg::IndexOp::create(b, 0),
                                 linalg::IndexOp::create(b, 1)};
  for (auto [axis, index] : llvm::enumerate(indices))
    coordinates.push_back(
        makeBoundedIndex(b, index, node.getInputType(0).getDimSize(axis + 2)));
  return tensor::ExtractOp::create(b, node.getInput(0), coordinates);
}

static Sizes getResultSizes(NodeAccessor &node) {
  Sizes sizes = getSizes(node.b, node.getInput(0));
  Sizes grid = getSizes(node.b, node.getInput(1));
  std::copy(grid.begin() + 1, grid.end() - 1, sizes.begin() + 2);
  return sizes;
}

Value GridSample::makeNearest(ArrayRef<Taps> taps) {
  SmallVector<Value> operands;
  SmallVector<AffineMap> maps;
  for (auto [axis, own] : llvm::enumerate(taps)) {
    operands.append({own.indices, own.weights});
    maps.append(2, getTapMap(axis, node.getRank()));
  }
  Type type = node.getElementType();
  return makePointwise(b, getResultSizes(node), type, operands, maps,
                       [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                         SmallVector<Value> indices;
                         for (size_t i = 0; i < s.size(); i += 2)
                           indices.push_back(s[i]);
                         Value element = makeExtracted(b, node, indices);
                         for (size_t i = 1; i < s.size(); i += 2) {
                           Value isInside = arith::CmpFOp::create(
                               b, arith::CmpFPredicate::ONE, s[i],
                               makeScalar(b, s[i].getType(), 0));
                           element = arith::SelectOp::create(
                               b, isInside, element, makeScalar(b, type, 0));
                         }
                         return element;
                       });
}

Value GridSample::makeInterpolated(ArrayRef<Taps> taps) {
  int64_t rank = node.getRank(), numDims = rank + getNumAxes();
  Type type = getAccumulatorType(node.getElementType());
  Value init = makeFilled(b, getResultSizes(node), getScalarAttr(type, 0));
  SmallVector<Value> operands;
  SmallVector<AffineMap> maps;
  for (auto [axis, own] : llvm::enumerate(taps)) {
    operands.append({own.indices, own.weights});
    maps.append(2, getTapMap(axis, numDims));
  }
  maps.push_back(AffineMap::getMultiDimIdentityMap(numDims, b.getContext())
                     .getMajorSubMap(rank));
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  iterators.append(getNumAxes(), utils::IteratorType::reduction);
  auto body = [&](OpBuilder &nested, Location loc, ValueRange s) {
    ImplicitLocOpBuilder inner(loc, nested);
    ScalarMath m(inner, type);
    SmallVector<Value> indices;
    Value weight;
    for (int64_t axis = 0; axis < getNumAxes(); ++axis) {
      indices.push_back(s[2 * axis]);
      Value own = m.convert(s[2 * axis + 1]);
      weight = weight ? m.mul(weight, own) : own;
    }
    Value element = m.convert(makeExtracted(inner, node, indices));
    linalg::YieldOp::create(inner, m.add(s.back(), m.mul(element, weight)));
  };
  Value sums = linalg::GenericOp::create(b, init.getType(), operands, init,
                                         maps, iterators, body)
                   .getResult(0);
  return castFloat(b, sums, node.getElementType());
}

LogicalResult GridSample::lower() {
  if (failed(check()))
    return failure();
  SmallVector<Taps> taps;
  for (int64_t axis = 0; axis < getNumAxes(); ++axis)
    taps.push_back(makeTaps(axis));
  return node.setOutput(mode == "nearest" ? makeNearest(taps)
                                          : makeInterpolated(taps));
}

static LogicalResult lowerGridSample(NodeAccessor &node) {
  return GridSample(node).lower();
}

void registerGridSample(OperatorTable &table) {
  table.add("GridSample", 2, lowerGridSample);
}

} // namespace garam::onnx
