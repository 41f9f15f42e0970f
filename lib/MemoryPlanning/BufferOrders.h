//===- BufferOrders.h - Which buffers to try first --------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_MEMORYPLANNING_BUFFERORDERS_H
#define GARAM_LIB_MEMORYPLANNING_BUFFERORDERS_H

#include "Sections.h"

#include <random>

namespace garam::memory {

/// What makes a buffer hard to place, most of it first.
enum class OrderKind : uint8_t {
  Width, // lifetime
  Load,  // the largest load of its sections, then lifetime
  Area,  // lifetime times size
  Size,
};
constexpr OrderKind orderKinds[] = {OrderKind::Width, OrderKind::Load,
                                    OrderKind::Area, OrderKind::Size};

/// Static orders of the buffers of a problem, and orders near them.
class BufferOrders {
public:
  BufferOrders(llvm::ArrayRef<Buffer> buffers, const Sections &sections);

  /// Numbers of the buffers in order. Each one's measure is changed at random
  /// by at most the share `disturbance` of it; the results are the same in each
  /// process.
  std::vector<uint32_t> get(OrderKind kind, double disturbance = 0);
  /// The measures of the buffers that such an order follows.
  std::vector<double> getMeasures(OrderKind kind, double disturbance = 0);

private:
  double getMeasure(OrderKind kind, uint32_t buffer) const;

  llvm::ArrayRef<Buffer> buffers;
  std::vector<double> loads; // of each buffer
  double longestLifetime = 0;
  std::mt19937_64 generator; // which the C++ standard specifies
};

} // namespace garam::memory

#endif // GARAM_LIB_MEMORYPLANNING_BUFFERORDERS_H
