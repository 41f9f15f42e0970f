//===- Tensor.cpp - Tensors at the edge of a program ----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/Tensor.h"

#include "garam/Support/ElementKinds.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/raw_ostream.h"

#include <climits>
#include <limits>

namespace garam {

namespace {
struct DataTypeInfo {
  llvm::StringLiteral name;
  ElementKind kind;
  unsigned bits;
  int onnxNumber; // onnx-ml.proto, TensorProto.DataType
};
} // namespace

// In the order of the enumerators.
static constexpr DataTypeInfo dataTypes[numDataTypes] = {
    {"bool", ElementKind::Boolean, 1, 9},
    {"int8", ElementKind::Signed, 8, 3},
    {"uint8", ElementKind::Unsigned, 8, 2},
    {"int16", ElementKind::Signed, 16, 5},
    {"uint16", ElementKind::Unsigned, 16, 4},
    {"int32", ElementKind::Signed, 32, 6},
    {"uint32", ElementKind::Unsigned, 32, 12},
    {"int64", ElementKind::Signed, 64, 7},
    {"uint64", ElementKind::Unsigned, 64, 13},
    {"float16", ElementKind::Float, 16, 10},
    {"bfloat16", ElementKind::Float, 16, 16},
    {"float32", ElementKind::Float, 32, 1},
    {"float64", ElementKind::Float, 64, 11},
    {"float8_e4m3fn", ElementKind::Float, 8, 17},
    {"float8_e4m3fnuz", ElementKind::Float, 8, 18},
    {"float8_e5m2", ElementKind::Float, 8, 19},
    {"float8_e5m2fnuz", ElementKind::Float, 8, 20},
    {"float8_e8m0fnu", ElementKind::Float, 8, 24},
    {"float4_e2m1fn", ElementKind::Float, 4, 23},
    {"int4", ElementKind::Signed, 4, 22},
    {"uint4", ElementKind::Unsigned, 4, 21},
    {"int2", ElementKind::Signed, 2, 26},
    {"uint2", ElementKind::Unsigned, 2, 25},
};

static const DataTypeInfo &getInfo(DataType type) {
  return dataTypes[static_cast<unsigned>(type)];
}

static std::optional<DataType>
findType(llvm::function_ref<bool(const DataTypeInfo &)> isWanted) {
  for (unsigned i = 0; i < numDataTypes; ++i)
    if (isWanted(dataTypes[i]))
      return static_cast<DataType>(i);
  return std::nullopt;
}

ElementKind getKind(DataType type) { return getInfo(type).kind; }

std::optional<DataType> findInteger(ElementKind kind, uint64_t bits) {
  if (kind != ElementKind::Signed && kind != ElementKind::Unsigned)
    return std::nullopt;
  return findType([&](const DataTypeInfo &info) {
    return info.kind == kind && info.bits == bits;
  });
}

unsigned getByteWidth(DataType type) {
  return llvm::divideCeil(getBitWidth(type), CHAR_BIT);
}

unsigned getBitWidth(DataType type) { return getInfo(type).bits; }

bool isSubByte(DataType type) {
  return type != DataType::Bool && getBitWidth(type) < CHAR_BIT;
}

llvm::StringRef getName(DataType type) { return getInfo(type).name; }

std::optional<DataType> parseDataType(llvm::StringRef name) {
  return findType([&](const DataTypeInfo &info) { return info.name == name; });
}

int getONNXNumber(DataType type) { return getInfo(type).onnxNumber; }

std::optional<DataType> fromONNXNumber(int number) {
  return findType(
      [&](const DataTypeInfo &info) { return info.onnxNumber == number; });
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
