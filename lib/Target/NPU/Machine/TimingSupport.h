//===- TimingSupport.h - What the engines' times share ----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Arithmetic that saturates, for sizes may come from a stranger, and the bytes
// that the banks of a core's SRAM move for an operand.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_NPU_MACHINE_TIMINGSUPPORT_H
#define GARAM_LIB_TARGET_NPU_MACHINE_TIMINGSUPPORT_H

#include "garam/Target/NPU/Machine/Timing.h"

#include "llvm/Support/MathExtras.h"

namespace garam::npu {

inline uint64_t add(uint64_t a, uint64_t b) {
  return llvm::SaturatingAdd(a, b);
}

inline uint64_t multiply(uint64_t a, uint64_t b) {
  return llvm::SaturatingMultiply(a, b);
}

inline uint64_t divideCeil(uint64_t a, uint64_t b) {
  return b == 0 ? ~uint64_t(0) : a / b + (a % b != 0);
}

inline uint64_t product(llvm::ArrayRef<uint32_t> sizes) {
  uint64_t result = 1;
  for (uint32_t size : sizes)
    result = multiply(result, size);
  return result;
}

/// Bytes of a bank's word, read and written.
uint64_t getReadWord(const LocalMemoryDescription &local);
uint64_t getWriteWord(const LocalMemoryDescription &local);

/// Bytes that banks with words of `word` bytes move for `count` elements of an
/// operand, which a command walks over `sizes`.
uint64_t getOperandBytes(uint64_t count, const Descriptor &operand,
                         llvm::ArrayRef<uint32_t> sizes, uint64_t word);

/// The same when each byte of the operand is read once: windows that overlap
/// share what they have in common.
uint64_t getFootprintBytes(const Descriptor &operand,
                           llvm::ArrayRef<uint32_t> sizes, uint64_t word);

} // namespace garam::npu

#endif // GARAM_LIB_TARGET_NPU_MACHINE_TIMINGSUPPORT_H
