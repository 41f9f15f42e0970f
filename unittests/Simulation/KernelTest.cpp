//===- KernelTest.cpp - Tests of the discrete-event kernel ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Simulation/Kernel.h"
#include "garam/Simulation/BandwidthServer.h"

#include "gtest/gtest.h"

using namespace garam::sim;

namespace {

/// Notes the tags of its events; schedules what `plan` says at the start.
class Recorder : public Component {
public:
  struct Planned {
    Time delay;
    uint64_t tag;
  };

  Recorder(Kernel &kernel, std::vector<Planned> plan)
      : kernel(kernel), plan(std::move(plan)) {}

  llvm::Error start() override {
    for (const Planned &event : plan)
      kernel.schedule(event.delay, *this, event.tag);
    return llvm::Error::success();
  }
  llvm::Error handle(uint64_t tag) override {
    seen.push_back({kernel.now(), tag});
    if (tag == failing)
      return llvm::createStringError("failed");
    return llvm::Error::success();
  }
  std::string describeBlocked() const override { return blocked; }

  Kernel &kernel;
  std::vector<Planned> plan;
  std::vector<std::pair<Time, uint64_t>> seen;
  uint64_t failing = ~uint64_t(0);
  std::string blocked;
};

using Events = std::vector<std::pair<Time, uint64_t>>;

TEST(KernelTest, HandlesEventsInOrderOfTimeThenOfScheduling) {
  Kernel kernel;
  Recorder recorder(kernel, {{5, 0}, {3, 1}, {5, 2}, {0, 3}, {3, 4}});
  kernel.add(recorder);
  ASSERT_FALSE(llvm::errorToBool(kernel.run()));
  EXPECT_EQ(recorder.seen, (Events{{0, 3}, {3, 1}, {3, 4}, {5, 0}, {5, 2}}));
  EXPECT_EQ(kernel.now(), 5u);
}

TEST(KernelTest, ComponentsShareTheTime) {
  Kernel kernel;
  Recorder first(kernel, {{2, 0}}), second(kernel, {{1, 0}, {3, 1}});
  kernel.add(first);
  kernel.add(second);
  ASSERT_FALSE(llvm::errorToBool(kernel.run()));
  EXPECT_EQ(first.seen, (Events{{2, 0}}));
  EXPECT_EQ(second.seen, (Events{{1, 0}, {3, 1}}));
}

/// Starts another component at its first event, removes it at its second.
class Starter : public Component {
public:
  Starter(Kernel &kernel, Component &other) : kernel(kernel), other(other) {}

  llvm::Error start() override {
    kernel.schedule(10, *this, 0);
    kernel.schedule(20, *this, 1);
    return llvm::Error::success();
  }
  llvm::Error handle(uint64_t tag) override {
    if (tag == 0)
      return kernel.start(other);
    kernel.remove(other);
    return llvm::Error::success();
  }
  std::string describeBlocked() const override { return ""; }

  Kernel &kernel;
  Component &other;
};

TEST(KernelTest, StartsAndRemovesComponentsInTheMiddleOfARun) {
  Kernel kernel;
  Recorder other(kernel, {{0, 0}, {4, 1}, {11, 2}});
  other.blocked = "forgotten";
  Starter starter(kernel, other);
  kernel.add(starter);
  ASSERT_FALSE(llvm::errorToBool(kernel.run()));
  // Times count from the start of the run; what comes after 20 is forgotten.
  EXPECT_EQ(other.seen, (Events{{10, 0}, {14, 1}}));
  EXPECT_EQ(kernel.now(), 20u);
}

TEST(KernelTest, AnErrorEndsTheRun) {
  Kernel kernel;
  Recorder recorder(kernel, {{1, 0}, {2, 1}});
  recorder.failing = 0;
  kernel.add(recorder);
  EXPECT_EQ(llvm::toString(kernel.run()), "failed");
  EXPECT_EQ(recorder.seen.size(), 1u);
}

TEST(KernelTest, NamesComponentsThatAreBlockedAtTheEnd) {
  Kernel kernel;
  Recorder first(kernel, {}), second(kernel, {}), third(kernel, {});
  first.blocked = "first waits";
  third.blocked = "third waits";
  kernel.add(first);
  kernel.add(second);
  kernel.add(third);
  EXPECT_EQ(llvm::toString(kernel.run()), "deadlock: first waits; third waits");
}

TEST(KernelTest, RefusesTimeBeyondItsRange) {
  Kernel kernel;
  Recorder recorder(kernel, {{maxTime, 0}});
  kernel.add(recorder);
  EXPECT_EQ(llvm::toString(kernel.run()),
            "simulated time exceeds five hours, the most that can be counted "
            "in femtoseconds");
}

TEST(TimeTest, ConvertsSeconds) {
  EXPECT_EQ(getTime(1e-15), 1u);
  EXPECT_EQ(getTime(0.75e-6), 750'000'000u);
  EXPECT_EQ(getTime(0), 0u);
  EXPECT_EQ(getTime(-1), 0u);
  EXPECT_EQ(getTime(1e9), maxTime);
  EXPECT_EQ(addTime(maxTime, 1), maxTime);
}

TEST(ClockTest, CyclesDoNotAccumulateRoundingErrors) {
  Clock clock(700e6);
  EXPECT_EQ(clock.getTime(1), 1'428'571u);
  EXPECT_EQ(clock.getTime(700), 1'000'000'000u);
  EXPECT_EQ(clock.getTime(700'000'000), fsPerSecond);
  EXPECT_EQ(clock.getTime(~uint64_t(0)), maxTime);
}

TEST(BandwidthServerTest, ServesRequestsOneAfterTheOther) {
  BandwidthServer server;
  BandwidthServer::Slot first = server.reserve(10, 5);
  EXPECT_EQ(first.start, 10u);
  EXPECT_EQ(first.end, 15u);
  // Behind the first one.
  BandwidthServer::Slot second = server.reserve(12, 5);
  EXPECT_EQ(second.start, 15u);
  EXPECT_EQ(second.end, 20u);
  // The server has been idle.
  BandwidthServer::Slot third = server.reserve(30, 1);
  EXPECT_EQ(third.start, 30u);
  EXPECT_EQ(server.getBusyTime(), 11u);
}

} // namespace
