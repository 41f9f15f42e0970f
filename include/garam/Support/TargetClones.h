//===- TargetClones.h - Kernels for several CPUs ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_TARGETCLONES_H
#define GARAM_SUPPORT_TARGETCLONES_H

/// Compiles a function for several generations of x86 and chooses when the
/// library is loaded. The code is compiled without contraction of
/// multiplications and additions, so that every clone gives the same bits.
#if defined(__x86_64__) && defined(__ELF__)
#define GARAM_TARGET_CLONES                                                    \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define GARAM_TARGET_CLONES
#endif

#endif // GARAM_SUPPORT_TARGETCLONES_H
