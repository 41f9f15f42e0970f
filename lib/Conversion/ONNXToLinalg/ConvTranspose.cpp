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
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {

namespace {

/// Sizes of a transposed convolution, one value a spatial dimension.
struct TransposedWindow {
  SmallVector<int64_t> kernel, strides, dilations, padLow, output;

  /// The elements between the first and the last one under the window.
  int64_t getReach(size_t dim) const {
    return dilations[dim] * (kernel[dim] - 1);
  }
};

} // namespace

/// Padding and output sizes: from output_shape, from auto_pad, or from pads.
/// Source: ONNX's specification of ConvTranspose-22.
static LogicalResult setOutput(NodeAccessor &node, TransposedWindow &window) {
  size_t rank = window.kernel.size();
  SmallVector<int64_t> pads = node.getInts("pads", 2 * rank, 0);
  SmallVector<int64_t> extra = node.getInts("output_padding", rank, 0);
  SmallVector<int64_t> wanted = node.getInts("output_shape", rank, 0);
  StringRef mode = node.getString("auto_pad", "NOTSET");
  bool isSame = mode == "SAME_UPPER" || mode == "SAME_LOWER";
  if (node.hasErrors())
    return failure();
  for (size_t dim = 0; dim < rank; ++dim) {
    int64_t size = node.getInputType(0).getDimSize(dim + 2);
    int64_t full = window.strides[dim] * (size - 1) + extra[dim] +
                   window.getReach(dim) + 1;
    int64_t output = full - pads[dim] - pads[rank + dim];
    int64_t low = pads[dim];
    if (isSame || wanted[dim] > 0) {
      output = wanted[dim] > 0 ? wanted[dim] : size * window.strides[dim];
      int64_t total = std::max<int64_t>(0, full - output);
      low = mode == "SAME_UPPER" ? total / 2 : total - total / 2;
    } else if (mode == "VALID") {
      output = full;
      low = 0;
    }
    if (output < 1)
      return node.error() << "spatial dimension " << dim
                          << " of the output would have " << output
                          << " elements";
    window.padLow.push_back(low);
    window.output.push_back(output);
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
  for (int64_t dim = 1; dim < node.getRank(); ++dim)
    if (failed(node.checkStaticDim(0, dim, "a transposed convolution")))
      return failure();
  TransposedWindow window;
  window.kernel =
      llvm::to_vector(node.getInputType(1).getShape().drop_front(2));
  size_t rank = window.kernel.size();
  window.strides = node.getInts("strides", rank, 1);
  window.dilations = node.getInts("dilations", rank, 1);
  for (int64_t value :
       llvm::concat<int64_t>(window.strides, window.dilations, window.kernel))
    if (value < 1 || value > limit)
      return node.error() << "strides, dilations and the window must be "
                             "positive and at most "
                          << limit << ", but one is " << value;
  for (int64_t value : node.getInts("pads", 2 * rank, 0))
    if (value < -limit || value > limit)
      return node.error() << "attribute 'pads' holds " << value
                          << ", which is out of range";
  if (failed(setOutput(node, window)))
    return failure();
  return window;
}

/// The input with stride - 1 zeros between its elements, and zeros around it
/// so that a window at position o covers what adds to output o.
static Value makeSpread(NodeAccessor &node, const TransposedWindow &window) {
  ImplicitLocOpBuilder &b = node.b;
  Value input = node.getInput(0);
  Sizes inputSizes = getSizes(b, input);
  int64_t rank = inputSizes.size();
  Sizes sizes(inputSizes), offsets(rank, b.getIndexAttr(0)),
      strides(rank, b.getIndexAttr(1));
  SmallVector<std::pair<int64_t, int64_t>> crop;
  for (size_t dim = 0; dim < window.kernel.size(); ++dim) {
    int64_t size = node.getInputType(0).getDimSize(dim + 2);
    int64_t before = window.getReach(dim) - window.padLow[dim];
    int64_t spread = (size - 1) * window.strides[dim] + 1;
    // Padding beyond the window's reach cuts into the input.
    int64_t cut = std::max<int64_t>(0, -before);
    int64_t needed = window.output[dim] + window.getReach(dim);
    int64_t total =
        std::max(std::max<int64_t>(before, 0) + spread, needed + cut);
    offsets[dim + 2] = b.getIndexAttr(std::max<int64_t>(before, 0));
    strides[dim + 2] = b.getIndexAttr(window.strides[dim]);
    sizes[dim + 2] = b.getIndexAttr(total);
    crop.push_back({cut, needed});
  }
  Value zeros = makeFilled(b, sizes, getScalarAttr(node.getElementType(), 0));
  // What is inserted lies inside of a tensor, and an empty one has no inside.
  bool isEmpty = llvm::is_contained(node.getInputType(0).getShape(), 0);
  Value spread = isEmpty ? zeros
                         : Value(tensor::InsertSliceOp::create(
                               b, input, zeros, offsets, inputSizes, strides));
  for (auto [dim, range] : llvm::enumerate(crop)) {
    auto type = cast<RankedTensorType>(spread.getType());
    if (type.getDimSize(dim + 2) != range.second)
      spread = makeSlice(b, spread, dim + 2, range.first, range.second);
  }
  return spread;
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
  size_t rank = window.kernel.size();
  SmallVector<AffineExpr> dims(4 + 2 * rank);
  bindDimsList(b.getContext(), MutableArrayRef<AffineExpr>(dims));
  AffineExpr channel = dims[3 + rank];
  SmallVector<AffineExpr> inputCoordinates{dims[0], dims[1], channel};
  SmallVector<AffineExpr> weightCoordinates{dims[1], channel, dims[2]};
  for (size_t i = 0; i < rank; ++i) {
    AffineExpr position = dims[4 + rank + i];
    inputCoordinates.push_back(dims[3 + i] + position * window.dilations[i]);
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
  llvm::append_range(sizes, getStaticSizes(b, window->output));
  Type sumType = getAccumulatorType(node.getElementType());
  Value init = makeFilled(b, sizes, getScalarAttr(sumType, 0));
  Value sums = makeGroupedSum(b, makeReshape(b, spread, inputShape), weight,
                              init, *window);
  SmallVector<int64_t> outputShape{inputShape[0], weightShape[1] * groups};
  llvm::append_range(outputShape, window->output);
  return finishContraction(node, makeReshape(b, sums, outputShape),
                           node.getOptionalInput(2), /*biasAxis=*/1,
                           node.getElementType());
}

void registerConvTranspose(OperatorTable &table) {
  table.add("ConvTranspose", 2, lowerConvTranspose);
}

} // namespace garam::onnx
