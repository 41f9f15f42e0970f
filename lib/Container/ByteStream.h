//===- ByteStream.h - Little-endian fields one after the other --*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONTAINER_BYTESTREAM_H
#define GARAM_LIB_CONTAINER_BYTESTREAM_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Endian.h"

#include <string>
#include <vector>

namespace garam {

class ByteWriter {
public:
  template <typename T>
  void write(T value) {
    size_t offset = bytes.size();
    bytes.resize(offset + sizeof(T));
    llvm::support::endian::write<T, llvm::endianness::little>(
        bytes.data() + offset, value);
  }
  /// Length as 32 bits, then the characters.
  void writeString(llvm::StringRef text) {
    write<uint32_t>(text.size());
    bytes.insert(bytes.end(), text.bytes_begin(), text.bytes_end());
  }
  std::vector<uint8_t> take() { return std::move(bytes); }

private:
  std::vector<uint8_t> bytes;
};

/// Reads what may come from a stranger: past the end, everything is zero or
/// empty and `failed` is true from then on.
class ByteReader {
public:
  explicit ByteReader(llvm::ArrayRef<uint8_t> bytes) : bytes(bytes) {}

  template <typename T>
  T read() {
    if (bytes.size() < sizeof(T)) {
      fail();
      return T();
    }
    T value =
        llvm::support::endian::read<T, llvm::endianness::little>(bytes.data());
    bytes = bytes.drop_front(sizeof(T));
    return value;
  }
  std::string readString() {
    uint32_t size = read<uint32_t>();
    if (size > bytes.size()) {
      fail();
      return {};
    }
    std::string text(bytes.begin(), bytes.begin() + size);
    bytes = bytes.drop_front(size);
    return text;
  }
  /// A count of things that take at least `leastBytes` each: what cannot be
  /// there is not allocated either.
  uint32_t readCount(size_t leastBytes) {
    uint32_t count = read<uint32_t>();
    if (count > bytes.size() / leastBytes) {
      fail();
      return 0;
    }
    return count;
  }
  bool failed() const { return isFailed; }
  bool atEnd() const { return bytes.empty(); }

private:
  void fail() {
    isFailed = true;
    bytes = {};
  }

  llvm::ArrayRef<uint8_t> bytes;
  bool isFailed = false;
};

} // namespace garam

#endif // GARAM_LIB_CONTAINER_BYTESTREAM_H
