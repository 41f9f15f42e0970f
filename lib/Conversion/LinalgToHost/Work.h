//===- Work.h - What a kernel has to do -------------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_LINALGTOHOST_WORK_H
#define GARAM_LIB_CONVERSION_LINALGTOHOST_WORK_H

#include "garam/Dialect/Host/IR/Host.h"

namespace garam::host {

/// The work of a kernel of structured operations: operations and functions of
/// each element of each iteration space; each input read once, or of a table
/// that is only looked up in, the elements that are; each result written once.
WorkAttr countWork(KernelOp kernel);

} // namespace garam::host

#endif // GARAM_LIB_CONVERSION_LINALGTOHOST_WORK_H
