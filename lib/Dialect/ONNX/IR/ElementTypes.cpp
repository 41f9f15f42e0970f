//===- ElementTypes.cpp - ONNX's element types in MLIR --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/ONNX/IR/ElementTypes.h"

#include "garam/Support/DataTypes.h"
#include "garam/Support/ElementKinds.h"
#include "mlir/IR/BuiltinTypes.h"

using namespace mlir;

namespace garam::onnx {

/// Complex numbers, which no device takes, have no DataType (onnx-ml.proto,
/// TensorProto.DataType).
static constexpr int kComplex64 = 14, kComplex128 = 15;

Type getElementType(MLIRContext *context, int dataType) {
  if (std::optional<DataType> type = fromONNXNumber(dataType))
    return getModelType(context, *type);
  if (dataType == kComplex64)
    return ComplexType::get(Float32Type::get(context));
  if (dataType == kComplex128)
    return ComplexType::get(Float64Type::get(context));
  return Type();
}

int getDataType(Type elementType) {
  if (!elementType)
    return 0;
  if (std::optional<DataType> type = fromModelType(elementType))
    return getONNXNumber(*type);
  for (int dataType : {kComplex64, kComplex128})
    if (getElementType(elementType.getContext(), dataType) == elementType)
      return dataType;
  return 0;
}

} // namespace garam::onnx
