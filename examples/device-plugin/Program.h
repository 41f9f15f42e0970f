//===- Program.h - Programs of the abacus, without IR -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A program is a list of chains, which run one after the other. A chain is a
// row of units that elements stream through: it reads elements from memory,
// computes with them in float32, and writes what comes out at the end. Each
// instruction of a chain has one value an element, which the instructions
// behind it name by its number.
//
//===----------------------------------------------------------------------===//

#ifndef ABACUS_PROGRAM_H
#define ABACUS_PROGRAM_H

#include "Machine.h"
#include "garam/Target/DeviceProgram.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

namespace abacus {

constexpr uint64_t elementBytes = 4; // float32 is all there is
/// Of a chain: products of it with the size of an element do not overflow, and
/// no program of a few bytes keeps a simulator busy for days.
constexpr uint64_t maxElements = uint64_t(1) << 32;

enum class Opcode : uint8_t {
  Load = 0,   // element (i / repeat) mod period of what is at the address
  Number = 1, // the same number for each element
  Add = 2,    // the others are of two values
  Subtract = 3,
  Multiply = 4,
  Maximum = 5, // of which one is NaN: NaN; +0 is more than -0
  Minimum = 6,
};
constexpr unsigned numOpcodes = 7;
/// "load", "number", "add", "subtract", ...
llvm::StringRef getName(Opcode opcode);
inline bool isBinary(Opcode opcode) { return opcode >= Opcode::Add; }

/// A byte of a segment.
struct Address {
  uint32_t segment = 0;
  uint64_t offset = 0;
};

struct Instruction {
  Opcode opcode = Opcode::Number;
  uint32_t left = 0, right = 0; // numbers of instructions before this one
  float number = 0;
  Address address;
  uint64_t repeat = 1, period = 1;
};

struct Chain {
  uint64_t elements = 0;
  /// So many elements, added up in their order, are one of the result.
  uint64_t row = 1;
  std::vector<Instruction> instructions;
  uint32_t stored = 0; // the instruction whose values the result is made of
  Address result;

  uint64_t getResultBytes() const { return elements / row * elementBytes; }
  /// Products that are added up.
  uint64_t countMACs() const;
};

struct Program {
  std::vector<garam::DeviceSegment> segments;
  std::vector<Chain> chains;

  uint64_t countBytes() const; // of all segments
};

/// What a program must be for the simulator to run it: addresses lie within
/// their segments, segments fit the memory, and so on. Says which chain is
/// wrong.
llvm::Error checkProgram(const Program &program, const Machine &machine);

/// The binary form, little endian.
std::vector<uint8_t> encode(const Program &program);
/// Reads it back. The bytes may be anything; an error says where they are
/// wrong. The program is not checked.
llvm::Expected<Program> decode(llvm::ArrayRef<uint8_t> bytes);

/// One chain a line.
void disassemble(const Program &program, llvm::raw_ostream &os);

} // namespace abacus

#endif // ABACUS_PROGRAM_H
