//===- CompulsoryReads.cpp - What of a tensor must be read ----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CompulsoryReads.h"

using namespace mlir;

namespace garam::npu {

//===----------------------------------------------------------------------===//
// One reader
//===----------------------------------------------------------------------===//

/// Different values within [0, extent) of first + sum over d of
/// coefficients[d] * i[d], 0 <= i[d] < sizes[d]. They are a progression for as
/// long as each loop goes on where those of smaller steps end; the first loop
/// that leaves a gap, as a dilated window may, and those behind it count as
/// one iteration.
static int64_t countCoordinates(ArrayRef<int64_t> coefficients, int64_t first,
                                ArrayRef<int64_t> sizes, int64_t extent) {
  SmallVector<unsigned> loops;
  for (unsigned dim = 0; dim < sizes.size(); ++dim)
    if (coefficients[dim] != 0 && sizes[dim] > 1)
      loops.push_back(dim);
  llvm::sort(loops, [&](unsigned a, unsigned b) {
    return std::abs(coefficients[a]) < std::abs(coefficients[b]);
  });
  int64_t step = 1, count = 1;
  for (unsigned dim : loops) {
    int64_t stride = std::abs(coefficients[dim]);
    if (count == 1)
      step = stride;
    if (stride % step != 0 || stride / step > count)
      break;
    count += stride / step * (sizes[dim] - 1);
    if (coefficients[dim] < 0)
      first -= stride * (sizes[dim] - 1);
  }
  int64_t skipped = first < 0 ? llvm::divideCeil(-first, step) : 0;
  int64_t inside = first >= extent
                       ? 0
                       : llvm::divideFloorSigned(extent - 1 - first, step) + 1;
  return std::max<int64_t>(0, std::min(count, inside) - skipped);
}

/// Different elements that an operand with these coordinates reads.
static int64_t countElements(ArrayRef<SmallVector<int64_t, 7>> coefficients,
                             ArrayRef<int64_t> constants,
                             ArrayRef<int64_t> sizes, ArrayRef<int64_t> shape) {
  // Coordinates that share a loop, as those of a diagonal, do not multiply.
  bool isShared = false;
  for (unsigned dim = 0; dim < sizes.size(); ++dim)
    isShared |= sizes[dim] > 1 && llvm::count_if(coefficients, [&](auto &row) {
                                    return row[dim] != 0;
                                  }) > 1;
  int64_t product = 1, largest = 1;
  for (auto [row, first, extent] : llvm::zip(coefficients, constants, shape)) {
    int64_t count = countCoordinates(row, first, sizes, extent);
    if (count == 0)
      return 0;
    product *= count;
    largest = std::max(largest, count);
  }
  return isShared ? largest : product;
}

//===----------------------------------------------------------------------===//
// All of them
//===----------------------------------------------------------------------===//

namespace {

/// What one operand of a stage reads.
struct Read {
  Box region;
  int64_t count;
};

} // namespace

/// Elements of reads that certainly differ: of those that lie one behind the
/// other along `dim`.
static int64_t countApart(SmallVectorImpl<Read> &reads, unsigned dim) {
  llvm::sort(reads, [&](const Read &a, const Read &b) {
    return std::make_pair(a.region.high[dim], -a.count) <
           std::make_pair(b.region.high[dim], -b.count);
  });
  int64_t count = 0, end = 0;
  for (const Read &read : reads) {
    if (read.region.low[dim] < end)
      continue;
    count += read.count;
    end = read.region.high[dim];
  }
  return count;
}

/// What operations other than stages read of an operand.
int64_t CompulsoryReads::countOfOperand(OpOperand &use) {
  Operation *user = use.getOwner();
  int64_t all = getTensorType(use.get()).getNumElements();
  if (auto gather = dyn_cast<GatherOp>(user))
    return use.getOperandNumber() == 0
               ? std::min(all, getTensorType(gather).getNumElements())
               : all;
  if (isa<func::ReturnOp>(user))
    return all;
  Value result = user->getResult(0);
  int64_t needed = countElements(result);
  int64_t made = getTensorType(result).getNumElements();
  if (isa<ReshapeOp>(user))
    return needed;
  if (isa<ConcatOp>(user)) // The other inputs may be what is read.
    return std::max<int64_t>(0, needed - (made - all));
  // A view may repeat elements.
  return std::min<int64_t>(needed, 1);
}

int64_t CompulsoryReads::countElements(Value tensor) {
  if (auto it = known.find(tensor); it != known.end())
    return it->second;
  SmallVector<Read> reads;
  int64_t count = 0;
  llvm::SmallPtrSet<Operation *, 4> stages;
  for (OpOperand &use : tensor.getUses()) {
    if (!isStage(use.getOwner())) {
      count = std::max(count, countOfOperand(use));
      continue;
    }
    if (!stages.insert(use.getOwner()).second)
      continue;
    Stage stage = getStage(use.getOwner());
    for (const StageOperand &input : stage.inputs) {
      if (input.tensor != tensor)
        continue;
      Read &read = reads.emplace_back();
      read.region = input.getRegion(stage.getLoops());
      read.count =
          npu::countElements(input.coefficients, input.constants, stage.sizes,
                             getTensorType(tensor).getShape());
      count = std::max(count, read.count);
    }
  }
  for (unsigned dim = 0; dim < getTensorType(tensor).getRank(); ++dim)
    count = std::max(count, countApart(reads, dim));
  known[tensor] = count;
  return count;
}

} // namespace garam::npu
