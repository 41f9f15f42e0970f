//===- Tensor.h - Tensors at the edge of a program --------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// What goes into a program and comes out of it: ONNX's element types and
// layout (row-major, little-endian, nothing between elements), but for those of
// less than a byte, which have one each.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_TENSOR_H
#define GARAM_SUPPORT_TENSOR_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace garam {

/// Element types of inputs and outputs, numbered as in a device binary.
enum class DataType : uint8_t {
  Bool = 0, // one byte, 0 or 1
  Int8 = 1,
  UInt8 = 2,
  Int16 = 3,
  UInt16 = 4,
  Int32 = 5,
  UInt32 = 6,
  Int64 = 7,
  UInt64 = 8,
  Float16 = 9,
  BFloat16 = 10,
  Float32 = 11,
  Float64 = 12,
  Float8E4M3FN = 13,
  Float8E4M3FNUZ = 14,
  Float8E5M2 = 15,
  Float8E5M2FNUZ = 16,
  Float8E8M0FNU = 17,
  // A byte each, as in numpy: the bits of the element are its low ones.
  Float4E2M1FN = 18,
  Int4 = 19,
  UInt4 = 20,
  Int2 = 21,
  UInt2 = 22,
};
constexpr unsigned numDataTypes = 23;

/// Bytes of one element.
unsigned getByteWidth(DataType type);
/// Bits that tell the values of one element apart: 4 of an int4.
unsigned getBitWidth(DataType type);
/// Whether an element has less than a byte, and ONNX packs several into one.
bool isSubByte(DataType type);
/// "float32", "int8", "bool", "bfloat16", "float8_e4m3fn", "int4", ...: the
/// names of numpy and of the package ml_dtypes.
llvm::StringRef getName(DataType type);
std::optional<DataType> parseDataType(llvm::StringRef name);

/// Type and shape: "float32[1,3,224,224]".
struct TensorType {
  DataType type = DataType::Float32;
  llvm::SmallVector<int64_t, 4> shape;

  bool operator==(const TensorType &other) const {
    return type == other.type && shape == other.shape;
  }
  bool operator!=(const TensorType &other) const { return !(*this == other); }
  std::string str() const;
};

/// Bytes of a tensor, or nothing when a dimension is negative or the size does
/// not fit 63 bits.
std::optional<uint64_t> getByteSize(const TensorType &type);

struct Tensor {
  std::string name;
  TensorType type;
  std::vector<uint8_t> data;
};

} // namespace garam

#endif // GARAM_SUPPORT_TENSOR_H
