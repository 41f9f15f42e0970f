//===- BufferOrders.cpp - Which buffers to try first ----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "BufferOrders.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"

using namespace llvm;

namespace garam::memory {

namespace {

/// The largest of numbers that stand side by side, in logarithmic time.
class RangeMaximum {
public:
  explicit RangeMaximum(const Sections &sections)
      : count(sections.size()), largest(2 * count) {
    for (size_t i = 0; i < count; ++i)
      largest[count + i] = sections.getLoad(i);
    for (size_t i = count; i-- > 1;)
      largest[i] = std::max(largest[2 * i], largest[2 * i + 1]);
  }

  int64_t get(SectionRange range) const {
    int64_t found = 0;
    for (size_t first = count + range.first, last = count + range.last;
         first < last; first /= 2, last /= 2) {
      if (first % 2 != 0)
        found = std::max(found, largest[first++]);
      if (last % 2 != 0)
        found = std::max(found, largest[--last]);
    }
    return found;
  }

private:
  size_t count;
  std::vector<int64_t> largest; // over numbers, a tree
};

} // namespace

static double getLifetime(const Buffer &buffer) {
  return static_cast<double>(buffer.upper) - static_cast<double>(buffer.lower);
}

BufferOrders::BufferOrders(ArrayRef<Buffer> buffers, const Sections &sections)
    : buffers(buffers), loads(buffers.size()) {
  RangeMaximum maximum(sections);
  for (uint32_t buffer = 0; buffer < buffers.size(); ++buffer) {
    longestLifetime = std::max(longestLifetime, getLifetime(buffers[buffer]));
    int64_t load = 0;
    for (SectionRange range : sections.getRanges(buffer))
      load = std::max(load, maximum.get(range));
    loads[buffer] = static_cast<double>(load);
  }
}

double BufferOrders::getMeasure(OrderKind kind, uint32_t number) const {
  const Buffer &buffer = buffers[number];
  double size = static_cast<double>(buffer.size);
  switch (kind) {
  case OrderKind::Width:
    return getLifetime(buffer);
  case OrderKind::Load:
    return loads[number] + getLifetime(buffer) / (longestLifetime + 1);
  case OrderKind::Area:
    return getLifetime(buffer) * size;
  case OrderKind::Size:
    return size;
  }
  llvm_unreachable("not an order");
}

std::vector<double> BufferOrders::getMeasures(OrderKind kind,
                                              double disturbance) {
  std::vector<double> measures;
  measures.reserve(buffers.size());
  for (uint32_t buffer = 0; buffer < buffers.size(); ++buffer) {
    double share = 0; // from -1 to 1
    if (disturbance > 0)
      share = static_cast<double>(generator()) /
                  static_cast<double>(generator.max()) * 2 -
              1;
    measures.push_back(getMeasure(kind, buffer) * (1 + disturbance * share));
  }
  return measures;
}

std::vector<uint32_t> BufferOrders::get(OrderKind kind, double disturbance) {
  std::vector<double> measures = getMeasures(kind, disturbance);
  auto order = llvm::to_vector_of<uint32_t>(seq<size_t>(0, buffers.size()));
  llvm::stable_sort(
      order, [&](uint32_t a, uint32_t b) { return measures[a] > measures[b]; });
  return {order.begin(), order.end()};
}

} // namespace garam::memory
