//===- Passes.h - Passes on any dialect -------------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TRANSFORMS_PASSES_H
#define GARAM_TRANSFORMS_PASSES_H

#include "mlir/Pass/Pass.h"

namespace garam {

#define GEN_PASS_DECL
#include "garam/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "garam/Transforms/Passes.h.inc"

} // namespace garam

#endif // GARAM_TRANSFORMS_PASSES_H
