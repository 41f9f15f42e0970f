//===- Col2Im.cpp - Col2Im ------------------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Each element of the image is the sum of those elements of the columns that a
// window at some place puts there, at most one for each position in the window.
// Source: ONNX's specification of Col2Im-18.
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

/// One value a spatial dimension.
struct Blocks {
  SmallVector<int64_t> image, strides, dilations, padLow, padHigh;
  /// The window, which may be computed at run time: an i64 vector.
  Value kernel;
  int64_t channels = 0, windowSize = 0, numPlaces = 0;
};

/// Writes where an element of the image comes from.
class SourceWriter {
public:
  SourceWriter(ImplicitLocOpBuilder &b, const Blocks &blocks)
      : b(b), blocks(blocks) {}

  /// Whether position `inWindow` of a window at some place is at `position` of
  /// the image, and the number of that place.
  std::pair<Value, Value> write(ValueRange position, Value inWindow);

private:
  Value constant(int64_t value) {
    return arith::ConstantIndexOp::create(b, value);
  }
  Value add(Value x, Value y) { return arith::AddIOp::create(b, x, y); }
  Value sub(Value x, Value y) { return arith::SubIOp::create(b, x, y); }
  Value mul(Value x, Value y) { return arith::MulIOp::create(b, x, y); }
  Value div(Value x, Value y) { return arith::DivSIOp::create(b, x, y); }
  Value compare(arith::CmpIPredicate predicate, Value x, Value y) {
    return arith::CmpIOp::create(b, predicate, x, y);
  }

  ImplicitLocOpBuilder &b;
  const Blocks &blocks;
};

} // namespace

std::pair<Value, Value> SourceWriter::write(ValueRange position,
                                            Value inWindow) {
  Value isThere = arith::ConstantIntOp::create(b, b.getI1Type(), 1);
  Value place = constant(0), placesBefore = constant(1);
  // The last dimension is the fastest, of windows and of places.
  for (size_t dim = blocks.image.size(); dim-- > 0;) {
    Value size = arith::IndexCastOp::create(
        b, b.getIndexType(),
        tensor::ExtractOp::create(b, blocks.kernel, constant(dim)));
    Value offset = arith::RemSIOp::create(b, inWindow, size);
    inWindow = div(inWindow, size);
    // How often the window fits: (image - reach) / stride + 1.
    Value dilation = constant(blocks.dilations[dim]);
    Value stride = constant(blocks.strides[dim]);
    Value padded = constant(blocks.image[dim] + blocks.padLow[dim] +
                            blocks.padHigh[dim] - 1);
    Value last = sub(padded, mul(dilation, sub(size, constant(1))));
    Value numPlaces = add(div(last, stride), constant(1));
    // Where a window begins that has this position here.
    Value begin = sub(add(position[dim], constant(blocks.padLow[dim])),
                      mul(dilation, offset));
    Value number = div(begin, stride);
    Value isPlace =
        compare(arith::CmpIPredicate::eq, mul(number, stride), begin);
    isThere = arith::AndIOp::create(b, isThere, isPlace);
    // A negative one is a large one.
    isThere = arith::AndIOp::create(
        b, isThere, compare(arith::CmpIPredicate::ult, number, numPlaces));
    place = add(place, mul(number, placesBefore));
    placesBefore = mul(placesBefore, numPlaces);
  }
  return {isThere, makeBoundedIndex(b, place, blocks.numPlaces)};
}

/// The image's shape is constant, or what the model declares of the output.
static FailureOr<SmallVector<int64_t>> getImageShape(NodeAccessor &node) {
  RankedTensorType type = node.getStaticOutputType();
  if (!node.getConstantInts(1) && type && type.getRank() > 2)
    return llvm::to_vector(type.getShape().drop_front(2));
  return node.requireConstantInts(1, "image_shape");
}

/// The number of elements of the window: from its shape, or where that is
/// computed at run time from the declared channels.
static FailureOr<int64_t> getWindowSize(NodeAccessor &node, size_t rank,
                                        int64_t limit) {
  int64_t rows = node.getInputType(0).getDimSize(1);
  RankedTensorType type = node.getStaticOutputType();
  std::optional<SmallVector<int64_t>> kernel = node.getConstantInts(2);
  bool isVector = node.getInputType(2) ==
                  RankedTensorType::get({int64_t(rank)}, node.b.getI64Type());
  if (isVector && !kernel && type && type.getRank() > 2 &&
      type.getDimSize(1) > 0)
    return rows / type.getDimSize(1);
  if (!kernel)
    return failure(failed(node.requireConstantInts(2, "block_shape")));
  if (!isVector)
    return node.error() << "input 2 ('block_shape') is " << node.getInputType(2)
                        << ", but " << rank
                        << " sizes of 64 bits are needed, one a dimension of "
                           "the image";
  int64_t size = 1;
  for (int64_t value : *kernel) {
    if (value < 1 || value > limit || size > limit)
      return node.error() << "a block cannot have " << value
                          << " elements along a dimension";
    size *= value;
  }
  return size;
}

static LogicalResult readBlocks(NodeAccessor &node, Blocks &blocks) {
  // Products of two such sizes do not overflow.
  constexpr int64_t limit = int64_t(1) << 31;
  FailureOr<SmallVector<int64_t>> image = getImageShape(node);
  if (failed(image))
    return failure();
  size_t rank = image->size();
  blocks.image = *image;
  blocks.strides = node.getInts("strides", rank, 1);
  blocks.dilations = node.getInts("dilations", rank, 1);
  SmallVector<int64_t> pads = node.getInts("pads", 2 * rank, 0);
  blocks.padLow.assign(pads.begin(), pads.begin() + rank);
  blocks.padHigh.assign(pads.begin() + rank, pads.end());
  if (node.hasErrors())
    return failure();
  for (int64_t value :
       llvm::concat<int64_t>(*image, blocks.strides, blocks.dilations))
    if (value < 1 || value > limit)
      return node.error() << "image, strides and dilations must be positive "
                             "and at most "
                          << limit << ", but one is " << value;
  for (int64_t value : pads)
    if (value < 0 || value > limit)
      return node.error() << "attribute 'pads' holds " << value
                          << ", which is out of range";
  FailureOr<int64_t> windowSize = getWindowSize(node, rank, limit);
  if (failed(windowSize))
    return failure();
  RankedTensorType type = node.getInputType(0);
  blocks.windowSize = *windowSize;
  blocks.kernel = node.getInput(2);
  blocks.numPlaces = type.getDimSize(2);
  if (*windowSize < 1 || type.getDimSize(1) % *windowSize != 0 ||
      blocks.numPlaces == 0)
    return node.error() << "columns " << type << " do not fit blocks of "
                        << *windowSize << " elements";
  blocks.channels = type.getDimSize(1) / *windowSize;
  return success();
}

/// How many places a constant window has must be how many columns there are.
static LogicalResult checkPlaces(NodeAccessor &node, const Blocks &blocks) {
  std::optional<SmallVector<int64_t>> kernel = node.getConstantInts(2);
  if (!kernel)
    return success();
  int64_t count = 1;
  for (size_t dim = 0; dim < kernel->size(); ++dim) {
    int64_t last = blocks.image[dim] + blocks.padLow[dim] +
                   blocks.padHigh[dim] - 1 -
                   blocks.dilations[dim] * ((*kernel)[dim] - 1);
    int64_t places = last < 0 ? 0 : last / blocks.strides[dim] + 1;
    // More are more than there are columns.
    count = std::min(count * places, blocks.numPlaces + 1);
  }
  if (count == blocks.numPlaces)
    return success();
  return node.error() << "columns " << node.getInputType(0)
                      << " do not fit the number of blocks in the image, "
                      << count;
}

/// Columns [N, C * K, L] to images [N, C, I1, ...].
static Value makeImages(NodeAccessor &node, const Blocks &blocks) {
  ImplicitLocOpBuilder &b = node.b;
  int64_t rank = blocks.image.size(), numDims = 3 + rank;
  Type type = node.getElementType(), sumType = getAccumulatorType(type);
  int64_t batch = node.getInputType(0).getDimSize(0);
  SmallVector<ReassociationIndices> groups{{0}, {1, 2}, {3}};
  Value columns = tensor::ExpandShapeOp::create(
      b,
      RankedTensorType::get(
          {batch, blocks.channels, blocks.windowSize, blocks.numPlaces}, type),
      node.getInput(0), groups);
  Sizes imageSizes{getSizes(b, node.getInput(0)).front(),
                   b.getIndexAttr(blocks.channels)};
  llvm::append_range(imageSizes, getStaticSizes(b, blocks.image));
  Value init = makeFilled(b, imageSizes, getScalarAttr(sumType, 0));
  // As upstream's pooling operations do, the nest takes the window's size from
  // an empty operand.
  Value window = tensor::EmptyOp::create(b, {blocks.windowSize}, type);
  AffineMap identity = b.getMultiDimIdentityMap(numDims);
  SmallVector<AffineMap> maps{identity.getMinorSubMap(1),
                              identity.getMajorSubMap(2 + rank)};
  SmallVector<utils::IteratorType> iterators(2 + rank,
                                             utils::IteratorType::parallel);
  iterators.push_back(utils::IteratorType::reduction);
  auto body = [&](OpBuilder &nested, Location loc, ValueRange s) {
    ImplicitLocOpBuilder b(loc, nested);
    SmallVector<Value> dims;
    for (int64_t dim = 0; dim < numDims; ++dim)
      dims.push_back(linalg::IndexOp::create(b, dim));
    auto [isThere, place] = SourceWriter(b, blocks).write(
        ArrayRef(dims).slice(2, rank), dims.back());
    Value element = tensor::ExtractOp::create(
        b, columns, ValueRange{dims[0], dims[1], dims.back(), place});
    if (isFloat(type))
      element = ScalarMath(b, sumType).convert(element);
    element =
        arith::SelectOp::create(b, isThere, element, makeScalar(b, sumType, 0));
    Value sum = isFloat(type)
                    ? arith::AddFOp::create(b, s.back(), element).getResult()
                    : arith::AddIOp::create(b, s.back(), element).getResult();
    linalg::YieldOp::create(b, sum);
  };
  Value sums = linalg::GenericOp::create(b, init.getType(), window, init, maps,
                                         iterators, body)
                   .getResult(0);
  return isFloat(type) ? castFloat(b, sums, type) : sums;
}

static LogicalResult lowerCol2Im(NodeAccessor &node) {
  Blocks blocks;
  if (failed(node.checkRank(0, 3, 3)) ||
      failed(node.checkStaticDim(0, 1, "a window")) ||
      failed(node.checkStaticDim(0, 2, "a window")) ||
      failed(readBlocks(node, blocks)) || failed(checkPlaces(node, blocks)))
    return failure();
  return node.setOutput(makeImages(node, blocks));
}

void registerCol2Im(OperatorTable &table) {
  table.add("Col2Im", 3, lowerCol2Im);
}

} // namespace garam::onnx
