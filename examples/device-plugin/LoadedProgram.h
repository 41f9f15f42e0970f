//===- LoadedProgram.h - Programs behind Garam's interface ------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef ABACUS_LOADEDPROGRAM_H
#define ABACUS_LOADEDPROGRAM_H

#include "garam/Target/LoadedProgram.h"
#include "llvm/Support/MemoryBufferRef.h"

namespace abacus {

/// Reads a program back and checks it. Bytes and target may be anyone's.
llvm::Expected<std::unique_ptr<garam::LoadedProgram>>
loadProgram(llvm::ArrayRef<uint8_t> code, llvm::MemoryBufferRef target);

} // namespace abacus

#endif // ABACUS_LOADEDPROGRAM_H
