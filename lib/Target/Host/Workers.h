//===- Workers.h - Threads and their memory for kernels ---------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_HOST_WORKERS_H
#define GARAM_LIB_TARGET_HOST_WORKERS_H

#include "NativeCode.h"
#include "ThreadTeam.h"
#include "garam/Target/Host/Program.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/Memory.h"
#include "llvm/Support/Process.h"

#include <memory>

namespace garam::host {

/// Threads, each with a workspace, that call kernels. Calls from several
/// threads wait for each other.
class Crew {
public:
  Crew(unsigned numThreads, llvm::sys::OwningMemoryBlock workspaces,
       uint64_t workspaceBytes)
      : team(numThreads), workspaces(std::move(workspaces)),
        workspaceBytes(workspaceBytes) {}

  unsigned size() const { return team.size(); }

  /// Calls `function` for each part of `kernel`, with `arguments` and the
  /// workspace of the thread. It runs whatever code it holds.
  void call(KernelFunction function, const Kernel &kernel,
            llvm::ArrayRef<void *> arguments);

private:
  std::mutex isCalling;
  ThreadTeam team;
  llvm::sys::OwningMemoryBlock workspaces; // one behind the other
  uint64_t workspaceBytes;                 // of one
};

/// The crew of an instance, made when it is first needed.
class Workers {
public:
  /// For these kernels, of a program that may come from a stranger.
  explicit Workers(llvm::ArrayRef<Kernel> kernels);

  /// The crew with so many threads, 0: one a processor; but no more than there
  /// are parts for. Fails where workspaces fit into no memory.
  llvm::Expected<std::shared_ptr<Crew>> getCrew(unsigned numThreads);

private:
  unsigned mostParts = 1;
  uint64_t workspaceBytes = 0; // of each thread
  std::mutex mutex;
  std::shared_ptr<Crew> crew;
  /// The process that has the threads of `crew`: a fork of it has none.
  llvm::sys::Process::Pid process = 0;
};

} // namespace garam::host

#endif // GARAM_LIB_TARGET_HOST_WORKERS_H
