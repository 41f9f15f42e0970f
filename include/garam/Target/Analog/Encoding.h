//===- Encoding.h - Binary form and text of analog programs -----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_ANALOG_ENCODING_H
#define GARAM_TARGET_ANALOG_ENCODING_H

#include "garam/Target/Analog/Machine/ISA.h"
#include "garam/Target/Analog/Machine/MachineDescription.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"

namespace garam::analog {

/// The binary form, as docs/isa/analog.md says.
std::vector<uint8_t> encode(const Program &program);

/// Reads what `encode` wrote: decode(encode(p)) equals p. The bytes may come
/// from a stranger: every length, count and enumerator is checked. What the
/// program does is not; `checkProgram` does that.
llvm::Expected<Program> decode(llvm::ArrayRef<uint8_t> bytes);

/// Operations of one run, as maxOperations counts them, of a program whose
/// commands name layers and tiles that there are.
uint64_t countOperations(const Program &program);

/// Checks that `program` is one that `machine` can follow, without reading or
/// writing beyond its memories: everything but the contents of segments, and
/// whether waits are ever fulfilled.
llvm::Error checkProgram(const Program &program,
                         const MachineDescription &machine);

/// Writes both parts of a program as text, a tile or a command a line.
void disassemble(const Program &program, llvm::raw_ostream &os);

} // namespace garam::analog

#endif // GARAM_TARGET_ANALOG_ENCODING_H
