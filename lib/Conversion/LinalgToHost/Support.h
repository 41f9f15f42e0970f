//===- Support.h - What the host can carry out ------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_LINALGTOHOST_SUPPORT_H
#define GARAM_LIB_CONVERSION_LINALGTOHOST_SUPPORT_H

#include "garam/Target/DeviceTarget.h"

namespace garam::host {

/// Refuses the inputs and tensors of a function that the host has no memory
/// for: of no fixed shape, unless `hasSizes` says that those of run time are
/// known, or of a type that processors do not compute with. True when there are
/// none.
bool checkSupported(mlir::func::FuncOp function, bool hasSizes);

/// Whether `op` gives the same elements another shape.
bool isView(mlir::Operation *op);

/// The tensor whose memory `value` is.
mlir::Value getBase(mlir::Value value);

/// Whether `op` is an insertion whose result only another one goes on with.
bool isPartOfInsertion(mlir::Operation *op);

bool hasTensorResult(mlir::Operation *op);

/// Operations that every kernel which needs one does for itself. It remembers
/// them: what it was asked of must not be erased meanwhile.
class CheapOperations {
public:
  bool contains(mlir::Operation *op);

private:
  llvm::DenseMap<mlir::Operation *, bool> known;
};

/// Erases what nobody needs of a function's first block.
void eraseDead(mlir::func::FuncOp function);

} // namespace garam::host

#endif // GARAM_LIB_CONVERSION_LINALGTOHOST_SUPPORT_H
