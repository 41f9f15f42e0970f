//===- FoldPrograms.h - One program for equal dispatches --------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_CONTAINER_FOLDPROGRAMS_H
#define GARAM_CONTAINER_FOLDPROGRAMS_H

#include "garam/Container/Image.h"

namespace garam {

/// Dispatches of the same code for the same target, as identical layers are,
/// run one program, each with its own weights and for its own nodes. Programs
/// that occupy more of their device than the memory of segments stay, for two
/// instances of one would be in each other's way.
void foldPrograms(ImageSource &source);

} // namespace garam

#endif // GARAM_CONTAINER_FOLDPROGRAMS_H
