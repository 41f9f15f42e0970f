//===- Passes.h - From structured operations to HBM-PIM ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_CONVERSION_LINALGTOPIM_PASSES_H
#define GARAM_CONVERSION_LINALGTOPIM_PASSES_H

#include "garam/Dialect/PIM/IR/PIM.h"
#include "garam/Target/DeviceTarget.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Pass/Pass.h"

namespace garam {

#define GEN_PASS_DECL
#include "garam/Conversion/LinalgToPIM/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "garam/Conversion/LinalgToPIM/Passes.h.inc"

} // namespace garam

#endif // GARAM_CONVERSION_LINALGTOPIM_PASSES_H
