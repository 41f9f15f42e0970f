//===- SharedWork.cpp - Work that idle threads take part in ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "SharedWork.h"

#include "llvm/Support/ThreadPool.h"

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>

using namespace mlir;

namespace garam::npu {
namespace {

/// What the threads know of the calls. A thread that comes too late finds none
/// left, and looks at nothing else.
class Calls {
public:
  Calls(size_t count, llvm::function_ref<void(size_t)> work)
      : count(count), work(work) {}

  /// Makes one call after the other until all are begun.
  void take() {
    std::unique_lock<std::mutex> lock(mutex);
    while (numBegun < count) {
      size_t number = numBegun++;
      lock.unlock();
      work(number);
      lock.lock();
      if (++numDone == count)
        allDone.notify_all();
    }
  }

  void wait() {
    std::unique_lock<std::mutex> lock(mutex);
    allDone.wait(lock, [&] { return numDone == count; });
  }

private:
  size_t count;
  llvm::function_ref<void(size_t)> work;
  std::mutex mutex; // of what follows
  std::condition_variable allDone;
  size_t numBegun = 0, numDone = 0;
};

} // namespace

void shareWork(MLIRContext *context, size_t count,
               llvm::function_ref<void(size_t)> work) {
  auto calls = std::make_shared<Calls>(count, work);
  if (count > 1 && context->isMultithreadingEnabled()) {
    llvm::ThreadPoolInterface &pool = context->getThreadPool();
    size_t numHelpers = std::min<size_t>(count - 1, pool.getMaxConcurrency());
    for (size_t i = 0; i < numHelpers; ++i)
      pool.async([calls] { calls->take(); });
  }
  calls->take();
  calls->wait();
}

} // namespace garam::npu
