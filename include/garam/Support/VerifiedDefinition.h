//===- VerifiedDefinition.h - Definitions that verifiers rely on *- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_VERIFIEDDEFINITION_H
#define GARAM_SUPPORT_VERIFIEDDEFINITION_H

#include "mlir/IR/Operation.h"

namespace garam {

/// The op that defines `value`, if it stands ahead of `user` or of what holds
/// `user`. The verifier goes in this order and stops at a fault, so that `user`
/// may rely on such an op; another one can still lack operands or attributes.
template <typename OpTy>
OpTy getVerifiedDefinition(mlir::Value value, mlir::Operation *user) {
  auto op = value.getDefiningOp<OpTy>();
  if (!op)
    return op;
  mlir::Operation *ancestor = op->getBlock()->findAncestorOpInBlock(*user);
  return ancestor && op->isBeforeInBlock(ancestor) ? op : OpTy();
}

} // namespace garam

#endif // GARAM_SUPPORT_VERIFIEDDEFINITION_H
