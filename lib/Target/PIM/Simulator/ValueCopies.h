//===- ValueCopies.h - Values of nodes during a run -------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_PIM_SIMULATOR_VALUECOPIES_H
#define GARAM_LIB_TARGET_PIM_SIMULATOR_VALUECOPIES_H

#include "garam/Target/LoadedProgram.h"
#include "garam/Target/RunMemory.h"

namespace garam::pim {

/// Gives a copy of each value that command `command` of the driver has written
/// to `options.onValue`. A value is one dense, row-major piece of a segment.
/// The debug map may come from a stranger: a value that leaves its memory is an
/// error.
llvm::Error copyValues(const DeviceRunOptions &options, uint32_t command,
                       const RunMemory &memory);

} // namespace garam::pim

#endif // GARAM_LIB_TARGET_PIM_SIMULATOR_VALUECOPIES_H
