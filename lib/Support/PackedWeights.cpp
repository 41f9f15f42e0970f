//===- PackedWeights.cpp - Weights of less than a byte --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/PackedWeights.h"

#include "garam/Support/DataTypes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/DialectResourceBlobManager.h"

using namespace mlir;

namespace garam {

static bool isNarrow(Type type) {
  return type.isIntOrFloat() && getStoredType(type) != type;
}

/// The byte that an element of these bits has in memory.
static uint8_t widen(const APInt &bits, Type type) {
  if (auto floatType = dyn_cast<FloatType>(type)) {
    APFloat value(floatType.getFloatSemantics(), bits);
    bool losesInfo;
    value.convert(cast<FloatType>(getStoredType(type)).getFloatSemantics(),
                  APFloat::rmNearestTiesToEven, &losesInfo);
    return value.bitcastToAPInt().getZExtValue();
  }
  return type.isUnsignedInteger() ? bits.getZExtValue() : bits.getSExtValue();
}

std::optional<PackedElements> PackedElements::get(ElementsAttr elements) {
  auto resource = dyn_cast<DenseResourceElementsAttr>(elements);
  Type type = elements.getElementType();
  const AsmResourceBlob *blob =
      resource && isNarrow(type) ? resource.getRawHandle().getBlob() : nullptr;
  if (!blob)
    return std::nullopt;
  PackedElements result;
  result.bits = type.getIntOrFloatBitWidth();
  uint64_t perByte = 8 / result.bits;
  ArrayRef<char> data = blob->getData();
  if (data.size() < llvm::divideCeil(elements.getNumElements(), perByte))
    return std::nullopt;
  result.bytes =
      ArrayRef(reinterpret_cast<const uint8_t *>(data.data()), data.size());
  result.mask = llvm::maskTrailingOnes<uint8_t>(result.bits);
  for (unsigned i = 0; i < result.table.size(); ++i)
    result.table[i] = widen(APInt(result.bits, i & result.mask), type);
  return result;
}

ElementsAttr getPackedWeight(Operation *op) {
  if (!isa<arith::ExtSIOp, arith::ExtUIOp, arith::ExtFOp>(op))
    return {};
  auto constant = op->getOperand(0).getDefiningOp<arith::ConstantOp>();
  auto resource = constant
                      ? dyn_cast<DenseResourceElementsAttr>(constant.getValue())
                      : DenseResourceElementsAttr();
  if (!resource || !isNarrow(resource.getElementType()))
    return {};
  Type type = resource.getElementType();
  if (getStoredType(type) != getElementTypeOrSelf(op->getResult(0).getType()))
    return {};
  if (!isa<arith::ExtUIOp>(op))
    return resource;
  auto unsignedType = IntegerType::get(
      op->getContext(), type.getIntOrFloatBitWidth(), IntegerType::Unsigned);
  return DenseResourceElementsAttr::get(
      cast<ShapedType>(resource.getType()).clone(unsignedType),
      resource.getRawHandle());
}

bool isPackedWeight(Operation *op) {
  return isa<arith::ConstantOp>(op) && !op->use_empty() &&
         llvm::all_of(op->getUsers(), [](Operation *user) {
           return static_cast<bool>(getPackedWeight(user));
         });
}

} // namespace garam
