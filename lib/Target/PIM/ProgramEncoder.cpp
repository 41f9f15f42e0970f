//===- ProgramEncoder.cpp - HBM-PIM programs to bytes ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ProgramLayout.h"
#include "Words.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

namespace garam::pim {

namespace {

/// The IO of ProgramLayout.h that appends words.
class ProgramWriter {
public:
  void word(const char *, uint32_t value) {
    size_t place = bytes.size();
    bytes.resize(place + sizeof(value));
    llvm::support::endian::write32le(&bytes[place], value);
  }
  void wide(const char *name, uint64_t value) {
    word(name, static_cast<uint32_t>(value));
    word(name, static_cast<uint32_t>(value >> 32));
  }
  void number(const char *name, float value) {
    word(name, llvm::bit_cast<uint32_t>(value));
  }
  void truth(const char *name, bool value) { word(name, value); }
  void constant(const char *name, uint32_t value) { word(name, value); }
  template <typename T>
  void enumerator(const char *name, T value, unsigned) {
    word(name, static_cast<uint32_t>(value));
  }
  void text(const char *name, const std::string &value) {
    word(name, static_cast<uint32_t>(value.size()));
    bytes.insert(bytes.end(), value.begin(), value.end());
    bytes.resize(llvm::alignTo(bytes.size(), sizeof(uint32_t)));
  }
  void burst(const char *, const Burst &value) {
    bytes.insert(bytes.end(), value.begin(), value.end());
  }
  void instructions(const char *name, const std::vector<Instruction> &kernel) {
    word(name, static_cast<uint32_t>(kernel.size()));
    for (const Instruction &instruction : kernel)
      word(name, pack(instruction));
  }
  template <typename T>
  void list(const char *name, std::vector<T> &values) {
    word(name, static_cast<uint32_t>(values.size()));
    for (T &value : values)
      layout::visit(*this, value);
  }
  template <typename T>
  void optional(const char *name, std::optional<T> &value) {
    truth(name, value.has_value());
    if (value)
      layout::visit(*this, *value);
  }
  template <typename... Ts>
  void alternative(const char *name, std::variant<Ts...> &value) {
    word(name, static_cast<uint32_t>(value.index()));
    std::visit([&](auto &member) { layout::visit(*this, member); }, value);
  }

  std::vector<uint8_t> bytes;
};

} // namespace

std::vector<uint8_t> encode(const Program &program) {
  ProgramWriter writer;
  // The fields are shown as places, for the decoder to fill.
  Program copy = program;
  layout::visit(writer, copy);
  return std::move(writer.bytes);
}

} // namespace garam::pim
