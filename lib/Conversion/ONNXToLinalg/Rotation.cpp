//===- Rotation.cpp - RotaryEmbedding as onnx-raise finds it --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// With a and b the first and the second element of each pair along the last
// dimension,
//
//   y = x * cosines + (-b, a) * sines
//
// in one operation: x is read once at its place and once at that of the pair's
// other element, and constant sines have the sign.
//
//===----------------------------------------------------------------------===//

#include "OperatorTable.h"
#include "ScalarMath.h"
#include "StructuredBuilders.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {
namespace {

enum RotationInput { kRotated, kCosines, kSines };

class RotationLowering {
public:
  explicit RotationLowering(NodeAccessor &node) : node(node), b(node.b) {}

  LogicalResult run();

private:
  LogicalResult check();
  LogicalResult checkTable(unsigned input);
  /// Whether a table has its numbers for each pair, not for each element.
  bool isOfPairs(unsigned input) {
    return node.getInputType(input).getShape().back() != width;
  }
  Value splitPairs(Value value);
  AffineMap getMap(RankedTensorType type, bool isOfPairs);
  Value makeSignedSines();
  void addTable(Value value);

  NodeAccessor &node;
  ImplicitLocOpBuilder &b;
  int64_t rank = 0, width = 0;
  /// The dimension of the two elements of a pair, which is that or the one
  /// behind the last of the model's.
  int64_t pairDim = 0;
  SmallVector<Value> operands;
  SmallVector<AffineMap> maps;
};

} // namespace

/// A table broadcasts to what is rotated, but for its last dimension.
LogicalResult RotationLowering::checkTable(unsigned input) {
  RankedTensorType type = node.getInputType(0),
                   table = node.getInputType(input);
  auto refuse = [&]() -> LogicalResult {
    return node.error() << "table " << table << " does not fit " << type;
  };
  if (table.getRank() == 0 || table.getRank() > rank)
    return refuse();
  int64_t size = table.getShape().back();
  if (size != width && 2 * size != width)
    return refuse();
  for (int64_t dim = 0; dim + 1 < table.getRank(); ++dim) {
    int64_t of = table.getDimSize(dim);
    int64_t to = type.getDimSize(dim + rank - table.getRank());
    if (of != 1 && of != to && !ShapedType::isDynamic(of) &&
        !ShapedType::isDynamic(to))
      return refuse();
  }
  return success();
}

LogicalResult RotationLowering::check() {
  if (failed(node.checkFloat(kRotated)) ||
      failed(node.checkRank(kRotated, 1, INT32_MAX)) ||
      failed(node.checkSameElementType(kRotated, kSines + 1)))
    return failure();
  rank = node.getRank();
  if (failed(node.checkStaticDim(kRotated, rank - 1, "the rotation")))
    return failure();
  width = node.getInputType(kRotated).getShape().back();
  if (width % 2 != 0)
    return node.error() << "the width of " << node.getInputType(kRotated)
                        << " is odd";
  for (StringRef name : {"num_heads", "rotary_embedding_dim"})
    if (node.getInt(name, 0) != 0)
      return node.error() << "attribute '" << name << "' is not supported";
  if (node.getNumInputs() > kSines + 1)
    return node.error() << "takes no positions";
  pairDim = node.getInt("interleaved", 0) != 0 ? rank : rank - 1;
  return failure(failed(checkTable(kCosines)) || failed(checkTable(kSines)));
}

/// [..., W] as [..., 2, W / 2], or, interleaved, [..., W / 2, 2].
Value RotationLowering::splitPairs(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  Sizes sizes = getSizes(b, value);
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = width / 2;
  sizes.back() = b.getIndexAttr(width / 2);
  int64_t fromEnd = rank - pairDim;
  shape.insert(shape.end() - fromEnd, 2);
  sizes.insert(sizes.end() - fromEnd, b.getIndexAttr(2));
  SmallVector<ReassociationIndices> groups;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    groups.push_back({dim});
  groups.back().push_back(type.getRank());
  return tensor::ExpandShapeOp::create(b, type.clone(shape), value, groups,
                                       sizes);
}

/// How loops over what is rotated, its pairs apart, read a table whose pairs
/// are apart, or which has its numbers for pairs.
AffineMap RotationLowering::getMap(RankedTensorType type, bool isOfPairs) {
  SmallVector<AffineExpr> coordinates;
  int64_t dims = type.getRank() + (isOfPairs ? 1 : 0), next = 0;
  for (int64_t dim = 0; dim < dims; ++dim) {
    int64_t place = dim + rank + 1 - dims;
    if (isOfPairs && place == pairDim)
      continue;
    // A pair's elements are never repeated, but other sizes of 1 may be.
    bool isRepeated = type.getDimSize(next++) == 1 && place < rank - 1;
    coordinates.push_back(isRepeated ? b.getAffineConstantExpr(0)
                                     : b.getAffineDimExpr(place));
  }
  return AffineMap::get(rank + 1, 0, coordinates, b.getContext());
}

/// Constant sines, those of the first elements negative; null where they are no
/// constants.
Value RotationLowering::makeSignedSines() {
  ElementsAttr elements = getConstantElements(node.getInput(kSines));
  std::optional<SmallVector<double>> sines =
      elements ? readFloats(elements) : std::nullopt;
  if (!sines)
    return {};
  RankedTensorType type = node.getInputType(kSines);
  SmallVector<int64_t> shape(type.getShape());
  shape.back() = width;
  bool isInterleaved = pairDim == rank, isNarrow = isOfPairs(kSines);
  SmallVector<double> table;
  for (int64_t i = 0, e = ShapedType::getNumElements(shape); i < e; ++i) {
    int64_t row = i / width, column = i % width;
    bool isFirst = isInterleaved ? column % 2 == 0 : column < width / 2;
    int64_t pair = isInterleaved ? column / 2 : column % (width / 2);
    double sine =
        (*sines)[isNarrow ? row * (width / 2) + pair : row * width + column];
    table.push_back(isFirst ? -sine : sine);
  }
  return makeTensor(b, type.clone(shape), table);
}

/// Adds `value` to the operands as the loops over pairs read it.
void RotationLowering::addTable(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  bool isNarrow = type.getShape().back() != width;
  if (!isNarrow)
    value = splitPairs(value);
  operands.push_back(value);
  maps.push_back(getMap(cast<RankedTensorType>(value.getType()), isNarrow));
}

LogicalResult RotationLowering::run() {
  if (failed(check()))
    return failure();
  Type element = node.getElementType(), sumType = getAccumulatorType(element);
  Value x = splitPairs(node.getInput(kRotated));
  AffineMap identity = b.getMultiDimIdentityMap(rank + 1);
  SmallVector<AffineExpr> other(identity.getResults());
  other[pairDim] = 1 - other[pairDim];
  operands = {x, x};
  maps = {identity, AffineMap::get(rank + 1, 0, other, b.getContext())};
  addTable(node.getInput(kCosines));
  Value signedSines = makeSignedSines();
  addTable(signedSines ? signedSines : node.getInput(kSines));
  if (!signedSines) {
    operands.push_back(
        makeTensor(b, RankedTensorType::get({2}, element), {-1, 1}));
    maps.push_back(getAxisMap(b.getContext(), rank + 1, pairDim));
  }
  Value rotated =
      makePointwise(b, getSizes(b, x), element, operands, maps,
                    [&](ImplicitLocOpBuilder &b, ValueRange s) {
                      ScalarMath m(b, sumType);
                      Value turned = m.convert(s[1]);
                      if (!signedSines)
                        turned = m.mul(turned, m.convert(s[4]));
                      Value sum = m.add(m.mul(m.convert(s[0]), m.convert(s[2])),
                                        m.mul(turned, m.convert(s[3])));
                      return ScalarMath(b, element).convert(sum);
                    });
  SmallVector<ReassociationIndices> groups;
  for (int64_t dim = 0; dim < rank; ++dim)
    groups.push_back({dim});
  groups.back().push_back(rank);
  return node.setOutput(tensor::CollapseShapeOp::create(b, rotated, groups));
}

static LogicalResult lowerRotaryEmbedding(NodeAccessor &node) {
  return RotationLowering(node).run();
}

void registerRotation(OperatorTable &table) {
  table.add("RotaryEmbedding", 3, lowerRotaryEmbedding);
}

} // namespace garam::onnx
