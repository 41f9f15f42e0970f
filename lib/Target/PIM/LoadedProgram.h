//===- LoadedProgram.h - An HBM-PIM program at run time ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_PIM_LOADEDPROGRAM_H
#define GARAM_LIB_TARGET_PIM_LOADEDPROGRAM_H

#include "garam/Target/Device.h"
#include "garam/Target/LoadedProgram.h"
#include "garam/Target/PIM/Machine/MachineDescription.h"

namespace garam::pim {

/// The flag that writes a program's stream of transactions as text.
constexpr llvm::StringLiteral streamExport = "export-pim-stream";

/// Reads a program back from its binary encoding. Both may come from a
/// stranger.
llvm::Expected<std::unique_ptr<LoadedProgram>>
loadProgram(llvm::ArrayRef<uint8_t> code, llvm::MemoryBufferRef target);

/// Bytes a second that all banks together give their units.
double getBankBytesPerSecond(const MachineDescription &machine);
/// Multiply-accumulates of all lanes a second.
double getMACsPerSecond(const MachineDescription &machine);

} // namespace garam::pim

#endif // GARAM_LIB_TARGET_PIM_LOADEDPROGRAM_H
