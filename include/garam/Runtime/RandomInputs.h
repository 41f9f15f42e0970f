//===- RandomInputs.h - Inputs out of a seed --------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_RUNTIME_RANDOMINPUTS_H
#define GARAM_RUNTIME_RANDOMINPUTS_H

#include "garam/Container/Image.h"

namespace garam {

/// A tensor for `binding`, the same for one name and seed on every machine:
/// floats uniform in [0, 1); 8-bit integers over their whole range; booleans;
/// wider integers, which are mostly indices, 0 or 1.
Tensor makeRandomTensor(const Binding &binding, uint64_t seed);

} // namespace garam

#endif // GARAM_RUNTIME_RANDOMINPUTS_H
