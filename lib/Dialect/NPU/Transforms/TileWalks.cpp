//===- TileWalks.cpp - Loop nests of a tile's commands --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "TileWalks.h"

#include "garam/Target/NPU/Machine/ISA.h"

using namespace mlir;

namespace garam::npu {

//===----------------------------------------------------------------------===//
// Orders
//===----------------------------------------------------------------------===//

/// Loops by role: rows in the order of the output's memory, reductions so that
/// the fastest one moves the activation least, columns.
static SmallVector<unsigned> orderContractLoops(const Stage &stage) {
  SmallVector<unsigned> order;
  auto append = [&](IteratorKind kind) {
    for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
      if (stage.kinds[dim] == kind)
        order.push_back(dim);
  };
  append(IteratorKind::batch);
  unsigned rowsBegin = order.size();
  append(IteratorKind::row);
  SmallVector<int64_t> layout =
      getLayout(cast<OpResult>(stage.outputs[0].tensor));
  auto getOutputPlace = [&](unsigned dim) -> int64_t {
    for (auto [place, c] : llvm::enumerate(layout))
      if (stage.outputs[0].coefficients[c][dim] != 0)
        return place;
    return -1;
  };
  std::stable_sort(order.begin() + rowsBegin, order.end(),
                   [&](unsigned a, unsigned b) {
                     return getOutputPlace(a) < getOutputPlace(b);
                   });
  append(IteratorKind::reduction);
  append(IteratorKind::column);
  return order;
}

/// Parallel loops in the order of the first result's memory, then reductions.
static SmallVector<unsigned> orderVectorLoops(const Stage &stage) {
  SmallVector<unsigned> order;
  auto add = [&](unsigned dim) {
    if (stage.isParallel(dim) && !llvm::is_contained(order, dim))
      order.push_back(dim);
  };
  const StageOperand &output = stage.outputs[0];
  for (int64_t c : getLayout(cast<OpResult>(output.tensor)))
    for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
      if (output.coefficients[c][dim] != 0)
        add(dim);
  for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
    add(dim);
  for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
    if (!stage.isParallel(dim))
      order.push_back(dim);
  return order;
}

SmallVector<unsigned> orderLoops(const Stage &stage) {
  return stage.isContract() ? orderContractLoops(stage)
                            : orderVectorLoops(stage);
}

//===----------------------------------------------------------------------===//
// Walks
//===----------------------------------------------------------------------===//

WalkOperand makePackedWalk(const StageOperand &operand, const Box &loops,
                           ArrayRef<unsigned> order, int64_t offset) {
  WalkOperand walk;
  walk.type = operand.type;
  walk.offset = offset;
  walk.strides.assign(order.size(), 0);
  int64_t stride = getElementBytes(operand.type);
  for (unsigned i = order.size(); i-- > 0;) {
    if (!operand.dependsOn(order[i]))
      continue;
    walk.strides[i] = stride;
    stride *= loops.getSize(order[i]);
  }
  return walk;
}

static unsigned getContractGroup(IteratorKind kind) {
  switch (kind) {
  case IteratorKind::batch:
  case IteratorKind::row:
    return rowGroup;
  case IteratorKind::reduction:
    return reductionGroup;
  case IteratorKind::column:
    return columnGroup;
  }
  return rowGroup;
}

/// Moves the reduction loops so that those with long strides over the
/// activation vary slowest: the sequencer then gathers contiguous runs.
static void sortReductions(Walk &walk) {
  SmallVector<unsigned> loops;
  for (unsigned loop = 0; loop < walk.sizes.size(); ++loop)
    if (walk.groups[loop] == reductionGroup)
      loops.push_back(loop);
  SmallVector<unsigned> sorted = loops;
  llvm::stable_sort(sorted, [&](unsigned a, unsigned b) {
    return std::abs(walk.operands[0].strides[a]) >
           std::abs(walk.operands[0].strides[b]);
  });
  Walk old = walk;
  for (auto [to, from] : llvm::zip(loops, sorted)) {
    walk.sizes[to] = old.sizes[from];
    for (auto [operand, before] : llvm::zip(walk.operands, old.operands)) {
      operand.strides[to] = before.strides[from];
      for (auto [guard, guardBefore] : llvm::zip(operand.guards, before.guards))
        guard.coefficients[to] = guardBefore.coefficients[from];
    }
  }
}

Walk makeTileWalk(const Stage &stage, const Box &tile, ArrayRef<unsigned> order,
                  std::vector<WalkOperand> operands) {
  Walk walk;
  walk.operands = std::move(operands);
  for (unsigned dim : order) {
    walk.sizes.push_back(tile.getSize(dim));
    if (stage.isContract())
      walk.groups.push_back(getContractGroup(stage.kinds[dim]));
    else
      walk.groups.push_back(stage.isParallel(dim) ? parallelGroup
                                                  : reducedGroup);
  }
  if (stage.isContract())
    sortReductions(walk);
  walk.compact();
  return walk;
}

//===----------------------------------------------------------------------===//
// Commands
//===----------------------------------------------------------------------===//

LogicalResult forEachContractCommand(
    const Walk &walk, bool first, bool last,
    llvm::function_ref<LogicalResult(const Walk &, bool, bool)> visit) {
  auto peelGroup = [&](unsigned group) -> LogicalResult {
    unsigned loop = walk.getOuterLoop(group);
    int64_t size = walk.sizes[loop];
    bool isReduction = group == reductionGroup;
    for (int64_t i = 0; i < size; ++i)
      if (failed(forEachContractCommand(
              walk.peel(loop, i), first && (!isReduction || i == 0),
              last && (!isReduction || i == size - 1), visit)))
        return failure();
    return success();
  };
  if (walk.getNumLoops(rowGroup) > maxRowDims)
    return peelGroup(rowGroup);
  if (walk.getNumLoops(columnGroup) > 1)
    return peelGroup(columnGroup);
  if (walk.getNumLoops(reductionGroup) > maxReductionDims)
    return peelGroup(reductionGroup);
  return visit(walk, first, last);
}

LogicalResult
forEachVectorCommand(const Walk &walk,
                     llvm::function_ref<LogicalResult(const Walk &)> visit) {
  if (walk.sizes.size() <= maxDims || walk.getNumLoops(parallelGroup) == 0)
    return visit(walk);
  unsigned loop = walk.getOuterLoop(parallelGroup);
  for (int64_t i = 0; i < walk.sizes[loop]; ++i)
    if (failed(forEachVectorCommand(walk.peel(loop, i), visit)))
      return failure();
  return success();
}

std::pair<int64_t, int64_t> chooseUnits(int64_t rows, int64_t columns,
                                        const ArrayMode &mode, int64_t units) {
  std::pair<int64_t, int64_t> best = {1, 1};
  int64_t bestPasses = INT64_MAX;
  for (int64_t unitColumns = 1; unitColumns <= units; unitColumns *= 2) {
    int64_t unitRows = units / unitColumns;
    int64_t passes = llvm::divideCeil(rows, unitRows) *
                     llvm::divideCeil(columns, mode.outputs * unitColumns);
    if (passes < bestPasses) {
      bestPasses = passes;
      best = {unitRows, unitColumns};
    }
  }
  return best;
}

} // namespace garam::npu
