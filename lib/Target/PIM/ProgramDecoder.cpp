//===- ProgramDecoder.cpp - Bytes to HBM-PIM programs ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ProgramLayout.h"
#include "garam/Target/PIM/Encoding.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

namespace garam::pim {

namespace {

/// The IO of ProgramLayout.h that reads words. The first error is kept; from
/// then on every field reads as zero, so that all lists end.
class ProgramReader {
public:
  explicit ProgramReader(llvm::ArrayRef<uint8_t> bytes)
      : bytes(bytes), rest(bytes) {}

  void word(const char *name, uint32_t &value) {
    llvm::ArrayRef<uint8_t> taken = take(name, sizeof(value));
    value = taken.empty() ? 0 : llvm::support::endian::read32le(taken.data());
  }
  void wide(const char *name, uint64_t &value) {
    uint32_t low = 0, high = 0;
    word(name, low);
    word(name, high);
    value = uint64_t(high) << 32 | low;
  }
  void number(const char *name, float &value) {
    uint32_t raw = 0;
    word(name, raw);
    value = llvm::bit_cast<float>(raw);
  }
  void truth(const char *name, bool &value) { value = takeBelow(name, 2) != 0; }
  void constant(const char *name, uint32_t needed) {
    uint32_t found = 0;
    word(name, found);
    if (found != needed)
      fail(llvm::Twine("field '") + name + "' is " + llvm::Twine(found) +
           ", but this version of Garam needs " + llvm::Twine(needed));
  }
  template <typename T>
  void enumerator(const char *name, T &value, unsigned count) {
    value = static_cast<T>(takeBelow(name, count));
  }
  void text(const char *name, std::string &value) {
    uint32_t size = 0;
    word(name, size);
    llvm::ArrayRef<uint8_t> taken =
        take(name, llvm::alignTo(uint64_t(size), sizeof(uint32_t)));
    if (taken.empty())
      return;
    value.assign(taken.begin(), taken.begin() + size);
    if (llvm::any_of(taken.drop_front(size), [](uint8_t c) { return c != 0; }))
      fail(llvm::Twine("field '") + name + "' is not filled with zeros");
  }
  void burst(const char *name, Burst &value) {
    llvm::ArrayRef<uint8_t> taken = take(name, value.size());
    llvm::copy(taken, value.begin());
  }
  void instructions(const char *name, std::vector<Instruction> &kernel);

  template <typename T>
  void list(const char *name, std::vector<T> &values) {
    uint32_t count = 0;
    word(name, count);
    for (uint32_t i = 0; i < count && message.empty(); ++i)
      layout::visit(*this, values.emplace_back());
  }
  template <typename T>
  void optional(const char *name, std::optional<T> &value) {
    bool isThere = false;
    truth(name, isThere);
    if (isThere)
      layout::visit(*this, value.emplace());
  }
  template <typename... Ts>
  void alternative(const char *name, std::variant<Ts...> &value) {
    uint32_t number = takeBelow(name, sizeof...(Ts));
    uint32_t next = 0;
    // Makes the one member whose number it is.
    ((next++ == number ? layout::visit(*this, value.template emplace<Ts>())
                       : void()),
     ...);
  }

  llvm::Error finish() {
    if (message.empty() && !rest.empty())
      fail(llvm::Twine(rest.size()) + " bytes are left");
    if (message.empty())
      return llvm::Error::success();
    return llvm::createStringError("byte " + std::to_string(failedAt) + ": " +
                                   message);
  }

private:
  void fail(const llvm::Twine &what) {
    if (!message.empty())
      return;
    message = what.str();
    failedAt = bytes.size() - rest.size();
    rest = {};
  }

  /// Nothing after an error.
  llvm::ArrayRef<uint8_t> take(const char *name, uint64_t size) {
    if (!message.empty())
      return {};
    if (size > rest.size()) {
      fail(llvm::Twine("the program ends in field '") + name + "'");
      return {};
    }
    llvm::ArrayRef<uint8_t> taken = rest.take_front(size);
    rest = rest.drop_front(size);
    return taken;
  }

  uint32_t takeBelow(const char *name, uint32_t count) {
    uint32_t value = 0;
    word(name, value);
    if (value < count)
      return value;
    fail(llvm::Twine("field '") + name + "' is " + llvm::Twine(value) +
         ", not below " + llvm::Twine(count));
    return 0;
  }

  llvm::ArrayRef<uint8_t> bytes, rest;
  std::string message; // of the first error
  size_t failedAt = 0;
};

void ProgramReader::instructions(const char *name,
                                 std::vector<Instruction> &kernel) {
  uint32_t count = 0;
  word(name, count);
  for (uint32_t i = 0; i < count && message.empty(); ++i) {
    uint32_t raw = 0;
    word(name, raw);
    llvm::Expected<Instruction> instruction = decode(raw);
    if (!instruction)
      return fail(llvm::toString(instruction.takeError()));
    kernel.push_back(*instruction);
  }
}

} // namespace

llvm::Expected<Program> decodeProgram(llvm::ArrayRef<uint8_t> bytes) {
  ProgramReader reader(bytes);
  Program program;
  layout::visit(reader, program);
  if (llvm::Error error = reader.finish())
    return std::move(error);
  return std::move(program);
}

} // namespace garam::pim
