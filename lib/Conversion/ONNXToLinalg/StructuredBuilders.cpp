//===- StructuredBuilders.cpp - Builds structured operations --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "StructuredBuilders.h"

#include "Constants.h"
#include "garam/Support/RawElements.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {

Sizes getStaticSizes(ImplicitLocOpBuilder &b, ArrayRef<int64_t> shape) {
  return getAsIndexOpFoldResult(b.getContext(), shape);
}

Sizes getSizes(ImplicitLocOpBuilder &b, Value tensor) {
  return tensor::getMixedSizes(b, b.getLoc(), tensor);
}

Sizes dropSizes(ArrayRef<OpFoldResult> sizes, ArrayRef<int64_t> dims) {
  Sizes kept;
  for (auto [dim, size] : llvm::enumerate(sizes))
    if (!llvm::is_contained(dims, static_cast<int64_t>(dim)))
      kept.push_back(size);
  return kept;
}

bool isFloat(Type elementType) { return isa<FloatType>(elementType); }

Type getAccumulatorType(Type elementType) {
  if (isFloat(elementType) && elementType.getIntOrFloatBitWidth() < 32)
    return Float32Type::get(elementType.getContext());
  return elementType;
}

Value makeFilled(ImplicitLocOpBuilder &b, ArrayRef<OpFoldResult> sizes,
                 TypedAttr value) {
  Value scalar = arith::ConstantOp::create(b, value);
  Value empty = tensor::EmptyOp::create(b, sizes, value.getType());
  return linalg::FillOp::create(b, scalar, empty).getResult(0);
}

//===----------------------------------------------------------------------===//
// Elementwise
//===----------------------------------------------------------------------===//

Value makePointwise(ImplicitLocOpBuilder &b, ArrayRef<OpFoldResult> sizes,
                    Type elementType, ValueRange operands,
                    ArrayRef<AffineMap> maps, ScalarBody body) {
  SmallVector<Value> tensors;
  SmallVector<AffineMap> tensorMaps;
  SmallVector<TypedAttr> uniform(operands.size());
  for (auto [i, operand] : llvm::enumerate(operands)) {
    if (ElementsAttr elements = getConstantElements(operand))
      uniform[i] = getUniformElement(elements);
    if (uniform[i])
      continue;
    tensors.push_back(operand);
    tensorMaps.push_back(maps[i]);
  }
  tensorMaps.push_back(b.getMultiDimIdentityMap(sizes.size()));

  Value empty = tensor::EmptyOp::create(b, sizes, elementType);
  SmallVector<utils::IteratorType> iterators(sizes.size(),
                                             utils::IteratorType::parallel);
  auto buildBody = [&](OpBuilder &nested, Location loc, ValueRange arguments) {
    ImplicitLocOpBuilder inner(loc, nested);
    SmallVector<Value> scalars;
    for (TypedAttr constant : uniform) {
      if (constant) {
        scalars.push_back(arith::ConstantOp::create(inner, constant));
      } else {
        scalars.push_back(arguments.front());
        arguments = arguments.drop_front();
      }
    }
    linalg::YieldOp::create(inner, body(inner, scalars));
  };
  return linalg::GenericOp::create(b, empty.getType(), tensors, empty,
                                   tensorMaps, iterators, buildBody)
      .getResult(0);
}

Value makeMapped(ImplicitLocOpBuilder &b, Type elementType, ValueRange operands,
                 ScalarBody body) {
  Sizes sizes = getSizes(b, operands.front());
  SmallVector<AffineMap> maps(operands.size(),
                              b.getMultiDimIdentityMap(sizes.size()));
  return makePointwise(b, sizes, elementType, operands, maps, body);
}

/// The operand and its dimension that give dimension `dim` of the result, or
/// failure when the sizes contradict.
static FailureOr<std::pair<Value, int64_t>>
getBroadcastSource(ValueRange operands, int64_t dim, int64_t rank) {
  Value source;
  int64_t sourceDim = 0;
  int64_t size = 1;
  for (Value operand : operands) {
    auto type = cast<RankedTensorType>(operand.getType());
    int64_t operandDim = dim - (rank - type.getRank());
    if (operandDim < 0)
      continue;
    int64_t operandSize = type.getDimSize(operandDim);
    bool isFixed = !ShapedType::isDynamic(operandSize) && operandSize != 1;
    if (isFixed && !ShapedType::isDynamic(size) && size != 1 &&
        size != operandSize)
      return failure();
    // A size that is known is worth more than a dynamic one, that more than 1.
    bool isBetter = !source ||
                    (isFixed && (size == 1 || ShapedType::isDynamic(size))) ||
                    (ShapedType::isDynamic(operandSize) && size == 1);
    if (!isBetter)
      continue;
    source = operand;
    sourceDim = operandDim;
    size = operandSize;
  }
  return std::make_pair(source, sourceDim);
}

FailureOr<Value> makeBroadcast(NodeAccessor &node, ValueRange operands,
                               Type elementType, ScalarBody body) {
  ImplicitLocOpBuilder &b = node.b;
  int64_t rank = 0;
  for (Value operand : operands)
    rank = std::max(rank, cast<RankedTensorType>(operand.getType()).getRank());

  Sizes sizes;
  for (int64_t dim = 0; dim < rank; ++dim) {
    FailureOr<std::pair<Value, int64_t>> source =
        getBroadcastSource(operands, dim, rank);
    if (failed(source)) {
      InFlightDiagnostic diagnostic = node.error();
      diagnostic << "shapes do not broadcast: ";
      llvm::interleaveComma(operands, diagnostic,
                            [&](Value v) { diagnostic << v.getType(); });
      return diagnostic;
    }
    sizes.push_back(
        tensor::getMixedSize(b, b.getLoc(), source->first, source->second));
  }

  SmallVector<AffineMap> maps;
  for (Value operand : operands) {
    auto type = cast<RankedTensorType>(operand.getType());
    SmallVector<AffineExpr> coordinates;
    for (auto [dim, size] : llvm::enumerate(type.getShape())) {
      int64_t resultDim = dim + rank - type.getRank();
      bool isBroadcast =
          size == 1 && getConstantIntValue(sizes[resultDim]) != 1;
      coordinates.push_back(isBroadcast ? b.getAffineConstantExpr(0)
                                        : b.getAffineDimExpr(resultDim));
    }
    maps.push_back(AffineMap::get(rank, 0, coordinates, b.getContext()));
  }
  return makePointwise(b, sizes, elementType, operands, maps, body);
}

AffineMap getReducedMap(MLIRContext *context, int64_t resultRank,
                        ArrayRef<int64_t> axes) {
  SmallVector<AffineExpr> coordinates;
  for (int64_t dim = 0; dim < resultRank; ++dim)
    if (!llvm::is_contained(axes, dim))
      coordinates.push_back(getAffineDimExpr(dim, context));
  return AffineMap::get(resultRank, 0, coordinates, context);
}

AffineMap getAxisMap(MLIRContext *context, int64_t resultRank, int64_t axis) {
  return AffineMap::get(resultRank, 0, getAffineDimExpr(axis, context));
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

Value makeReduction(ImplicitLocOpBuilder &b, Value input,
                    ArrayRef<int64_t> axes, TypedAttr initial,
                    ScalarBody body) {
  Sizes sizes = getSizes(b, input);
  int64_t rank = sizes.size();
  Value init = makeFilled(b, dropSizes(sizes, axes), initial);
  SmallVector<utils::IteratorType> iterators(rank,
                                             utils::IteratorType::parallel);
  for (int64_t axis : axes)
    iterators[axis] = utils::IteratorType::reduction;
  SmallVector<AffineMap> maps{b.getMultiDimIdentityMap(rank),
                              getReducedMap(b.getContext(), rank, axes)};
  auto buildBody = [&](OpBuilder &nested, Location loc, ValueRange arguments) {
    ImplicitLocOpBuilder inner(loc, nested);
    linalg::YieldOp::create(inner, body(inner, arguments));
  };
  return linalg::GenericOp::create(b, init.getType(), input, init, maps,
                                   iterators, buildBody)
      .getResult(0);
}

Value makeSum(ImplicitLocOpBuilder &b, Value input, ArrayRef<int64_t> axes) {
  Type inputType = getElementTypeOrSelf(input);
  Type type = getAccumulatorType(inputType);
  auto add = [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
    Value element = s[0];
    if (type != inputType)
      element = arith::ExtFOp::create(b, type, element);
    if (isFloat(type))
      return arith::AddFOp::create(b, element, s[1]);
    return arith::AddIOp::create(b, element, s[1]);
  };
  return makeReduction(b, input, axes, getScalarAttr(type, 0), add);
}

OpFoldResult getElementCount(ImplicitLocOpBuilder &b, Value input,
                             ArrayRef<int64_t> axes) {
  Sizes sizes = getSizes(b, input);
  int64_t known = 1;
  Value computed;
  for (int64_t axis : axes) {
    if (std::optional<int64_t> size = getConstantIntValue(sizes[axis])) {
      known *= *size;
      continue;
    }
    auto size = cast<Value>(sizes[axis]);
    computed = computed ? arith::MulIOp::create(b, computed, size) : size;
  }
  if (!computed)
    return b.getIndexAttr(known);
  if (known == 1)
    return computed;
  Value factor = arith::ConstantIndexOp::create(b, known);
  return arith::MulIOp::create(b, computed, factor).getResult();
}

Value makeCount(ImplicitLocOpBuilder &b, OpFoldResult count, Type type) {
  if (std::optional<int64_t> known = getConstantIntValue(count))
    return arith::ConstantOp::create(b, getScalarAttr(type, *known));
  Value integer =
      arith::IndexCastOp::create(b, b.getI64Type(), cast<Value>(count));
  return arith::SIToFPOp::create(b, type, integer);
}

Value castFloat(ImplicitLocOpBuilder &b, Value tensor, Type elementType) {
  Type type = getElementTypeOrSelf(tensor);
  if (type == elementType)
    return tensor;
  bool widens =
      type.getIntOrFloatBitWidth() < elementType.getIntOrFloatBitWidth();
  return makeMapped(b, elementType, tensor,
                    [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                      if (widens)
                        return arith::ExtFOp::create(b, elementType, s[0]);
                      return arith::TruncFOp::create(b, elementType, s[0]);
                    });
}

//===----------------------------------------------------------------------===//
// Data movement
//===----------------------------------------------------------------------===//

Value makePadded(ImplicitLocOpBuilder &b, Value input, ArrayRef<int64_t> low,
                 ArrayRef<int64_t> high, TypedAttr value) {
  auto isZero = [](int64_t amount) { return amount == 0; };
  if (llvm::all_of(low, isZero) && llvm::all_of(high, isZero))
    return input;
  Value scalar = arith::ConstantOp::create(b, value);
  return tensor::PadOp::create(b, /*resultType=*/Type(), input,
                               getStaticSizes(b, low), getStaticSizes(b, high),
                               scalar);
}

namespace {
/// A common coarser shape of two shapes with the same number of elements, and
/// the groups of dimensions of each that make up its dimensions.
struct CommonShape {
  SmallVector<int64_t> shape;
  SmallVector<ReassociationIndices> first, second;
};
} // namespace

/// Walks both shapes at once and closes a group whenever the products of the
/// sizes agree. A dynamic size agrees with a dynamic one only.
static std::optional<CommonShape> getCommonShape(ArrayRef<int64_t> first,
                                                 ArrayRef<int64_t> second) {
  CommonShape common;
  size_t i = 0, j = 0;
  while (i < first.size() && j < second.size()) {
    ReassociationIndices firstGroup, secondGroup;
    int64_t firstProduct = 1, secondProduct = 1;
    int firstDynamic = 0, secondDynamic = 0;
    auto take = [](ArrayRef<int64_t> shape, size_t &next,
                   ReassociationIndices &group, int64_t &product,
                   int &dynamic) {
      group.push_back(next);
      if (ShapedType::isDynamic(shape[next]))
        ++dynamic;
      else
        product *= shape[next];
      ++next;
    };
    take(first, i, firstGroup, firstProduct, firstDynamic);
    take(second, j, secondGroup, secondProduct, secondDynamic);
    while (firstProduct != secondProduct || firstDynamic != secondDynamic) {
      bool takeFirst = firstDynamic != secondDynamic
                           ? firstDynamic < secondDynamic
                           : firstProduct < secondProduct;
      if (takeFirst && i < first.size())
        take(first, i, firstGroup, firstProduct, firstDynamic);
      else if (!takeFirst && j < second.size())
        take(second, j, secondGroup, secondProduct, secondDynamic);
      else
        return std::nullopt;
    }
    // An expansion can make up one unknown size, not two.
    if (firstDynamic > 1)
      return std::nullopt;
    common.shape.push_back(firstDynamic ? ShapedType::kDynamic : firstProduct);
    common.first.push_back(firstGroup);
    common.second.push_back(secondGroup);
  }
  // What remains are dimensions of size 1.
  auto takeRest = [](ArrayRef<int64_t> shape, size_t next,
                     SmallVector<ReassociationIndices> &groups) {
    for (; next < shape.size(); ++next) {
      if (shape[next] != 1 || groups.empty())
        return false;
      groups.back().push_back(next);
    }
    return true;
  };
  if (!takeRest(first, i, common.first) || !takeRest(second, j, common.second))
    return std::nullopt;
  return common;
}

/// Collapses or expands between a scalar and a tensor of ones.
static Value reshapeScalar(ImplicitLocOpBuilder &b, Value input,
                           RankedTensorType type) {
  if (type.getRank() == 0)
    return tensor::CollapseShapeOp::create(b, type, input,
                                           ArrayRef<ReassociationIndices>());
  return tensor::ExpandShapeOp::create(b, type, input,
                                       ArrayRef<ReassociationIndices>());
}

Value makeReshape(ImplicitLocOpBuilder &b, Value input,
                  ArrayRef<int64_t> shape) {
  auto inputType = cast<RankedTensorType>(input.getType());
  RankedTensorType type = inputType.clone(shape);
  if (type == inputType)
    return input;
  bool isStatic = inputType.hasStaticShape() && type.hasStaticShape();
  if (isStatic && inputType.getNumElements() != type.getNumElements())
    return {};
  if (ElementsAttr elements = getConstantElements(input))
    if (isStatic)
      if (ElementsAttr reshaped = retypeElements(elements, type))
        return arith::ConstantOp::create(b, reshaped);
  if (inputType.getRank() == 0 || type.getRank() == 0)
    return isStatic ? reshapeScalar(b, input, type) : Value();
  if (isStatic && type.getNumElements() == 0)
    return tensor::EmptyOp::create(b, shape, type.getElementType());
  std::optional<CommonShape> common =
      getCommonShape(inputType.getShape(), shape);
  if (!common)
    return {};
  Value value = input;
  if (common->shape.size() != static_cast<size_t>(inputType.getRank()))
    value = tensor::CollapseShapeOp::create(b, value, common->first);
  if (common->shape.size() != shape.size())
    value = tensor::ExpandShapeOp::create(b, type, value, common->second);
  return value;
}

Value makeUnsqueeze(ImplicitLocOpBuilder &b, Value input,
                    ArrayRef<int64_t> axes) {
  SmallVector<int64_t> shape(
      cast<RankedTensorType>(input.getType()).getShape());
  for (int64_t axis : axes)
    shape.insert(shape.begin() + axis, 1);
  return makeReshape(b, input, shape);
}

Value makeSqueeze(ImplicitLocOpBuilder &b, Value input,
                  ArrayRef<int64_t> axes) {
  auto type = cast<RankedTensorType>(input.getType());
  SmallVector<int64_t> shape;
  for (auto [dim, size] : llvm::enumerate(type.getShape()))
    if (!llvm::is_contained(axes, static_cast<int64_t>(dim)))
      shape.push_back(size);
  return makeReshape(b, input, shape);
}

Value makeTranspose(ImplicitLocOpBuilder &b, Value input,
                    ArrayRef<int64_t> permutation) {
  Sizes sizes = getSizes(b, input);
  Sizes permuted;
  for (int64_t dim : permutation)
    permuted.push_back(sizes[dim]);
  Value empty =
      tensor::EmptyOp::create(b, permuted, getElementTypeOrSelf(input));
  return linalg::TransposeOp::create(b, input, empty, permutation)
      ->getResult(0);
}

Value makeSlice(ImplicitLocOpBuilder &b, Value input, int64_t axis,
                int64_t offset, int64_t size, int64_t stride) {
  Sizes sizes = getSizes(b, input);
  sizes[axis] = b.getIndexAttr(size);
  // A slice begins inside of a tensor, and an empty one has no inside.
  if (llvm::is_contained(sizes, OpFoldResult(b.getIndexAttr(0))))
    return tensor::EmptyOp::create(b, sizes, getElementTypeOrSelf(input));
  Sizes offsets(sizes.size(), b.getIndexAttr(0));
  Sizes strides(sizes.size(), b.getIndexAttr(1));
  offsets[axis] = b.getIndexAttr(offset);
  strides[axis] = b.getIndexAttr(stride);
  return tensor::ExtractSliceOp::create(b, input, offsets, sizes, strides);
}

} // namespace garam::onnx
