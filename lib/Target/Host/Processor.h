//===- Processor.h - What native code needs of a processor ------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_HOST_PROCESSOR_H
#define GARAM_LIB_TARGET_HOST_PROCESSOR_H

#include "garam/Target/Host/Machine.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <string>
#include <vector>

namespace garam::host {

/// A processor that code is compiled for, in LLVM's words.
struct Processor {
  std::string name;                  // "x86-64-v3"
  std::vector<std::string> features; // that it must have: "avx2"

  /// Its registers for vectors of floats.
  VectorRegisters getVectorRegisters() const;
};

/// The levels of the x86-64 psABI, in ascending order.
std::vector<llvm::StringRef> getProcessorLevels();

/// The processor that `name` means: a level, or "native" for this machine's.
llvm::Expected<Processor> findProcessor(llvm::StringRef name);

/// Fails with what is missing unless this machine can run code for the
/// processor.
llvm::Error checkProcessor(llvm::StringRef name,
                           llvm::ArrayRef<std::string> features);

} // namespace garam::host

#endif // GARAM_LIB_TARGET_HOST_PROCESSOR_H
