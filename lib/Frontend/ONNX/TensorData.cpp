//===- TensorData.cpp - The bytes of a TensorProto ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "TensorData.h"

#include "ProtoScan.h"
#include "garam/Support/ElementKinds.h"
#include "garam/Support/Errors.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CheckedArithmetic.h"
#include "llvm/Support/Endian.h"

#include <climits>

using namespace llvm;

namespace garam::onnx {
namespace {

static_assert(endianness::native == endianness::little,
              "weights are used in ONNX's byte order, which is little-endian");

Error fail(const pb::TensorProto &tensor, const Twine &what) {
  return makeUserError(ExitCode::Model,
                       "tensor '" + tensor.name() + "': " + what);
}

Error checkSize(const pb::TensorProto &tensor, uint64_t bytes,
                uint64_t expected) {
  if (bytes == expected)
    return Error::success();
  return fail(tensor, "its data has " + Twine(bytes) +
                          " bytes, but its shape and type need " +
                          Twine(expected));
}

/// Whether a normalized tensor of `bytes` bytes is a marker. The checker wants
/// to see all of a tensor whose elements are packed.
bool isLarge(const pb::TensorProto &tensor, uint64_t bytes) {
  return bytes > kMaxInlineBytes && getElementBits(tensor.data_type()) >= 8;
}

/// Appends the low `bytes` bytes of each value of a typed field.
template <typename Field>
void appendValues(const Field &field, unsigned bytes, std::string &out) {
  for (auto value : field)
    out.append(reinterpret_cast<const char *>(&value), bytes);
}

/// The data of one of the typed fields (float_data and so on), as raw_data.
std::string getTypedData(const pb::TensorProto &tensor) {
  std::string out;
  switch (tensor.data_type()) {
  case pb::TensorProto::FLOAT:
  case pb::TensorProto::COMPLEX64:
    appendValues(tensor.float_data(), 4, out);
    break;
  case pb::TensorProto::DOUBLE:
  case pb::TensorProto::COMPLEX128:
    appendValues(tensor.double_data(), 8, out);
    break;
  case pb::TensorProto::INT64:
    appendValues(tensor.int64_data(), 8, out);
    break;
  case pb::TensorProto::UINT64:
    appendValues(tensor.uint64_data(), 8, out);
    break;
  case pb::TensorProto::UINT32:
    appendValues(tensor.uint64_data(), 4, out);
    break;
  default:
    // Types of less than a byte are packed here too, a byte in each value.
    appendValues(tensor.int32_data(),
                 std::max(1u, getElementBits(tensor.data_type()) / 8), out);
  }
  return out;
}

void clearTypedData(pb::TensorProto &tensor) {
  tensor.clear_float_data();
  tensor.clear_double_data();
  tensor.clear_int32_data();
  tensor.clear_int64_data();
  tensor.clear_uint64_data();
  tensor.clear_external_data();
  tensor.clear_data_location();
}

WeightRef makeOwned(std::string data) {
  auto owner = std::make_shared<std::string>(std::move(data));
  return {owner, {owner->data(), owner->size()}};
}

Error visitTensors(pb::GraphProto &graph,
                   function_ref<Error(pb::TensorProto &)> visit);

Error visitTensors(pb::SparseTensorProto &sparse,
                   function_ref<Error(pb::TensorProto &)> visit) {
  if (sparse.has_values())
    if (Error error = visit(*sparse.mutable_values()))
      return error;
  return sparse.has_indices() ? visit(*sparse.mutable_indices())
                              : Error::success();
}

Error visitTensors(pb::AttributeProto &attribute,
                   function_ref<Error(pb::TensorProto &)> visit) {
  if (attribute.has_t())
    if (Error error = visit(*attribute.mutable_t()))
      return error;
  for (pb::TensorProto &tensor : *attribute.mutable_tensors())
    if (Error error = visit(tensor))
      return error;
  if (attribute.has_sparse_tensor())
    if (Error error = visitTensors(*attribute.mutable_sparse_tensor(), visit))
      return error;
  for (pb::SparseTensorProto &sparse : *attribute.mutable_sparse_tensors())
    if (Error error = visitTensors(sparse, visit))
      return error;
  if (attribute.has_g())
    if (Error error = visitTensors(*attribute.mutable_g(), visit))
      return error;
  for (pb::GraphProto &graph : *attribute.mutable_graphs())
    if (Error error = visitTensors(graph, visit))
      return error;
  return Error::success();
}

Error visitTensors(pb::NodeProto &node,
                   function_ref<Error(pb::TensorProto &)> visit) {
  for (pb::AttributeProto &attribute : *node.mutable_attribute())
    if (Error error = visitTensors(attribute, visit))
      return error;
  return Error::success();
}

Error visitTensors(pb::GraphProto &graph,
                   function_ref<Error(pb::TensorProto &)> visit) {
  for (pb::TensorProto &tensor : *graph.mutable_initializer())
    if (Error error = visit(tensor))
      return error;
  for (pb::SparseTensorProto &sparse : *graph.mutable_sparse_initializer())
    if (Error error = visitTensors(sparse, visit))
      return error;
  for (pb::NodeProto &node : *graph.mutable_node())
    if (Error error = visitTensors(node, visit))
      return error;
  return Error::success();
}

} // namespace

unsigned getElementBits(int type) {
  if (std::optional<DataType> known = fromONNXNumber(type))
    return isSubByte(*known) ? getBitWidth(*known)
                             : CHAR_BIT * getByteWidth(*known);
  // Nothing computes with these, but models may hold them.
  switch (type) {
  case pb::TensorProto::COMPLEX64:
    return 64;
  case pb::TensorProto::COMPLEX128:
    return 128;
  default:
    return 0;
  }
}

Expected<uint64_t> getTensorBytes(const pb::TensorProto &tensor) {
  unsigned bits = getElementBits(tensor.data_type());
  if (bits == 0)
    return fail(tensor, "its element type (number " +
                            Twine(tensor.data_type()) +
                            ") is unknown or has no fixed size");
  uint64_t total = bits;
  for (int64_t dim : tensor.dims()) {
    if (dim < 0)
      return fail(tensor, "it has a negative dimension, " + Twine(dim));
    std::optional<uint64_t> product =
        checkedMulUnsigned<uint64_t>(total, uint64_t(dim));
    if (!product || *product > uint64_t(INT64_MAX))
      return fail(tensor, "its dimensions multiply to more than 2^63 bits");
    total = *product;
  }
  return (total + 7) / 8;
}

TensorStore::TensorStore(std::shared_ptr<MemoryBuffer> file,
                         std::vector<ArrayRef<char>> modelPayloads,
                         StringRef modelPath)
    : modelFile(std::move(file)), externalFiles(modelPath) {
  payloads.reserve(modelPayloads.size());
  for (ArrayRef<char> payload : modelPayloads)
    payloads.push_back({modelFile, payload});
}

std::vector<std::shared_ptr<MemoryBuffer>> TensorStore::getFiles() const {
  std::vector<std::shared_ptr<MemoryBuffer>> files = {modelFile};
  append_range(files, externalFiles.getFiles());
  return files;
}

std::string TensorStore::addPayload(WeightRef data) {
  payloads.push_back(std::move(data));
  return makePayloadMarker(payloads.size() - 1);
}

Expected<WeightRef> TensorStore::fetchExternal(const pb::TensorProto &tensor,
                                               uint64_t expectedBytes) {
  ExternalLocation where;
  for (const pb::StringStringEntryProto &entry : tensor.external_data()) {
    StringRef value = entry.value();
    bool bad = false;
    if (entry.key() == "location") {
      where.location = entry.value();
    } else if (entry.key() == "offset") {
      bad = value.getAsInteger(10, where.offset);
    } else if (entry.key() == "length") {
      uint64_t length = 0;
      bad = value.getAsInteger(10, length);
      where.length = length;
    }
    if (bad)
      return fail(tensor, "'" + value + "' is not a valid " + entry.key() +
                              " of external data");
  }
  return externalFiles.get(tensor.name(), where, expectedBytes);
}

Expected<WeightRef> TensorStore::fetch(const pb::TensorProto &tensor,
                                       uint64_t expectedBytes) {
  if (tensor.data_location() == pb::TensorProto::EXTERNAL)
    return fetchExternal(tensor, expectedBytes);
  if (!tensor.has_raw_data())
    return makeOwned(getTypedData(tensor));
  return getPayload(tensor);
}

Expected<WeightRef>
TensorStore::getPayload(const pb::TensorProto &tensor) const {
  std::optional<uint64_t> index = parsePayloadMarker(tensor.raw_data());
  if (!index || *index >= payloads.size())
    return fail(tensor, "its raw data is not that of the file");
  return payloads[*index];
}

Expected<WeightRef> TensorStore::load(const pb::TensorProto &tensor) {
  if (tensor.has_segment())
    return fail(tensor, "tensors in segments are not supported");
  Expected<uint64_t> expected = getTensorBytes(tensor);
  if (!expected)
    return expected.takeError();
  Expected<WeightRef> data = fetch(tensor, *expected);
  if (!data)
    return data.takeError();
  if (Error error = checkSize(tensor, data->bytes.size(), *expected))
    return std::move(error);
  return data;
}

Error TensorStore::normalize(pb::TensorProto &tensor) {
  if (tensor.data_type() == pb::TensorProto::STRING)
    return Error::success();
  Expected<WeightRef> data = load(tensor);
  if (!data)
    return data.takeError();
  clearTypedData(tensor);
  if (isLarge(tensor, data->bytes.size()))
    tensor.set_raw_data(addPayload(*data));
  else
    tensor.set_raw_data(data->bytes.data(), data->bytes.size());
  return Error::success();
}

Expected<WeightRef> TensorStore::get(const pb::TensorProto &tensor) const {
  Expected<uint64_t> expected = getTensorBytes(tensor);
  if (!expected)
    return expected.takeError();
  // A marker is shorter than any large tensor.
  bool isMarker = isLarge(tensor, *expected) && tensor.has_raw_data() &&
                  tensor.raw_data().size() != *expected;
  Expected<WeightRef> data =
      isMarker ? getPayload(tensor)
               : makeOwned(tensor.has_raw_data() ? tensor.raw_data()
                                                 : getTypedData(tensor));
  if (!data)
    return data;
  if (Error error = checkSize(tensor, data->bytes.size(), *expected))
    return std::move(error);
  return data;
}

Error visitTensors(pb::ModelProto &model,
                   function_ref<Error(pb::TensorProto &)> visit) {
  if (Error error = visitTensors(*model.mutable_graph(), visit))
    return error;
  for (pb::FunctionProto &function : *model.mutable_functions()) {
    for (pb::NodeProto &node : *function.mutable_node())
      if (Error error = visitTensors(node, visit))
        return error;
    for (pb::AttributeProto &attribute : *function.mutable_attribute_proto())
      if (Error error = visitTensors(attribute, visit))
        return error;
  }
  return Error::success();
}

} // namespace garam::onnx
