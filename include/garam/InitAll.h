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

/// Upstream's dialects and extensions that Garam uses, and its own.
void registerAllDialects(mlir::DialectRegistry &registry);

/// Upstream's passes and Garam's own, for textual pipelines.
void registerAllPasses();

/// Garam's own translations, for garam-translate.
void registerAllTranslations();

} // namespace garam

#endif // GARAM_INITALL_H
