//===- PassOptions.h - MLIR's options for passes ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DRIVER_PASSOPTIONS_H
#define GARAM_DRIVER_PASSOPTIONS_H

#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Error.h"

namespace garam {

class DeviceRegistry;

/// Takes the options that begin with "--mlir-" out of a command line, whose
/// first element is the program: MLIR's own for all passes of a compile, as
/// --mlir-print-ir-after-all, --mlir-timing and
/// --mlir-pass-pipeline-crash-reproducer=FILE. Their values stand behind '=';
/// passes are those of upstream, of Garam and of `devices`. To be called once
/// in a process.
llvm::Error takePassOptions(llvm::SmallVectorImpl<const char *> &arguments,
                            const DeviceRegistry &devices);

} // namespace garam

#endif // GARAM_DRIVER_PASSOPTIONS_H
