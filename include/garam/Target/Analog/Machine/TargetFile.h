//===- TargetFile.h - Target files of analog chips --------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_ANALOG_MACHINE_TARGETFILE_H
#define GARAM_TARGET_ANALOG_MACHINE_TARGETFILE_H

#include "garam/Target/Analog/Machine/MachineDescription.h"
#include "garam/Target/TargetSchema.h"

namespace garam::analog {

/// The device class in target files, attributes and binaries.
constexpr llvm::StringLiteral deviceKind = "analog";

/// Reads and validates a target file that describes an analog chip
/// (docs/targets.md). All errors are reported, joined.
llvm::Expected<MachineDescription> readTargetFile(llvm::MemoryBufferRef file);

/// All fields that readTargetFile knows, in the order of the page.
std::vector<TargetField> getTargetFields();

} // namespace garam::analog

#endif // GARAM_TARGET_ANALOG_MACHINE_TARGETFILE_H
