//===- InitAll.h - Registers dialects and passes ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_INITALL_H
#define GARAM_INITALL_H

#include "llvm/ADT/STLFunctionalExtras.h"

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace garam {

class DeviceRegistry;

/// For the tools that parse their command line with LLVM: declares the option
/// --device-plugin, and calls `run` with the devices of this tree and of the
/// plugins that the line names. Returns its status, or says what is wrong with
/// a plugin.
int runWithDevices(int argc, char **argv,
                   llvm::function_ref<int(const DeviceRegistry &)> run);

/// Upstream's dialects and extensions that Garam uses, its own, and those of
/// `devices`.
void registerAllDialects(mlir::DialectRegistry &registry,
                         const DeviceRegistry &devices);
/// The same with the devices of this tree.
void registerAllDialects(mlir::DialectRegistry &registry);

/// Upstream's passes, Garam's own, and those of `devices`, for textual
/// pipelines.
void registerAllPasses(const DeviceRegistry &devices);

/// Garam's own translations and those of `devices`, for garam-translate.
void registerAllTranslations(const DeviceRegistry &devices);

} // namespace garam

#endif // GARAM_INITALL_H
