//===- DataTypes.cpp - Element types of IR as a binary has them -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/DataTypes.h"

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace garam {

static std::optional<DataType> getFloatType(FloatType type) {
  return llvm::TypeSwitch<Type, std::optional<DataType>>(type)
      .Case([](Float16Type) { return DataType::Float16; })
      .Case([](BFloat16Type) { return DataType::BFloat16; })
      .Case([](Float32Type) { return DataType::Float32; })
      .Case([](Float64Type) { return DataType::Float64; })
      .Case([](Float8E4M3FNType) { return DataType::Float8E4M3FN; })
      .Case([](Float8E4M3FNUZType) { return DataType::Float8E4M3FNUZ; })
      .Case([](Float8E5M2Type) { return DataType::Float8E5M2; })
      .Case([](Float8E5M2FNUZType) { return DataType::Float8E5M2FNUZ; })
      .Case([](Float8E8M0FNUType) { return DataType::Float8E8M0FNU; })
      .Default([](Type) { return std::nullopt; });
}

std::optional<DataType> getDataType(Type type, bool isUnsigned) {
  if (auto floatType = dyn_cast<FloatType>(type))
    return getFloatType(floatType);
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer)
    return std::nullopt;
  isUnsigned |= integer.isUnsigned();
  switch (integer.getWidth()) {
  case 1:
    return DataType::Bool;
  case 8:
    return isUnsigned ? DataType::UInt8 : DataType::Int8;
  case 16:
    return isUnsigned ? DataType::UInt16 : DataType::Int16;
  case 32:
    return isUnsigned ? DataType::UInt32 : DataType::Int32;
  case 64:
    return isUnsigned ? DataType::UInt64 : DataType::Int64;
  default:
    return std::nullopt;
  }
}

Type getStoredType(Type type) {
  MLIRContext *context = type.getContext();
  if (isa<Float4E2M1FNType>(type))
    return Float8E4M3FNType::get(context);
  auto integer = dyn_cast<IntegerType>(type);
  if (integer && integer.getWidth() > 1 && integer.getWidth() < 8)
    return IntegerType::get(context, 8, integer.getSignedness());
  return type;
}

static std::optional<DataType> getNarrowType(Type type, bool isUnsigned) {
  if (isa<Float4E2M1FNType>(type))
    return DataType::Float4E2M1FN;
  if (type.isSignlessInteger(4))
    return isUnsigned ? DataType::UInt4 : DataType::Int4;
  if (type.isSignlessInteger(2))
    return isUnsigned ? DataType::UInt2 : DataType::Int2;
  return std::nullopt;
}

std::optional<DataType> getInterfaceType(Type type, DictionaryAttr attributes) {
  bool isUnsigned = attributes && attributes.contains(unsignedAttrName);
  Attribute narrow = attributes ? attributes.get(narrowAttrName) : Attribute();
  if (!narrow)
    return getDataType(type, isUnsigned);
  // IR of a file may say anything.
  auto narrowType = dyn_cast<TypeAttr>(narrow);
  if (!narrowType || getStoredType(narrowType.getValue()) != type)
    return std::nullopt;
  return getNarrowType(narrowType.getValue(), isUnsigned);
}

} // namespace garam
