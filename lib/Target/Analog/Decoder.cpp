//===- Decoder.cpp - Bytes to analog programs -----------------------------===//
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

/// After the first fault every field reads as zero, and lists are empty.
class WordReader {
public:
  explicit WordReader(llvm::ArrayRef<uint8_t> bytes) : bytes(bytes) {}

  template <typename T>
  void word(T &value) {
    uint32_t bits = take();
    if constexpr (std::is_floating_point_v<T>)
      value = llvm::bit_cast<T>(bits);
    else
      value = static_cast<T>(bits);
  }
  void wide(uint64_t &value) {
    constexpr unsigned wordBits = 32;
    uint64_t low = take();
    value = low | uint64_t(take()) << wordBits;
  }
  void optionalWide(std::optional<uint64_t> &value) {
    uint32_t present = take();
    require(present <= 1, "a flag that is 0 or 1");
    if (present)
      wide(value.emplace());
  }
  void constant(uint32_t value, const char *what) {
    require(take() == value, what);
  }
  void enumerator(MemoryRole &role, unsigned count) {
    uint32_t number = take();
    require(number < count, "the number of a role of a segment");
    role = static_cast<MemoryRole>(number % count);
  }
  void alternative(Command &command) {
    switch (uint32_t number = take()) {
    case 0:
      command.emplace<0>();
      break;
    case 1:
      command.emplace<1>();
      break;
    case 2:
      command.emplace<2>();
      break;
    case 3:
      command.emplace<3>();
      break;
    default:
      require(number == 4, "the number of a command");
      command.emplace<4>();
    }
  }
  template <typename List, typename Visit>
  void list(List &elements, Visit visit) {
    uint32_t count = take();
    // Every element has a word at least.
    require(count <= bytes.size() / sizeof(uint32_t),
            "a list that does not end behind the program");
    for (uint32_t i = 0; i < count && !fault; ++i)
      visit(elements.emplace_back());
  }
  void text(std::string &value) {
    uint64_t size = take();
    uint64_t padded = llvm::alignTo(size, sizeof(uint32_t));
    require(padded <= bytes.size(), "a name that does not end behind it");
    if (fault)
      return;
    value.assign(bytes.begin(), bytes.begin() + size);
    for (uint8_t byte : bytes.slice(size, padded - size))
      require(byte == 0, "zeros behind a name");
    bytes = bytes.drop_front(padded);
    position += padded;
  }

  llvm::Error finish() {
    require(bytes.empty(), "the end of the program");
    if (!fault)
      return llvm::Error::success();
    return llvm::createStringError("byte " + std::to_string(faultAt) +
                                   " of the program: needed " + fault);
  }

private:
  uint32_t take() {
    require(bytes.size() >= sizeof(uint32_t), "another word");
    if (fault)
      return 0;
    uint32_t value = llvm::support::endian::read32le(bytes.data());
    bytes = bytes.drop_front(sizeof(value));
    position += sizeof(value);
    return value;
  }
  void require(bool condition, const char *what) {
    if (condition || fault)
      return;
    fault = what;
    faultAt = position;
  }

  llvm::ArrayRef<uint8_t> bytes;
  uint64_t position = 0, faultAt = 0;
  const char *fault = nullptr;
};

} // namespace

llvm::Expected<Program> decode(llvm::ArrayRef<uint8_t> bytes) {
  WordReader reader(bytes);
  Program program;
  layout::visitProgram(reader, program);
  if (llvm::Error error = reader.finish())
    return std::move(error);
  return program;
}

} // namespace garam::analog
