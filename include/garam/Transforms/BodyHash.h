//===- BodyHash.h - Hash of the regions of an operation ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TRANSFORMS_BODYHASH_H
#define GARAM_TRANSFORMS_BODYHASH_H

#include "mlir/IR/Operation.h"

namespace garam {

/// A hash of what the regions of `op` hold: equal for those that
/// OperationEquivalence::isEquivalentTo calls equivalent, or would when equal
/// operations outside are one. Its computeHash leaves regions out, so that
/// operations which read the same and compute different things have one hash.
llvm::hash_code hashBodies(mlir::Operation *op);

} // namespace garam

#endif // GARAM_TRANSFORMS_BODYHASH_H
