//===- ThreadTeam.h - Threads that share the parts of a kernel --*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_HOST_THREADTEAM_H
#define GARAM_LIB_TARGET_HOST_THREADTEAM_H

#include "llvm/ADT/STLFunctionalExtras.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace garam::host {

/// Threads that wait for work together. A kernel takes some ten microseconds,
/// less than it takes to wake a thread through a queue of tasks: who has just
/// worked looks out for the next piece for a while before it sleeps.
class ThreadTeam {
public:
  /// What is done with one part, by one of the threads.
  using Work = llvm::function_ref<void(uint64_t part, unsigned thread)>;

  /// `size` threads, the caller of `run` among them; at least 1.
  explicit ThreadTeam(unsigned size);
  ~ThreadTeam();
  ThreadTeam(const ThreadTeam &) = delete;
  ThreadTeam &operator=(const ThreadTeam &) = delete;

  unsigned size() const { return workers.size() + 1; }

  /// Does `work` once for each part from 0 to `parts` - 1, in any order; back
  /// when all are done. One call at a time.
  void run(uint64_t parts, Work work);

private:
  void serve(unsigned thread);
  bool awaitJob(uint64_t &lastJob);
  void claimParts(unsigned thread);

  // Of the job: set while no worker takes part in it.
  uint64_t numParts = 0;
  const Work *jobWork = nullptr;
  std::atomic<uint64_t> nextPart{0};

  std::mutex mutex; // of what follows
  std::condition_variable wake, finished;
  /// Number of the job, which workers look at without the mutex, too.
  std::atomic<uint64_t> job{0};
  bool isOpen = false, isStopping = false;
  unsigned numActive = 0;
  std::vector<std::thread> workers;
};

} // namespace garam::host

#endif // GARAM_LIB_TARGET_HOST_THREADTEAM_H
