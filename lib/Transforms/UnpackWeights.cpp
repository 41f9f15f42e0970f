//===- UnpackWeights.cpp - Packed weights as arithmetic on bytes ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/Passes.h"

#include "garam/Support/DataTypes.h"
#include "garam/Support/PackedWeights.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_UNPACKWEIGHTS
#include "garam/Transforms/Passes.h.inc"

static constexpr unsigned byteBits = 8;

static Value makeByte(ImplicitLocOpBuilder &b, unsigned value) {
  return arith::ConstantOp::create(b, b.getI8IntegerAttr(value));
}

/// The byte of the f8E4M3FN that the four bits of an f4E2M1FN mean. Magnitudes
/// but 0 and 0.5 have one bit of mantissa below two of exponent; biases are 7
/// and 1.
static Value widenFloat4(ImplicitLocOpBuilder &b, Value bits) {
  constexpr unsigned half = 0x30, rebias = (7 - 1) << 3;
  Value magnitude = arith::AndIOp::create(b, bits, makeByte(b, 7));
  Value sign = arith::ShLIOp::create(
      b, arith::ShRUIOp::create(b, bits, makeByte(b, 3)), makeByte(b, 7));
  Value small = arith::MulIOp::create(b, magnitude, makeByte(b, half));
  Value large = arith::AddIOp::create(
      b, arith::ShLIOp::create(b, magnitude, makeByte(b, 2)),
      makeByte(b, rebias));
  Value isSmall = arith::CmpIOp::create(b, arith::CmpIPredicate::ult, magnitude,
                                        makeByte(b, 2));
  Value result = arith::SelectOp::create(b, isSmall, small, large);
  result = arith::OrIOp::create(b, result, sign);
  return arith::BitcastOp::create(b, Float8E4M3FNType::get(b.getContext()),
                                  result);
}

/// Element `position` of `byte`, in the type that it has in memory.
static Value unpack(ImplicitLocOpBuilder &b, Value byte, Value position,
                    Type type) {
  unsigned width = type.getIntOrFloatBitWidth();
  Value index = arith::IndexCastUIOp::create(b, b.getI8Type(), position);
  Value shift = arith::MulIOp::create(b, index, makeByte(b, width));
  Value bits = arith::ShRUIOp::create(b, byte, shift);
  if (type.isUnsignedInteger() || isa<FloatType>(type))
    bits = arith::AndIOp::create(b, bits, makeByte(b, (1 << width) - 1));
  if (isa<FloatType>(type))
    return widenFloat4(b, bits);
  if (type.isUnsignedInteger())
    return bits;
  Value unused = makeByte(b, byteBits - width);
  return arith::ShRSIOp::create(b, arith::ShLIOp::create(b, bits, unused),
                                unused);
}

/// The elements of `packed`, each byte of which has several, as dimension more.
static Value unpackBytes(ImplicitLocOpBuilder &b, Value packed, Type type) {
  auto packedType = cast<RankedTensorType>(packed.getType());
  SmallVector<int64_t> shape(packedType.getShape());
  unsigned rank = shape.size();
  shape.push_back(byteBits / type.getIntOrFloatBitWidth());
  Type stored = isa<FloatType>(type) ? getStoredType(type) : b.getI8Type();
  Value empty = tensor::EmptyOp::create(b, shape, stored);
  AffineMap all = b.getMultiDimIdentityMap(rank + 1);
  SmallVector<utils::IteratorType> iterators(rank + 1,
                                             utils::IteratorType::parallel);
  auto body = [&](OpBuilder &builder, Location loc, ValueRange scalars) {
    ImplicitLocOpBuilder nested(loc, builder);
    Value position = linalg::IndexOp::create(nested, rank);
    linalg::YieldOp::create(nested, unpack(nested, scalars[0], position, type));
  };
  return linalg::GenericOp::create(b, empty.getType(), packed, empty,
                                   {all.dropResult(rank), all}, iterators, body)
      .getResult(0);
}

/// `value`, whose last two dimensions become one, or all of it a vector.
static Value collapse(ImplicitLocOpBuilder &b, Value value) {
  int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
  SmallVector<ReassociationIndices> groups;
  for (int64_t dim = 0; dim + 2 < rank; ++dim)
    groups.push_back({dim});
  groups.push_back({rank - 2, rank - 1});
  return tensor::CollapseShapeOp::create(b, value, groups);
}

/// A tensor of `shape` of the first elements of a vector.
static Value shapeVector(ImplicitLocOpBuilder &b, Value vector,
                         ArrayRef<int64_t> shape) {
  int64_t count = ShapedType::getNumElements(shape);
  auto type = cast<RankedTensorType>(vector.getType());
  if (type.getDimSize(0) != count)
    vector = tensor::ExtractSliceOp::create(
        b, vector, ArrayRef<OpFoldResult>{b.getIndexAttr(0)},
        ArrayRef<OpFoldResult>{b.getIndexAttr(count)},
        ArrayRef<OpFoldResult>{b.getIndexAttr(1)});
  ReassociationIndices dims =
      llvm::to_vector<2>(llvm::seq<int64_t>(0, shape.size()));
  SmallVector<ReassociationIndices> groups;
  if (!shape.empty())
    groups.push_back(dims);
  auto result = RankedTensorType::get(shape, type.getElementType());
  if (shape.empty())
    return tensor::CollapseShapeOp::create(b, result, vector, groups);
  return tensor::ExpandShapeOp::create(b, result, vector, groups);
}

/// The same bytes as `weight`, as i8 of this shape.
static Value makeBytes(ImplicitLocOpBuilder &b, ElementsAttr weight,
                       ArrayRef<int64_t> shape) {
  auto handle = cast<DenseResourceElementsAttr>(weight).getRawHandle();
  return arith::ConstantOp::create(
      b, DenseResourceElementsAttr::get(
             RankedTensorType::get(shape, b.getI8Type()), handle));
}

static Value unpackWeight(ImplicitLocOpBuilder &b, ElementsAttr weight) {
  SmallVector<int64_t> shape(weight.getShapedType().getShape());
  Type type = weight.getElementType();
  int64_t perByte = byteBits / type.getIntOrFloatBitWidth();
  // Rows that end with a byte keep their shape, so that what reads them can be
  // fused.
  if (!shape.empty() && shape.back() % perByte == 0) {
    shape.back() /= perByte;
    return collapse(b, unpackBytes(b, makeBytes(b, weight, shape), type));
  }
  int64_t bytes = llvm::divideCeil(weight.getNumElements(), perByte);
  Value vector = collapse(b, unpackBytes(b, makeBytes(b, weight, bytes), type));
  return shapeVector(b, vector, shape);
}

namespace {

struct UnpackWeights : impl::UnpackWeightsBase<UnpackWeights> {
  void runOnOperation() override {
    getOperation()->walk([](Operation *op) {
      ElementsAttr weight = getPackedWeight(op);
      if (!weight || weight.getNumElements() == 0)
        return;
      ImplicitLocOpBuilder b(op->getLoc(), op);
      Operation *constant = op->getOperand(0).getDefiningOp();
      op->getResult(0).replaceAllUsesWith(unpackWeight(b, weight));
      op->erase();
      if (constant->use_empty())
        constant->erase();
    });
  }
};

} // namespace
} // namespace garam
