//===- Npz.h - Archives of numpy arrays -------------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_RUNTIME_NPZ_H
#define GARAM_RUNTIME_NPZ_H

#include "garam/Support/Tensor.h"
#include "llvm/Support/Error.h"

namespace garam {

/// Reads the arrays of an .npz file, as numpy.savez and numpy.savez_compressed
/// write them, each with its name. Errors are of ExitCode::Input.
llvm::Expected<std::vector<Tensor>> readNpz(llvm::StringRef path);

} // namespace garam

#endif // GARAM_RUNTIME_NPZ_H
