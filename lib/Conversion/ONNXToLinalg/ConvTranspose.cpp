//===- ConvTranspose.cpp - ConvTranspose ----------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A transposed convolution is a convolution of the input, spread out with
// zeros by the strides, with the flipped filters.
//
//===----------------------------------------------------------------------===//

#include "Constants.h"
#include "Contraction.h"
#include "OperatorTable.h"
#include "StructuredBuilders.h"
#include "garam/Dialect/ONNX/IR/WindowSizes.h"
#include "garam/Support/RunTimeSizes.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace garam::onnx {

namespace {

/// Of one spatial dimension. Where the input's size shows at run time, so do
/// these: each is an expression of it, its symbol 0.
struct TransposedAxis {
  int64_t kernel = 1, stride = 1, dilation = 1;
  AffineExpr padLow, size, output;

  /// From the first element under the window to the last one.
  int64_t getReach() const { return dilation * (kernel - 1); }
};

using TransposedWindow = SmallVector<TransposedAxis>;

} // namespace

/// Adds padding and output sizes: from output_shape, from auto_pad, or from
/// pads.
static LogicalResult setOutput(NodeAccessor &node, TransposedWindow &window) {
  size_t rank = window.size();
  SmallVector<int64_t> pads = node.getInts("pads", 2 * rank, 0);
  SmallVector<int64_t> extra = node.getInts("output_padding", rank, 0);
  SmallVector<int64_t> wanted = node.getInts("output_shape", rank, 0);
  std::optional<AutoPad> autoPad =
      parseAutoPad(node.getString("auto_pad", "NOTSET"));
  if (node.hasErrors())
    return failure();
  for (auto [dim, axis] : llvm::enumerate(window)) {
    int64_t size = node.getInputType(0).getDimSize(dim + 2);
    axis.size = ShapedType::isDynamic(size)
                    ? node.b.getAffineSymbolExpr(0)
                    : node.b.getAffineConstantExpr(size);
    auto sizes = getTransposedWindowSizes(
        {axis.kernel, axis.stride, axis.dilation, pads[dim], pads[rank + dim]},
        axis.size, autoPad.value_or(AutoPad::None), extra[dim], wanted[dim]);
    if (!sizes)
      return node.checkStaticDim(0, dim + 2, "attribute 'output_shape'");
    axis.padLow = sizes->padLow;
    axis.output = sizes->output;
    auto output = dyn_cast<AffineConstantExpr>(axis.output);
    if (output && output.getValue() < 1)
      return node.error() << "spatial dimension " << dim
                          << " of the output would have " << output.getValue()
                          << " elements";
  }
  return success();
}

static FailureOr<TransposedWindow> getWindow(NodeAccessor &node) {
  constexpr int64_t limit = int64_t(1) << 31;
  if (failed(node.checkRank(0, 3, 8)) ||
      failed(node.checkSameElementType(0, 3)) ||
      failed(node.checkRank(1, node.getRank(), node.getRank())) ||
      failed(node.checkStatic(1, "a convolution")))
    return failure();
  if (failed(node.checkStaticDim(0, 1, "a transposed convolution")))
    return failure();
  ArrayRef<int64_t> kernel = node.getInputType(1).getShape().drop_front(2);
  size_t rank = kernel.size();
  SmallVector<int64_t> strides = node.getInts("strides", rank, 1);
  SmallVector<int64_t> dilations = node.getInts("dilations", rank, 1);
  TransposedWindow window;
  for (size_t dim = 0; dim < rank; ++dim) {
    window.push_back({kernel[dim], strides[dim], dilations[dim], {}, {}, {}});
    for (int64_t value : {strides[dim], dilations[dim], kernel[dim]})
      if (value < 1 || value > limit)
        return node.error() << "strides, dilations and the window must be "
                               "positive and at most "
                            << limit << ", but one is " << value;
  }
  for (int64_t value : node.getInts("pads", 2 * rank, 0))
    if (value < -limit || value > limit)
      return node.error() << "attribute 'pads' holds " << value
                          << ", which is out of range";
  if (failed(setOutput(node, window)))
    return failure();
  return window;
}

/// An expression of the input's size in spatial dimension `dim`.
static OpFoldResult makeSize(NodeAccessor &node, size_t dim, AffineExpr expr) {
  ImplicitLocOpBuilder &b = node.b;
  return affine::makeComposedFoldedAffineApply(
      b, b.getLoc(), AffineMap::get(0, 1, expr),
      {tensor::getMixedSize(b, b.getLoc(), node.getInput(0), dim + 2)});
}

/// Inserts `input` into zeros. One that is padded by zeros itself is inserted
/// without them: upstream's canonicalization of such an insertion
/// (FoldInsertPadIntoFill) takes the strides for 1.
static Value insertIntoZeros(NodeAccessor &node, Value input, Value zeros,
                             Sizes offsets, ArrayRef<OpFoldResult> strides) {
  ImplicitLocOpBuilder &b = node.b;
  while (auto pad = input.getDefiningOp<tensor::PadOp>()) {
    Value value = pad.getConstantPaddingValue();
    if (!value || !matchPattern(value, m_AnyZeroFloat()) &&
                      !matchPattern(value, m_Zero()))
      break;
    AffineExpr offset, low;
    bindSymbols(b.getContext(), offset, low);
    for (auto [position, stride, before] :
         llvm::zip_equal(offsets, strides, pad.getMixedLowPad()))
      position = affine::makeComposedFoldedAffineApply(
          b, b.getLoc(),
          AffineMap::get(0, 2, offset + low * *getConstantIntValue(stride)),
          {position, before});
    input = pad.getSource();
  }
  return tensor::InsertSliceOp::create(b, input, zeros, offsets,
                                       getSizes(b, input), strides);
}

/// The input with stride - 1 zeros between its elements, and zeros around it
/// so that a window at position o covers what adds to output o.
static Value makeSpread(NodeAccessor &node, const TransposedWindow &window) {
  ImplicitLocOpBuilder &b = node.b;
  Value input = node.getInput(0);
  Sizes inputSizes = getSizes(b, input);
  int64_t rank = inputSizes.size();
  Sizes sizes(inputSizes), offsets(rank, b.getIndexAttr(0)),
      strides(rank, b.getIndexAttr(1)), ones(strides);
  Sizes cropped(sizes), cuts(offsets);
  bool isCropped = false;
  for (auto [dim, axis] : llvm::enumerate(window)) {
    int64_t low = cast<AffineConstantExpr>(axis.padLow).getValue();
    int64_t before = axis.getReach() - low;
    // Padding beyond the window's reach cuts into the input.
    int64_t cut = std::max<int64_t>(0, -before);
    before = std::max<int64_t>(before, 0);
    AffineExpr spread = (axis.size - 1) * axis.stride + (1 + before);
    AffineExpr needed = axis.output + axis.getReach();
    // A number: both grow by the stride with the input.
    auto unread =
        cast<AffineConstantExpr>(normalizeSize(spread - needed - cut));
    AffineExpr total = unread.getValue() > 0 ? spread : needed + cut;
    sizes[dim + 2] = makeSize(node, dim, total);
    offsets[dim + 2] = b.getIndexAttr(before);
    strides[dim + 2] = b.getIndexAttr(axis.stride);
    cropped[dim + 2] = makeSize(node, dim, needed);
    cuts[dim + 2] = b.getIndexAttr(cut);
    isCropped |= unread.getValue() > 0 || cut > 0;
  }
  TypedAttr zero = getScalarAttr(node.getElementType(), 0);
  // What is inserted lies inside of a tensor, and an empty one has no inside.
  if (llvm::is_contained(node.getInputType(0).getShape(), 0))
    return makeFilled(b, cropped, zero);
  Value spread = insertIntoZeros(node, input, makeFilled(b, sizes, zero),
                                 offsets, strides);
  if (!isCropped)
    return spread;
  return tensor::ExtractSliceOp::create(b, spread, cuts, cropped, ones);
}

/// The filters [C, F/groups, K...] flipped in all K.
static Value makeFlipped(ImplicitLocOpBuilder &b, Value weight) {
  auto type = cast<RankedTensorType>(weight.getType());
  SmallVector<AffineExpr> coordinates;
  for (auto [dim, size] : llvm::enumerate(type.getShape())) {
    AffineExpr expr = b.getAffineDimExpr(dim);
    coordinates.push_back(dim < 2 ? expr : (size - 1) - expr);
  }
  bool isPoint = llvm::all_of(type.getShape().drop_front(2),
                              [](int64_t size) { return size == 1; });
  if (isPoint)
    return weight;
  AffineMap map =
      AffineMap::get(type.getRank(), 0, coordinates, b.getContext());
  return makePointwise(
      b, getSizes(b, weight), type.getElementType(), weight, map,
      [](ImplicitLocOpBuilder &, ValueRange s) { return s[0]; });
}

/// Dimensions (n, g, f, o1.., c, k1..) over [N, G, C/G, D..] and
/// [G, C/G, F/G, K..].
static Value makeGroupedSum(ImplicitLocOpBuilder &b, Value input, Value weight,
                            Value init, const TransposedWindow &window) {
  size_t rank = window.size();
  SmallVector<AffineExpr> dims(4 + 2 * rank);
  bindDimsList(b.getContext(), MutableArrayRef<AffineExpr>(dims));
  AffineExpr channel = dims[3 + rank];
  SmallVector<AffineExpr> inputCoordinates{dims[0], dims[1], channel};
  SmallVector<AffineExpr> weightCoordinates{dims[1], channel, dims[2]};
  for (size_t i = 0; i < rank; ++i) {
    AffineExpr position = dims[4 + rank + i];
    inputCoordinates.push_back(dims[3 + i] + position * window[i].dilation);
    weightCoordinates.push_back(position);
  }
  auto map = [&](ArrayRef<AffineExpr> coordinates) {
    return AffineMap::get(dims.size(), 0, coordinates, b.getContext());
  };
  return makeContraction(b, input, weight, init,
                         {map(inputCoordinates), map(weightCoordinates),
                          map(ArrayRef(dims).take_front(3 + rank))});
}

static LogicalResult lowerConvTranspose(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  FailureOr<TransposedWindow> window = getWindow(node);
  if (failed(window))
    return failure();
  int64_t groups = node.getInt("group", 1);
  ArrayRef<int64_t> weightShape = node.getInputType(1).getShape();
  int64_t channels = node.getInputType(0).getDimSize(1);
  if (groups < 1 || channels % groups != 0 || weightShape[0] != channels)
    return node.error() << "weight " << node.getInputType(1) << " with group "
                        << groups << " does not fit input "
                        << node.getInputType(0);

  Value spread = makeSpread(node, *window);
  SmallVector<int64_t> inputShape(
      cast<RankedTensorType>(spread.getType()).getShape());
  inputShape[1] /= groups;
  inputShape.insert(inputShape.begin() + 1, groups);
  SmallVector<int64_t> groupedWeight(weightShape);
  groupedWeight[0] /= groups;
  groupedWeight.insert(groupedWeight.begin(), groups);
  Value weight =
      makeReshape(b, makeFlipped(b, node.getInput(1)), groupedWeight);

  Sizes sizes{getSizes(b, spread).front(), b.getIndexAttr(groups),
              b.getIndexAttr(weightShape[1])};
  SmallVector<int64_t> outputShape{inputShape[0], weightShape[1] * groups};
  for (auto [dim, axis] : llvm::enumerate(*window)) {
    sizes.push_back(makeSize(node, dim, axis.output));
    outputShape.push_back(
        getConstantIntValue(sizes.back()).value_or(ShapedType::kDynamic));
  }
  Type sumType = getAccumulatorType(node.getElementType());
  Value init = makeFilled(b, sizes, getScalarAttr(sumType, 0));
  Value sums = makeGroupedSum(b, makeReshape(b, spread, inputShape), weight,
                              init, *window);
  return finishContraction(node, makeReshape(b, sums, outputShape),
                           node.getOptionalInput(2), /*biasAxis=*/1,
                           node.getElementType());
}

void registerConvTranspose(OperatorTable &table) {
  table.add("ConvTranspose", 2, lowerConvTranspose);
}

} // namespace garam::onnx
