//===- Resize.cpp - Resize and Upsample -----------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// All that depends on positions is computed here, from the static sizes. The
// nearest element of an upsampling by a whole factor is a repetition, that of
// a downsampling by one a strided slice; other positions are gathered.
// Interpolation goes axis by axis: a weighted sum of gathered taps.
//
//===----------------------------------------------------------------------===//

#include "ComputedResize.h"
#include "Constants.h"
#include "OperatorTable.h"
#include "ResizeTaps.h"
#include "ScalarMath.h"
#include "StructuredBuilders.h"
#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

/// The axes that scales and sizes are given for.
static FailureOr<SmallVector<int64_t>> getAxes(NodeAccessor &node) {
  int64_t rank = node.getRank();
  std::optional<SmallVector<int64_t>> given = node.getInts("axes");
  if (!given)
    return llvm::to_vector(llvm::seq<int64_t>(0, rank));
  for (int64_t &axis : *given)
    axis = node.normalizeAxis(axis, rank);
  if (node.hasErrors())
    return failure();
  return std::move(*given);
}

/// Makes one scale of all, so that nothing is distorted.
static LogicalResult applyAspectPolicy(NodeAccessor &node,
                                       SmallVector<ResizedAxis> &resized) {
  StringRef policy = node.getString("keep_aspect_ratio_policy", "stretch");
  if (policy == "stretch" || resized.empty())
    return success();
  if (policy != "not_larger" && policy != "not_smaller")
    return node.error() << "attribute 'keep_aspect_ratio_policy' is '" << policy
                        << "', but stretch, not_larger or not_smaller is "
                           "needed";
  float scale = resized.front().scale;
  for (const ResizedAxis &axis : resized)
    scale = policy == "not_larger" ? std::min(scale, axis.scale)
                                   : std::max(scale, axis.scale);
  for (ResizedAxis &axis : resized) {
    axis.scale = scale;
    axis.output = std::lround(scale * axis.input);
  }
  return success();
}

/// Input 3 where it is known: a size of run time, as exporters write a batch,
/// is dynamic.
static std::optional<SmallVector<int64_t>> getGivenSizes(NodeAccessor &node) {
  std::optional<Sizes> computed = node.getComputedSizes(3);
  if (!computed)
    return node.getConstantInts(3);
  return llvm::map_to_vector<6>(*computed, [](OpFoldResult size) {
    return getConstantIntValue(size).value_or(ShapedType::kDynamic);
  });
}

/// Input 0, of which a size of run time must be the one that it is resized to.
static Value getResizedInput(NodeAccessor &node, ArrayRef<int64_t> axes) {
  ImplicitLocOpBuilder &b = node.b;
  Value input = node.getInput(0);
  std::optional<Sizes> computed = node.getComputedSizes(3);
  if (!computed)
    return input;
  Sizes sizes = getSizes(b, input);
  for (auto [axis, size] : llvm::zip(axes, *computed))
    if (!getConstantIntValue(size) && !getConstantIntValue(sizes[axis]))
      sizes[axis] = size;
  Value shape = tensor::FromElementsOp::create(
      b, getValueOrCreateConstantIndexOp(b, b.getLoc(), sizes));
  return tensor::ReshapeOp::create(b, input.getType(), input, shape);
}

/// The dimensions whose size or position changes. Scales are input 2 (1 before
/// opset 11 and of Upsample), sizes input 3.
static FailureOr<SmallVector<ResizedAxis>> getResizedAxes(NodeAccessor &node) {
  // A size beyond this cannot be a row of positions that is held in memory.
  constexpr double largest = 1 << 24;
  bool isOld = node.getOpset() < 11 || node.getOpType() == "Upsample";
  FailureOr<SmallVector<int64_t>> axes = getAxes(node);
  if (failed(axes))
    return failure();
  std::optional<SmallVector<double>> scales =
      node.getConstantFloats(isOld ? 1 : 2);
  if (node.hasAttr("scales"))
    scales = node.getFloats("scales"); // Upsample-7
  std::optional<SmallVector<int64_t>> sizes = getGivenSizes(node);
  bool usesSizes = sizes && !sizes->empty();
  size_t count = usesSizes ? sizes->size() : (scales ? scales->size() : 0);
  if (count != axes->size())
    return node.error() << "constant scales or sizes for " << axes->size()
                        << " axes are needed, but " << count
                        << " are there; when they depend on shapes, bind the "
                           "model's dimensions with --shape or --dim";
  SmallVector<ResizedAxis> resized;
  for (size_t i = 0; i < count; ++i) {
    int64_t dim = (*axes)[i], size = node.getInputType(0).getDimSize(dim);
    bool keepsSize = usesSizes ? ShapedType::isDynamic((*sizes)[i]) &&
                                     ShapedType::isDynamic(size)
                               : (*scales)[i] == 1;
    if (keepsSize)
      continue;
    if (usesSizes && ShapedType::isDynamic((*sizes)[i]))
      return node.error() << "dimension " << dim << " of "
                          << node.getInputType(0)
                          << " would be resized to a size of run time";
    if (failed(node.checkStaticDim(0, dim, "resizing")))
      return failure();
    ResizedAxis axis{dim, size, 0, 0};
    double output = usesSizes
                        ? static_cast<double>((*sizes)[i])
                        : std::floor(static_cast<float>((*scales)[i]) * size);
    if (!(output >= 1 && output <= largest) || size == 0)
      return node.error() << "dimension " << dim << " of "
                          << node.getInputType(0) << " would be resized to "
                          << output << " elements";
    axis.output = static_cast<int64_t>(output);
    axis.scale = usesSizes ? static_cast<float>(axis.output) / size
                           : static_cast<float>((*scales)[i]);
    resized.push_back(axis);
  }
  if (usesSizes && failed(applyAspectPolicy(node, resized)))
    return failure();
  llvm::erase_if(resized, [&](const ResizedAxis &axis) {
    return usesSizes && axis.input == axis.output;
  });
  return resized;
}

//===----------------------------------------------------------------------===//
// Nearest
//===----------------------------------------------------------------------===//

/// Whether position o reads element o / factor, the output being as large.
static bool isRepetition(ArrayRef<int64_t> indices, int64_t size) {
  int64_t factor = indices.size() / size;
  if (factor * size != static_cast<int64_t>(indices.size()))
    return false;
  for (auto [o, index] : llvm::enumerate(indices))
    if (index != static_cast<int64_t>(o) / factor)
      return false;
  return true;
}

/// The distance of the elements when they are evenly spaced.
static std::optional<int64_t> getStride(ArrayRef<int64_t> indices) {
  int64_t stride = indices.size() > 1 ? indices[1] - indices[0] : 1;
  for (size_t i = 1; i < indices.size(); ++i)
    if (indices[i] - indices[i - 1] != stride)
      return std::nullopt;
  return stride > 0 ? std::optional(stride) : std::nullopt;
}

/// Repeats every element `factors[dim]` times along each dimension.
static Value makeRepeated(ImplicitLocOpBuilder &b, Value input,
                          ArrayRef<int64_t> factors) {
  auto type = cast<RankedTensorType>(input.getType());
  Sizes inputSizes = getSizes(b, input), sizes;
  SmallVector<AffineExpr> coordinates;
  SmallVector<int64_t> shape;
  for (auto [dim, factor] : llvm::enumerate(factors)) {
    coordinates.push_back(b.getAffineDimExpr(sizes.size()));
    sizes.push_back(inputSizes[dim]);
    if (factor != 1)
      sizes.push_back(b.getIndexAttr(factor));
    int64_t size = type.getDimSize(dim);
    shape.push_back(ShapedType::isDynamic(size) ? size : size * factor);
  }
  AffineMap map = AffineMap::get(sizes.size(), 0, coordinates, b.getContext());
  Value repeated =
      makePointwise(b, sizes, type.getElementType(), input, map,
                    [](ImplicitLocOpBuilder &, ValueRange s) { return s[0]; });
  return makeReshape(b, repeated, shape);
}

static Value makeNearest(NodeAccessor &node, Value value,
                         ArrayRef<ResizedAxis> resized,
                         const ResizeTaps &taps) {
  ImplicitLocOpBuilder &b = node.b;
  SmallVector<int64_t> factors(node.getRank(), 1);
  for (const ResizedAxis &axis : resized) {
    SmallVector<int64_t> indices = taps.getNearest(axis);
    if (isRepetition(indices, axis.input))
      factors[axis.axis] = axis.output / axis.input;
    else if (std::optional<int64_t> stride = getStride(indices))
      value =
          makeSlice(b, value, axis.axis, indices.front(), axis.output, *stride);
    else
      value = ext::GatherOp::create(b, value, makeIndexVector(b, indices),
                                    axis.axis);
  }
  bool repeats = llvm::any_of(factors, [](int64_t f) { return f != 1; });
  return repeats ? makeRepeated(b, value, factors) : value;
}

//===----------------------------------------------------------------------===//
// Interpolation
//===----------------------------------------------------------------------===//

static bool isZero(const ResizeTap &tap) {
  return llvm::all_of(tap.weights, [](double weight) { return weight == 0; });
}

/// The sum of gathered taps, each times its weights along the axis.
static Value makeInterpolated(ImplicitLocOpBuilder &b, Value input,
                              const ResizedAxis &axis,
                              ArrayRef<ResizeTap> taps) {
  Type type = getElementTypeOrSelf(input);
  int64_t rank = cast<RankedTensorType>(input.getType()).getRank();
  auto weightType = RankedTensorType::get({axis.output}, type);
  SmallVector<Value> operands;
  SmallVector<AffineMap> maps;
  for (const ResizeTap &tap : taps) {
    if (isZero(tap))
      continue;
    operands.push_back(ext::GatherOp::create(
        b, input, makeIndexVector(b, tap.indices), axis.axis));
    maps.push_back(b.getMultiDimIdentityMap(rank));
    operands.push_back(makeTensor(b, weightType, tap.weights));
    maps.push_back(getAxisMap(b.getContext(), rank, axis.axis));
  }
  return makePointwise(b, getSizes(b, operands.front()), type, operands, maps,
                       [&](ImplicitLocOpBuilder &b, ValueRange s) {
                         ScalarMath m(b, type);
                         Value sum = m.mul(s[0], s[1]);
                         for (size_t i = 2; i < s.size(); i += 2)
                           sum = m.add(sum, m.mul(s[i], s[i + 1]));
                         return sum;
                       });
}

static LogicalResult lowerResize(NodeAccessor &node) {
  bool isOld = node.getOpset() < 11 || node.getOpType() == "Upsample";
  if (needsComputedResize(node, isOld)) {
    FailureOr<SmallVector<int64_t>> axes = getAxes(node);
    if (failed(axes) || failed(ResizeTaps::check(node)))
      return failure();
    return lowerComputedResize(node, *axes, isOld);
  }
  FailureOr<ResizeTaps> taps = ResizeTaps::get(node);
  FailureOr<SmallVector<ResizedAxis>> resized = getResizedAxes(node);
  if (failed(taps) || failed(resized))
    return failure();
  FailureOr<SmallVector<int64_t>> axes = getAxes(node);
  Value input = isOld ? node.getInput(0) : getResizedInput(node, *axes);
  if (taps->isNearest())
    return node.setOutput(makeNearest(node, input, *resized, *taps));
  if (!isFloat(node.getElementType()))
    return node.error() << "input 0 is " << node.getInputType(0)
                        << ", but interpolation needs floats";
  bool shrinks = llvm::any_of(
      *resized, [](const ResizedAxis &axis) { return axis.scale < 1; });
  if (shrinks && node.getInt("antialias", 0) != 0)
    return node.error() << "attribute 'antialias' is 1, for which the shape of "
                           "the output must be known where a dimension shrinks";
  Type type = node.getElementType();
  Value value = castFloat(node.b, input, getAccumulatorType(type));
  for (const ResizedAxis &axis : *resized)
    value = makeInterpolated(node.b, value, axis, taps->getTaps(axis));
  return node.setOutput(castFloat(node.b, value, type));
}

void registerResize(OperatorTable &table) {
  table.add("Resize", 1, lowerResize);
  table.add("Upsample", 1, lowerResize);
}

} // namespace garam::onnx
