//===- Tables.h - The debug and plan sections -------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONTAINER_TABLES_H
#define GARAM_LIB_CONTAINER_TABLES_H

#include "garam/Target/DeviceProgram.h"

#include <optional>

namespace garam {

std::vector<uint8_t> serializeDebugMaps(llvm::ArrayRef<DeviceProgram> programs);
/// Nothing when the bytes are not what serializeDebugMaps writes.
std::optional<std::vector<DebugMap>>
parseDebugMaps(llvm::ArrayRef<uint8_t> bytes);

std::vector<uint8_t> serializePlans(llvm::ArrayRef<DeviceProgram> programs);
/// Nothing when the bytes are not what serializePlans writes.
std::optional<std::vector<std::vector<PlannedRegion>>>
parsePlans(llvm::ArrayRef<uint8_t> bytes);

} // namespace garam

#endif // GARAM_LIB_CONTAINER_TABLES_H
