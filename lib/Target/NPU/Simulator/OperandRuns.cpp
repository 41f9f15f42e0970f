//===- OperandRuns.cpp - Reads and writes along one dimension -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "OperandRuns.h"

#include "ElementRuns.h"

#include <algorithm>

namespace garam::npu {

static int64_t getOffset(const Operand &operand, const ElementIndex &index) {
  int64_t offset = operand.base;
  for (unsigned dim = 0; dim < maxDims; ++dim)
    offset += operand.strides[dim] * index[dim];
  return offset;
}

static void load(const Operand &operand, int64_t offset, int64_t stride,
                 unsigned count, uint32_t *registers) {
  const uint8_t *source = operand.memory + offset;
  if (isInteger(operand.type))
    loadInts(operand.type, source, stride, count,
             reinterpret_cast<int32_t *>(registers));
  else
    loadFloats(operand.type, source, stride, count,
               reinterpret_cast<float *>(registers));
}

namespace {
/// Elements [begin, end) of a run.
struct Interval {
  int64_t begin, end;
};
} // namespace

static int64_t floorDivide(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/// The elements of a run of `count` whose coordinate is inside the guard.
static Interval getInside(const ResolvedGuard &guard, const ElementIndex &index,
                          unsigned dim, int64_t count) {
  int64_t first = guard.start;
  for (unsigned d = 0; d < maxDims; ++d)
    first += int64_t(guard.coefficients[d]) * index[d];
  int64_t step = guard.coefficients[dim];
  if (step == 0) {
    bool inside = first >= 0 && first < guard.extent;
    return {0, inside ? count : 0};
  }
  // 0 <= first + i * step <= extent - 1
  int64_t last = guard.extent - 1 - first;
  Interval inside;
  if (step > 0)
    inside = {-floorDivide(first, step), floorDivide(last, step) + 1};
  else
    inside = {-floorDivide(last, -step), floorDivide(first, -step) + 1};
  return {std::max<int64_t>(inside.begin, 0), std::min(inside.end, count)};
}

RangeFault readRun(const Operand &operand, const ElementIndex &index,
                   unsigned dim, unsigned count, uint32_t *registers) {
  int64_t offset = getOffset(operand, index);
  int64_t stride = operand.strides[dim];
  if (operand.guards.empty()) {
    load(operand, offset, stride, count, registers);
    return {};
  }
  Interval inside = {0, count};
  for (const ResolvedGuard &guard : operand.guards) {
    Interval of = getInside(guard, index, dim, count);
    inside.begin = std::max(inside.begin, of.begin);
    inside.end = std::min(inside.end, of.end);
  }
  if (inside.begin >= inside.end)
    inside = {0, 0};
  uint32_t fill = inside.end - inside.begin == count
                      ? 0
                      : getFillBits(operand.type, operand.fill);
  std::fill(registers, registers + inside.begin, fill);
  std::fill(registers + inside.end, registers + count, fill);
  if (inside.begin == inside.end)
    return {};
  int64_t first = offset + inside.begin * stride;
  int64_t last = offset + (inside.end - 1) * stride;
  unsigned width = getByteWidth(operand.type);
  if (!operand.contains(first, width) || !operand.contains(last, width))
    return {true, std::min(first, last), std::max(first, last) + width};
  load(operand, first, stride, inside.end - inside.begin,
       registers + inside.begin);
  return {};
}

void writeFloatRun(const Operand &operand, const ElementIndex &index,
                   unsigned dim, unsigned count, const uint32_t *registers) {
  storeFloats(operand.type, reinterpret_cast<const float *>(registers), count,
              operand.target + getOffset(operand, index), operand.strides[dim]);
}

void writeIntRun(const Operand &operand, const ElementIndex &index,
                 unsigned dim, unsigned count, const uint32_t *registers) {
  storeInts(operand.type, reinterpret_cast<const int32_t *>(registers), count,
            operand.target + getOffset(operand, index), operand.strides[dim]);
}

void advance(ElementIndex &index, llvm::ArrayRef<uint32_t> sizes,
             unsigned firstDim, uint64_t steps) {
  for (unsigned dim = sizes.size(); dim-- > 0 && steps > 0;) {
    uint64_t position = index[firstDim + dim] + steps;
    index[firstDim + dim] = position % sizes[dim];
    steps = position / sizes[dim];
  }
}

} // namespace garam::npu
