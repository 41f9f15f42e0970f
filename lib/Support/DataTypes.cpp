//===- DataTypes.cpp - Element types of IR as a binary has them -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/DataTypes.h"

#include "garam/Support/ElementKinds.h"
#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;

namespace garam {

static Type makeFloatType(MLIRContext *context, DataType type) {
  switch (type) {
  case DataType::Float16:
    return Float16Type::get(context);
  case DataType::BFloat16:
    return BFloat16Type::get(context);
  case DataType::Float32:
    return Float32Type::get(context);
  case DataType::Float64:
    return Float64Type::get(context);
  case DataType::Float8E4M3FN:
    return Float8E4M3FNType::get(context);
  case DataType::Float8E4M3FNUZ:
    return Float8E4M3FNUZType::get(context);
  case DataType::Float8E5M2:
    return Float8E5M2Type::get(context);
  case DataType::Float8E5M2FNUZ:
    return Float8E5M2FNUZType::get(context);
  case DataType::Float8E8M0FNU:
    return Float8E8M0FNUType::get(context);
  case DataType::Float4E2M1FN:
    return Float4E2M1FNType::get(context);
  default:
    return Type();
  }
}

Type getModelType(MLIRContext *context, DataType type) {
  switch (getKind(type)) {
  case ElementKind::Boolean:
  case ElementKind::Signed:
    return IntegerType::get(context, getBitWidth(type));
  case ElementKind::Unsigned:
    return IntegerType::get(context, getBitWidth(type), IntegerType::Unsigned);
  case ElementKind::Float:
    return makeFloatType(context, type);
  }
  return Type();
}

std::optional<DataType> fromModelType(Type type) {
  for (unsigned i = 0; i < numDataTypes; ++i)
    if (getModelType(type.getContext(), DataType(i)) == type)
      return DataType(i);
  return std::nullopt;
}

/// Elements of less than a byte too.
static std::optional<DataType> findType(Type type, bool isUnsigned) {
  auto integer = dyn_cast<IntegerType>(type);
  if (!integer)
    return fromModelType(type);
  if (integer.getWidth() == 1)
    return DataType::Bool;
  return findInteger(isUnsigned || integer.isUnsigned() ? ElementKind::Unsigned
                                                        : ElementKind::Signed,
                     integer.getWidth());
}

std::optional<DataType> getDataType(Type type, bool isUnsigned) {
  std::optional<DataType> found = findType(type, isUnsigned);
  return found && !isSubByte(*found) ? found : std::nullopt;
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
  auto integer = dyn_cast<IntegerType>(type);
  if (integer && !integer.isSignless())
    return std::nullopt;
  std::optional<DataType> found = findType(type, isUnsigned);
  return found && isSubByte(*found) ? found : std::nullopt;
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
