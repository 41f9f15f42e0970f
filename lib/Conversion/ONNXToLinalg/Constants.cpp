//===- Constants.cpp - Reads and makes constant tensors -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Constants.h"

#include "NodeAccessor.h"
#include "garam/Support/DataTypes.h"
#include "garam/Support/RawElements.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;

namespace garam::onnx {

ElementsAttr getConstantElements(Value value) {
  auto constant = value.getDefiningOp<arith::ConstantOp>();
  return constant ? dyn_cast<ElementsAttr>(constant.getValue())
                  : ElementsAttr();
}

/// The bits of every element of a resource whose elements fill whole bytes.
static std::optional<SmallVector<APInt>>
readResource(DenseResourceElementsAttr elements) {
  AsmResourceBlob *blob = elements.getRawHandle().getBlob();
  Type type = elements.getElementType();
  if (!blob || !type.isIntOrFloat())
    return std::nullopt;
  unsigned width = type.getIntOrFloatBitWidth();
  // MLIR stores a boolean of a resource in a byte.
  size_t bytes = width == 1 ? 1 : width / 8;
  if (width != 1 && (width % 8 != 0 || bytes > sizeof(uint64_t)))
    return std::nullopt;
  ArrayRef<char> data = blob->getData();
  size_t count = elements.getNumElements();
  if (data.size() / bytes < count)
    return std::nullopt;

  SmallVector<APInt> bits;
  bits.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    uint64_t word = 0;
    std::memcpy(&word, data.data() + i * bytes, bytes);
    bits.emplace_back(width, width == 1 ? word != 0 : word);
  }
  return bits;
}

static std::optional<SmallVector<APInt>> readBits(ElementsAttr elements) {
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(elements))
    return readResource(resource);
  SmallVector<APInt> bits;
  if (auto ints = dyn_cast<DenseIntElementsAttr>(elements)) {
    bits.assign(ints.value_begin<APInt>(), ints.value_end<APInt>());
    return bits;
  }
  if (auto floats = dyn_cast<DenseFPElementsAttr>(elements)) {
    for (const APFloat &element : floats.getValues<APFloat>())
      bits.push_back(element.bitcastToAPInt());
    return bits;
  }
  return std::nullopt;
}

std::optional<SmallVector<int64_t>> readInts(ElementsAttr elements,
                                             bool isUnsigned) {
  if (!elements.getElementType().isIntOrIndex())
    return std::nullopt;
  std::optional<SmallVector<APInt>> bits = readBits(elements);
  if (!bits)
    return std::nullopt;
  SmallVector<int64_t> ints;
  ints.reserve(bits->size());
  for (const APInt &element : *bits)
    ints.push_back(isUnsigned ? static_cast<int64_t>(element.getZExtValue())
                              : element.getSExtValue());
  return ints;
}

std::optional<SmallVector<double>> readFloats(ElementsAttr elements) {
  auto type = dyn_cast<FloatType>(elements.getElementType());
  if (!type)
    return std::nullopt;
  std::optional<SmallVector<APInt>> bits = readBits(elements);
  if (!bits)
    return std::nullopt;
  SmallVector<double> floats;
  floats.reserve(bits->size());
  for (const APInt &element : *bits) {
    APFloat value(type.getFloatSemantics(), element);
    bool losesInfo;
    value.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven,
                  &losesInfo);
    floats.push_back(value.convertToDouble());
  }
  return floats;
}

TypedAttr getUniformElement(ElementsAttr elements) {
  if (elements.getNumElements() == 0)
    return {};
  if (auto dense = dyn_cast<DenseElementsAttr>(elements))
    return dense.isSplat()
               ? dyn_cast<TypedAttr>(dense.getSplatValue<Attribute>())
               : TypedAttr();
  if (elements.getNumElements() != 1)
    return {};
  std::optional<SmallVector<APInt>> bits = readBits(elements);
  if (!bits)
    return {};
  Type type = elements.getElementType();
  if (auto floatType = dyn_cast<FloatType>(type))
    return FloatAttr::get(
        type, APFloat(floatType.getFloatSemantics(), bits->front()));
  return IntegerAttr::get(type, bits->front());
}

/// Dense elements of less than a byte as those of 8 bits with the same value.
static ElementsAttr widenElements(DenseElementsAttr elements,
                                  RankedTensorType type) {
  if (isa<FloatType>(type.getElementType())) {
    const llvm::fltSemantics &semantics =
        cast<FloatType>(type.getElementType()).getFloatSemantics();
    auto widen = [&](APFloat value) {
      bool losesInfo;
      value.convert(semantics, APFloat::rmNearestTiesToEven, &losesInfo);
      return value.bitcastToAPInt();
    };
    return cast<DenseFPElementsAttr>(elements).mapValues(type.getElementType(),
                                                         widen);
  }
  unsigned width = type.getElementTypeBitWidth();
  bool isUnsigned = elements.getElementType().isUnsignedInteger();
  return cast<DenseIntElementsAttr>(elements).mapValues(
      type.getElementType(), [&](const APInt &value) {
        return isUnsigned ? value.zext(width) : value.sext(width);
      });
}

static bool isNarrow(Type element) {
  return element.isIntOrFloat() && getStoredType(element) != element;
}

ElementsAttr getLoweredElements(ElementsAttr elements) {
  auto type = cast<RankedTensorType>(getLoweredType(elements.getType()));
  if (!isNarrow(elements.getElementType()))
    return retypeElements(elements, type);
  auto dense = dyn_cast<DenseElementsAttr>(elements);
  return dense ? widenElements(dense, type) : ElementsAttr();
}

Value makeWeight(ImplicitLocOpBuilder &b, ElementsAttr elements) {
  if (ElementsAttr lowered = getLoweredElements(elements))
    return arith::ConstantOp::create(b, lowered);
  Type element = elements.getElementType();
  if (!isNarrow(element) || !isa<DenseResourceElementsAttr>(elements))
    return {};
  Type type = getLoweredType(elements.getType());
  Type signless = isa<FloatType>(element)
                      ? element
                      : b.getIntegerType(element.getIntOrFloatBitWidth());
  Value packed = arith::ConstantOp::create(
      b, retypeElements(elements, elements.getShapedType().clone(signless)));
  if (isa<FloatType>(element))
    return arith::ExtFOp::create(b, type, packed);
  if (element.isUnsignedInteger())
    return arith::ExtUIOp::create(b, type, packed);
  return arith::ExtSIOp::create(b, type, packed);
}

TypedAttr getScalarAttr(Type type, double value) {
  if (isa<FloatType>(type))
    return FloatAttr::get(type, value);
  APInt bits(64, static_cast<int64_t>(value), /*isSigned=*/true);
  return IntegerAttr::get(type, bits.sextOrTrunc(type.getIntOrFloatBitWidth()));
}

Value makeScalar(ImplicitLocOpBuilder &b, Type type, double value) {
  return arith::ConstantOp::create(b, getScalarAttr(type, value));
}

Value makeTensor(ImplicitLocOpBuilder &b, RankedTensorType type,
                 ArrayRef<double> elements) {
  SmallVector<Attribute> attributes;
  attributes.reserve(elements.size());
  for (double element : elements)
    attributes.push_back(getScalarAttr(type.getElementType(), element));
  return arith::ConstantOp::create(b, DenseElementsAttr::get(type, attributes));
}

Value makeIndexVector(ImplicitLocOpBuilder &b, ArrayRef<int64_t> elements) {
  auto type = RankedTensorType::get({static_cast<int64_t>(elements.size())},
                                    b.getI64Type());
  return arith::ConstantOp::create(b, DenseElementsAttr::get(type, elements));
}

} // namespace garam::onnx
