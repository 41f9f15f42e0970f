//===- Memory.h - Memories that a simulated NPU program touches -*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Turns the operands of a command's execution into memory that has been
// checked: programs may come from a stranger, so no byte is touched that does
// not belong to the memory that the operand names.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_NPU_SIMULATOR_MEMORY_H
#define GARAM_LIB_TARGET_NPU_SIMULATOR_MEMORY_H

#include "garam/Target/NPU/Machine/ISA.h"
#include "garam/Target/NPU/Machine/MachineDescription.h"
#include "garam/Target/RunMemory.h"
#include "llvm/Support/Error.h"

namespace garam::npu {

/// Bytes of one SRAM whose content can be simulated. The host's address space
/// is reserved for all of it, its memory only for what is touched.
constexpr uint64_t maxImageBytes = uint64_t(1) << 32;

/// Where in its loops and on which core a command executes.
struct ExecutionContext {
  uint16_t core = 0;
  std::array<uint32_t, maxLoopDepth> iterations = {0, 0, 0};
  llvm::ArrayRef<uint32_t> parameters;
};

/// A guard with the iterations of the loops added to its start.
struct ResolvedGuard {
  int64_t start = 0;
  int64_t extent = 0;
  std::array<int32_t, maxDims> coefficients = {};
};

/// An operand of one execution of a command. The elements of an operand
/// without guards all lie in [0, limit); those of one with guards must be
/// checked one by one, with `contains`.
struct Operand {
  /// Null when only times are simulated. Of an operand that is written,
  /// `target` is the same memory.
  const uint8_t *memory = nullptr;
  uint8_t *target = nullptr;
  int64_t limit = 0; // bytes that may be touched
  int64_t base = 0;  // of element (0, 0, ...)
  ElementType type = ElementType::I8;
  std::array<int64_t, maxDims> strides = {};
  llvm::SmallVector<ResolvedGuard, maxGuards> guards;
  double fill = 0;

  bool contains(int64_t offset, unsigned width) const {
    return offset >= 0 && offset + static_cast<int64_t>(width) <= limit;
  }
};

/// The SRAMs of the chip and the segments of a program.
class Memory {
public:
  Memory(const Program &program, const MachineDescription &machine,
         RunMemory segments, bool timingOnly);

  /// Resolves `descriptor` for a walk over `sizes` with elements of `width`
  /// bytes. Fails when an element lies outside its memory (of operands with
  /// guards only the reach of 62 bits is checked), or when a segment that is
  /// read only or resident bytes are written.
  llvm::Expected<Operand> resolve(const Descriptor &descriptor,
                                  llvm::ArrayRef<uint32_t> sizes,
                                  unsigned width, bool isWrite,
                                  const ExecutionContext &context);

  /// `size` bytes at `address`, whose loops and parameter are not looked at;
  /// nothing when they do not lie in its memory, or nothing has been written
  /// there. Not when only times are simulated.
  llvm::ArrayRef<uint8_t> read(const Address &address, uint64_t size) const;

  /// What is in bytes of an SRAM, and puts `content` there. They must lie in
  /// it; not when only times are simulated.
  std::vector<uint8_t> copy(const ResidentBytes &bytes) const;
  void fill(const ResidentBytes &bytes, llvm::ArrayRef<uint8_t> content);

  /// The range of bytes that the error of an access outside of memory names.
  llvm::Error makeRangeError(const Address &address, int64_t begin,
                             int64_t end) const;

private:
  uint64_t getSize(const Address &address) const;
  /// An SRAM's first `end` bytes, made when they are first touched.
  uint8_t *getImage(const Address &address, uint64_t end);
  llvm::Error checkResidents(const Descriptor &descriptor,
                             llvm::ArrayRef<uint32_t> sizes, unsigned width,
                             int64_t base) const;
  /// Of an operand whose limit is known.
  void setMemory(Operand &operand, const Address &address, bool isWrite);

  const Program &program;
  const MachineDescription &machine;
  RunMemory segments;
  bool timingOnly;
  /// SRAM of the cores, then the shared one. Only as long as has been touched.
  std::vector<std::vector<uint8_t>> images;
};

} // namespace garam::npu

#endif // GARAM_LIB_TARGET_NPU_SIMULATOR_MEMORY_H
