//===- NonFiniteWeights.cpp - Weights that a device cannot hold -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/NonFiniteWeights.h"

#include "garam/Support/RawElements.h"
#include "garam/Support/TargetClones.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/DialectResourceBlobManager.h"
#include "llvm/ADT/APFloat.h"
#include "llvm/Support/Endian.h"

#include <climits>

using namespace mlir;

namespace garam {

/// Whether the exponent of one of the floats has all bits set, which is so of
/// infinities and NaNs only. Without a branch, so that it is vectorised.
template <typename Bits>
static inline __attribute__((always_inline)) bool
hasNonFinite(ArrayRef<uint8_t> bytes, Bits exponent) {
  bool found = false;
  for (size_t i = 0; i + sizeof(Bits) <= bytes.size(); i += sizeof(Bits)) {
    auto bits = llvm::support::endian::read<Bits, llvm::endianness::little>(
        bytes.data() + i);
    found |= (bits & exponent) == exponent;
  }
  return found;
}

GARAM_TARGET_CLONES
static bool hasNonFinite(ArrayRef<uint8_t> bytes, DataType type) {
  switch (type) {
  case DataType::Float16:
    return hasNonFinite<uint16_t>(bytes, 0x7C00);
  case DataType::BFloat16:
    return hasNonFinite<uint16_t>(bytes, 0x7F80);
  case DataType::Float32:
    return hasNonFinite<uint32_t>(bytes, 0x7F800000);
  case DataType::Float64:
    return hasNonFinite<uint64_t>(bytes, 0x7FF0000000000000);
  default:
    return false; // no floats
  }
}

static const llvm::fltSemantics &getSemantics(DataType type) {
  switch (type) {
  case DataType::Float16:
    return APFloat::IEEEhalf();
  case DataType::BFloat16:
    return APFloat::BFloat();
  case DataType::Float64:
    return APFloat::IEEEdouble();
  default:
    return APFloat::IEEEsingle();
  }
}

static APFloat convert(APFloat value, const llvm::fltSemantics &semantics) {
  bool losesInfo = false;
  value.convert(semantics, APFloat::rmNearestTiesToEven, &losesInfo);
  return value;
}

/// Row-major element `number` of a tensor.
static SmallVector<int64_t, 4> getIndex(ArrayRef<int64_t> shape,
                                        int64_t number) {
  SmallVector<int64_t, 4> index(shape.size(), 0);
  for (size_t dim = shape.size(); dim-- > 0; number /= shape[dim])
    index[dim] = number % shape[dim];
  return index;
}

/// The first element of `weights` that is no finite number as `type`.
static std::optional<NonFiniteWeight>
findNonFinite(ElementsAttr weights, DataType type, bool mayBeBounds) {
  auto floats = dyn_cast<FloatType>(weights.getElementType());
  std::optional<RawElements> raw = getRawElements(weights);
  if (!floats || !raw)
    return std::nullopt;
  auto resource = dyn_cast<DenseResourceElementsAttr>(weights);
  unsigned width = floats.getWidth() / CHAR_BIT;
  int64_t count = raw->isSplat ? 1 : weights.getNumElements();
  for (int64_t i = 0; i < count; ++i) {
    uint64_t bits = 0;
    for (unsigned byte = width; byte-- > 0;)
      bits = bits << CHAR_BIT | uint8_t(raw->bytes[i * width + byte]);
    APFloat value(floats.getFloatSemantics(), APInt(floats.getWidth(), bits));
    if (convert(value, getSemantics(type)).isFinite() ||
        (mayBeBounds && value.isInfinity() && !resource))
      continue;
    NonFiniteWeight found;
    if (resource)
      found.tensor = resource.getRawHandle().getKey().str();
    found.index = getIndex(weights.getShapedType().getShape(), i);
    found.value = convert(value, APFloat::IEEEdouble()).convertToDouble();
    found.type = type;
    return found;
  }
  return std::nullopt;
}

std::optional<NonFiniteWeight> findNonFinite(ElementsAttr weights,
                                             DataType type,
                                             ArrayRef<uint8_t> written,
                                             bool mayBeBounds) {
  if (!hasNonFinite(written, type))
    return std::nullopt;
  return findNonFinite(weights, type, mayBeBounds);
}

} // namespace garam
