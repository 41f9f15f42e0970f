//===- Reference.h - The ISA's semantics written plainly --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

//
// What commands do to the SRAM of a core, element by element and without any
// regard for speed, to compare the simulator with. Conversions are LLVM's.

#ifndef GARAM_UNITTESTS_TARGET_NPU_SIMULATOR_REFERENCE_H
#define GARAM_UNITTESTS_TARGET_NPU_SIMULATOR_REFERENCE_H

#include "garam/Target/NPU/Machine/ISA.h"

#include <vector>

namespace garam::npu::testing {

/// `bits` of an element of a float type as f32.
float decodeFloat(ElementType type, uint64_t bits);
/// `value` rounded to nearest even; f8 saturates.
uint64_t encodeFloat(ElementType type, float value);

/// The result of an operation on register bits; not for Load and Index, and for
/// functions only to a unit in the last place.
uint32_t evaluate(const VectorInstruction &instruction, uint32_t a, uint32_t b,
                  uint32_t c);
uint32_t combine(Combiner combiner, uint32_t accumulator, uint32_t source);

/// Executes commands whose addresses depend on no loop and no parameter.
void execute(const VectorCommand &command, std::vector<uint8_t> &sram);
void execute(const TensorCommand &command, std::vector<uint8_t> &sram);

} // namespace garam::npu::testing

#endif // GARAM_UNITTESTS_TARGET_NPU_SIMULATOR_REFERENCE_H
