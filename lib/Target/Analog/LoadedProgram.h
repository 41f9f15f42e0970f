//===- LoadedProgram.h - An analog program at run time ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_ANALOG_LOADEDPROGRAM_H
#define GARAM_LIB_TARGET_ANALOG_LOADEDPROGRAM_H

#include "garam/Target/Analog/Machine/ISA.h"
#include "garam/Target/LoadedProgram.h"
#include "llvm/Support/MemoryBufferRef.h"

namespace garam::analog {

/// The cores that an instance of a program has weights in.
std::vector<ResidentRange> listResidents(const Program &program);

/// Decodes `code` and refuses a program that the machine cannot follow.
llvm::Expected<std::unique_ptr<LoadedProgram>>
loadProgram(llvm::ArrayRef<uint8_t> code, llvm::MemoryBufferRef target);

} // namespace garam::analog

#endif // GARAM_LIB_TARGET_ANALOG_LOADEDPROGRAM_H
