//===- Workers.cpp - Threads and their memory for kernels -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Workers.h"

#include "garam/Support/NativeCodeScope.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/Threading.h"

using namespace llvm;

namespace garam::host {

void Crew::call(KernelFunction function, const Kernel &kernel,
                ArrayRef<void *> arguments) {
  std::lock_guard<std::mutex> lock(isCalling);
  team.run(kernel.parts, [&](uint64_t part, unsigned thread) {
    SmallVector<void *> own(arguments);
    if (kernel.workspaceBytes != 0)
      own.push_back(static_cast<uint8_t *>(workspaces.base()) +
                    thread * workspaceBytes);
    NativeCodeScope scope;
    function(own.data(), part);
  });
}

/// Of a workspace, so that threads share no line of a cache: a page.
static constexpr uint64_t workspaceAlignment = 4096;

Workers::Workers(ArrayRef<Kernel> kernels) {
  for (const Kernel &kernel : kernels) {
    mostParts = std::max(mostParts, kernel.parts);
    workspaceBytes = std::max(workspaceBytes, kernel.workspaceBytes);
  }
}

/// The memory of all workspaces; pages that nobody touches cost nothing.
static Expected<sys::OwningMemoryBlock> allocate(uint64_t numThreads,
                                                 uint64_t bytes) {
  if (bytes == 0)
    return sys::OwningMemoryBlock();
  bool overflows = false;
  uint64_t total = SaturatingMultiply(numThreads, bytes, &overflows);
  std::error_code error = std::make_error_code(std::errc::not_enough_memory);
  sys::MemoryBlock block;
  if (!overflows)
    block = sys::Memory::allocateMappedMemory(
        total, nullptr, sys::Memory::MF_READ | sys::Memory::MF_WRITE, error);
  if (error)
    return createStringError("no memory for the workspaces of " +
                             Twine(numThreads) + " threads, " + Twine(bytes) +
                             " bytes each: " + error.message());
  return sys::OwningMemoryBlock(block);
}

/// Deletes a crew where its threads are. A fork has its memory without them:
/// it would wait for them for ever.
static void deleteCrew(const Crew *crew, sys::Process::Pid process) {
  if (sys::Process::getProcessId() == process)
    delete crew;
}

Expected<std::shared_ptr<Crew>> Workers::getCrew(unsigned numThreads) {
  unsigned size = std::min(
      hardware_concurrency(numThreads).compute_thread_count(), mostParts);
  std::lock_guard<std::mutex> lock(mutex);
  sys::Process::Pid caller = sys::Process::getProcessId();
  if (crew && crew->size() == size && process == caller)
    return crew;
  uint64_t bytes = workspaceBytes > UINT64_MAX - workspaceAlignment
                       ? workspaceBytes
                       : alignTo(workspaceBytes, workspaceAlignment);
  Expected<sys::OwningMemoryBlock> workspaces = allocate(size, bytes);
  if (!workspaces)
    return workspaces.takeError();
  crew.reset(new Crew(size, std::move(*workspaces), bytes),
             [caller](const Crew *old) { deleteCrew(old, caller); });
  process = caller;
  return crew;
}

} // namespace garam::host
