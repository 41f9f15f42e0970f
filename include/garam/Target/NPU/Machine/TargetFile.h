//===- TargetFile.h - NPU part of a target file -----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_NPU_MACHINE_TARGETFILE_H
#define GARAM_TARGET_NPU_MACHINE_TARGETFILE_H

#include "garam/Target/NPU/Machine/MachineDescription.h"
#include "garam/Target/TargetSchema.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"

namespace garam::npu {

/// The device class in target files, attributes and binaries.
constexpr llvm::StringLiteral deviceKind = "npu";

/// Reads and validates a target file that describes an NPU (docs/targets.md).
/// Errors carry file, line and column, the field, what was found and what is
/// needed; all are reported, joined.
llvm::Expected<MachineDescription> readTargetFile(llvm::MemoryBufferRef file);

/// All fields that readTargetFile knows, in the order of the page.
std::vector<TargetField> getTargetFields();

} // namespace garam::npu

#endif // GARAM_TARGET_NPU_MACHINE_TARGETFILE_H
