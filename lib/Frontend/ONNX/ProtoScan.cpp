//===- ProtoScan.cpp - Takes weights out of a serialised model ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ProtoScan.h"

#include "garam/Support/Errors.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Endian.h"

using namespace llvm;

namespace garam::onnx {
namespace {

/// protobuf's own default limit on nested messages.
constexpr unsigned kMaxDepth = 100;

/// A varint of this many bytes holds any length that protobuf accepts, and may
/// be padded to it, so that a length can be written before it is known.
constexpr size_t kLengthBytes = 5;

/// Tags have 32 bits, of which protobuf drops what is above them: a longer one
/// would be another field to it than to the scan.
constexpr uint64_t kMaxTag = UINT32_MAX;

constexpr StringLiteral kMarkerPrefix = "garam.payload:";

enum class WireType : unsigned {
  Varint = 0,
  Fixed64 = 1,
  Bytes = 2,
  GroupBegin = 3,
  GroupEnd = 4,
  Fixed32 = 5,
};

/// The messages that lead to tensors. Other messages are copied as they are.
enum class Message { Model, Graph, Function, Node, Attribute, Tensor, Sparse };

/// What the scan does with a length-delimited field of a message.
struct FieldRule {
  enum Kind { Copy, Descend, Drop, Payload } kind = Copy;
  Message message = Message::Model;
};

FieldRule descend(Message message) { return {FieldRule::Descend, message}; }
constexpr FieldRule kDrop = {FieldRule::Drop, Message::Model};
constexpr FieldRule kPayload = {FieldRule::Payload, Message::Model};

FieldRule getFieldRule(Message message, uint64_t field) {
  switch (message) {
  case Message::Model:
    switch (field) {
    case 7: // graph
      return descend(Message::Graph);
    case 25: // functions
      return descend(Message::Function);
    case 6:  // doc_string
    case 14: // metadata_props
    case 20: // training_info
      return kDrop;
    }
    break;
  case Message::Graph:
    switch (field) {
    case 1: // node
      return descend(Message::Node);
    case 5: // initializer
      return descend(Message::Tensor);
    case 15: // sparse_initializer
      return descend(Message::Sparse);
    case 10: // doc_string
    case 14: // quantization_annotation
    case 16: // metadata_props
      return kDrop;
    }
    break;
  case Message::Function:
    switch (field) {
    case 7: // node
      return descend(Message::Node);
    case 11: // attribute_proto
      return descend(Message::Attribute);
    case 8:  // doc_string
    case 14: // metadata_props
      return kDrop;
    }
    break;
  case Message::Node:
    switch (field) {
    case 5: // attribute
      return descend(Message::Attribute);
    case 6:  // doc_string
    case 9:  // metadata_props
    case 10: // device_configurations
      return kDrop;
    }
    break;
  case Message::Attribute:
    switch (field) {
    case 5:  // t
    case 10: // tensors
      return descend(Message::Tensor);
    case 6:  // g
    case 11: // graphs
      return descend(Message::Graph);
    case 22: // sparse_tensor
    case 23: // sparse_tensors
      return descend(Message::Sparse);
    case 13: // doc_string
      return kDrop;
    }
    break;
  case Message::Tensor:
    switch (field) {
    case 9: // raw_data
      return kPayload;
    case 12: // doc_string
    case 16: // metadata_props
      return kDrop;
    }
    break;
  case Message::Sparse:
    switch (field) {
    case 1: // values
    case 2: // indices
      return descend(Message::Tensor);
    }
    break;
  }
  return {};
}

class Scanner {
public:
  explicit Scanner(StringRef buffer) : buffer(buffer) {}

  Error scan() { return scanMessage(Message::Model, buffer.size(), 0); }
  SlimModel take() { return std::move(result); }

private:
  Error fail(const Twine &what) {
    return makeUserError(ExitCode::Model, "not a valid ONNX file: at byte " +
                                              Twine(position) + " " + what);
  }

  Error readVarint(size_t end, uint64_t &value) {
    value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (position >= end)
        return fail("a number runs past the end of its message; is the file "
                    "truncated?");
      uint8_t byte = buffer[position++];
      value |= uint64_t(byte & 0x7f) << shift;
      if (!(byte & 0x80))
        return Error::success();
    }
    return fail("a number has more than ten bytes");
  }

  void writeVarint(uint64_t value) {
    while (value >= 0x80) {
      result.bytes.push_back(char(value | 0x80));
      value >>= 7;
    }
    result.bytes.push_back(char(value));
  }

  Error skip(size_t end, uint64_t size) {
    if (size > end - position)
      return fail("a field of " + Twine(size) + " bytes has only " +
                  Twine(end - position) + " left; is the file truncated?");
    position += size;
    return Error::success();
  }

  Error scanMessage(Message message, size_t end, unsigned depth) {
    if (depth > kMaxDepth)
      return fail("messages are nested more than " + Twine(kMaxDepth) +
                  " deep");
    while (position < end) {
      size_t begin = position;
      uint64_t tag;
      if (Error error = readVarint(end, tag))
        return error;
      if (tag > kMaxTag)
        return fail("a field's tag has more than 32 bits");
      auto type = static_cast<WireType>(tag & 7);
      if (type != WireType::Bytes) {
        if (Error error = skipScalar(type, end))
          return error;
        result.bytes.append(buffer.data() + begin, position - begin);
        continue;
      }
      if (Error error = scanBytesField(message, tag, begin, end, depth))
        return error;
    }
    return Error::success();
  }

  Error skipScalar(WireType type, size_t end) {
    uint64_t ignored;
    switch (type) {
    case WireType::Varint:
      return readVarint(end, ignored);
    case WireType::Fixed64:
      return skip(end, 8);
    case WireType::Fixed32:
      return skip(end, 4);
    default:
      // No field of ONNX is a group, and no writer of ONNX makes one.
      return fail("there is no field; is this an ONNX file?");
    }
  }

  Error scanBytesField(Message message, uint64_t tag, size_t begin, size_t end,
                       unsigned depth) {
    uint64_t size;
    if (Error error = readVarint(end, size))
      return error;
    size_t dataBegin = position;
    if (Error error = skip(end, size))
      return error;
    FieldRule rule = getFieldRule(message, tag >> 3);
    switch (rule.kind) {
    case FieldRule::Drop:
      return Error::success();
    case FieldRule::Copy:
      result.bytes.append(buffer.data() + begin, position - begin);
      return Error::success();
    case FieldRule::Payload:
      writePayload(tag, buffer.substr(dataBegin, size));
      return Error::success();
    case FieldRule::Descend:
      break;
    }
    position = dataBegin;
    writeVarint(tag);
    size_t lengthAt = result.bytes.size();
    result.bytes.append(kLengthBytes, '\0');
    if (Error error = scanMessage(rule.message, dataBegin + size, depth + 1))
      return error;
    return patchLength(lengthAt);
  }

  Error patchLength(size_t lengthAt) {
    uint64_t length = result.bytes.size() - lengthAt - kLengthBytes;
    if (length > INT32_MAX)
      return fail("a message is longer than 2 GiB without its weights");
    for (size_t i = 0; i < kLengthBytes; ++i) {
      bool last = i + 1 == kLengthBytes;
      result.bytes[lengthAt + i] = char((length & 0x7f) | (last ? 0 : 0x80));
      length >>= 7;
    }
    return Error::success();
  }

  void writePayload(uint64_t tag, StringRef data) {
    std::string marker = makePayloadMarker(result.payloads.size());
    result.payloads.emplace_back(data.data(), data.size());
    writeVarint(tag);
    writeVarint(marker.size());
    result.bytes += marker;
  }

  StringRef buffer;
  size_t position = 0;
  SlimModel result;
};

} // namespace

Expected<SlimModel> scanModel(StringRef buffer) {
  Scanner scanner(buffer);
  if (Error error = scanner.scan())
    return std::move(error);
  return scanner.take();
}

std::string makePayloadMarker(uint64_t index) {
  return (kMarkerPrefix + Twine(index)).str();
}

std::optional<uint64_t> parsePayloadMarker(StringRef rawData) {
  uint64_t index;
  if (!rawData.consume_front(kMarkerPrefix) || rawData.getAsInteger(10, index))
    return std::nullopt;
  return index;
}

} // namespace garam::onnx
