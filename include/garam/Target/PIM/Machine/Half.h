//===- Half.h - Arithmetic of the execution units ---------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// IEEE 754 binary16 in integers, so that results do not depend on the host:
// rounded to nearest, ties to even, with subnormals. A NaN operand is passed
// on (the first one, made quiet); an invalid operation gives 0x7FFF.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_PIM_MACHINE_HALF_H
#define GARAM_TARGET_PIM_MACHINE_HALF_H

#include <cstdint>

namespace garam::pim {

/// The bits of a binary16 number.
using Half = uint16_t;

Half add(Half a, Half b);
Half multiply(Half a, Half b);

/// The nearest number, ties to even; beyond 65519 infinity. A NaN stays one.
Half fromFloat(float value);
/// Exact.
float toFloat(Half a);

/// What the units' RELU does: it looks at the sign bit only, so that -0 and
/// negative NaNs become 0 too.
inline Half relu(Half a) { return a & 0x8000 ? 0 : a; }

} // namespace garam::pim

#endif // GARAM_TARGET_PIM_MACHINE_HALF_H
