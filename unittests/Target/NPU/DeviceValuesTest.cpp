//===- DeviceValuesTest.cpp - Values of nodes during a run ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Target/NPU/DeviceValues.h"

#include "gtest/gtest.h"

#include <limits>

using namespace garam;
using namespace garam::npu;

namespace {

/// Records from a memory of bytes 0, 1, 2, ... that is the only one.
class DeviceValuesTest : public testing::Test {
protected:
  DeviceValuesTest() {
    for (unsigned i = 0; i < memory.size(); ++i)
      memory[i] = i;
  }

  /// Ends commands of lane 0 in this order; the message of the first error.
  std::string run(llvm::ArrayRef<uint32_t> commands) {
    std::function<void(const Tensor &)> onValue = [&](const Tensor &tensor) {
      tensors.push_back(tensor);
    };
    ValueRecorder recorder(values, onValue);
    for (uint32_t command : commands) {
      CommandEvent event;
      event.command = command;
      llvm::Error error = recorder.handle(event, [&](const Address &address,
                                                     uint64_t size) {
        bool isInside = address.offset >= 0 && size <= memory.size() &&
                        address.offset + size <= memory.size();
        return isInside
                   ? llvm::ArrayRef<uint8_t>(memory).slice(address.offset, size)
                   : llvm::ArrayRef<uint8_t>();
      });
      if (error)
        return llvm::toString(std::move(error));
    }
    return "";
  }

  std::vector<uint8_t> memory = std::vector<uint8_t>(64);
  std::vector<DeviceValue> values;
  std::vector<Tensor> tensors;
};

// Two columns in column-major order and one beside them.
TEST_F(DeviceValuesTest, PiecesBecomeOneTensor) {
  values = {{"v",
             {DataType::UInt8, {2, 3}},
             {{0, 10, {1, 2}, {0, 0}, {2, 2}, {{0, 0, 1}, {0, 1, 1}}},
              {0, 31, {-1, 1}, {0, 2}, {2, 1}, {{0, 1, 1}}}}}};
  EXPECT_EQ(run({0, 0, 7}), "");
  EXPECT_TRUE(tensors.empty());
  tensors.clear();
  EXPECT_EQ(run({1, 0, 1, 0}), "");
  ASSERT_EQ(tensors.size(), 1u);
  EXPECT_EQ(tensors[0].name, "v");
  EXPECT_EQ(tensors[0].data, (std::vector<uint8_t>{10, 12, 31, 11, 13, 30}));
}

// A command in a loop ends several times; the second time it has written the
// first piece, the third time the other one, which is read as it is then.
TEST_F(DeviceValuesTest, CommandInALoop) {
  values = {{"v",
             {DataType::UInt8, {2}},
             {{0, 4, {1}, {0}, {1}, {{0, 5, 2}}},
              {0, 9, {1}, {1}, {1}, {{0, 5, 3}}}}}};
  EXPECT_EQ(run({5, 5}), "");
  EXPECT_TRUE(tensors.empty());
  EXPECT_EQ(run({5, 5, 5, 5}), "");
  ASSERT_EQ(tensors.size(), 1u);
  EXPECT_EQ(tensors[0].data, (std::vector<uint8_t>{4, 9}));
}

TEST_F(DeviceValuesTest, Scalar) {
  values = {{"v", {DataType::UInt16, {}}, {{0, 6, {}, {}, {}, {{0, 0, 1}}}}}};
  EXPECT_EQ(run({0}), "");
  ASSERT_EQ(tensors.size(), 1u);
  EXPECT_EQ(tensors[0].data, (std::vector<uint8_t>{6, 7}));
}

// Debug maps may come from a stranger.
TEST_F(DeviceValuesTest, RefusesWhatLeavesTheMemory) {
  constexpr int64_t far = std::numeric_limits<int64_t>::max();
  auto expectRefused = [&](int64_t offset, int64_t stride, int64_t size) {
    values = {{"v",
               {DataType::UInt8, {size}},
               {{0, offset, {stride}, {0}, {size}, {{0, 0, 1}}}}}};
    EXPECT_EQ(run({0}), "value 'v' of the debug map leaves its memory")
        << offset << " " << stride << " " << size;
  };
  expectRefused(61, 1, 4);
  expectRefused(2, -1, 4);
  expectRefused(far, 1, 4);
  expectRefused(0, far, 4);
  expectRefused(0, -far, 2);
  // More elements than there are bytes.
  expectRefused(0, 0, int64_t(1) << 40);
}

} // namespace
