//===- Noise.h - Programming noise ------------------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A programmed conductance is drawn from a normal distribution about its
// target whose deviation is a polynomial of the target; what falls below zero
// is zero. The draws come from a counter-based generator, so that each depends
// only on the seed and on the cell's place.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_ANALOG_MACHINE_NOISE_H
#define GARAM_TARGET_ANALOG_MACHINE_NOISE_H

#include "garam/Target/Analog/Machine/MachineDescription.h"

#include <array>
#include <cstdint>
#include <utility>

namespace garam::analog {

/// Philox4x32 with 10 rounds: J. K. Salmon et al., "Parallel Random Numbers: As
/// Easy as 1, 2, 3", SC 2011.
std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter,
                                   std::array<uint32_t, 2> key);

/// Two independent draws of the standard normal distribution, the same on every
/// machine: Marsaglia's polar method on philox4x32 with `seed` as key and
/// (a, b, c, attempt) as counter.
std::pair<double, double> drawNormal(uint64_t seed, uint32_t a, uint32_t b,
                                     uint32_t c);

/// Standard deviation in microsiemens of a polarity whose target is
/// `microsiemens`.
double getProgrammingDeviation(const MachineDescription &machine,
                               double microsiemens);

/// Conductances of a cell, positive and negative polarity, in microsiemens.
struct CellConductance {
  double positive = 0, negative = 0;
};
/// What programming a cell of `level` aims at.
CellConductance getTarget(const MachineDescription &machine, int32_t level);
/// What it reaches in the cell at (row, column) of the crossbar of `core`.
CellConductance program(const MachineDescription &machine, int32_t level,
                        uint64_t seed, uint32_t core, uint32_t row,
                        uint32_t column);

} // namespace garam::analog

#endif // GARAM_TARGET_ANALOG_MACHINE_NOISE_H
