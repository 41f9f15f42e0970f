//===- Tensor.cpp - Tensors at the edge of a program ----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/Tensor.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "llvm/Support/raw_ostream.h"

#include <limits>

namespace garam {

namespace {
struct DataTypeInfo {
  llvm::StringLiteral name;
  unsigned bytes;
  unsigned bits = 8 * bytes;
};
} // namespace

// In the order of the enumerators.
static constexpr DataTypeInfo dataTypes[numDataTypes] = {
    {"bool", 1, 1},
    {"int8", 1},
    {"uint8", 1},
    {"int16", 2},
    {"uint16", 2},
    {"int32", 4},
    {"uint32", 4},
    {"int64", 8},
    {"uint64", 8},
    {"float16", 2},
    {"bfloat16", 2},
    {"float32", 4},
    {"float64", 8},
    {"float8_e4m3fn", 1},
    {"float8_e4m3fnuz", 1},
    {"float8_e5m2", 1},
    {"float8_e5m2fnuz", 1},
    {"float8_e8m0fnu", 1},
    {"float4_e2m1fn", 1, 4},
    {"int4", 1, 4},
    {"uint4", 1, 4},
    {"int2", 1, 2},
    {"uint2", 1, 2},
};

unsigned getByteWidth(DataType type) {
  return dataTypes[static_cast<unsigned>(type)].bytes;
}

unsigned getBitWidth(DataType type) {
  return dataTypes[static_cast<unsigned>(type)].bits;
}

bool isSubByte(DataType type) {
  return type != DataType::Bool && getBitWidth(type) < 8;
}

llvm::StringRef getName(DataType type) {
  return dataTypes[static_cast<unsigned>(type)].name;
}

std::optional<DataType> parseDataType(llvm::StringRef name) {
  for (unsigned i = 0; i < numDataTypes; ++i)
    if (dataTypes[i].name == name)
      return static_cast<DataType>(i);
  return std::nullopt;
}

std::string TensorType::str() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << getName(type) << '[';
  llvm::interleave(shape, os, ",");
  os << ']';
  return text;
}

std::optional<uint64_t> getByteSize(const TensorType &type) {
  uint64_t size = getByteWidth(type.type);
  for (int64_t dim : type.shape) {
    if (dim < 0)
      return std::nullopt;
    std::optional<uint64_t> product =
        llvm::checkedMulUnsigned<uint64_t>(size, static_cast<uint64_t>(dim));
    if (!product || *product > uint64_t(std::numeric_limits<int64_t>::max()))
      return std::nullopt;
    size = *product;
  }
  return size;
}

} // namespace garam
