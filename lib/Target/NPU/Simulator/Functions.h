//===- Functions.h - Elementary functions of the vector engine --*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The ISA's functions are evaluated in f64 by the fixed polynomials below, with
// a relative error below 2^-40, and rounded to f32: they differ from the
// exactly rounded value by one unit in the last place at most, and never from
// host to host. No function of the C library is called that is not exact.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_NPU_SIMULATOR_FUNCTIONS_H
#define GARAM_LIB_TARGET_NPU_SIMULATOR_FUNCTIONS_H

#include "garam/Target/NPU/Machine/ISA.h"

namespace garam::npu {

/// Applies one of ExpF to SigmoidF to `count` f32 registers; `b` is PowF's
/// exponent and not used by others. `result` may be `a` or `b`.
void applyFunction(VectorOpcode opcode, unsigned count, const uint32_t *a,
                   const uint32_t *b, uint32_t *result);

} // namespace garam::npu

#endif // GARAM_LIB_TARGET_NPU_SIMULATOR_FUNCTIONS_H
