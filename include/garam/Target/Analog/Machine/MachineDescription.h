//===- MachineDescription.h - What an analog chip is ------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A chip of crossbar cores that hold weights as conductances, and a digital
// unit that feeds them and adds up what they read. The parameters come from
// targets/*.yaml; no pass, cost model or simulator holds a figure of its own.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_ANALOG_MACHINE_MACHINEDESCRIPTION_H
#define GARAM_TARGET_ANALOG_MACHINE_MACHINEDESCRIPTION_H

#include "garam/Target/HostLink.h"

#include "llvm/ADT/StringRef.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace garam::analog {

/// The array of cells of one core. A cell has two polarities, whose difference
/// is its weight; each polarity is one or more devices in parallel.
struct CrossbarDescription {
  uint32_t rows = 0, columns = 0;
  uint32_t devicesPerPolarity = 1;
  /// Conductances above zero that programming aims at, evenly spaced up to the
  /// largest: a weight is an integer from -levels to levels.
  uint32_t levels = 1;
  double maxMicrosiemens = 0; // of one polarity
};

/// Programming noise: the standard deviation of a polarity's conductance about
/// its target G is c0 + c1 g + c2 g^2 + c3 g^3, with g = G / maxMicrosiemens.
struct NoiseDescription {
  std::array<double, 4> coefficients = {}; // microsiemens
};

/// Write pulses and the reads that check them, until a row is as wanted.
struct ProgrammingDescription {
  uint32_t iterations = 1; // of a row; its cells are written side by side
  double pulseSeconds = 0, verifySeconds = 0; // of an iteration
  double pulseJoules = 0;                     // of a device and iteration
};

/// One product of all rows with all columns. Four phases read positive and
/// negative inputs on both polarities in turn, one phase reads inputs that are
/// not negative.
struct ReadDescription {
  uint32_t dacBits = 8, adcBits = 8; // signed
  double fourPhaseSeconds = 0, fourPhaseJoules = 0;
  double onePhaseSeconds = 0, onePhaseJoules = 0;
};

/// The unit that converts, adds and rescales.
struct DigitalDescription {
  double clockHz = 0;
  uint32_t lanes = 1; // operations a cycle
  double commandSeconds = 0;
  double energyPerOp = 0;
};

/// A memory on the chip with one port.
struct MemoryDescription {
  uint64_t bytes = 0;
  uint32_t bytesPerCycle = 1; // of the digital unit's clock
  double energyPerByte = 0;
};

/// The resource (ResidentRange) that programs on a chip share out.
constexpr llvm::StringLiteral coresName = "cores";

struct MachineDescription {
  std::string name;
  uint32_t cores = 1;
  CrossbarDescription crossbar;
  NoiseDescription noise;
  ProgrammingDescription programming;
  ReadDescription read;
  DigitalDescription digital;
  MemoryDescription buffer;  // segments but the constant one
  MemoryDescription vectors; // what goes into and comes out of crossbars
  double synchronisationSeconds = 0;
  std::optional<HostLink> hostLink;
  double idleWatts = 0;

  /// Largest magnitude that a converter gives: 127 for 8 bits.
  int32_t getDACLimit() const { return (1 << (read.dacBits - 1)) - 1; }
  int32_t getADCLimit() const { return (1 << (read.adcBits - 1)) - 1; }
  /// Cells of all cores over the time of the fastest read.
  double getPeakMACsPerSecond() const {
    return double(cores) * crossbar.rows * crossbar.columns /
           read.onePhaseSeconds;
  }
};

} // namespace garam::analog

#endif // GARAM_TARGET_ANALOG_MACHINE_MACHINEDESCRIPTION_H
