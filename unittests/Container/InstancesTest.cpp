//===- InstancesTest.cpp - Tests of instances on devices ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Container/Instances.h"
#include "gtest/gtest.h"

using namespace llvm;
using namespace garam;

namespace {

using Ranges = std::vector<ResidentRange>;

/// Two devices, two programs with constants, and a constant segment for each of
/// several dispatches.
struct System {
  Manifest manifest;
  std::vector<std::vector<DeviceSegment>> declared;

  System() {
    manifest.devices.resize(2);
    manifest.devices[0].name = "one";
    manifest.devices[1].name = "two";
    manifest.programs.resize(2);
    manifest.programs[0].section = "first";
    manifest.programs[1].section = "second";
    manifest.entryPoints.resize(1);
    for (int i = 0; i < 2; ++i)
      declared.push_back({{MemoryRole::Input, 16, "x"},
                          {MemoryRole::Constant, 16, "weights"}});
  }
  void dispatch(uint32_t program, uint32_t device, uint32_t constants) {
    manifest.entryPoints[0].steps.push_back(
        Step::dispatch(program, device, {9, constants}));
  }
  std::string check(Ranges first, Ranges second) const {
    return toString(checkResidents(manifest, declared, {first, second}));
  }
};

ResidentRange own(const char *resource, uint64_t begin, uint64_t end) {
  return {resource, begin, end};
}
ResidentRange shared(const char *resource, uint64_t begin, uint64_t end) {
  return {resource, begin, end, /*isShared=*/true};
}

TEST(InstancesTest, DispatchesShareThem) {
  System system;
  system.dispatch(0, 0, 1);
  system.dispatch(0, 1, 1); // on another device
  system.dispatch(0, 0, 2); // with other weights
  system.dispatch(0, 0, 1); // the first again
  system.manifest.entryPoints[0].steps.push_back(Step::transfer(0, 1, 16, {0}));
  InstanceList list =
      listInstances(system.manifest.entryPoints[0], system.declared);
  ASSERT_EQ(list.instances.size(), 3u);
  EXPECT_EQ(list.ofStep, (std::vector<uint32_t>{0, 1, 2, 0, 0}));
  EXPECT_EQ(list.instances[1].device, 1u);
  EXPECT_EQ(list.instances[2].constantSegment, 2u);
}

TEST(InstancesTest, HaveTheirOwnPartsOfADevice) {
  System system;
  system.dispatch(0, 0, 1);
  system.dispatch(1, 0, 2);
  EXPECT_EQ(system.check({own("cores", 0, 3)}, {own("cores", 3, 5)}), "");
  EXPECT_EQ(system.check({own("cores", 0, 3)}, {own("rows", 0, 3)}), "");
  EXPECT_EQ(system.check({own("cores", 0, 3)}, {own("cores", 2, 5)}),
            "'first' and 'second' both occupy cores of device 'one', from 2 up "
            "to 2");
  // Also behind a smaller one.
  EXPECT_EQ(system.check({own("cores", 0, 9)},
                         {own("banks", 0, 1), own("cores", 5, 7)}),
            "'first' and 'second' both occupy cores of device 'one', from 5 up "
            "to 6");
}

TEST(InstancesTest, ShareWhatNothingIsKeptIn) {
  System system;
  system.dispatch(0, 0, 1);
  system.dispatch(1, 0, 2);
  EXPECT_EQ(system.check({shared("rows", 0, 3)}, {shared("rows", 1, 5)}), "");
  EXPECT_NE(system.check({shared("rows", 0, 3)}, {own("rows", 1, 5)}), "");
  EXPECT_NE(system.check({own("rows", 0, 3)}, {shared("rows", 1, 5)}), "");
  // Of several that share, each counts.
  EXPECT_NE(system.check({own("rows", 0, 3), shared("rows", 3, 9)},
                         {shared("rows", 2, 4)}),
            "");
  EXPECT_EQ(system.check({own("rows", 0, 3), shared("rows", 3, 9)},
                         {shared("rows", 4, 12)}),
            "");
}

TEST(InstancesTest, OfOneProgramAreInEachOthersWay) {
  System system;
  system.dispatch(0, 0, 1);
  system.dispatch(0, 1, 1);
  EXPECT_EQ(system.check({own("cores", 0, 3)}, {}), "");
  system.dispatch(0, 0, 2);
  EXPECT_EQ(system.check({own("cores", 0, 3)}, {}),
            "'first' and 'first' both occupy cores of device 'one', from 0 up "
            "to 2");
  EXPECT_EQ(system.check({shared("cores", 0, 3)}, {}), "");
}

TEST(ResidentRangeTest, Normalised) {
  Ranges ranges = {shared("b", 0, 10), own("b", 2, 4),   own("b", 4, 6),
                   own("a", 7, 8),     own("b", 5, 7),   shared("b", 9, 12),
                   own("b", 20, 21),   shared("c", 0, 1)};
  normalize(ranges);
  EXPECT_EQ(ranges,
            (Ranges{own("a", 7, 8), own("b", 2, 7), own("b", 20, 21),
                    shared("b", 0, 2), shared("b", 7, 12), shared("c", 0, 1)}));
}

} // namespace
