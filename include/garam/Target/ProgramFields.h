//===- ProgramFields.h - Binary form of device programs ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A device says once what fields its programs have: functions that show them in
// order to an IO, which is a FieldWriter for its encoder (of const members, or
// not) and a FieldReader for its decoder. Numbers are little endian. Each field
// takes the bytes of its type, an enumerator or truth value one byte, but at
// least one unit, and texts are padded with zeros to whole units.
//
// An IO offers:
//   number(name, value)             an integer, float or truth value
//   enumerator(name, value, count)  a number below `count`
//   constant(name, value)           a number that no other may stand for
//   text(name, string)              u32 size, then its bytes
//   fixed(name, array)              as many bytes as the array has
//   data(name, vector)              u64 size, then its bytes
//   list(name, elements, visit)     u32 count, then what `visit` shows of each
//   optional(name, value, visit)    whether it is there, then what it is
//   alternative(name, variant, visit) its number, then what it is
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_PROGRAMFIELDS_H
#define GARAM_TARGET_PROGRAMFIELDS_H

#include "garam/Target/DeviceProgram.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/bit.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MathExtras.h"

#include <optional>
#include <variant>

namespace garam {

/// Takes bytes that may come from a stranger one after the other. The first
/// fault is kept; from then on there are none.
class ByteReader {
public:
  explicit ByteReader(llvm::ArrayRef<uint8_t> bytes)
      : bytes(bytes), end(bytes.size()) {}

  /// The next `size` bytes, of field `name`; none after a fault.
  llvm::ArrayRef<uint8_t> take(llvm::StringRef name, uint64_t size);
  /// The next number of `size` bytes, at most 8; 0 after a fault.
  uint64_t takeNumber(llvm::StringRef name, unsigned size);
  /// The next `size` bytes, and zeros up to a multiple of `unit` bytes.
  std::string takeText(llvm::StringRef name, uint64_t size, unsigned unit);

  void fail(const llvm::Twine &what);
  bool hasFailed() const { return !message.empty(); }
  /// Says where the fault is.
  void addPlace(const llvm::Twine &place) {
    message = (place + ": " + message).str();
  }
  const std::string &getMessage() const { return message; }

  uint64_t getPosition() const { return position; }
  /// Where taking ends; at most where the bytes end.
  uint64_t getEnd() const { return end; }
  void setEnd(uint64_t newEnd) { end = newEnd; }

  /// The fault, which may be that there are bytes left: "byte 4: ...".
  llvm::Error finish();

private:
  llvm::ArrayRef<uint8_t> bytes;
  uint64_t position = 0, end;
  uint64_t failedAt = 0;
  std::string message;
};

/// How many bytes a field of type T takes.
template <typename T>
constexpr unsigned getFieldBytes(unsigned unit) {
  return std::max<unsigned>(sizeof(T), unit);
}

/// The IO of a decoder. After a fault every field reads as zero and all lists
/// end.
class FieldReader {
public:
  FieldReader(llvm::ArrayRef<uint8_t> bytes, unsigned unit)
      : reader(bytes), unit(unit) {}

  template <typename T>
  void number(llvm::StringRef name, T &value) {
    if constexpr (std::is_same_v<T, bool>) {
      value = takeBelow(name, 2) != 0;
    } else {
      static_assert(sizeof(T) > 1, "small numbers are enumerators");
      uint64_t raw = reader.takeNumber(name, getFieldBytes<T>(unit));
      if constexpr (std::is_same_v<T, float>)
        value = llvm::bit_cast<float>(static_cast<uint32_t>(raw));
      else
        value = static_cast<T>(raw);
    }
  }
  template <typename T>
  void enumerator(llvm::StringRef name, T &value, unsigned count) {
    value = static_cast<T>(takeBelow(name, count));
  }
  template <typename T>
  void constant(llvm::StringRef name, T needed) {
    T found = 0;
    number(name, found);
    if (found != needed)
      reader.fail("field '" + name + "' is " + llvm::Twine(found) +
                  ", but this version of Garam needs " + llvm::Twine(needed));
  }
  void text(llvm::StringRef name, std::string &value) {
    uint64_t size = reader.takeNumber(name, sizeof(uint32_t));
    value = reader.takeText(name, size, unit);
  }
  void fixed(llvm::StringRef name, llvm::MutableArrayRef<uint8_t> bytes) {
    llvm::copy(reader.take(name, bytes.size()), bytes.begin());
  }
  void data(llvm::StringRef name, std::vector<uint8_t> &bytes) {
    uint64_t size = reader.takeNumber(name, sizeof(uint64_t));
    bytes = reader.take(name, size).vec();
  }
  /// Nothing is reserved: the count may be a lie.
  template <typename List, typename Visit>
  void list(llvm::StringRef name, List &elements, Visit visit) {
    uint64_t count = reader.takeNumber(name, sizeof(uint32_t));
    for (uint64_t i = 0; i < count && !reader.hasFailed(); ++i)
      visit(elements.emplace_back());
  }
  template <typename T, typename Visit>
  void optional(llvm::StringRef name, std::optional<T> &value, Visit visit) {
    if (takeBelow(name, 2) != 0)
      visit(value.emplace());
  }
  template <typename... Ts, typename Visit>
  void alternative(llvm::StringRef name, std::variant<Ts...> &value,
                   Visit visit) {
    uint64_t number = takeBelow(name, sizeof...(Ts));
    uint64_t next = 0;
    // Makes the one member whose number it is.
    ((next++ == number ? visit(value.template emplace<Ts>()) : void()), ...);
  }

  void fail(const llvm::Twine &what) { reader.fail(what); }
  llvm::Error finish() { return reader.finish(); }

private:
  uint64_t takeBelow(llvm::StringRef name, uint64_t count);

  ByteReader reader;
  unsigned unit;
};

/// The IO of an encoder.
class FieldWriter {
public:
  explicit FieldWriter(unsigned unit) : unit(unit) {}

  template <typename T>
  void number(llvm::StringRef, const T &value) {
    if constexpr (std::is_same_v<T, float>)
      append(llvm::bit_cast<uint32_t>(value), getFieldBytes<T>(unit));
    else
      append(static_cast<uint64_t>(value), getFieldBytes<T>(unit));
  }
  template <typename T>
  void enumerator(llvm::StringRef, const T &value, unsigned) {
    append(static_cast<uint64_t>(value), unit);
  }
  template <typename T>
  void constant(llvm::StringRef name, T value) {
    number(name, value);
  }
  void text(llvm::StringRef, llvm::StringRef value);
  void fixed(llvm::StringRef, llvm::ArrayRef<uint8_t> value) {
    llvm::append_range(bytes, value);
  }
  void data(llvm::StringRef, llvm::ArrayRef<uint8_t> value) {
    append(value.size(), sizeof(uint64_t));
    llvm::append_range(bytes, value);
  }
  template <typename List, typename Visit>
  void list(llvm::StringRef, List &elements, Visit visit) {
    append(elements.size(), sizeof(uint32_t));
    for (auto &element : elements)
      visit(element);
  }
  template <typename T, typename Visit>
  void optional(llvm::StringRef name, T &value, Visit visit) {
    number(name, value.has_value());
    if (value)
      visit(*value);
  }
  template <typename T, typename Visit>
  void alternative(llvm::StringRef name, T &value, Visit visit) {
    enumerator(name, value.index(), std::variant_size_v<std::decay_t<T>>);
    std::visit(visit, value);
  }

  std::vector<uint8_t> takeBytes() { return std::move(bytes); }

private:
  void append(uint64_t number, unsigned size);

  std::vector<uint8_t> bytes;
  unsigned unit;
};

/// The fields of a program's segments.
template <typename IO, typename Segments>
void visitSegments(IO &io, Segments &segments) {
  io.list("segments", segments, [&](auto &segment) {
    io.enumerator("role", segment.role, numMemoryRoles);
    io.number("size", segment.size);
    io.text("name", segment.name);
  });
}

} // namespace garam

#endif // GARAM_TARGET_PROGRAMFIELDS_H
