//===- Encoding.h - Binary form of NPU programs -----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_NPU_ENCODING_H
#define GARAM_TARGET_NPU_ENCODING_H

#include "garam/Target/NPU/ISA.h"
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

/// Writes `program` as text, one command a line.
void disassemble(const Program &program, llvm::raw_ostream &os);

} // namespace garam::npu

#endif // GARAM_TARGET_NPU_ENCODING_H
