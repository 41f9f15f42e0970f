//===- RoiAlign.cpp - RoiAlign --------------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Each region is a grid of bins, each bin a grid of samples, each sample
// between four elements. How many samples a bin has may depend on the region's
// size. Source: ONNX's specification of RoiAlign-16, and its reference for what
// a maximum is of: the four elements, each times its weight.
//
//===----------------------------------------------------------------------===//

#include "Indexing.h"
#include "Loops.h"
#include "OperatorTable.h"
#include "ScalarMath.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {

namespace {

/// One axis of a region.
struct RegionAxis {
  /// Where the region starts, and how large a bin is.
  Value start, binSize;
  /// How many samples a bin has: an index, and a float.
  Value count, countFloat;
};

/// A sample's neighbours along one axis.
struct Neighbours {
  Value isInside, low, high, lowWeight, highWeight;
};

class RegionPooling {
public:
  RegionPooling(NodeAccessor &node)
      : node(node), type(getAccumulatorType(node.getElementType())),
        takesMaximum(node.getString("mode", "avg") == "max"),
        isHalfPixel(node.getString("coordinate_transformation_mode",
                                   "half_pixel") == "half_pixel"),
        ratio(node.getInt("sampling_ratio", 0)),
        scale(node.getFloat("spatial_scale", 1)) {}

  LogicalResult lower();

private:
  LogicalResult check();
  RegionAxis getAxis(ScalarMath &m, Value region, int64_t axis);
  Neighbours getNeighbours(ScalarMath &m, const RegionAxis &axis, Value bin,
                           Value sample, int64_t size);
  Value makeSample(ScalarMath &m, Value batch, Value channel,
                   const Neighbours &row, const Neighbours &column);
  Value makeBin(ImplicitLocOpBuilder &b, ValueRange position);

  NodeAccessor &node;
  Type type;
  bool takesMaximum, isHalfPixel;
  int64_t ratio;
  double scale;
};

} // namespace

LogicalResult RegionPooling::check() {
  StringRef mode = node.getString("mode", "avg");
  StringRef coordinates =
      node.getString("coordinate_transformation_mode", "half_pixel");
  if (!llvm::is_contained({"avg", "max"}, mode))
    return node.error() << "attribute 'mode' is '" << mode
                        << "', but avg or max is needed";
  if (!llvm::is_contained({"half_pixel", "output_half_pixel"}, coordinates))
    return node.error() << "attribute 'coordinate_transformation_mode' is '"
                        << coordinates
                        << "', but half_pixel or output_half_pixel is needed";
  if (failed(node.checkRank(0, 4, 4)) || failed(node.checkRank(1, 2, 2)) ||
      failed(node.checkRank(2, 1, 1)) || failed(node.checkFloat(0)) ||
      failed(node.checkSameElementType(0, 2)) || failed(checkIndices(node, 2)))
    return failure();
  bool isStatic = true;
  for (unsigned i : {0, 1, 2})
    isStatic &= succeeded(node.checkStatic(i, "sampling"));
  if (!isStatic)
    return failure();
  RankedTensorType regions = node.getInputType(1);
  if (regions.getDimSize(1) != 4 ||
      node.getInputType(2).getDimSize(0) != regions.getDimSize(0))
    return node.error() << "regions " << regions << " and the batches "
                        << node.getInputType(2)
                        << " they are in do not fit; four numbers and one "
                           "batch a region are needed";
  for (StringRef name : {"output_height", "output_width"})
    if (int64_t size = node.getInt(name, 1); size < 1 || size > INT32_MAX)
      return node.error() << "attribute '" << name << "' is " << size
                          << ", but a positive number is needed";
  if (ratio < 0 || ratio > INT32_MAX)
    return node.error() << "attribute 'sampling_ratio' is " << ratio
                        << ", but 0 or a positive number is needed";
  if (node.getInputType(0).getNumElements() == 0)
    return node.error() << "there is nothing to pool in "
                        << node.getInputType(0);
  return success();
}

/// Axis 0 is that of rows. The coordinates of a region are x, y of its start,
/// then of its end.
RegionAxis RegionPooling::getAxis(ScalarMath &m, Value region, int64_t axis) {
  ImplicitLocOpBuilder &b = m.builder();
  auto getEnd = [&](int64_t column) {
    Value place = arith::ConstantIndexOp::create(b, column);
    Value end = m.convert(tensor::ExtractOp::create(b, node.getInput(1),
                                                    ValueRange{region, place}));
    return m.add(m.mul(end, scale), isHalfPixel ? -0.5 : 0);
  };
  int64_t bins = node.getInt(axis == 0 ? "output_height" : "output_width", 1);
  RegionAxis result;
  result.start = getEnd(1 - axis);
  Value size = m.sub(getEnd(3 - axis), result.start);
  if (!isHalfPixel)
    size = m.max(size, 1);
  result.binSize = m.mul(size, 1.0 / bins);
  if (ratio > 0) {
    result.count = arith::ConstantIndexOp::create(b, ratio);
    result.countFloat = m.constant(ratio);
    return result;
  }
  // A region far larger than any image has no more samples than this.
  constexpr double most = 1 << 15;
  Value samples = m.ceil(result.binSize);
  samples = m.min(m.above(samples, 0, samples, m.constant(0)), most);
  result.countFloat = samples;
  Value number = arith::FPToSIOp::create(b, b.getI64Type(), samples);
  result.count = arith::IndexCastOp::create(b, b.getIndexType(), number);
  return result;
}

static Value toFloat(ScalarMath &m, Value index, Type type) {
  ImplicitLocOpBuilder &b = m.builder();
  return arith::SIToFPOp::create(
      b, type, arith::IndexCastOp::create(b, b.getI64Type(), index));
}

Neighbours RegionPooling::getNeighbours(ScalarMath &m, const RegionAxis &axis,
                                        Value bin, Value sample, int64_t size) {
  ImplicitLocOpBuilder &b = m.builder();
  Value inBin = m.mul(m.add(toFloat(m, sample, type), 0.5), axis.binSize);
  Value position =
      m.add(m.add(axis.start, m.mul(toFloat(m, bin, type), axis.binSize)),
            m.div(inBin, axis.countFloat));
  Neighbours result;
  // One element beyond the ends still counts as the end.
  Value isBehind =
      m.compare(arith::CmpFPredicate::OGE, position, m.constant(-1));
  Value isBefore =
      m.compare(arith::CmpFPredicate::OLE, position, m.constant(size));
  result.isInside = arith::AndIOp::create(b, isBehind, isBefore);
  position = m.min(m.above(position, 0, position, m.constant(0)), size - 1);
  Value low = m.floor(position);
  result.highWeight = m.sub(position, low);
  result.lowWeight = m.sub(m.constant(1), result.highWeight);
  Value number = arith::FPToSIOp::create(b, b.getI64Type(), low);
  result.low = arith::IndexCastOp::create(b, b.getIndexType(), number);
  Value next = arith::AddIOp::create(b, result.low,
                                     arith::ConstantIndexOp::create(b, 1));
  result.high = arith::MinUIOp::create(
      b, next, arith::ConstantIndexOp::create(b, size - 1));
  return result;
}

/// What a sample adds, or the largest of what its elements add.
Value RegionPooling::makeSample(ScalarMath &m, Value batch, Value channel,
                                const Neighbours &row,
                                const Neighbours &column) {
  ImplicitLocOpBuilder &b = m.builder();
  Value result;
  for (auto [y, yWeight] :
       {std::pair(row.low, row.lowWeight), std::pair(row.high, row.highWeight)})
    for (auto [x, xWeight] : {std::pair(column.low, column.lowWeight),
                              std::pair(column.high, column.highWeight)}) {
      Value element = m.convert(tensor::ExtractOp::create(
          b, node.getInput(0), ValueRange{batch, channel, y, x}));
      Value part = m.mul(element, m.mul(yWeight, xWeight));
      if (!result)
        result = part;
      else
        result = takesMaximum ? m.max(result, part) : m.add(result, part);
    }
  Value isInside = arith::AndIOp::create(b, row.isInside, column.isInside);
  return m.select(isInside, result, m.constant(0));
}

/// The bin at (region, channel, row, column).
Value RegionPooling::makeBin(ImplicitLocOpBuilder &b, ValueRange position) {
  ScalarMath m(b, type);
  ArrayRef<int64_t> image = node.getInputType(0).getShape();
  Value batch = makeBoundedIndex(
      b, tensor::ExtractOp::create(b, node.getInput(2), position[0]), image[0]);
  RegionAxis rows = getAxis(m, position[0], 0);
  RegionAxis columns = getAxis(m, position[0], 1);
  Value initial =
      m.constant(takesMaximum ? -std::numeric_limits<double>::infinity() : 0);
  Value combined =
      makeLoop(b, rows.count, initial,
               [&](ImplicitLocOpBuilder &b, Value y,
                   ValueRange states) -> SmallVector<Value> {
                 ScalarMath m(b, type);
                 Neighbours row =
                     getNeighbours(m, rows, position[2], y, image[2]);
                 return makeLoop(
                     b, columns.count, states,
                     [&](ImplicitLocOpBuilder &b, Value x,
                         ValueRange states) -> SmallVector<Value> {
                       ScalarMath m(b, type);
                       Neighbours column =
                           getNeighbours(m, columns, position[3], x, image[3]);
                       Value sample =
                           makeSample(m, batch, position[1], row, column);
                       return {takesMaximum ? m.max(states[0], sample)
                                            : m.add(states[0], sample)};
                     });
               })
          .front();
  Value count = m.mul(rows.countFloat, columns.countFloat);
  if (!takesMaximum)
    return m.div(combined, m.max(count, 1));
  return m.above(count, 0, combined, m.constant(0));
}

LogicalResult RegionPooling::lower() {
  if (failed(check()))
    return failure();
  ImplicitLocOpBuilder &b = node.b;
  SmallVector<int64_t> shape{
      node.getInputType(1).getDimSize(0), node.getInputType(0).getDimSize(1),
      node.getInt("output_height", 1), node.getInt("output_width", 1)};
  Type elementType = node.getElementType();
  Value result = tensor::EmptyOp::create(b, shape, elementType);
  return node.setOutput(makeLoopNest(
      b, shape, result,
      [&](ImplicitLocOpBuilder &b, ValueRange position, Value state) -> Value {
        Value bin = ScalarMath(b, elementType).convert(makeBin(b, position));
        return tensor::InsertOp::create(b, bin, state, position);
      }));
}

static LogicalResult lowerRoiAlign(NodeAccessor &node) {
  if (failed(node.checkFloat(0)))
    return failure();
  return RegionPooling(node).lower();
}

void registerRoiAlign(OperatorTable &table) {
  table.add("RoiAlign", 3, lowerRoiAlign);
}

} // namespace garam::onnx
