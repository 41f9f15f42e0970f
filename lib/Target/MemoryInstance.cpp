//===- MemoryInstance.cpp - Programs whose memory is segments -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/MemoryInstance.h"

namespace garam {

llvm::Expected<std::unique_ptr<DeviceExecution>> MemoryInstance::prepare(
    sim::Kernel &kernel, llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> given,
    const DeviceRunOptions &options, RunEndHandler onEnd) const {
  std::optional<RunMemory> memory;
  if (!timingOnly)
    if (llvm::Error error =
            RunMemory::create(segments, constants, given).moveInto(memory))
      return std::move(error);
  return makeExecution(kernel, std::move(memory), options, std::move(onEnd));
}

} // namespace garam
