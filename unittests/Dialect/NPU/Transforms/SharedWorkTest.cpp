//===- SharedWorkTest.cpp -------------------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "SharedWork.h"

#include "llvm/Support/ThreadPool.h"
#include "gtest/gtest.h"

#include <atomic>
#include <future>
#include <vector>

using namespace garam::npu;
using namespace mlir;

namespace {

/// How often each of `count` calls is made.
std::vector<int> countCalls(MLIRContext &context, size_t count) {
  std::vector<std::atomic<int>> calls(count);
  shareWork(&context, count, [&](size_t number) { ++calls[number]; });
  return {calls.begin(), calls.end()};
}

TEST(SharedWork, MakesEachCallOnce) {
  MLIRContext threaded, serial(MLIRContext::Threading::DISABLED);
  for (MLIRContext *context : {&threaded, &serial})
    for (size_t count : {0, 1, 2, 100})
      EXPECT_EQ(countCalls(*context, count), std::vector<int>(count, 1));
}

TEST(SharedWork, IsSharedBetweenThreads) {
  MLIRContext context(MLIRContext::Threading::DISABLED);
  llvm::DefaultThreadPool pool(llvm::hardware_concurrency(1));
  context.setThreadPool(pool);
  // Each call ends when the other has begun: one thread would wait for ever.
  std::promise<void> begun[2];
  shareWork(&context, 2, [&](size_t number) {
    begun[number].set_value();
    begun[1 - number].get_future().wait();
  });
}

TEST(SharedWork, BeginsNothingElse) {
  MLIRContext context(MLIRContext::Threading::DISABLED);
  llvm::DefaultThreadPool pool(llvm::hardware_concurrency(1));
  context.setThreadPool(pool);
  std::promise<void> isQueued, isDone;
  std::vector<int> calls;
  pool.async([&] {
    isQueued.get_future().wait();
    calls = countCalls(context, 8);
    isDone.set_value();
  });
  // Waits for the first task: the only thread must not begin it meanwhile.
  pool.async([&] { isDone.get_future().wait(); });
  isQueued.set_value();
  pool.wait();
  EXPECT_EQ(calls, std::vector<int>(8, 1));
}

} // namespace
