//===- Arithmetic.h - Numbers of analog chips -------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// What converters and the digital unit compute, and how weights become levels:
// the same functions serve the compiler and the simulator. docs/isa/analog.md
// has the formulas.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_ANALOG_MACHINE_ARITHMETIC_H
#define GARAM_TARGET_ANALOG_MACHINE_ARITHMETIC_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>

namespace garam::analog {

/// The code of an input: round(x / scale) to the nearest, ties to even, within
/// [low, high]; 0 for what is no number.
int32_t convertInput(float x, float scale, int32_t low, int32_t high);

/// The code of a product sum: round(sum / step) to the nearest, ties to even,
/// within [-limit, limit]. `step` is at least 1.
int32_t convertOutput(int64_t sum, uint32_t step, int32_t limit);
int32_t convertOutput(double sum, uint32_t step, int32_t limit);

/// What an accumulated sum becomes: sum * scale + bias in f32, each operation
/// rounded, within [low, high].
float rescale(int32_t sum, float scale, float bias, float low, float high);

/// The scale of a column of weights: its largest magnitude over `levels`; 0 for
/// a column of zeros.
float getWeightScale(float largest, uint32_t levels);
/// round(weight / scale), ties to even, within [-levels, levels]; 0 when scale
/// is.
int32_t getLevel(float weight, float scale, uint32_t levels);

/// The step of an ADC that no input within [low, high] saturates: the least
/// integer for which `limit` steps reach the largest sum of codes times the
/// column's levels, and at least 1. `levels[i * stride]` is the level of row i.
uint32_t getStep(const int8_t *levels, size_t rows, size_t stride, int32_t low,
                 int32_t high, int32_t limit);

} // namespace garam::analog

#endif // GARAM_TARGET_ANALOG_MACHINE_ARITHMETIC_H
