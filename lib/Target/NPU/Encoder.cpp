//===- Encoder.cpp - NPU programs to bytes --------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Layout.h"
#include "garam/Target/NPU/Encoding.h"
#include "llvm/Support/Endian.h"

using namespace garam::npu;
using namespace garam::npu::layout;

namespace {

/// The IO of Layout.h that appends to a list of words.
class WordWriter {
public:
  /// With `trace`, also records where each field goes.
  explicit WordWriter(std::vector<EncodedField> *trace = nullptr)
      : trace(trace) {}

  template <typename T>
  void bits(const char *name, const T &value, unsigned width) {
    if (trace)
      record(name, width);
    uint64_t raw = toBits(value);
    if (width == 64) {
      words.push_back(static_cast<uint32_t>(raw));
      words.push_back(static_cast<uint32_t>(raw >> 32));
      return;
    }
    if (bit == 0)
      words.push_back(0);
    assert(bit + width <= 32 && "a field crosses the end of a word");
    words.back() |=
        static_cast<uint32_t>(raw & llvm::maskTrailingOnes<uint64_t>(width))
        << bit;
    bit = (bit + width) % 32;
  }

  template <typename T>
  void enumerator(const char *name, const T &value, unsigned width, unsigned) {
    bits(name, value, width);
  }

  void biased(const char *name, int value, unsigned width) {
    bits(name, value + 1, width);
  }

  void reserved(unsigned width) { bits("reserved", 0u, width); }

  template <typename Array>
  void list(const char *name, const Array &values, unsigned count,
            unsigned width) {
    for (unsigned i = 0; i < count; ++i)
      bits(name, values[i], width);
  }

  template <typename Vector>
  void resize(const Vector &, unsigned) {}
  template <typename T>
  void assign(const T &, const T &) {}

  void require([[maybe_unused]] bool condition, const char *) {
    assert(condition && "encoding a program that was not verified");
  }

  void text(const char *name, const std::string &value, uint32_t length) {
    if (trace)
      record(name, 8 * length);
    size_t begin = words.size();
    words.resize(begin + llvm::divideCeil(value.size(), 4));
    for (auto [i, c] : llvm::enumerate(value))
      words[begin + i / 4] |= uint32_t(static_cast<uint8_t>(c)) << i % 4 * 8;
  }

  void enter(const char *name) {
    if (trace)
      scopes.push_back(name);
  }
  void leave() {
    if (trace)
      scopes.pop_back();
  }

  std::vector<uint32_t> words;

private:
  template <typename T>
  static uint64_t toBits(const T &value) {
    if constexpr (std::is_same_v<T, float>)
      return llvm::bit_cast<uint32_t>(value);
    else if constexpr (std::is_same_v<T, double>)
      return llvm::bit_cast<uint64_t>(value);
    else
      return static_cast<uint64_t>(value);
  }

  void record(const char *name, unsigned width) {
    EncodedField field;
    for (const char *scope : scopes)
      field.name += std::string(scope) + ".";
    field.name += name;
    field.word = bit == 0 ? words.size() : words.size() - 1;
    field.bit = bit;
    field.width = width;
    trace->push_back(std::move(field));
  }

  /// Where the next field begins in the last word; 0: in a new word.
  unsigned bit = 0;
  std::vector<EncodedField> *trace;
  llvm::SmallVector<const char *> scopes;
};

void writeCommand(WordWriter &writer, const Command &command) {
  size_t begin = writer.words.size();
  writer.bits("command", command.index() + unsigned(firstOpcode), 8);
  writer.reserved(8);
  writer.bits("length", 0u, 16);
  std::visit([&](const auto &c) { visitCommand(writer, c); }, command);
  writer.words[begin] |= uint32_t(writer.words.size() - begin) << 16;
}

void writeQueue(WordWriter &writer, const Queue &queue) {
  uint32_t numCommands = queue.commands.size();
  visitQueue(writer, queue, numCommands);
  for (const Command &command : queue.commands)
    writeCommand(writer, command);
}

void writeProgram(WordWriter &writer, const Program &program) {
  Header header;
  header.minorVersion = getMinorVersion(program);
  header.numCores = program.numCores;
  header.numParameters = program.parameters.size();
  header.numSegments = program.segments.size();
  header.numQueues = program.queues.size();
  header.numResidents = program.residents.size();
  header.numSetupQueues = program.setup.size();
  visitHeader(writer, header);
  for (const LaunchParameter &parameter : program.parameters)
    visitParameter(writer, parameter);
  for (const Segment &segment : program.segments)
    visitSegment(writer, segment);
  for (const ResidentBytes &resident : program.residents)
    visitResident(writer, resident);
  for (const Queue &queue : program.setup)
    writeQueue(writer, queue);
  for (const Queue &queue : program.queues)
    writeQueue(writer, queue);
  // The size is known only now: the header is written again.
  header.size = writer.words.size() * sizeof(uint32_t);
  WordWriter start;
  visitHeader(start, header);
  llvm::copy(start.words, writer.words.begin());
}

} // namespace

/// Whether `command` has fields that came with version 1.2.
static bool hasFieldsOf2(const Command &command) {
  if (const auto *tensor = std::get_if<TensorCommand>(&command))
    return requantizes(*tensor);
  const auto *vector = std::get_if<VectorCommand>(&command);
  return vector &&
         (llvm::any_of(vector->outputs, quantizes) ||
          llvm::any_of(vector->reductions, [](const VectorReduction &r) {
            return r.initialInput >= 0;
          }));
}

uint16_t garam::npu::layout::getMinorVersion(const Program &program) {
  for (const Queue &queue : program.queues)
    if (llvm::any_of(queue.commands, hasFieldsOf2))
      return 2;
  return program.residents.empty() ? 0 : 1;
}

llvm::Expected<std::vector<uint8_t>>
garam::npu::encode(const Program &program) {
  if (llvm::Error error = verify(program))
    return std::move(error);

  WordWriter writer;
  writeProgram(writer, program);
  std::vector<uint8_t> bytes(writer.words.size() * sizeof(uint32_t));
  for (auto [i, word] : llvm::enumerate(writer.words))
    llvm::support::endian::write32le(&bytes[i * sizeof(uint32_t)], word);
  return bytes;
}

std::vector<EncodedField> garam::npu::getFields(const Program &program) {
  std::vector<EncodedField> fields;
  WordWriter writer(&fields);
  writeProgram(writer, program);
  return fields;
}

std::vector<EncodedField> garam::npu::getFields(const Command &command) {
  std::vector<EncodedField> fields;
  WordWriter writer(&fields);
  writeCommand(writer, command);
  return fields;
}
