//===- MemoryInstance.h - Programs whose memory is segments -----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_TARGET_MEMORYINSTANCE_H
#define GARAM_TARGET_MEMORYINSTANCE_H

#include "garam/Target/LoadedProgram.h"
#include "garam/Target/RunMemory.h"

#include <optional>

namespace garam {

/// An instance whose runs see the memory of their segments, checked, and the
/// constants, which all runs share; or no memory, if it is for times only.
class MemoryInstance : public ProgramInstance {
public:
  llvm::Expected<std::unique_ptr<DeviceExecution>>
  prepare(sim::Kernel &kernel,
          llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments,
          const DeviceRunOptions &options, RunEndHandler onEnd) const final;

protected:
  /// `constants` is what the constant segment of `segments` holds.
  MemoryInstance(std::vector<DeviceSegment> segments,
                 llvm::ArrayRef<uint8_t> constants, bool timingOnly)
      : segments(std::move(segments)), constants(constants),
        timingOnly(timingOnly) {}

private:
  /// As prepare. `memory` is nothing in an instance for times only.
  virtual llvm::Expected<std::unique_ptr<DeviceExecution>>
  makeExecution(sim::Kernel &kernel, std::optional<RunMemory> memory,
                const DeviceRunOptions &options, RunEndHandler onEnd) const = 0;

  std::vector<DeviceSegment> segments;
  llvm::ArrayRef<uint8_t> constants;
  bool timingOnly;
};

} // namespace garam

#endif // GARAM_TARGET_MEMORYINSTANCE_H
