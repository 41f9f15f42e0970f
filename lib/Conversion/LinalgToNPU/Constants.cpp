//===- Constants.cpp - Values of small constants --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Constants.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "mlir/IR/Matchers.h"

#include <cstring>

using namespace mlir;

namespace garam::npu {

static double toDouble(const APFloat &value) {
  APFloat wide = value;
  bool losesInfo;
  wide.convert(APFloat::IEEEdouble(), APFloat::rmNearestTiesToEven, &losesInfo);
  return wide.convertToDouble();
}

static double toDouble(const APInt &value, bool isUnsigned) {
  // An i1 is a boolean, 0 or 1.
  return isUnsigned || value.getBitWidth() == 1
             ? value.roundToDouble(/*isSigned=*/false)
             : value.roundToDouble(/*isSigned=*/true);
}

/// One element from its bytes in a blob (little endian, an i1 in one byte).
static std::optional<double> readBytes(const char *bytes, Type type,
                                       bool isUnsigned) {
  unsigned bits = type.getIntOrFloatBitWidth();
  uint64_t raw = 0;
  std::memcpy(&raw, bytes, bits == 1 ? 1 : bits / 8);
  if (auto floatType = dyn_cast<FloatType>(type))
    return toDouble(APFloat(floatType.getFloatSemantics(), APInt(bits, raw)));
  if (bits == 1)
    return raw != 0;
  return toDouble(APInt(bits, raw), isUnsigned);
}

static std::optional<SmallVector<double>>
readResource(DenseResourceElementsAttr attribute, bool isUnsigned) {
  Type type = attribute.getType().getElementType();
  unsigned bits = type.getIntOrFloatBitWidth();
  if (bits > 64 || (bits % 8 != 0 && bits != 1))
    return std::nullopt;
  const AsmResourceBlob *blob = attribute.getRawHandle().getBlob();
  size_t width = bits == 1 ? 1 : bits / 8;
  size_t count = attribute.getType().getNumElements();
  if (!blob || blob->getData().size() < count * width)
    return std::nullopt;
  SmallVector<double> values;
  values.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    auto value =
        readBytes(blob->getData().data() + i * width, type, isUnsigned);
    if (!value)
      return std::nullopt;
    values.push_back(*value);
  }
  return values;
}

std::optional<SmallVector<double>> readElements(Attribute attribute,
                                                bool isUnsigned) {
  if (auto value = dyn_cast_or_null<FloatAttr>(attribute))
    return SmallVector<double>{toDouble(value.getValue())};
  if (auto value = dyn_cast_or_null<IntegerAttr>(attribute))
    return SmallVector<double>{toDouble(value.getValue(), isUnsigned)};

  auto elements = dyn_cast_or_null<ElementsAttr>(attribute);
  if (!elements || elements.getNumElements() > maxEvaluatedElements ||
      !elements.getElementType().isIntOrFloat())
    return std::nullopt;
  if (auto resource = dyn_cast<DenseResourceElementsAttr>(attribute))
    return readResource(resource, isUnsigned);
  auto dense = dyn_cast<DenseElementsAttr>(attribute);
  if (!dense)
    return std::nullopt;
  SmallVector<double> values;
  values.reserve(dense.getNumElements());
  if (isa<FloatType>(dense.getElementType())) {
    for (const APFloat &value : dense.getValues<APFloat>())
      values.push_back(toDouble(value));
  } else {
    for (const APInt &value : dense.getValues<APInt>())
      values.push_back(toDouble(value, isUnsigned));
  }
  return values;
}

std::optional<SmallVector<double>> readConstant(Value value, bool isUnsigned) {
  Attribute attribute;
  if (!matchPattern(value, m_Constant(&attribute)))
    return std::nullopt;
  return readElements(attribute, isUnsigned);
}

std::optional<double> readSplat(Value value, bool isUnsigned) {
  if (auto fill = value.getDefiningOp<linalg::FillOp>())
    return readSplat(fill.value(), isUnsigned);
  Attribute attribute;
  if (!matchPattern(value, m_Constant(&attribute)))
    return std::nullopt;
  if (auto dense = dyn_cast<DenseElementsAttr>(attribute);
      dense && dense.isSplat()) {
    if (isa<FloatType>(dense.getElementType()))
      return toDouble(dense.getSplatValue<APFloat>());
    if (dense.getElementType().isInteger())
      return toDouble(dense.getSplatValue<APInt>(), isUnsigned);
    return std::nullopt;
  }
  auto values = readElements(attribute, isUnsigned);
  if (!values || values->empty() || !llvm::all_equal(*values))
    return std::nullopt;
  return values->front();
}

} // namespace garam::npu
