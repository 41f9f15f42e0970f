//===- Resize.cpp - Resize and Upsample -----------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// All that depends on positions is computed here where sizes are known, and by
// operations where they show at run time. The
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
#include "garam/Dialect/ONNX/IR/WindowSizes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <cmath>

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

namespace {
/// The dimensions whose size or position changes.
struct ResizedAxes {
  SmallVector<ResizedAxis> known;
  SmallVector<RunTimeAxis> ofRunTime;
};
} // namespace

/// Input 3 where it is known: a size of run time is dynamic.
static std::optional<SmallVector<int64_t>> getGivenSizes(NodeAccessor &node) {
  std::optional<Sizes> computed = node.getComputedSizes(3);
  if (!computed)
    return node.getConstantInts(3);
  return llvm::map_to_vector<6>(*computed, [](OpFoldResult size) {
    return getConstantIntValue(size).value_or(ShapedType::kDynamic);
  });
}

/// Whether a dimension of run time is resized to one, as exporters write the
/// batch and the channels, which stay what they are.
static bool isKept(int64_t axis) { return axis < 2; }

/// Input 0, of which a kept size of run time must be the one that it is resized
/// to.
static Value getResizedInput(NodeAccessor &node, ArrayRef<int64_t> axes) {
  ImplicitLocOpBuilder &b = node.b;
  Value input = node.getInput(0);
  std::optional<Sizes> computed = node.getComputedSizes(3);
  if (!computed)
    return input;
  Sizes sizes = getSizes(b, input);
  for (auto [axis, size] : llvm::zip(axes, *computed))
    if (isKept(axis) && !getConstantIntValue(size) &&
        !getConstantIntValue(sizes[axis]))
      sizes[axis] = size;
  Value shape = tensor::FromElementsOp::create(
      b, getValueOrCreateConstantIndexOp(b, b.getLoc(), sizes));
  return tensor::ReshapeOp::create(b, input.getType(), input, shape);
}

/// A dimension of which one size, or both, show at run time.
static FailureOr<RunTimeAxis> getRunTimeAxis(NodeAccessor &node, int64_t axis,
                                             std::optional<float> scale,
                                             OpFoldResult wanted) {
  ImplicitLocOpBuilder &b = node.b;
  OpFoldResult input =
      tensor::getMixedSize(b, b.getLoc(), node.getInput(0), axis);
  if (!scale)
    return RunTimeAxis{axis, input, wanted, scale};
  std::optional<AffineExpr> output =
      getScaledSize(b.getAffineSymbolExpr(0), *scale);
  if (!output)
    return failure(failed(node.checkStaticDim(
        0, axis, "resizing by no quotient of small numbers")));
  return RunTimeAxis{axis, input,
                     affine::makeComposedFoldedAffineApply(
                         b, b.getLoc(), AffineMap::get(0, 1, *output), {input}),
                     scale};
}

/// Scales are input 2 (1 before opset 11 and of Upsample), sizes input 3.
static FailureOr<ResizedAxes> getResizedAxes(NodeAccessor &node) {
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
  if (std::optional<SmallVector<int64_t>> given = node.getConstantInts(3))
    for (int64_t size : *given)
      if (size < 0)
        return node.error() << "a size of " << size
                            << " is given, but sizes are not negative";
  size_t count = usesSizes ? sizes->size() : (scales ? scales->size() : 0);
  if (count != axes->size())
    return node.error() << "constant scales or sizes for " << axes->size()
                        << " axes are needed, but " << count
                        << " are there; when they depend on shapes, bind the "
                           "model's dimensions with --shape or --dim";
  ResizedAxes resized;
  for (size_t i = 0; i < count; ++i) {
    int64_t dim = (*axes)[i], size = node.getInputType(0).getDimSize(dim);
    bool isOfRunTime = ShapedType::isDynamic(size) ||
                       (usesSizes && ShapedType::isDynamic((*sizes)[i]));
    bool keepsSize = usesSizes ? ShapedType::isDynamic((*sizes)[i]) &&
                                     ShapedType::isDynamic(size) && isKept(dim)
                               : (*scales)[i] == 1;
    if (keepsSize)
      continue;
    if (isOfRunTime) {
      OpFoldResult wanted = node.b.getIndexAttr(usesSizes ? (*sizes)[i] : 0);
      if (usesSizes && ShapedType::isDynamic((*sizes)[i]))
        wanted = (*node.getComputedSizes(3))[i];
      FailureOr<RunTimeAxis> axis = getRunTimeAxis(
          node, dim, usesSizes ? std::optional<float>() : float((*scales)[i]),
          wanted);
      if (failed(axis))
        return failure();
      resized.ofRunTime.push_back(*axis);
      continue;
    }
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
    resized.known.push_back(axis);
  }
  bool stretches =
      node.getString("keep_aspect_ratio_policy", "stretch") == "stretch";
  if (usesSizes && !stretches)
    for (const RunTimeAxis &axis : resized.ofRunTime)
      if (failed(node.checkStaticDim(0, axis.axis, "keep_aspect_ratio_policy")))
        return failure();
  if (usesSizes && failed(applyAspectPolicy(node, resized.known)))
    return failure();
  llvm::erase_if(resized.known, [&](const ResizedAxis &axis) {
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
  SmallVector<ReassociationIndices> groups;
  for (auto [dim, factor] : llvm::enumerate(factors)) {
    groups.emplace_back(1, sizes.size());
    coordinates.push_back(b.getAffineDimExpr(sizes.size()));
    sizes.push_back(inputSizes[dim]);
    if (factor == 1)
      continue;
    groups.back().push_back(sizes.size());
    sizes.push_back(b.getIndexAttr(factor));
  }
  AffineMap map = AffineMap::get(sizes.size(), 0, coordinates, b.getContext());
  Value repeated =
      makePointwise(b, sizes, type.getElementType(), input, map,
                    [](ImplicitLocOpBuilder &, ValueRange s) { return s[0]; });
  return tensor::CollapseShapeOp::create(b, repeated, groups);
}

/// The factor by which every element of the axis is repeated; 1: it is not.
static int64_t getRepetition(const RunTimeAxis &axis, const ResizeTaps &taps) {
  bool isWhole = axis.scale && *axis.scale == std::floor(*axis.scale);
  return isWhole && taps.repeats(*axis.scale) ? *axis.scale : 1;
}

static Value makeNearest(NodeAccessor &node, Value value,
                         const ResizedAxes &resized, const ResizeTaps &taps) {
  ImplicitLocOpBuilder &b = node.b;
  SmallVector<int64_t> factors(node.getRank(), 1);
  for (const ResizedAxis &axis : resized.known) {
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
  for (const RunTimeAxis &axis : resized.ofRunTime) {
    factors[axis.axis] = getRepetition(axis, taps);
    if (factors[axis.axis] == 1)
      value =
          ext::GatherOp::create(b, value, taps.makeNearest(b, axis), axis.axis);
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

namespace {
/// Gathered taps, each times its weights along the axis.
struct WeightedTaps {
  int64_t rank, axis;
  SmallVector<Value> operands;
  SmallVector<AffineMap> maps;

  void add(Value gathered, Value weights) {
    MLIRContext *context = gathered.getContext();
    operands.append({gathered, weights});
    maps.push_back(AffineMap::getMultiDimIdentityMap(rank, context));
    maps.push_back(getAxisMap(context, rank, axis));
  }
};
} // namespace

static Value sumTaps(ImplicitLocOpBuilder &b, const WeightedTaps &taps) {
  Value first = taps.operands.front();
  Type type = getElementTypeOrSelf(first);
  return makePointwise(b, getSizes(b, first), type, taps.operands, taps.maps,
                       [&](ImplicitLocOpBuilder &b, ValueRange s) {
                         ScalarMath m(b, type);
                         Value sum = m.mul(s[0], s[1]);
                         for (size_t i = 2; i < s.size(); i += 2)
                           sum = m.add(sum, m.mul(s[i], s[i + 1]));
                         return sum;
                       });
}

static Value makeInterpolated(ImplicitLocOpBuilder &b, Value input,
                              const ResizedAxis &axis,
                              ArrayRef<ResizeTap> taps) {
  auto type = cast<RankedTensorType>(input.getType());
  auto weightType = RankedTensorType::get({axis.output}, type.getElementType());
  WeightedTaps weighted{type.getRank(), axis.axis, {}, {}};
  for (const ResizeTap &tap : taps) {
    if (isZero(tap))
      continue;
    Value gathered = ext::GatherOp::create(
        b, input, makeIndexVector(b, tap.indices), axis.axis);
    weighted.add(gathered, makeTensor(b, weightType, tap.weights));
  }
  return sumTaps(b, weighted);
}

static Value makeInterpolated(ImplicitLocOpBuilder &b, Value input,
                              const RunTimeAxis &axis,
                              ArrayRef<RunTimeTap> taps) {
  auto type = cast<RankedTensorType>(input.getType());
  WeightedTaps weighted{type.getRank(), axis.axis, {}, {}};
  for (const RunTimeTap &tap : taps)
    weighted.add(ext::GatherOp::create(b, input, tap.indices, axis.axis),
                 castFloat(b, tap.weights, type.getElementType()));
  return sumTaps(b, weighted);
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
  FailureOr<ResizedAxes> resized = getResizedAxes(node);
  if (failed(taps) || failed(resized))
    return failure();
  FailureOr<SmallVector<int64_t>> axes = getAxes(node);
  Value input = isOld ? node.getInput(0) : getResizedInput(node, *axes);
  if (taps->isNearest())
    return node.setOutput(makeNearest(node, input, *resized, *taps));
  if (!isFloat(node.getElementType()))
    return node.error() << "input 0 is " << node.getInputType(0)
                        << ", but interpolation needs floats";
  bool shrinks =
      llvm::any_of(resized->known,
                   [](const ResizedAxis &axis) { return axis.scale < 1; }) ||
      llvm::any_of(resized->ofRunTime, [](const RunTimeAxis &axis) {
        return !axis.scale || *axis.scale < 1;
      });
  if (shrinks && node.getInt("antialias", 0) != 0)
    return node.error() << "attribute 'antialias' is 1, for which the shape of "
                           "the output must be known where a dimension shrinks";
  Type type = node.getElementType();
  ImplicitLocOpBuilder &b = node.b;
  Value value = castFloat(b, input, getAccumulatorType(type));
  for (const ResizedAxis &axis : resized->known)
    value = makeInterpolated(b, value, axis, taps->getTaps(axis));
  for (const RunTimeAxis &axis : resized->ofRunTime)
    value = makeInterpolated(b, value, axis, taps->makeTaps(b, axis));
  return node.setOutput(castFloat(b, value, type));
}

void registerResize(OperatorTable &table) {
  table.add("Resize", 1, lowerResize);
  table.add("Upsample", 1, lowerResize);
}

} // namespace garam::onnx
