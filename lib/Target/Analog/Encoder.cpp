//===- Encoder.cpp - Analog programs to bytes -----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Analog/Encoding.h"

#include "Layout.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

namespace garam::analog {

namespace {

class WordWriter {
public:
  std::vector<uint8_t> bytes;

  template <typename T>
  void word(const T &value) {
    static_assert(sizeof(T) <= sizeof(uint32_t));
    uint32_t bits = 0;
    if constexpr (std::is_floating_point_v<T>)
      bits = llvm::bit_cast<uint32_t>(value);
    else
      bits = static_cast<uint32_t>(value);
    size_t at = bytes.size();
    bytes.resize(at + sizeof(bits));
    llvm::support::endian::write32le(bytes.data() + at, bits);
  }
  void wide(uint64_t value) {
    constexpr unsigned wordBits = 32;
    word(static_cast<uint32_t>(value));
    word(static_cast<uint32_t>(value >> wordBits));
  }
  void optionalWide(const std::optional<uint64_t> &value) {
    word(static_cast<uint32_t>(value.has_value()));
    if (value)
      wide(*value);
  }
  void constant(uint32_t value, const char *) { word(value); }
  void enumerator(MemoryRole role, unsigned) {
    word(static_cast<uint32_t>(role));
  }
  void alternative(const Command &command) {
    word(static_cast<uint32_t>(command.index()));
  }
  template <typename List, typename Visit>
  void list(const List &elements, Visit visit) {
    word(static_cast<uint32_t>(elements.size()));
    for (const auto &element : elements)
      visit(element);
  }
  void text(const std::string &value) {
    word(static_cast<uint32_t>(value.size()));
    bytes.insert(bytes.end(), value.begin(), value.end());
    bytes.resize(llvm::alignTo(bytes.size(), sizeof(uint32_t)));
  }
};

} // namespace

std::vector<uint8_t> encode(const Program &program) {
  WordWriter writer;
  layout::visitProgram(writer, program);
  return std::move(writer.bytes);
}

} // namespace garam::analog
