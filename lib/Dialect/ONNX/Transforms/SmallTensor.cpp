//===- SmallTensor.cpp - Values that shape arithmetic works on ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "SmallTensor.h"

#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/Support/CheckedArithmetic.h"

using namespace mlir;

namespace garam::onnx {

bool isFoldableElementType(Type type) {
  if (auto integer = dyn_cast<IntegerType>(type))
    return integer.getWidth() <= 64;
  return isa<Float16Type, BFloat16Type, Float32Type, Float64Type>(type);
}

std::optional<int64_t> countElements(ArrayRef<int64_t> shape,
                                     int64_t maxElements) {
  // A zero makes any tensor empty, however large its other dimensions.
  if (llvm::is_contained(shape, 0))
    return 0;
  int64_t count = 1;
  for (int64_t dim : shape) {
    std::optional<int64_t> product = llvm::checkedMul(count, dim);
    if (dim < 0 || !product || *product > maxElements)
      return std::nullopt;
    count = *product;
  }
  return count;
}

SmallVector<int64_t> getStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size());
  int64_t stride = 1;
  for (size_t i = shape.size(); i-- > 0;) {
    strides[i] = stride;
    stride *= shape[i];
  }
  return strides;
}

Element Element::ofSize(AffineExpr size) {
  if (!size)
    return {};
  size = normalizeSize(size);
  if (auto constant = dyn_cast<AffineConstantExpr>(size))
    return ofInteger(constant.getValue());
  Element element;
  element.size = size;
  return element;
}

AffineExpr Element::getSize(MLIRContext *context) const {
  return known ? getAffineConstantExpr(integer, context) : size;
}

bool SmallTensor::isOfSizes() const {
  return !isFloat() && llvm::all_of(elements, [](const Element &e) {
    return e.known || e.size;
  });
}

bool SmallTensor::isFullyKnown() const {
  return llvm::all_of(elements, [](const Element &e) { return e.known; });
}

std::optional<SmallVector<int64_t>> SmallTensor::getIntegers() const {
  if (isFloat() || !isFullyKnown())
    return std::nullopt;
  return llvm::map_to_vector(elements,
                             [](const Element &e) { return e.integer; });
}

/// What is too large for an `int64_t` is not known, its bits are kept.
static Element fromAPInt(const APInt &value, Type type) {
  bool isUnsigned = type.isUnsignedInteger() || type.isInteger(1);
  Element element = Element::ofInteger(
      isUnsigned ? int64_t(value.getZExtValue()) : value.getSExtValue());
  element.known = !isUnsigned || element.integer >= 0;
  return element;
}

/// A table of integers or booleans that is long enough to be a resource. Floats
/// of that length are weights, which are not for evaluation.
static DenseElementsAttr readResource(ElementsAttr attr,
                                      RankedTensorType type) {
  auto resource = dyn_cast<DenseResourceElementsAttr>(attr);
  auto elementType = dyn_cast<IntegerType>(type.getElementType());
  if (!resource || !elementType)
    return {};
  AsmResourceBlob *blob = resource.getRawHandle().getBlob();
  unsigned width = elementType.getWidth();
  size_t bytes = std::max(1u, width / 8);
  if (!blob || (width != 1 && width % 8 != 0) ||
      blob->getData().size() != type.getNumElements() * bytes)
    return {};
  if (width != 1)
    return DenseElementsAttr::getFromRawBuffer(type, blob->getData());
  SmallVector<bool> values = llvm::map_to_vector(
      blob->getData(), [](char value) { return value != 0; });
  return DenseElementsAttr::get(type, ArrayRef<bool>(values));
}

std::optional<SmallTensor> SmallTensor::fromAttr(ElementsAttr attr,
                                                 int64_t maxElements) {
  auto type = dyn_cast<RankedTensorType>(attr.getType());
  if (!type || !isFoldableElementType(type.getElementType()) ||
      !countElements(type.getShape(), maxElements))
    return std::nullopt;
  auto dense = dyn_cast<DenseElementsAttr>(attr);
  if (!dense)
    dense = readResource(attr, type);
  if (!dense)
    return std::nullopt;
  SmallTensor result;
  result.elementType = type.getElementType();
  result.shape.assign(type.getShape().begin(), type.getShape().end());
  if (result.isFloat()) {
    for (APFloat value : dense.getValues<APFloat>())
      result.elements.push_back(Element::ofNumber(value.convertToDouble()));
  } else {
    for (const APInt &value : dense.getValues<APInt>())
      result.elements.push_back(fromAPInt(value, result.elementType));
  }
  return result;
}

static APFloat toAPFloat(FloatType type, double number) {
  APFloat value(number);
  bool losesInfo;
  value.convert(type.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                &losesInfo);
  return value;
}

DenseElementsAttr SmallTensor::toAttr() const {
  if (auto floatType = dyn_cast<FloatType>(elementType)) {
    SmallVector<APFloat> values;
    for (const Element &element : elements)
      values.push_back(toAPFloat(floatType, element.number));
    return DenseElementsAttr::get(getType(), values);
  }
  unsigned width = elementType.getIntOrFloatBitWidth();
  SmallVector<APInt> values;
  for (const Element &element : elements)
    values.emplace_back(width, uint64_t(element.integer), /*isSigned=*/true,
                        /*implicitTrunc=*/true);
  return DenseElementsAttr::get(getType(), values);
}

Element convertTo(Type elementType, Element element) {
  if (!element.known)
    return element;
  if (auto floatType = dyn_cast<FloatType>(elementType)) {
    element.number = toAPFloat(floatType, element.number).convertToDouble();
    return element;
  }
  auto integer = cast<IntegerType>(elementType);
  APInt value(integer.getWidth(), uint64_t(element.integer), /*isSigned=*/true,
              /*implicitTrunc=*/true);
  return fromAPInt(value, elementType);
}

} // namespace garam::onnx
