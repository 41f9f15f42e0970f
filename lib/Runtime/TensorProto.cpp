//===- TensorProto.cpp - ONNX's tensor files ------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/TensorFile.h"
#include "garam/Support/ElementKinds.h"
#include "garam/Support/Errors.h"

#include "onnx/onnx_pb.h"
#include "llvm/Support/MathExtras.h"

#include <climits>
#include <cstring>

using namespace llvm;

namespace garam {

using ::onnx::TensorProto;

/// Appends the low `width` bytes of each value of a typed field.
template <typename Field>
static void append(const Field &field, size_t width,
                   std::vector<uint8_t> &data) {
  for (auto value : field) {
    size_t offset = data.size();
    data.resize(offset + width);
    std::memcpy(data.data() + offset, &value, width);
  }
}

/// The data of the field that onnx.proto gives for the type.
static std::vector<uint8_t> getTypedData(const TensorProto &proto,
                                         DataType type) {
  std::vector<uint8_t> data;
  size_t width = getByteWidth(type);
  switch (type) {
  case DataType::Float32:
    append(proto.float_data(), width, data);
    break;
  case DataType::Float64:
    append(proto.double_data(), width, data);
    break;
  case DataType::Int64:
    append(proto.int64_data(), width, data);
    break;
  case DataType::UInt32:
  case DataType::UInt64:
    append(proto.uint64_data(), width, data);
    break;
  default:
    append(proto.int32_data(), width, data);
    break;
  }
  return data;
}

/// Elements of less than a byte lie side by side, the first in the low bits;
/// here each has a byte. Nothing when there are not as many as `count`.
static std::optional<std::vector<uint8_t>>
unpack(ArrayRef<uint8_t> packed, DataType type, uint64_t count) {
  unsigned bits = getBitWidth(type), perByte = CHAR_BIT / bits;
  if (packed.size() != divideCeil(count, perByte))
    return std::nullopt;
  std::vector<uint8_t> data(count);
  for (uint64_t i = 0; i < count; ++i)
    data[i] = (packed[i / perByte] >> (bits * (i % perByte))) &
              maskTrailingOnes<uint8_t>(bits);
  return data;
}

static Expected<Tensor> convert(const TensorProto &proto, StringRef file) {
  auto fail = [&](const Twine &message) {
    return makeUserError(ExitCode::Input, file + ": " + message);
  };
  std::optional<DataType> type = fromONNXNumber(proto.data_type());
  if (!type)
    return fail("a TensorProto of type " + Twine(proto.data_type()) +
                ", which no device takes");
  if (proto.data_location() == TensorProto::EXTERNAL)
    return fail("its data is in another file");
  Tensor tensor;
  tensor.type.type = *type;
  tensor.type.shape.assign(proto.dims().begin(), proto.dims().end());
  if (proto.has_raw_data())
    tensor.data.assign(proto.raw_data().begin(), proto.raw_data().end());
  else
    tensor.data = getTypedData(proto, *type);
  std::optional<uint64_t> size = getByteSize(tensor.type);
  size_t found = tensor.data.size();
  if (size && isSubByte(*type)) {
    auto data = unpack(tensor.data, *type, *size);
    if (!data)
      size.reset();
    else
      tensor.data = std::move(*data);
  }
  if (!size || tensor.data.size() != *size)
    return fail("has " + Twine(found) + " bytes of elements, which are not " +
                tensor.type.str());
  return tensor;
}

Expected<Tensor> readTensorProto(MemoryBufferRef file) {
  StringRef name = file.getBufferIdentifier();
  auto isNoProto = [&] {
    return makeUserError(ExitCode::Input, name + ": not an ONNX TensorProto");
  };
  // protobuf's own limit of one message.
  if (file.getBufferSize() > static_cast<size_t>(INT_MAX))
    return isNoProto();
  try {
    TensorProto proto;
    if (!proto.ParseFromArray(file.getBufferStart(),
                              static_cast<int>(file.getBufferSize())))
      return isNoProto();
    return convert(proto, name);
  } catch (const std::exception &exception) {
    return makeUserError(ExitCode::Input, name + ": " + exception.what());
  }
}

} // namespace garam
