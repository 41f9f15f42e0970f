//===- Words.h - Fields of instruction words --------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_PIM_WORDS_H
#define GARAM_LIB_TARGET_PIM_WORDS_H

#include "garam/Target/PIM/Machine/ISA.h"

namespace garam::pim {

/// The word of an instruction whose members fit their fields.
uint32_t pack(const Instruction &instruction);

} // namespace garam::pim

#endif // GARAM_LIB_TARGET_PIM_WORDS_H
