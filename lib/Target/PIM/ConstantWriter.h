//===- ConstantWriter.h - Lays weights out in banks -------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_PIM_CONSTANTWRITER_H
#define GARAM_LIB_TARGET_PIM_CONSTANTWRITER_H

#include "garam/Dialect/PIM/IR/PIM.h"
#include "garam/Target/DeviceProgram.h"

namespace garam::pim {

/// The bytes that an operation describes, made when the section is written.
DeviceConstant makeConstant(PackMatrixOp op);
DeviceConstant makeConstant(PackVectorOp op);

} // namespace garam::pim

#endif // GARAM_LIB_TARGET_PIM_CONSTANTWRITER_H
