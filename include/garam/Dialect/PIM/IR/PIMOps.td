//===- PIMOps.td - All operations of the pim dialect ------- -*- tablegen -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_PIM_IR_PIMOPS_TD
#define GARAM_DIALECT_PIM_IR_PIMOPS_TD

include "garam/Dialect/PIM/IR/PIMKernelOps.td"
include "garam/Dialect/PIM/IR/PIMStreamOps.td"

#endif // GARAM_DIALECT_PIM_IR_PIMOPS_TD
