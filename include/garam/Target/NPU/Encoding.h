//===- Encoding.h - Binary form of NPU programs -----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_NPU_ENCODING_H
#define GARAM_TARGET_NPU_ENCODING_H

#include "garam/Target/NPU/Machine/ISA.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

namespace garam::npu {

/// Encodes `program` as docs/isa/npu.md says. Fails on a program that breaks a
/// rule of the ISA (see `verify`).
llvm::Expected<std::vector<uint8_t>> encode(const Program &program);

/// Decodes what `encode` wrote: decode(encode(p)) equals p. The bytes may come
/// from a stranger: every length, count and enumerator is checked.
llvm::Expected<Program> decode(llvm::ArrayRef<uint8_t> bytes);

/// Checks the rules of the ISA that do not depend on a machine: counts within
/// their limits, nesting of loops, operands in reach of their engine,
/// registers written before they are read, sizes of at least 1.
llvm::Error verify(const Program &program);

/// Writes `program` as text, one command a line. With `annotate`, what it
/// returns for a queue's number and a command's number in it (the names of the
/// nodes that it comes from) follows the command as a comment.
void disassemble(
    const Program &program, llvm::raw_ostream &os,
    llvm::function_ref<std::string(unsigned, unsigned)> annotate = {});

/// A field of the binary form.
struct EncodedField {
  std::string name;   // "activation.stride"
  unsigned word = 0;  // from the first word of the program or command
  unsigned bit = 0;   // of the word, from the least significant one
  unsigned width = 0; // more than 32: this word and the next ones
};

/// Where `encode` puts each field, in order: for annotated dumps, and for the
/// test that compares the encoder with the tables of docs/isa/npu.md.
std::vector<EncodedField> getFields(const Program &program);
std::vector<EncodedField> getFields(const Command &command);

} // namespace garam::npu

#endif // GARAM_TARGET_NPU_ENCODING_H
