//===- Program.cpp - What a program may be, its bytes and its text --------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Program.h"

#include "garam/Target/ProgramFields.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;
using garam::DeviceSegment;
using garam::MemoryRole;

namespace abacus {

StringRef getName(Opcode opcode) {
  static constexpr StringLiteral names[numOpcodes] = {
      "load", "number", "add", "subtract", "multiply", "maximum", "minimum"};
  return names[static_cast<unsigned>(opcode)];
}

uint64_t Chain::countMACs() const {
  bool hasProduct = any_of(instructions, [](const Instruction &instruction) {
    return instruction.opcode == Opcode::Multiply;
  });
  return row > 1 && hasProduct ? elements : 0;
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

/// Whether `bytes` at `address` are elements of a segment.
static Error checkAddress(const Program &program, const Address &address,
                          uint64_t bytes) {
  if (address.segment >= program.segments.size())
    return createStringError("it names segment " + Twine(address.segment) +
                             " of " + Twine(program.segments.size()));
  const DeviceSegment &segment = program.segments[address.segment];
  // No sum of the two: it could overflow.
  if (address.offset % elementBytes != 0 || bytes > segment.size ||
      address.offset > segment.size - bytes)
    return createStringError("it reaches " + Twine(bytes) +
                             " bytes at offset " + Twine(address.offset) +
                             " of segment '" + segment.name + "', which has " +
                             Twine(segment.size));
  return Error::success();
}

static Error checkInstruction(const Program &program, const Chain &chain,
                              size_t number) {
  const Instruction &instruction = chain.instructions[number];
  if (isBinary(instruction.opcode)) {
    if (instruction.left >= number || instruction.right >= number)
      return createStringError("it uses a value that is not before it");
    return Error::success();
  }
  if (instruction.opcode == Opcode::Number)
    return Error::success();
  for (uint64_t count : {instruction.repeat, instruction.period})
    if (count == 0 || count > maxElements)
      return createStringError("it repeats " + Twine(instruction.repeat) +
                               " times with a period of " +
                               Twine(instruction.period) + ", needed 1 to " +
                               Twine(maxElements));
  uint64_t bytes = instruction.period * elementBytes;
  if (Error error = checkAddress(program, instruction.address, bytes))
    return error;
  // Which of the two comes first would be nobody's business to rely on.
  const Address &read = instruction.address, &written = chain.result;
  if (read.segment == written.segment &&
      read.offset < written.offset + chain.getResultBytes() &&
      written.offset < read.offset + bytes)
    return createStringError("it reads what the chain writes");
  return Error::success();
}

static Error checkChain(const Program &program, const Chain &chain,
                        const Machine &machine) {
  if (chain.elements == 0 || chain.elements > maxElements || chain.row == 0 ||
      chain.elements % chain.row != 0)
    return createStringError("it has " + Twine(chain.elements) +
                             " elements in rows of " + Twine(chain.row) +
                             ", needed whole rows of 1 to " +
                             Twine(maxElements) + " elements");
  if (chain.instructions.empty() ||
      chain.instructions.size() > machine.chainInstructions)
    return createStringError("it has " + Twine(chain.instructions.size()) +
                             " instructions, needed 1 to " +
                             Twine(machine.chainInstructions));
  if (chain.stored >= chain.instructions.size())
    return createStringError("it stores a value that is not there");
  if (Error error = checkAddress(program, chain.result, chain.getResultBytes()))
    return error;
  const DeviceSegment &segment = program.segments[chain.result.segment];
  // The runtime maps weights from the file.
  if (segment.role != MemoryRole::Output && segment.role != MemoryRole::State &&
      segment.role != MemoryRole::Scratch)
    return createStringError("it writes segment '" + segment.name +
                             "', which is only to be read");
  for (size_t i = 0; i < chain.instructions.size(); ++i)
    if (Error error = checkInstruction(program, chain, i))
      return createStringError("instruction " + Twine(i) + ": " +
                               toString(std::move(error)));
  return Error::success();
}

uint64_t Program::countBytes() const {
  uint64_t bytes = 0;
  for (const DeviceSegment &segment : segments)
    bytes = SaturatingAdd(bytes, segment.size);
  return bytes;
}

Error checkProgram(const Program &program, const Machine &machine) {
  uint64_t bytes = program.countBytes();
  if (bytes > machine.memoryBytes)
    return createStringError("it needs " + Twine(bytes) +
                             " bytes of memory, '" + machine.name + "' has " +
                             Twine(machine.memoryBytes));
  for (const auto &[i, chain] : enumerate(program.chains))
    if (Error error = checkChain(program, chain, machine))
      return createStringError("chain " + Twine(i) + ": " +
                               toString(std::move(error)));
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Bytes
//===----------------------------------------------------------------------===//

static constexpr uint32_t magic = 0x53434241; // "ABCS" in memory
static constexpr uint32_t formatVersion = 2;

/// The binary form, once for both directions: garam/Target/ProgramFields.h says
/// what an IO is and what bytes its fields are.
template <typename IO, typename T>
static void visitAddress(IO &io, T &address) {
  io.number("segment", address.segment);
  io.number("offset", address.offset);
}

template <typename IO, typename T>
static void visitInstruction(IO &io, T &instruction) {
  io.enumerator("opcode", instruction.opcode, numOpcodes);
  io.number("left", instruction.left);
  io.number("right", instruction.right);
  io.number("number", instruction.number);
  visitAddress(io, instruction.address);
  io.number("repeat", instruction.repeat);
  io.number("period", instruction.period);
}

template <typename IO, typename T>
static void visitProgram(IO &io, T &program) {
  io.constant("magic", magic);
  io.constant("version", formatVersion);
  garam::visitSegments(io, program.segments);
  io.list("chains", program.chains, [&](auto &chain) {
    io.number("elements", chain.elements);
    io.number("row", chain.row);
    io.number("stored", chain.stored);
    visitAddress(io, chain.result);
    io.list("instructions", chain.instructions,
            [&](auto &instruction) { visitInstruction(io, instruction); });
  });
}

std::vector<uint8_t> encode(const Program &program) {
  garam::FieldWriter writer(/*unit=*/1);
  visitProgram(writer, program);
  return writer.takeBytes();
}

Expected<Program> decode(ArrayRef<uint8_t> bytes) {
  garam::FieldReader reader(bytes, /*unit=*/1);
  Program program;
  visitProgram(reader, program);
  if (Error error = reader.finish())
    return std::move(error);
  return program;
}

//===----------------------------------------------------------------------===//
// Text
//===----------------------------------------------------------------------===//

static void print(const Address &address, const Program &program,
                  raw_ostream &os) {
  os << program.segments[address.segment].name << '+' << address.offset;
}

static void print(const Instruction &instruction, const Program &program,
                  raw_ostream &os) {
  os << getName(instruction.opcode) << ' ';
  if (isBinary(instruction.opcode)) {
    os << '%' << instruction.left << ", %" << instruction.right;
  } else if (instruction.opcode == Opcode::Number) {
    os << format("%.9g", instruction.number);
  } else {
    print(instruction.address, program, os);
    os << " repeat " << instruction.repeat << " period " << instruction.period;
  }
}

void disassemble(const Program &program, raw_ostream &os) {
  for (const auto &[number, chain] : enumerate(program.chains)) {
    os << "chain " << number << ": " << chain.elements << " elements";
    for (const auto &[i, instruction] : enumerate(chain.instructions)) {
      os << "; %" << i << " = ";
      print(instruction, program, os);
    }
    if (chain.row > 1)
      os << "; add up rows of " << chain.row;
    os << "; store %" << chain.stored << " at ";
    print(chain.result, program, os);
    os << '\n';
  }
}

} // namespace abacus
