//===- WorkersTest.cpp - Threads that share the parts of kernels ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Target/Host/Workers.h"

#include "gtest/gtest.h"

#include <sys/wait.h>
#include <unistd.h>

using namespace garam::host;

namespace {

TEST(HostThreadTeam, DoesEachPartOnce) {
  for (unsigned size : {1u, 2u, 5u}) {
    ThreadTeam team(size);
    EXPECT_EQ(team.size(), size);
    // As many jobs as make workers come late to some.
    for (uint64_t parts : {0, 1, 2, 3, 64, 7, 1000, 2, 2, 2, 2}) {
      std::vector<std::atomic<unsigned>> count(parts);
      std::atomic<bool> isOfTeam = true;
      team.run(parts, [&](uint64_t part, unsigned thread) {
        ++count[part];
        isOfTeam = isOfTeam && thread < size;
      });
      for (const std::atomic<unsigned> &times : count)
        EXPECT_EQ(times, 1u);
      EXPECT_TRUE(isOfTeam);
    }
  }
}

/// Adds the part to each element of its own workspace, then stores the sum.
void addUp(void *const *arguments, uint64_t part) {
  auto *sums = static_cast<uint64_t *>(arguments[0]);
  auto *workspace = static_cast<uint64_t *>(arguments[1]);
  for (unsigned i = 0; i < 512; ++i)
    workspace[i] = part;
  uint64_t sum = 0;
  for (unsigned i = 0; i < 512; ++i)
    sum += workspace[i];
  sums[part] = sum;
}

TEST(HostWorkers, HaveWorkspacesOfTheirOwn) {
  Kernel kernel{/*parts=*/100, /*workspaceBytes=*/512 * sizeof(uint64_t)};
  Workers workers(kernel);
  for (unsigned threads : {1u, 4u, 0u, 1000u}) {
    std::shared_ptr<Crew> crew = llvm::cantFail(workers.getCrew(threads));
    EXPECT_LE(crew->size(), kernel.parts);
    std::vector<uint64_t> sums(kernel.parts);
    crew->call(addUp, kernel, {sums.data()});
    for (uint64_t part = 0; part < sums.size(); ++part)
      EXPECT_EQ(sums[part], 512 * part);
  }
}

TEST(HostWorkers, StayFromRunToRun) {
  Workers workers(Kernel{/*parts=*/8, /*workspaceBytes=*/0});
  std::shared_ptr<Crew> crew = llvm::cantFail(workers.getCrew(2));
  EXPECT_EQ(llvm::cantFail(workers.getCrew(2)), crew);
  EXPECT_NE(llvm::cantFail(workers.getCrew(3)), crew);
}

TEST(HostWorkers, AForkHasThreadsOfItsOwn) {
  Kernel kernel{/*parts=*/100, /*workspaceBytes=*/512 * sizeof(uint64_t)};
  auto workers = std::make_unique<Workers>(kernel);
  std::shared_ptr<Crew> crew = llvm::cantFail(workers->getCrew(2));
  std::vector<uint64_t> sums(kernel.parts);
  crew->call(addUp, kernel, {sums.data()});
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // What waits for threads that are not there would wait for ever.
    constexpr unsigned mostSeconds = 30;
    alarm(mostSeconds);
    std::shared_ptr<Crew> own = llvm::cantFail(workers->getCrew(2));
    sums.assign(kernel.parts, 0);
    own->call(addUp, kernel, {sums.data()});
    bool isNew = own != crew && sums.back() == 512 * (kernel.parts - 1);
    own.reset();
    crew.reset();
    workers.reset();
    _exit(isNew ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(HostWorkers, TooMuchMemoryIsAnError) {
  for (uint64_t bytes : {uint64_t(1) << 60, UINT64_MAX - 4095, UINT64_MAX}) {
    Workers workers(Kernel{/*parts=*/2, bytes});
    llvm::Expected<std::shared_ptr<Crew>> crew = workers.getCrew(2);
    ASSERT_FALSE(static_cast<bool>(crew));
    EXPECT_NE(llvm::toString(crew.takeError())
                  .find("no memory for the workspaces of 2 threads, "),
              std::string::npos);
  }
}

} // namespace
