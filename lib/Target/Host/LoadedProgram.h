//===- LoadedProgram.h - A host program behind the device interface -C++ -*-==//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_HOST_LOADEDPROGRAM_H
#define GARAM_LIB_TARGET_HOST_LOADEDPROGRAM_H

#include "garam/Target/Host/Machine.h"
#include "garam/Target/Host/Program.h"
#include "garam/Target/LoadedProgram.h"

namespace garam::host {

/// Decodes `code`. Its native code is looked at when it runs with data.
llvm::Expected<std::unique_ptr<LoadedProgram>>
loadProgram(llvm::ArrayRef<uint8_t> code, llvm::MemoryBufferRef target);

/// The machine's time for a step: all cores share its operations evenly, and
/// memory moves its bytes in the meantime.
double getSeconds(const Work &work, const MachineDescription &machine);

/// Dynamic energy of a step.
double getJoules(const Work &work, const MachineDescription &machine);

} // namespace garam::host

#endif // GARAM_LIB_TARGET_HOST_LOADEDPROGRAM_H
