//===- TargetFile.h - HBM-PIM part of a target file -------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_PIM_MACHINE_TARGETFILE_H
#define GARAM_TARGET_PIM_MACHINE_TARGETFILE_H

#include "garam/Target/PIM/Machine/MachineDescription.h"
#include "garam/Target/TargetSchema.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"

namespace garam::pim {

/// The device class in target files, attributes and binaries.
constexpr llvm::StringLiteral deviceKind = "pim";

/// Reads and validates a target file that describes an HBM-PIM device
/// (docs/targets.md). Errors carry file, line and column, the field, what was
/// found and what is needed; all are reported, joined.
llvm::Expected<MachineDescription> readTargetFile(llvm::MemoryBufferRef file);

/// The fields that readTargetFile knows, in the order of the page.
std::vector<TargetField> getTargetFields();

} // namespace garam::pim

#endif // GARAM_TARGET_PIM_MACHINE_TARGETFILE_H
