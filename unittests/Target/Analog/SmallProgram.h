//===- SmallProgram.h - A program for tests ---------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_UNITTESTS_TARGET_ANALOG_SMALLPROGRAM_H
#define GARAM_UNITTESTS_TARGET_ANALOG_SMALLPROGRAM_H

#include "garam/Target/Analog/Machine/ISA.h"
#include "garam/Target/Analog/Machine/MachineDescription.h"

namespace garam::analog {

/// The text of a file of the repository.
std::string readSource(llvm::StringRef path);

/// The machine of targets/hermes.yaml.
MachineDescription readHermes();

/// One layer: two vectors of three inputs in segment 1, times a matrix of 3 x 2
/// in two tiles, rows 0 and 1 on core 5, row 2 on core 9, to two vectors of two
/// outputs in segment 2. The constant segment is `getSmallConstants`.
Program makeSmallProgram();

/// Levels {{1, -2}, {3, 4}, {5, -6}}, steps of 1, scales of 0.5, biases of 10
/// and 20.
std::vector<uint8_t> getSmallConstants();

} // namespace garam::analog

#endif // GARAM_UNITTESTS_TARGET_ANALOG_SMALLPROGRAM_H
