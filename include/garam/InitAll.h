//===- InitAll.h - Registers dialects and passes ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_INITALL_H
#define GARAM_INITALL_H

namespace mlir {
class DialectRegistry;
} // namespace mlir

namespace garam {

class DeviceRegistry;

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
