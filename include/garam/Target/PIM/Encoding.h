//===- Encoding.h - Binary form and text of HBM-PIM programs ----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_PIM_ENCODING_H
#define GARAM_TARGET_PIM_ENCODING_H

#include "garam/Target/PIM/Machine/ISA.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

#include <string>

namespace garam::pim {

/// Encodes one instruction. Fails on one that breaks a rule of
/// `checkInstruction`, so that reserved bits of the word are zero.
llvm::Expected<uint32_t> encode(const Instruction &instruction);

/// Encodes a program for the register file: filled with NOP to whole bursts of
/// 8 words. Fails on an instruction that `encode` refuses and on more than 32.
llvm::Expected<std::vector<uint32_t>>
encode(llvm::ArrayRef<Instruction> program);

/// Decodes what `encode` wrote. Fails on a reserved opcode and on a reserved
/// bit that is not zero; which operands go together is not checked.
llvm::Expected<Instruction> decode(uint32_t word);

/// Decodes a word as the device does, which ignores reserved bits. Fails on a
/// reserved opcode.
llvm::Expected<Instruction> decodeIgnoringReserved(uint32_t word);

/// "MAC GRF_B, GRF_A, EVEN_BANK, auto": the opcode, destination and sources,
/// then auto or relu; "NOP 7" and "JUMP 7, 2": count, offset.
std::string getText(const Instruction &instruction);

/// Writes one line for each word: its number, the word and its text, or why it
/// is no instruction.
void disassemble(llvm::ArrayRef<uint32_t> words, llvm::raw_ostream &os);

/// Reads a program: one instruction a line, as `getText` writes them; what
/// follows ';' is a comment. `name` and the line are part of an error.
llvm::Expected<std::vector<Instruction>> assemble(llvm::StringRef text,
                                                  llvm::StringRef name);

} // namespace garam::pim

#endif // GARAM_TARGET_PIM_ENCODING_H
