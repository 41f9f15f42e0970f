//===- RegionIndexTest.cpp - The index against a plain search -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/NPU/Machine/RegionIndex.h"
#include "RandomProgram.h"
#include "gtest/gtest.h"

using namespace garam::npu;
using namespace garam::npu::test;

namespace {

struct Range {
  int64_t begin, end;
};

std::vector<size_t> search(const std::vector<Range> &ranges, size_t first,
                           Range range) {
  std::vector<size_t> found;
  for (size_t i = ranges.size(); i-- > first;)
    if (ranges[i].begin < range.end && range.begin < ranges[i].end)
      found.push_back(i);
  return found;
}

// Every size up to three levels of the index, with any lower bound.
TEST(RegionIndex, FindsWhatAPlainSearchFinds) {
  Random random(1);
  RegionIndex index;
  std::vector<Range> ranges;
  for (size_t count = 0; count < 600; ++count) {
    for (unsigned query = 0; query < 4; ++query) {
      int64_t begin = random.below(700);
      Range range = {begin, begin + random.below(20)};
      size_t first = random.below(count + 2);
      std::vector<size_t> found;
      index.visit(first, range.begin, range.end, [&](size_t number) {
        found.push_back(number);
        return true;
      });
      ASSERT_EQ(found, search(ranges, first, range)) << count;
    }
    int64_t begin = count + random.below(100);
    ranges.push_back({begin, begin + random.below(9)});
    index.add(ranges.back().begin, ranges.back().end);
  }
}

TEST(RegionIndex, StopsWhenAsked) {
  RegionIndex index;
  for (unsigned i = 0; i < 100; ++i)
    index.add(0, 1);
  unsigned visits = 0;
  index.visit(0, 0, 1, [&](size_t) { return ++visits < 3; });
  EXPECT_EQ(visits, 3u);
}

} // namespace
