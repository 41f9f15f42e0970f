//===- Decoder.cpp - Bytes to NPU programs --------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Layout.h"
#include "garam/Target/NPU/Encoding.h"
#include "garam/Target/ProgramFields.h"
#include "llvm/ADT/Twine.h"

using namespace garam::npu;
using namespace garam::npu::layout;

namespace {

/// Words that a command usually has at least, waits and signals included.
constexpr size_t usualCommandWords = 8;

/// Of a word.
constexpr unsigned wordBytes = sizeof(uint32_t);

/// The IO of Layout.h that reads words. After a fault every field reads as
/// zero, so that all counts end.
class WordReader : public garam::ByteReader {
public:
  using ByteReader::ByteReader;

  /// Words up to the end.
  uint64_t countWords() const { return (getEnd() - getPosition()) / wordBytes; }

  template <typename T>
  void bits(const char *name, T &value, unsigned width) {
    uint64_t raw = takeBits(name, width);
    if constexpr (std::is_same_v<T, float>)
      value = llvm::bit_cast<float>(static_cast<uint32_t>(raw));
    else if constexpr (std::is_same_v<T, double>)
      value = llvm::bit_cast<double>(raw);
    else if constexpr (std::is_signed_v<T>)
      value = static_cast<T>(llvm::SignExtend64(raw, width));
    else
      value = static_cast<T>(raw);
  }

  template <typename T>
  void enumerator(const char *name, T &value, unsigned width, unsigned count) {
    uint64_t raw = takeBits(name, width);
    if (raw >= count) {
      fail(llvm::Twine("field '") + name + "' is " + llvm::Twine(raw) +
           ", not below " + llvm::Twine(count));
      raw = 0;
    }
    value = static_cast<T>(raw);
  }

  void biased(const char *name, int8_t &value, unsigned width) {
    value = static_cast<int8_t>(int(takeBits(name, width)) - 1);
  }

  void reserved(unsigned width) {
    if (takeBits("reserved", width) != 0)
      fail("reserved bits are not zero");
  }

  template <typename Array>
  void list(const char *name, Array &values, unsigned count, unsigned width) {
    if (count > values.size()) {
      fail(llvm::Twine(count) + " of field '" + name + "', at most " +
           llvm::Twine(values.size()) + " are possible");
      return;
    }
    for (unsigned i = 0; i < count; ++i)
      bits(name, values[i], width);
  }

  /// Every element takes at least a word, so memory is bounded by the input.
  template <typename Vector>
  void resize(Vector &vector, unsigned count) {
    if (count > countWords()) {
      fail("ends within a list");
      count = 0;
    }
    vector.resize(count);
  }

  template <typename T>
  void assign(T &to, const T &from) {
    to = from;
  }

  void require(bool condition, const char *what) {
    if (!condition)
      fail(llvm::Twine("not ") + what);
  }

  void text(const char *name, std::string &value, uint32_t length) {
    value = takeText(name, length, wordBytes);
  }

  void enter(const char *) {}
  void leave() {}

private:
  uint64_t takeBits(const char *name, unsigned width) {
    if (width == 64)
      return takeNumber(name, 2 * wordBytes);
    if (bit == 0)
      word = takeNumber(name, wordBytes);
    if (hasFailed())
      return 0;
    uint64_t value = word >> bit & llvm::maskTrailingOnes<uint64_t>(width);
    bit = (bit + width) % 32;
    return value;
  }

  uint32_t word = 0;
  /// Where the next field begins in `word`; 0: in the next word.
  unsigned bit = 0;
};

template <size_t index = 0>
Command makeCommand(unsigned number) {
  if constexpr (index + 1 < numOpcodes)
    if (number != index)
      return makeCommand<index + 1>(number);
  return Command(std::in_place_index<index>);
}

Command readCommand(WordReader &reader) {
  uint64_t outerEnd = reader.getEnd();
  uint64_t begin = reader.getPosition(), numWords = reader.countWords();
  uint32_t opcode, length;
  reader.bits("command", opcode, 8);
  reader.reserved(8);
  reader.bits("length", length, 16);
  if (reader.hasFailed())
    return LoopEndCommand();
  uint32_t number = opcode - uint32_t(firstOpcode);
  if (number >= numOpcodes) {
    reader.fail("unknown command code " + llvm::Twine(opcode));
    return LoopEndCommand();
  }
  if (length == 0 || length > numWords) {
    reader.fail("the command's length of " + llvm::Twine(length) +
                " words is not between 1 and the " + llvm::Twine(numWords) +
                " that are left");
    return LoopEndCommand();
  }
  Command command = makeCommand(number);
  reader.setEnd(begin + uint64_t(length) * wordBytes);
  std::visit([&](auto &c) { visitCommand(reader, c); }, command);
  if (!reader.hasFailed() && reader.countWords() != 0)
    reader.fail("the command is shorter than its length of " +
                llvm::Twine(length) + " words");
  reader.setEnd(outerEnd);
  return command;
}

void readQueue(WordReader &reader, Queue &queue) {
  uint32_t numCommands = 0;
  visitQueue(reader, queue, numCommands);
  // The count is a stranger's: no more than the input may well hold.
  queue.commands.reserve(
      std::min<size_t>(numCommands, reader.countWords() / usualCommandWords));
  for (uint32_t i = 0; i < numCommands && !reader.hasFailed(); ++i) {
    queue.commands.push_back(readCommand(reader));
    if (reader.hasFailed())
      reader.addPlace("core " + llvm::Twine(queue.core) + ", " +
                      getName(queue.engine) + " queue, command " +
                      llvm::Twine(i));
  }
}

llvm::Error makeError(const llvm::Twine &message) {
  return llvm::createStringError("NPU program: " + message);
}

} // namespace

llvm::Expected<Program> garam::npu::decode(llvm::ArrayRef<uint8_t> bytes) {
  WordReader reader(bytes);
  Header header;
  visitHeader(reader, header);
  if (reader.hasFailed())
    return makeError(reader.getMessage());
  if (header.magic != layout::magic)
    return makeError("does not begin with 'GNPU'");
  if (header.majorVersion != layout::majorVersion ||
      header.minorVersion > layout::minorVersion)
    return makeError("has version " + llvm::Twine(header.majorVersion) + "." +
                     llvm::Twine(header.minorVersion) + ", this is for " +
                     llvm::Twine(layout::majorVersion) + "." +
                     llvm::Twine(layout::minorVersion));
  if (header.size != bytes.size() || bytes.size() % sizeof(uint32_t) != 0)
    return makeError("says that it has " + llvm::Twine(header.size) +
                     " bytes, there are " + llvm::Twine(bytes.size()));

  Program program;
  program.numCores = header.numCores;
  reader.resize(program.parameters, header.numParameters);
  for (LaunchParameter &parameter : program.parameters)
    visitParameter(reader, parameter);
  reader.resize(program.segments, header.numSegments);
  for (Segment &segment : program.segments)
    visitSegment(reader, segment);
  reader.resize(program.residents, header.numResidents);
  for (ResidentBytes &resident : program.residents)
    visitResident(reader, resident);
  reader.resize(program.setup, header.numSetupQueues);
  for (Queue &queue : program.setup)
    readQueue(reader, queue);
  reader.resize(program.queues, header.numQueues);
  for (Queue &queue : program.queues)
    readQueue(reader, queue);
  if (reader.hasFailed())
    return makeError(reader.getMessage());
  if (reader.countWords() != 0)
    return makeError("goes on after its last queue");
  if (header.minorVersion != getMinorVersion(program))
    return makeError("is not stored in the lowest version for it, which is " +
                     llvm::Twine(layout::majorVersion) + "." +
                     llvm::Twine(getMinorVersion(program)));
  if (llvm::Error error = verify(program))
    return std::move(error);
  return program;
}
