//===- ProtoWriter.h - Writes protobuf messages for tests -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Just enough of protobuf's wire format to write small models byte by byte.
// Field numbers are those of onnx-ml.proto.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_UNITTESTS_FRONTEND_ONNX_PROTOWRITER_H
#define GARAM_UNITTESTS_FRONTEND_ONNX_PROTOWRITER_H

#include <cstdint>
#include <string>
#include <vector>

namespace garam::onnx::testing {

class ProtoWriter {
public:
  ProtoWriter &number(unsigned field, uint64_t value) {
    varint(field << 3);
    varint(value);
    return *this;
  }
  ProtoWriter &bytes(unsigned field, const std::string &value) {
    varint(field << 3 | 2);
    varint(value.size());
    text += value;
    return *this;
  }
  ProtoWriter &message(unsigned field, const ProtoWriter &value) {
    return bytes(field, value.text);
  }

  std::string text;

private:
  void varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7)
      text.push_back(char(value | 0x80));
    text.push_back(char(value));
  }
};

enum DataType { kFloat = 1, kUInt8 = 2, kInt64 = 7, kInt4 = 22 };

/// A TensorProto with raw_data.
inline ProtoWriter makeTensor(const std::string &name, DataType type,
                              const std::vector<int64_t> &dims,
                              const std::string &data) {
  ProtoWriter tensor;
  for (int64_t dim : dims)
    tensor.number(1, uint64_t(dim));
  return tensor.number(2, type).bytes(8, name).bytes(9, data);
}

/// A TensorProto of floats with external data.
inline ProtoWriter makeExternalTensor(
    const std::string &name, const std::vector<int64_t> &dims,
    const std::vector<std::pair<std::string, std::string>> &entries) {
  ProtoWriter tensor;
  for (int64_t dim : dims)
    tensor.number(1, uint64_t(dim));
  tensor.number(2, kFloat).bytes(8, name);
  for (const auto &[key, value] : entries)
    tensor.message(13, ProtoWriter().bytes(1, key).bytes(2, value));
  return tensor.number(14, 1);
}

/// A ValueInfoProto; a dimension of -1 is named "N".
inline ProtoWriter makeValue(const std::string &name, DataType type,
                             const std::vector<int64_t> &dims) {
  ProtoWriter shape;
  for (int64_t dim : dims)
    shape.message(1, dim < 0 ? ProtoWriter().bytes(2, "N")
                             : ProtoWriter().number(1, uint64_t(dim)));
  ProtoWriter tensor;
  tensor.number(1, type).message(2, shape);
  return ProtoWriter().bytes(1, name).message(2,
                                              ProtoWriter().message(1, tensor));
}

inline ProtoWriter makeNode(const std::string &type,
                            const std::vector<std::string> &inputs,
                            const std::vector<std::string> &outputs) {
  ProtoWriter node;
  for (const std::string &input : inputs)
    node.bytes(1, input);
  for (const std::string &output : outputs)
    node.bytes(2, output);
  return node.bytes(4, type);
}

/// A ModelProto with IR version 10 around a GraphProto.
inline std::string makeModel(const ProtoWriter &graph, unsigned opset = 17) {
  return ProtoWriter()
      .number(1, 10)
      .message(7, graph)
      .message(8, ProtoWriter().number(2, opset))
      .text;
}

} // namespace garam::onnx::testing

#endif // GARAM_UNITTESTS_FRONTEND_ONNX_PROTOWRITER_H
