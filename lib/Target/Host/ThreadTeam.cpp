//===- ThreadTeam.cpp - Threads that share the parts of a kernel ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ThreadTeam.h"

namespace garam::host {

/// Looks at the number of the job before a worker sleeps: some tens of
/// microseconds, the time between two kernels that have parts. A look lets
/// other threads of the machine go first.
static constexpr unsigned numLooks = 100;

ThreadTeam::ThreadTeam(unsigned size) {
  for (unsigned thread = 1; thread < size; ++thread)
    workers.emplace_back([this, thread] { serve(thread); });
}

ThreadTeam::~ThreadTeam() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    isStopping = true;
    ++job;
  }
  wake.notify_all();
  for (std::thread &worker : workers)
    worker.join();
}

void ThreadTeam::claimParts(unsigned thread) {
  for (uint64_t part = nextPart++; part < numParts; part = nextPart++)
    (*jobWork)(part, thread);
}

/// Waits for a job with parts left, and takes part in it; false: there are none
/// any more.
bool ThreadTeam::awaitJob(uint64_t &lastJob) {
  for (unsigned look = 0; look < numLooks && job == lastJob; ++look)
    std::this_thread::yield();
  std::unique_lock<std::mutex> lock(mutex);
  // A job that was done without this worker is closed.
  wake.wait(lock, [&] { return isStopping || (job != lastJob && isOpen); });
  lastJob = job;
  if (isStopping)
    return false;
  ++numActive;
  return true;
}

void ThreadTeam::serve(unsigned thread) {
  uint64_t lastJob = 0;
  while (awaitJob(lastJob)) {
    claimParts(thread);
    std::lock_guard<std::mutex> lock(mutex);
    if (--numActive == 0)
      finished.notify_one();
  }
}

void ThreadTeam::run(uint64_t parts, Work work) {
  if (workers.empty() || parts < 2) {
    for (uint64_t part = 0; part < parts; ++part)
      work(part, /*thread=*/0);
    return;
  }
  {
    std::lock_guard<std::mutex> lock(mutex);
    numParts = parts;
    jobWork = &work;
    nextPart = 0;
    isOpen = true;
    ++job;
  }
  wake.notify_all();
  claimParts(/*thread=*/0);
  // Nobody waits for a worker that has not begun: there is nothing left to do.
  std::unique_lock<std::mutex> lock(mutex);
  isOpen = false;
  finished.wait(lock, [&] { return numActive == 0; });
}

} // namespace garam::host
