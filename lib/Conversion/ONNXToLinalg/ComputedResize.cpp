//===- ComputedResize.cpp - Resize by positions of run time ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Resize where positions in the input depend on operands of run time, on a
// region of interest, or where a filter spans a number of elements that depends
// on the scale. One axis after the other.
// Source of all formulas: ONNX's specification of Resize-19.
//
//===----------------------------------------------------------------------===//

#include "ComputedResize.h"

#include "Constants.h"
#include "Indexing.h"
#include "ResizeTaps.h"
#include "ScalarMath.h"
#include "StructuredBuilders.h"
#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {

namespace {

/// Inputs of Resize; before opset 11 and of Upsample scales are input 1.
enum Input : unsigned { roi = 1, scales = 2, sizes = 3 };

class ComputedResize {
public:
  ComputedResize(NodeAccessor &node, ArrayRef<int64_t> axes, bool isOld)
      : node(node), b(node.b), axes(axes), scaleInput(isOld ? 1 : scales),
        mode(node.getString("mode", "nearest")),
        transformation(node.getString("coordinate_transformation_mode",
                                      isOld ? "asymmetric" : "half_pixel")),
        rounding(node.getString("nearest_mode", isOld ? simpleNearestMode
                                                      : "round_prefer_floor")),
        cubicCoefficient(node.getFloat("cubic_coeff_a", -0.75)),
        isAntialiased(node.getInt("antialias", 0) != 0),
        excludesOutside(node.getInt("exclude_outside", 0) != 0) {}

  LogicalResult lower();

private:
  Value makeElementOf(unsigned input, int64_t position);
  Value makeScale(int64_t number);
  Value makePositions(int64_t number, Value scale);
  Value makePosition(ScalarMath &m, ValueRange s, float input, float output);
  Value makeNearest(Value input, int64_t dim, Value positions, Value scale);
  Value makeWeights(int64_t dim, Value positions, Value scale, int64_t reach);
  Value makeInterpolated(Value input, int64_t dim, Value positions,
                         Value scale);
  Value makeExtrapolated(Value result, int64_t dim, Value positions);
  int64_t getReach(int64_t dim);
  bool isCropped() const { return transformation == "tf_crop_and_resize"; }
  int64_t getOutput(int64_t dim) {
    return node.getStaticOutputType().getDimSize(dim);
  }

  NodeAccessor &node;
  ImplicitLocOpBuilder &b;
  ArrayRef<int64_t> axes;
  unsigned scaleInput;
  StringRef mode, transformation, rounding;
  double cubicCoefficient;
  bool isAntialiased, excludesOutside;
};

} // namespace

/// An element of a vector as an f32 tensor of rank 0.
Value ComputedResize::makeElementOf(unsigned input, int64_t position) {
  Value element = makeSlice(b, node.getInput(input), 0, position, 1);
  element = makeReshape(b, element, {});
  Type type = getElementTypeOrSelf(element), f32 = b.getF32Type();
  if (type == f32)
    return element;
  return makeMapped(b, f32, element,
                    [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                      if (isFloat(type))
                        return ScalarMath(b, f32).convert(s[0]);
                      return arith::SIToFPOp::create(b, f32, s[0]);
                    });
}

/// Output size over input size of axis `number` of those that are given.
Value ComputedResize::makeScale(int64_t number) {
  bool usesSizes = node.hasInput(sizes) && scaleInput == scales;
  if (!usesSizes)
    return makeElementOf(scaleInput, number);
  auto divide = [&](int64_t i) {
    double input = node.getInputType(0).getDimSize(axes[i]);
    return makeMapped(b, b.getF32Type(), makeElementOf(sizes, i),
                      [&](ImplicitLocOpBuilder &b, ValueRange s) {
                        ScalarMath m(b, b.getF32Type());
                        return m.div(s[0], m.constant(input));
                      });
  };
  StringRef policy = node.getString("keep_aspect_ratio_policy", "stretch");
  if (policy == "stretch")
    return divide(number);
  // One scale for all, so that nothing is distorted.
  SmallVector<Value> all;
  for (size_t i = 0; i < axes.size(); ++i)
    all.push_back(divide(i));
  return makeMapped(b, b.getF32Type(), all,
                    [&](ImplicitLocOpBuilder &b, ValueRange s) {
                      ScalarMath m(b, b.getF32Type());
                      Value scale = s.front();
                      for (Value other : s.drop_front())
                        scale = policy == "not_larger" ? m.min(scale, other)
                                                       : m.max(scale, other);
                      return scale;
                    });
}

/// The position in an input of `input` elements of one of `output`; `s` are
/// the scale and, of a region of interest, its ends.
Value ComputedResize::makePosition(ScalarMath &m, ValueRange s, float input,
                                   float output) {
  Value index = arith::IndexCastOp::create(
      m.builder(), b.getI64Type(), linalg::IndexOp::create(m.builder(), 0));
  Value x = arith::SIToFPOp::create(m.builder(), b.getF32Type(), index);
  if (transformation == "asymmetric")
    return m.div(x, s[0]);
  if (transformation == "align_corners" && output == 1)
    return m.constant(0);
  if (transformation == "align_corners")
    return m.div(m.mul(x, input - 1), m.constant(output - 1));
  if (isCropped()) {
    Value width = m.sub(s[2], s[1]);
    Value start = m.mul(s[1], input - 1);
    if (output == 1)
      return m.add(start, m.mul(width, (input - 1) / 2));
    Value step = m.div(m.mul(width, input - 1), m.constant(output - 1));
    return m.add(start, m.mul(x, step));
  }
  if (transformation == "pytorch_half_pixel" && output == 1)
    return m.constant(0);
  Value middle = m.div(m.add(x, 0.5), s[0]);
  if (transformation == "tf_half_pixel_for_nn")
    return middle;
  Value centered = m.add(middle, -0.5);
  if (transformation != "half_pixel_symmetric")
    return centered;
  Value adjustment = m.div(m.constant(output), m.mul(s[0], input));
  Value offset = m.mul(m.sub(m.constant(1), adjustment), input / 2);
  return m.add(offset, centered);
}

/// The f32 positions in the input along an axis, one for each of the output.
Value ComputedResize::makePositions(int64_t number, Value scale) {
  int64_t dim = axes[number];
  float input = node.getInputType(0).getDimSize(dim), output = getOutput(dim);
  SmallVector<Value> operands{scale};
  if (isCropped()) {
    operands.push_back(makeElementOf(roi, number));
    operands.push_back(makeElementOf(roi, axes.size() + number));
  }
  SmallVector<AffineMap> maps(operands.size(),
                              AffineMap::get(1, 0, b.getContext()));
  return makePointwise(b, getStaticSizes(b, {getOutput(dim)}), b.getF32Type(),
                       operands, maps,
                       [&](ImplicitLocOpBuilder &b, ValueRange s) {
                         ScalarMath m(b, b.getF32Type());
                         return makePosition(m, s, input, output);
                       });
}

Value ComputedResize::makeNearest(Value input, int64_t dim, Value positions,
                                  Value scale) {
  int64_t size = node.getInputType(0).getDimSize(dim);
  AffineMap scalar = AffineMap::get(1, 0, b.getContext());
  Value indices = makePointwise(
      b, getSizes(b, positions), b.getI64Type(), {positions, scale},
      {b.getMultiDimIdentityMap(1), scalar},
      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        ScalarMath m(b, b.getF32Type());
        Value position = makeRoundedPosition(m, rounding, s[0], s[1]);
        position = m.min(m.max(position, 0), size - 1);
        return arith::FPToSIOp::create(b, b.getI64Type(), position);
      });
  return ext::GatherOp::create(b, input, indices, dim);
}

/// How many elements on either side of a position a filter reaches. A scale is
/// at least that of the sizes, for output sizes are rounded down.
int64_t ComputedResize::getReach(int64_t dim) {
  int64_t reach = mode == "cubic" ? 2 : 1;
  int64_t input = node.getInputType(0).getDimSize(dim);
  if (isAntialiased)
    reach *= std::max<int64_t>(1, llvm::divideCeil(input, getOutput(dim)) + 1);
  return reach;
}

/// Weights [output, 2 * reach] of the elements around each position: from the
/// one `reach` - 1 before the position rounded down on.
Value ComputedResize::makeWeights(int64_t dim, Value positions, Value scale,
                                  int64_t reach) {
  Type f32 = b.getF32Type();
  MLIRContext *context = b.getContext();
  int64_t size = node.getInputType(0).getDimSize(dim);
  Sizes weightSizes = getStaticSizes(b, {getOutput(dim), 2 * reach});
  auto weigh = [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
    ScalarMath m(b, f32);
    Value base = m.floor(s[0]);
    Value tap = arith::IndexCastOp::create(b, b.getI64Type(),
                                           linalg::IndexOp::create(b, 1));
    tap = m.add(arith::SIToFPOp::create(b, f32, tap), 1.0 - reach);
    Value distance = m.sub(tap, m.sub(s[0], base));
    if (isAntialiased)
      distance = m.mul(distance, m.min(s[1], 1));
    Value x = m.abs(distance), weight;
    if (mode == "linear") {
      weight = m.max(m.sub(m.constant(1), x), 0);
    } else {
      weight = makeCubicWeight(m, x, cubicCoefficient);
    }
    if (!excludesOutside)
      return weight;
    Value index = m.add(base, tap);
    Value clamped = m.min(m.max(index, 0), size - 1);
    Value isInside = m.compare(arith::CmpFPredicate::OEQ, index, clamped);
    return m.select(isInside, weight, m.constant(0));
  };
  Value weights = makePointwise(
      b, weightSizes, f32, {positions, scale},
      {getAxisMap(context, 2, 0), AffineMap::get(2, 0, context)}, weigh);
  if (!isAntialiased && !excludesOutside)
    return weights;
  Value sums = makeSum(b, weights, {1});
  return makePointwise(b, weightSizes, f32, {weights, sums},
                       {b.getMultiDimIdentityMap(2), getAxisMap(context, 2, 0)},
                       [&](ImplicitLocOpBuilder &b, ValueRange s) {
                         return ScalarMath(b, f32).div(s[0], s[1]);
                       });
}

/// The sum of the elements around each position, each times its weight.
Value ComputedResize::makeInterpolated(Value input, int64_t dim,
                                       Value positions, Value scale) {
  int64_t reach = getReach(dim);
  Value weights = makeWeights(dim, positions, scale, reach);
  auto type = cast<RankedTensorType>(input.getType());
  int64_t rank = type.getRank(), size = type.getDimSize(dim);
  SmallVector<int64_t> shape(type.getShape());
  shape[dim] = getOutput(dim);
  Value init = makeFilled(b, getStaticSizes(b, shape), b.getF32FloatAttr(0));
  MLIRContext *context = b.getContext();
  AffineExpr output = getAffineDimExpr(dim, context);
  SmallVector<AffineMap> maps{
      AffineMap::get(rank + 1, 0, output, context),
      AffineMap::get(rank + 1, 0, {output, getAffineDimExpr(rank, context)},
                     context),
      AffineMap::getMultiDimIdentityMap(rank + 1, context).dropResult(rank)};
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  iterators.push_back(utils::IteratorType::reduction);
  auto buildBody = [&](OpBuilder &nested, Location loc, ValueRange s) {
    ImplicitLocOpBuilder inner(loc, nested);
    ScalarMath m(inner, inner.getF32Type());
    SmallVector<Value> coordinates;
    for (int64_t i = 0; i < rank; ++i)
      coordinates.push_back(linalg::IndexOp::create(inner, i));
    Value base = m.min(m.max(m.floor(s[0]), -reach), size + reach);
    Value index = arith::FPToSIOp::create(inner, inner.getI64Type(), base);
    Value tap = arith::IndexCastOp::create(
        inner, inner.getI64Type(), linalg::IndexOp::create(inner, rank));
    index = arith::AddIOp::create(inner, index, tap);
    index = arith::AddIOp::create(
        inner, index, makeScalar(inner, inner.getI64Type(), 1 - reach));
    index = arith::MaxSIOp::create(inner, index,
                                   makeScalar(inner, inner.getI64Type(), 0));
    coordinates[dim] = makeBoundedIndex(inner, index, size);
    Value element = tensor::ExtractOp::create(inner, input, coordinates);
    linalg::YieldOp::create(inner, m.add(s[2], m.mul(element, s[1])));
  };
  return linalg::GenericOp::create(b, init.getType(),
                                   ValueRange{positions, weights}, init, maps,
                                   iterators, buildBody)
      .getResult(0);
}

/// Attribute `extrapolation_value` where a position is outside of the input.
Value ComputedResize::makeExtrapolated(Value result, int64_t dim,
                                       Value positions) {
  int64_t rank = cast<RankedTensorType>(result.getType()).getRank();
  Type type = getElementTypeOrSelf(result);
  double value = node.getFloat("extrapolation_value", 0);
  double last = node.getInputType(0).getDimSize(dim) - 1;
  return makePointwise(
      b, getSizes(b, result), type, {result, positions},
      {b.getMultiDimIdentityMap(rank), getAxisMap(b.getContext(), rank, dim)},
      [&](ImplicitLocOpBuilder &b, ValueRange s) {
        ScalarMath m(b, b.getF32Type());
        Value clamped = m.min(m.max(s[1], 0), last);
        Value isInside = m.compare(arith::CmpFPredicate::OEQ, s[1], clamped);
        return m.select(isInside, s[0], makeScalar(b, type, value));
      });
}

LogicalResult ComputedResize::lower() {
  bool interpolates = mode != "nearest";
  Type type = node.getElementType();
  if (interpolates && !isFloat(type))
    return node.error() << "input 0 is " << node.getInputType(0)
                        << ", but interpolation needs floats";
  Value value = node.getInput(0);
  if (interpolates)
    value = castFloat(b, value, b.getF32Type());
  for (auto [number, dim] : llvm::enumerate(axes)) {
    if (node.getInputType(0).getDimSize(dim) == 0 || getOutput(dim) == 0)
      return node.error() << "dimension " << dim << " of "
                          << node.getInputType(0) << " would be resized to "
                          << getOutput(dim) << " elements";
    Value scale = makeScale(number);
    Value positions = makePositions(number, scale);
    value = interpolates ? makeInterpolated(value, dim, positions, scale)
                         : makeNearest(value, dim, positions, scale);
    if (isCropped())
      value = makeExtrapolated(value, dim, positions);
  }
  if (interpolates)
    value = castFloat(b, value, type);
  return node.setOutput(value);
}

static bool isCroppedResize(NodeAccessor &node) {
  return node.getString("coordinate_transformation_mode", "") ==
         "tf_crop_and_resize";
}

/// A vector with a number for each axis, and two of a region; or an empty one.
static LogicalResult checkOperand(NodeAccessor &node, unsigned input,
                                  ArrayRef<int64_t> axes) {
  int64_t count = axes.size() * (input == roi ? 2 : 1);
  RankedTensorType type = node.getInputType(input);
  if (type.getRank() == 1 &&
      (type.getDimSize(0) == count || type.getDimSize(0) == 0))
    return success();
  return node.error() << "input " << input << " is " << type << ", but "
                      << count << " numbers are needed for " << axes.size()
                      << " axes";
}

bool needsComputedResize(NodeAccessor &node, bool isOld) {
  unsigned scaleInput = isOld ? 1 : scales;
  bool isComputed =
      (node.hasInput(scaleInput) && !node.getConstantFloats(scaleInput)) ||
      (!isOld && node.hasInput(sizes) && !node.getConstantInts(sizes));
  bool needsMore = node.getInt("antialias", 0) != 0 || isCroppedResize(node);
  return node.getStaticOutputType() && (isComputed || needsMore);
}

LogicalResult lowerComputedResize(NodeAccessor &node, ArrayRef<int64_t> axes,
                                  bool isOld) {
  if (failed(node.checkStatic(0, "resizing")))
    return failure();
  RankedTensorType outputType = node.getStaticOutputType();
  if (outputType.getRank() != node.getRank() ||
      (isCroppedResize(node) && !node.hasInput(roi)))
    return node.error() << "an output of the rank of the input is needed, and "
                           "a region where one is resized";
  for (unsigned input : {roi, scales, sizes})
    if (node.hasInput(input) && !isOld &&
        failed(checkOperand(node, input, axes)))
      return failure();
  return ComputedResize(node, axes, isOld).lower();
}

} // namespace garam::onnx
