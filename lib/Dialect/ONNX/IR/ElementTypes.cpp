//===- ElementTypes.cpp - ONNX's element types in MLIR --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/ONNX/IR/ElementTypes.h"

#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;

namespace garam::onnx {

/// The newest number of TensorProto.DataType, INT2.
static constexpr int kLastDataType = 26;

Type getElementType(MLIRContext *context, int dataType) {
  auto integer = [&](unsigned width) {
    return IntegerType::get(context, width);
  };
  auto unsignedInteger = [&](unsigned width) {
    return IntegerType::get(context, width, IntegerType::Unsigned);
  };
  switch (dataType) {
  case 1:
    return Float32Type::get(context);
  case 2:
    return unsignedInteger(8);
  case 3:
    return integer(8);
  case 4:
    return unsignedInteger(16);
  case 5:
    return integer(16);
  case 6:
    return integer(32);
  case 7:
    return integer(64);
  case 9:
    return integer(1);
  case 10:
    return Float16Type::get(context);
  case 11:
    return Float64Type::get(context);
  case 12:
    return unsignedInteger(32);
  case 13:
    return unsignedInteger(64);
  case 14:
    return ComplexType::get(Float32Type::get(context));
  case 15:
    return ComplexType::get(Float64Type::get(context));
  case 16:
    return BFloat16Type::get(context);
  case 17:
    return Float8E4M3FNType::get(context);
  case 18:
    return Float8E4M3FNUZType::get(context);
  case 19:
    return Float8E5M2Type::get(context);
  case 20:
    return Float8E5M2FNUZType::get(context);
  case 21:
    return unsignedInteger(4);
  case 22:
    return integer(4);
  case 23:
    return Float4E2M1FNType::get(context);
  case 24:
    return Float8E8M0FNUType::get(context);
  case 25:
    return unsignedInteger(2);
  case kLastDataType:
    return integer(2);
  default:
    return Type();
  }
}

int getDataType(Type elementType) {
  if (!elementType)
    return 0;
  for (int dataType = 1; dataType <= kLastDataType; ++dataType)
    if (getElementType(elementType.getContext(), dataType) == elementType)
      return dataType;
  return 0;
}

} // namespace garam::onnx
