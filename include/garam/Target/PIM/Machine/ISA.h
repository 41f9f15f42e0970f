//===- ISA.h - Instructions of the HBM-PIM execution units ------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// What docs/isa/pim.md specifies: the instructions that the SIMD units between
// the banks of an HBM-PIM channel execute. Sources: Lee et al., "Hardware
// Architecture and Software Stack for PIM Based on Commercial DRAM
// Technology", ISCA 2021; Kim et al., "Aquabolt-XL", Hot Chips 33, 2021.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_PIM_MACHINE_ISA_H
#define GARAM_TARGET_PIM_MACHINE_ISA_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace garam::pim {

/// Instructions of the register file (CRF) that a program is loaded into.
constexpr unsigned maxInstructions = 32;
/// Vector registers of each of GRF_A and GRF_B, and scalars of each of SRF_M
/// and SRF_A.
constexpr unsigned numRegisters = 8;
/// fp16 elements of a vector register and of a column access.
constexpr unsigned numLanes = 16;
constexpr unsigned bytesPerBurst = 2 * numLanes;
/// Triggers that an auto-indexed instruction stays at the program counter.
constexpr unsigned autoIndexRepeats = numRegisters;
/// Instructions that one 32-byte write to the CRF loads.
constexpr unsigned instructionsPerBurst = bytesPerBurst / sizeof(uint32_t);
/// Bursts that fill the CRF.
constexpr uint32_t burstsPerMicroKernel =
    maxInstructions / instructionsPerBurst;

/// What a column access transfers.
using Burst = std::array<uint8_t, bytesPerBurst>;

constexpr unsigned repeatBits = 11;    // of NOP
constexpr unsigned jumpCountBits = 17; // of JUMP
constexpr unsigned jumpOffsetBits = 11;

enum class Opcode : uint8_t {
  Nop = 0,
  Add = 1,
  Mul = 2,
  Mac = 3,
  Mad = 4,
  Mov = 8,
  Fill = 9,
  Jump = 14,
  Exit = 15,
};

/// What an operand names. AOut and MOut, the outputs of the adders and of the
/// multipliers, have codes but cannot be named by an instruction of ISA 1.0.
enum class OperandClass : uint8_t {
  AOut = 0,
  MOut = 1,
  EvenBank = 2,
  OddBank = 3,
  GRFA = 4,
  GRFB = 5,
  SRFM = 6,
  SRFA = 7,
};
constexpr unsigned numOperandClasses = 8;

/// All opcodes in order of their codes.
llvm::ArrayRef<Opcode> getOpcodes();
/// "NOP", "ADD", ...
llvm::StringRef getName(Opcode opcode);
/// "A_OUT", "EVEN_BANK", "GRF_A", ...
llvm::StringRef getName(OperandClass operandClass);
std::optional<Opcode> findOpcode(llvm::StringRef name);
std::optional<OperandClass> findOperandClass(llvm::StringRef name);

inline bool isBank(OperandClass c) {
  return c == OperandClass::EvenBank || c == OperandClass::OddBank;
}
inline bool isVectorRegister(OperandClass c) {
  return c == OperandClass::GRFA || c == OperandClass::GRFB;
}
inline bool isScalarRegister(OperandClass c) {
  return c == OperandClass::SRFM || c == OperandClass::SRFA;
}
inline bool isRegister(OperandClass c) {
  return isVectorRegister(c) || isScalarRegister(c);
}
/// ADD, MUL, MAC and MAD.
inline bool isArithmetic(Opcode opcode) {
  return opcode >= Opcode::Add && opcode <= Opcode::Mad;
}
/// MOV and FILL.
inline bool isMove(Opcode opcode) {
  return opcode == Opcode::Mov || opcode == Opcode::Fill;
}

struct Operand {
  OperandClass operandClass = OperandClass::AOut;
  /// Of a register; 0 where `hasIndex` is false.
  uint8_t index = 0;

  bool operator==(const Operand &other) const {
    return operandClass == other.operandClass && index == other.index;
  }
  bool operator!=(const Operand &other) const { return !(*this == other); }
};

/// One instruction. Members that its form does not have keep their defaults.
struct Instruction {
  Opcode opcode = Opcode::Nop;
  /// Arithmetic and moves. MAC accumulates into `destination`.
  Operand destination, source0;
  Operand source1; // arithmetic
  Operand source2; // MAD
  /// Arithmetic: indices of vector registers come from the address of the
  /// access that triggers the instruction, and it repeats 8 times. FILL always
  /// behaves so and does not have the bit.
  bool autoIndex = false;
  bool relu = false; // moves
  /// NOP: further triggers that it takes after the first. JUMP: times that the
  /// jump is taken, so that its body runs count + 1 times.
  uint32_t count = 0;
  /// JUMP: it leads to its own place - offset + 1.
  uint32_t offset = 0;

  bool operator==(const Instruction &other) const;
  bool operator!=(const Instruction &other) const { return !(*this == other); }
};

/// Whether vector registers of `instruction` are indexed by the address.
bool isAutoIndexed(const Instruction &instruction);
/// Whether `operand` of `instruction` has an index of its own.
bool hasIndex(const Instruction &instruction, const Operand &operand);
/// Operands that `instruction` reads, without MAC's accumulator.
std::vector<Operand> getSources(const Instruction &instruction);
/// Column accesses that `instruction` takes each time that it is reached: 1,
/// 8 when it is auto-indexed, count + 1 for NOP, none for JUMP and EXIT.
uint32_t getTriggers(const Instruction &instruction);

/// Members of an instruction that are stored.
enum class Field : uint8_t {
  Opcode,
  Destination,
  Source0,
  Source1,
  Source2,
  AutoIndex,
  Relu,
  DestinationIndex,
  Source0Index,
  Source1Index, // also the index of source 2
  Count,
  Offset,
};

/// Where a field lies in the 32-bit word.
struct FieldLayout {
  Field field;
  const char *name;
  unsigned low, width; // bits
};

/// The fields of a form from the most significant one down; bits that none of
/// them covers are reserved and zero. The encoder, the decoder and the test of
/// docs/isa/pim.md all read this table.
llvm::ArrayRef<FieldLayout> getLayout(Opcode opcode);

} // namespace garam::pim

#endif // GARAM_TARGET_PIM_MACHINE_ISA_H
