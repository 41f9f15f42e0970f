//===- NativeCode.h - Kernels in this process -------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_HOST_NATIVECODE_H
#define GARAM_LIB_TARGET_HOST_NATIVECODE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <vector>

namespace garam::host {

/// A function of the object: its arguments' addresses in order, that of memory
/// of its own last if it needs some, and the part that it makes.
using KernelFunction = void (*)(void *const *arguments, uint64_t part);

/// An object that was linked into this process. Calling its kernels runs
/// whatever code it holds: only for objects that the user trusts.
class NativeCode {
public:
  virtual ~NativeCode() = default;

  KernelFunction getKernel(unsigned kernel) const { return kernels[kernel]; }

protected:
  std::vector<KernelFunction> kernels;
};

/// Links `object`, a relocatable ELF file with kernels 0 to `numKernels` - 1.
/// It may refer to no symbol but those of `getAllowedSymbols`.
llvm::Expected<std::unique_ptr<NativeCode>> link(llvm::ArrayRef<uint8_t> object,
                                                 unsigned numKernels);

/// Names of the functions of this process that an object may call, sorted.
std::vector<llvm::StringRef> getAllowedSymbols();

} // namespace garam::host

#endif // GARAM_LIB_TARGET_HOST_NATIVECODE_H
