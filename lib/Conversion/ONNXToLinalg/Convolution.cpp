//===- Convolution.cpp - Conv and ConvInteger -----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A convolution starts from zero; its bias is added by an elementwise
// operation behind it, which devices fuse as an epilogue. Two-dimensional
// convolutions become upstream's named operations, others a linalg.generic
// with the same body.
//
//===----------------------------------------------------------------------===//

#include "Constants.h"
#include "Contraction.h"
#include "OperatorTable.h"
#include "StructuredBuilders.h"
#include "Window.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {

namespace {

/// Operands of one convolution. `input` is padded, `init` is zero. With groups
/// they are [N, G, C/G, D1, ...], [G, F/G, C/G, K1, ...], [N, G, F/G, O1, ...].
struct Operands {
  Value input, weight, init;
  const Window &window;
};

Value split(ImplicitLocOpBuilder &b, Value value, int64_t dim, int64_t groups) {
  SmallVector<int64_t> shape(
      cast<RankedTensorType>(value.getType()).getShape());
  shape[dim] /= groups;
  shape.insert(shape.begin() + dim, groups);
  return makeReshape(b, value, shape);
}

} // namespace

/// A convolution of any spatial rank as a linalg.generic with dimensions
/// (n, (g,) f, o1.., c, k1..).
static Value makeGenericConvolution(ImplicitLocOpBuilder &b,
                                    const Operands &operands, bool grouped) {
  size_t rank = operands.window.getSpatialRank();
  unsigned numParallel = 2 + grouped + rank;
  SmallVector<AffineExpr> dims(numParallel + 1 + rank);
  bindDimsList(b.getContext(), MutableArrayRef<AffineExpr>(dims));
  AffineExpr batch = dims[0], filter = dims[1 + grouped];
  AffineExpr channel = dims[numParallel];

  SmallVector<AffineExpr> input{batch}, weight;
  if (grouped) {
    input.push_back(dims[1]);
    weight.push_back(dims[1]);
  }
  input.push_back(channel);
  weight.append({filter, channel});
  for (size_t i = 0; i < rank; ++i) {
    AffineExpr kernel = dims[numParallel + 1 + i];
    input.push_back(
        operands.window.getCoordinate(i, dims[2 + grouped + i], kernel));
    weight.push_back(kernel);
  }
  ArrayRef<AffineExpr> output = ArrayRef(dims).take_front(numParallel);
  auto map = [&](ArrayRef<AffineExpr> coordinates) {
    return AffineMap::get(dims.size(), 0, coordinates, b.getContext());
  };
  return makeContraction(b, operands.input, operands.weight, operands.init,
                         {map(input), map(weight), map(output)});
}

/// One of upstream's named two-dimensional convolutions.
template <typename OpTy>
static Value makeNamedConvolution(ImplicitLocOpBuilder &b,
                                  const Operands &operands) {
  return OpTy::create(b, operands.init.getType(),
                      ValueRange{operands.input, operands.weight},
                      operands.init,
                      b.getI64TensorAttr(operands.window.strides),
                      b.getI64TensorAttr(operands.window.dilations))
      .getResult(0);
}

static Value makeDenseConvolution(ImplicitLocOpBuilder &b,
                                  const Operands &operands) {
  if (operands.window.getSpatialRank() == 2)
    return makeNamedConvolution<linalg::Conv2DNchwFchwOp>(b, operands);
  return makeGenericConvolution(b, operands, /*grouped=*/false);
}

static Value makeGroupedConvolution(ImplicitLocOpBuilder &b,
                                    const Operands &operands) {
  if (operands.window.getSpatialRank() == 2)
    return makeNamedConvolution<linalg::Conv2DNgchwGfchwOp>(b, operands);
  return makeGenericConvolution(b, operands, /*grouped=*/true);
}

/// A two-dimensional convolution of each channel with one filter of its own.
static Value makeDepthwiseConvolution(ImplicitLocOpBuilder &b,
                                      const Operands &operands) {
  Operands squeezed{operands.input, makeSqueeze(b, operands.weight, {1}),
                    operands.init, operands.window};
  return makeNamedConvolution<linalg::DepthwiseConv2DNchwChwOp>(b, squeezed);
}

/// Checks the weight [F, C/groups, K1, ...] against the input and returns the
/// sizes of the window.
static FailureOr<SmallVector<int64_t>> getKernel(NodeAccessor &node,
                                                 int64_t groups) {
  if (failed(node.checkRank(0, 3, 8)) ||
      failed(node.checkRank(1, node.getRank(0), node.getRank(0))) ||
      failed(node.checkStatic(1, "a convolution")) ||
      failed(node.checkStaticDim(0, 1, "a convolution")))
    return failure();
  ArrayRef<int64_t> weight = node.getInputType(1).getShape();
  int64_t channels = node.getInputType(0).getDimSize(1);
  if (groups < 1 || weight[0] % groups != 0 || weight[1] * groups != channels)
    return node.error() << "weight " << node.getInputType(1) << " with group "
                        << groups << " does not fit input "
                        << node.getInputType(0)
                        << "; the second size of the weight times group must "
                           "be the number of channels, and group must divide "
                           "the first size";
  SmallVector<int64_t> kernel(weight.drop_front(2));
  if (node.getInts("kernel_shape", kernel.size(), 0) != kernel &&
      node.hasAttr("kernel_shape"))
    return node.error() << "attribute 'kernel_shape' differs from the weight "
                        << node.getInputType(1);
  return kernel;
}

/// The sums of the node's convolution of `input` with `weight`, which have the
/// shapes of its first two inputs.
static FailureOr<Value> makeConvolution(NodeAccessor &node, Value input,
                                        Value weight) {
  ImplicitLocOpBuilder &b = node.b;
  int64_t groups = node.getInt("group", 1);
  FailureOr<SmallVector<int64_t>> kernel = getKernel(node, groups);
  if (failed(kernel))
    return failure();
  FailureOr<Window> window = getWindow(node, *kernel);
  if (failed(window))
    return failure();

  Type type = getElementTypeOrSelf(input);
  ArrayRef<int64_t> weightShape = node.getInputType(1).getShape();
  Value padded = window->makePadded(b, input, getScalarAttr(type, 0));
  Sizes sizes{tensor::getMixedSize(b, b.getLoc(), padded, 0),
              b.getIndexAttr(weightShape[0])};
  llvm::append_range(sizes, window->output);
  TypedAttr zero = getScalarAttr(getAccumulatorType(type), 0);

  bool isDepthwise = groups > 1 && weightShape[0] == groups &&
                     weightShape[1] == 1 && window->getSpatialRank() == 2;
  if (groups == 1 || isDepthwise) {
    Operands operands{padded, weight, makeFilled(b, sizes, zero), *window};
    return isDepthwise ? makeDepthwiseConvolution(b, operands)
                       : makeDenseConvolution(b, operands);
  }
  Sizes groupedSizes = sizes;
  groupedSizes[1] = b.getIndexAttr(weightShape[0] / groups);
  groupedSizes.insert(groupedSizes.begin() + 1, b.getIndexAttr(groups));
  Operands operands{split(b, padded, 1, groups), split(b, weight, 0, groups),
                    makeFilled(b, groupedSizes, zero), *window};
  SmallVector<int64_t> shape;
  for (OpFoldResult size : sizes)
    shape.push_back(getConstantIntValue(size).value_or(ShapedType::kDynamic));
  return makeReshape(b, makeGroupedConvolution(b, operands), shape);
}

static LogicalResult lowerConv(NodeAccessor &node) {
  if (failed(node.checkSameElementType(0, 3)))
    return failure();
  FailureOr<Value> sums =
      makeConvolution(node, node.getInput(0), node.getInput(1));
  if (failed(sums))
    return failure();
  return finishContraction(node, *sums, node.getOptionalInput(2),
                           /*biasAxis=*/1, node.getElementType());
}

/// Integers less their zero point, in 32 bits. Input `zeroPoint` may be left
/// out; it is one number or a vector along dimension 0.
static FailureOr<Value> makeShifted(NodeAccessor &node, unsigned input,
                                    unsigned zeroPoint) {
  ImplicitLocOpBuilder &b = node.b;
  RankedTensorType type = node.getInputType(input);
  int64_t rank = type.getRank();
  SmallVector<Value> operands{node.getInput(input)};
  SmallVector<AffineMap> maps{b.getMultiDimIdentityMap(rank)};
  if (node.hasInput(zeroPoint)) {
    RankedTensorType zeroType = node.getInputType(zeroPoint);
    bool isOne = zeroType.hasStaticShape() && zeroType.getNumElements() == 1;
    bool isVector = input == 1 && zeroType.getRank() == 1 && rank > 0 &&
                    zeroType.getDimSize(0) == type.getDimSize(0);
    if (zeroType.getElementType() != type.getElementType() ||
        (!isOne && !isVector))
      return node.error() << "zero point " << zeroType << " does not fit "
                          << type << "; one number"
                          << (input == 1 ? " or one for each filter" : "")
                          << " of its element type is needed";
    Value zero = node.getInput(zeroPoint);
    operands.push_back(isOne ? makeReshape(b, zero, {}) : zero);
    maps.push_back(isOne ? AffineMap::get(rank, 0, b.getContext())
                         : getAxisMap(b.getContext(), rank, 0));
  }
  bool isUnsigned = node.isUnsignedInput(input);
  auto widen = [&](ImplicitLocOpBuilder &b, Value value) -> Value {
    if (isUnsigned)
      return arith::ExtUIOp::create(b, b.getI32Type(), value);
    return arith::ExtSIOp::create(b, b.getI32Type(), value);
  };
  return makePointwise(
      b, getSizes(b, operands.front()), b.getI32Type(), operands, maps,
      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        Value value = widen(b, s.front());
        if (s.size() == 1)
          return value;
        return arith::SubIOp::create(b, value, widen(b, s.back()));
      });
}

static LogicalResult lowerConvInteger(NodeAccessor &node) {
  for (unsigned input : {0, 1})
    if (!node.getElementType(input).isInteger(8))
      return node.error() << "input " << input << " is "
                          << node.getInputType(input)
                          << ", but integers of 8 bits are needed";
  FailureOr<Value> input = makeShifted(node, 0, 2);
  FailureOr<Value> weight = makeShifted(node, 1, 3);
  if (failed(input) || failed(weight))
    return failure();
  FailureOr<Value> sums = makeConvolution(node, *input, *weight);
  if (failed(sums))
    return failure();
  return node.setOutput(*sums);
}

void registerConvolution(OperatorTable &table) {
  table.add("Conv", 2, lowerConv);
  table.add("ConvInteger", 2, lowerConvInteger);
}

} // namespace garam::onnx
