//===- TargetSchema.h - Fields of an NPU's target file ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_NPU_TARGETSCHEMA_H
#define GARAM_LIB_TARGET_NPU_TARGETSCHEMA_H

#include "garam/Target/NPU/Machine/MachineDescription.h"
#include "garam/Target/TargetSchema.h"

namespace garam::npu {

/// Shows `visitor` the schema; the slots are those of `machine`.
void visitTargetSchema(TargetSchemaVisitor &visitor,
                       MachineDescription &machine);

} // namespace garam::npu

#endif // GARAM_LIB_TARGET_NPU_TARGETSCHEMA_H
