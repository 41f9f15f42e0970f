//===- RandomProgram.h - Random valid NPU programs --------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_UNITTESTS_TARGET_NPU_RANDOMPROGRAM_H
#define GARAM_UNITTESTS_TARGET_NPU_RANDOMPROGRAM_H

#include "garam/Target/NPU/Machine/ISA.h"

#include <random>

namespace garam::npu::test {

/// Random numbers that are the same with every standard library.
class Random {
public:
  explicit Random(uint32_t seed) : engine(seed) {}
  /// 0 to limit - 1.
  uint32_t below(uint32_t limit) { return engine() % limit; }
  bool flip() { return below(2); }
  uint32_t bits() { return engine(); }

private:
  std::mt19937 engine;
};

/// A program that obeys every rule of the ISA and uses every kind of field. It
/// does not make sense: it may deadlock and race.
Program makeRandomProgram(Random &random);

} // namespace garam::npu::test

#endif // GARAM_UNITTESTS_TARGET_NPU_RANDOMPROGRAM_H
