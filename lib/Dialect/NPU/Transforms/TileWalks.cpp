//===- TileWalks.cpp - Loop nests of a tile's commands --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "TileWalks.h"

#include "garam/Target/NPU/Machine/Timing.h"

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
  if (operand.isUpper)
    walk.moveToUpperHalves();
  return walk;
}

/// Places of the row and reduction dimensions of a tensor command.
enum Place : unsigned { outerPlace, middlePlace, innerPlace };

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
    if (walk.isPlaced)
      walk.places[to] = old.places[from];
    for (auto [operand, before] : llvm::zip(walk.operands, old.operands)) {
      operand.strides[to] = before.strides[from];
      for (auto [guard, guardBefore] : llvm::zip(operand.guards, before.guards))
        guard.coefficients[to] = guardBefore.coefficients[from];
    }
  }
}

/// Whether loop `dim` of `operand` moves coordinates that no other loop moves,
/// unlike those of a window that slides.
static bool movesAlone(const StageOperand &operand, unsigned dim) {
  return llvm::all_of(operand.coefficients, [&](ArrayRef<int64_t> row) {
    return row[dim] == 0 ||
           llvm::count_if(row, [](int64_t c) { return c != 0; }) == 1;
  });
}

/// Gives the loops of a contraction, which stand in `order`, their places. The
/// arrays step through the last reduction that moves alone: the channels.
static void placeLoops(Walk &walk, const Stage &stage,
                       ArrayRef<unsigned> order) {
  walk.isPlaced = true;
  walk.places.assign(order.size(), outerPlace);
  SmallVector<unsigned> rows;
  std::optional<unsigned> channel;
  for (auto [loop, dim] : llvm::enumerate(order)) {
    if (stage.kinds[dim] == IteratorKind::row)
      rows.push_back(loop);
    else if (stage.kinds[dim] == IteratorKind::reduction &&
             movesAlone(stage.inputs[0], dim) &&
             (!channel || stage.sizes[dim] > 1))
      channel = loop;
  }
  if (channel)
    walk.places[*channel] = innerPlace;
  if (rows.size() == 1) {
    walk.places[rows[0]] = middlePlace;
    return;
  }
  unsigned place = innerPlace;
  for (unsigned loop : llvm::reverse(rows)) {
    walk.places[loop] = place;
    place -= place == outerPlace ? 0 : 1;
  }
}

Walk makeTileWalk(const Stage &stage, const Box &tile, ArrayRef<unsigned> order,
                  std::vector<WalkOperand> operands,
                  const MachineDescription &machine) {
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
  if (stage.isContract()) {
    if (machine.tensor.grid)
      placeLoops(walk, stage, order);
    sortReductions(walk);
  }
  walk.compact();
  return walk;
}

//===----------------------------------------------------------------------===//
// Commands
//===----------------------------------------------------------------------===//

/// The shortest of those loops of a walk with places that are more than their
/// command has dimensions for: outer rows, or loops of a window.
static std::optional<unsigned> findSurplusLoop(const Walk &walk) {
  auto find = [&](unsigned group, unsigned lastPlace,
                  size_t room) -> std::optional<unsigned> {
    SmallVector<unsigned> loops;
    for (unsigned loop = 0; loop < walk.sizes.size(); ++loop)
      if (walk.groups[loop] == group && walk.places[loop] <= lastPlace)
        loops.push_back(loop);
    if (loops.size() <= room)
      return std::nullopt;
    return *llvm::min_element(loops, [&](unsigned x, unsigned y) {
      return walk.sizes[x] < walk.sizes[y];
    });
  };
  if (std::optional<unsigned> row = find(rowGroup, outerPlace, 1))
    return row;
  return find(reductionGroup, middlePlace, maxReductionDims - 1);
}

/// Appends loop `loop` of `from`, or one of a single turn, to `walk`.
static void appendLoop(Walk &walk, const Walk &from, unsigned group,
                       std::optional<unsigned> loop) {
  walk.sizes.push_back(loop ? from.sizes[*loop] : 1);
  walk.groups.push_back(group);
  for (auto [to, operand] : llvm::zip(walk.operands, from.operands)) {
    to.strides.push_back(loop ? operand.strides[*loop] : 0);
    for (auto [guard, old] : llvm::zip(to.guards, operand.guards))
      guard.coefficients.push_back(loop ? old.coefficients[*loop] : 0);
  }
}

/// The walk with a loop for each row and reduction dimension of its command, in
/// their order, and those of the columns.
static Walk fillPlaces(const Walk &walk) {
  Walk filled;
  filled.operands = walk.operands;
  for (WalkOperand &operand : filled.operands) {
    operand.strides.clear();
    for (WalkOperand::AxisGuard &guard : operand.guards)
      guard.coefficients.clear();
  }
  std::array<std::optional<unsigned>, maxRowDims> rows;
  std::array<std::optional<unsigned>, maxReductionDims> reductions;
  for (unsigned loop = walk.sizes.size(); loop-- > 0;) {
    unsigned place = walk.places[loop];
    if (walk.groups[loop] == rowGroup)
      rows[place] = loop;
    else if (walk.groups[loop] == reductionGroup)
      reductions[place == innerPlace       ? innerPlace
                 : reductions[middlePlace] ? outerPlace
                                           : middlePlace] = loop;
  }
  for (std::optional<unsigned> loop : rows)
    appendLoop(filled, walk, rowGroup, loop);
  for (std::optional<unsigned> loop : reductions)
    appendLoop(filled, walk, reductionGroup, loop);
  for (unsigned loop = 0; loop < walk.sizes.size(); ++loop)
    if (walk.groups[loop] == columnGroup)
      appendLoop(filled, walk, columnGroup, loop);
  return filled;
}

LogicalResult forEachContractCommand(
    const Walk &walk, bool first, bool last,
    llvm::function_ref<LogicalResult(const Walk &, bool, bool)> visit) {
  auto peelLoop = [&](unsigned loop) -> LogicalResult {
    int64_t size = walk.sizes[loop];
    bool isReduction = walk.groups[loop] == reductionGroup;
    for (int64_t i = 0; i < size; ++i)
      if (failed(forEachContractCommand(
              walk.peel(loop, i), first && (!isReduction || i == 0),
              last && (!isReduction || i == size - 1), visit)))
        return failure();
    return success();
  };
  if (walk.isPlaced)
    if (std::optional<unsigned> loop = findSurplusLoop(walk))
      return peelLoop(*loop);
  if (walk.getNumLoops(rowGroup) > maxRowDims)
    return peelLoop(walk.getOuterLoop(rowGroup));
  if (walk.getNumLoops(columnGroup) > 1)
    return peelLoop(walk.getOuterLoop(columnGroup));
  if (walk.getNumLoops(reductionGroup) > maxReductionDims)
    return peelLoop(walk.getOuterLoop(reductionGroup));
  return visit(walk.isPlaced ? fillPlaces(walk) : walk, first, last);
}

/// All ways in which the units of `machine` may share a command: as a grid says
/// or, flat, rows and columns in powers of two.
static SmallVector<UnitShare> getShares(const MachineDescription &machine) {
  if (const auto &grid = machine.tensor.grid)
    return SmallVector<UnitShare>(grid->shares.begin(), grid->shares.end());
  SmallVector<UnitShare> shares;
  for (uint32_t columns = 1; columns <= machine.tensor.units; columns *= 2) {
    UnitShare &share = shares.emplace_back();
    share.columns = columns;
    share.rows[0] = machine.tensor.units / columns;
  }
  return shares;
}

TensorCommand makeSizedCommand(const Walk &walk, ElementType type) {
  TensorCommand command;
  command.activation.type = type;
  llvm::copy(walk.getSizes(rowGroup), command.rows.begin());
  llvm::copy(walk.getSizes(reductionGroup), command.reduction.begin());
  for (int64_t size : walk.getSizes(columnGroup))
    command.columns = size;
  return command;
}

TensorCommand makeSharedCommand(const Walk &walk, ElementType type,
                                const MachineDescription &machine) {
  TensorCommand command = makeSizedCommand(walk, type);
  TensorCommand trial = command;
  uint64_t best = UINT64_MAX;
  for (const UnitShare &share : getShares(machine)) {
    llvm::copy(share.rows, trial.unitRows.begin());
    trial.unitColumns = share.columns;
    trial.unitReduction = share.reduction;
    uint64_t cycles = getComputeCycles(trial, machine);
    if (cycles >= best ||
        getAccumulatorBytes(trial, machine) > machine.tensor.accumulatorBytes)
      continue;
    best = cycles;
    command = trial;
  }
  return command;
}

} // namespace garam::npu
