//===- ProtoScan.h - Takes weights out of a serialised model ----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A model is a protobuf message, nearly all of whose bytes are the `raw_data`
// fields of its tensors. protobuf would copy each of them. The scan walks the
// wire format by itself, bounds-checked, and writes a slim copy of the message
// in which every payload is replaced by a short marker. The payloads stay where
// they are, in the mapped file. No bytes of the file are left in a raw_data, so
// that nothing in a file can pass for a marker.
//
// Field numbers are those of onnx-ml.proto, the wire format that of
// https://protobuf.dev/programming-guides/encoding.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_FRONTEND_ONNX_PROTOSCAN_H
#define GARAM_LIB_FRONTEND_ONNX_PROTOSCAN_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace garam::onnx {

/// Payloads up to this many bytes are put back into the message: shapes, axes,
/// scalars and the like, which shape inference reads. A marker is shorter.
constexpr size_t kMaxInlineBytes = 1024;

/// A model without its payloads.
struct SlimModel {
  /// A serialised ModelProto. Besides the payloads it lacks what the compiler
  /// does not read: documentation strings, metadata, training information.
  std::string bytes;
  /// The payloads, which point into the scanned buffer, by marker index.
  std::vector<llvm::ArrayRef<char>> payloads;
};

/// Scans a serialised ModelProto. Fails, with the byte offset, where the wire
/// format is broken or messages are nested too deeply.
llvm::Expected<SlimModel> scanModel(llvm::StringRef buffer);

/// The raw_data that stands for payload `index`.
std::string makePayloadMarker(uint64_t index);

/// The index in a marker; none when this is no marker.
std::optional<uint64_t> parsePayloadMarker(llvm::StringRef rawData);

} // namespace garam::onnx

#endif // GARAM_LIB_FRONTEND_ONNX_PROTOSCAN_H
