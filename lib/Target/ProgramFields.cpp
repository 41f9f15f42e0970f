//===- ProgramFields.cpp - Binary form of device programs -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/ProgramFields.h"

#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace garam {

void ByteReader::fail(const Twine &what) {
  if (hasFailed())
    return;
  message = what.str();
  failedAt = position;
}

ArrayRef<uint8_t> ByteReader::take(StringRef name, uint64_t size) {
  if (size > end - position)
    fail("ends before the end of field '" + name + "'");
  if (hasFailed())
    return {};
  ArrayRef<uint8_t> taken = bytes.slice(position, size);
  position += size;
  return taken;
}

uint64_t ByteReader::takeNumber(StringRef name, unsigned size) {
  uint64_t number = 0;
  for (auto [i, byte] : enumerate(take(name, size)))
    number |= uint64_t(byte) << 8 * i;
  return number;
}

std::string ByteReader::takeText(StringRef name, uint64_t size, unsigned unit) {
  ArrayRef<uint8_t> taken = take(name, alignTo(size, unit));
  if (taken.empty())
    return "";
  if (any_of(taken.drop_front(size), [](uint8_t byte) { return byte != 0; }))
    fail("field '" + name + "' is not padded with zeros");
  return toStringRef(taken.take_front(size)).str();
}

Error ByteReader::finish() {
  if (position != end)
    fail(Twine(end - position) + " bytes are left");
  if (!hasFailed())
    return Error::success();
  return createStringError("byte " + Twine(failedAt) + ": " + message);
}

uint64_t FieldReader::takeBelow(StringRef name, uint64_t count) {
  uint64_t value = reader.takeNumber(name, unit);
  if (value < count)
    return value;
  reader.fail("field '" + name + "' is " + Twine(value) + ", not below " +
              Twine(count));
  return 0;
}

void FieldWriter::append(uint64_t number, unsigned size) {
  for (unsigned i = 0; i < size; ++i)
    bytes.push_back(static_cast<uint8_t>(number >> 8 * i));
}

void FieldWriter::text(StringRef, StringRef value) {
  append(value.size(), sizeof(uint32_t));
  append_range(bytes, arrayRefFromStringRef(value));
  bytes.resize(alignTo(bytes.size(), unit));
}

} // namespace garam
