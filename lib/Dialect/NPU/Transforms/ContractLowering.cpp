//===- ContractLowering.cpp - Tensor commands of a tile -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "StageLowering.h"

#include "garam/Target/NPU/Machine/ISA.h"

using namespace mlir;

namespace garam::npu {
namespace {

/// Loops by role: rows in the order of the output's memory, reductions so that
/// the fastest one moves the activation least, columns.
SmallVector<unsigned> orderContractLoops(const Stage &stage) {
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

unsigned getGroup(IteratorKind kind) {
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
void sortReductions(Walk &walk) {
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

/// Parts of the units that take rows and columns: the pair that needs the
/// fewest passes over the array.
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

int64_t getVolume(ArrayRef<int64_t> sizes) {
  int64_t volume = 1;
  for (int64_t size : sizes)
    volume *= size;
  return volume;
}

/// The descriptor of an operand that walks the loops of `groups` only.
Attribute getDescriptor(const Walk &walk, unsigned operand,
                        ArrayRef<unsigned> groups, MLIRContext *context) {
  WalkOperand part = walk.operands[operand];
  part.strides.clear();
  for (auto &guard : part.guards)
    guard.coefficients.clear();
  for (unsigned loop = 0; loop < walk.sizes.size(); ++loop) {
    if (!llvm::is_contained(groups, walk.groups[loop]))
      continue;
    part.strides.push_back(walk.operands[operand].strides[loop]);
    for (auto [to, from] :
         llvm::zip(part.guards, walk.operands[operand].guards))
      to.coefficients.push_back(from.coefficients[loop]);
  }
  return part.getAttr(context);
}

LogicalResult emitOne(CommandEmitter &emitter,
                      SmallVectorImpl<Operation *> &list, ContractOp op,
                      int64_t core, const Walk &walk, ArrayRef<Value> buffers,
                      bool first, bool last) {
  OpBuilder &builder = emitter.builder;
  MLIRContext *context = builder.getContext();
  SmallVector<int64_t> rows = walk.getSizes(rowGroup);
  SmallVector<int64_t> reduction = walk.getSizes(reductionGroup);
  int64_t columns = getVolume(walk.getSizes(columnGroup));
  if (walk.operands[0].guards.size() > maxGuards)
    return op.emitOpError("pads more than ")
           << maxGuards << " dimensions of its activation at once";
  const ArrayMode *mode =
      emitter.machine.findMode(static_cast<ElementType>(walk.operands[0].type));
  if (!mode)
    return op.emitOpError("needs an element type that the tensor engine of ")
           << emitter.machine.name << " does not have: "
           << getTensorType(op.getActivation()).getElementType();
  auto [unitRows, unitColumns] = chooseUnits(getVolume(rows), columns, *mode,
                                             emitter.machine.tensor.units);

  // Operands stand as the op has them: activation, weight, bias, scale,
  // residual, output.
  SmallVector<Attribute> descriptors;
  unsigned next = 0;
  auto take = [&](bool present, ArrayRef<unsigned> groups) -> Value {
    if (!present)
      return Value();
    Value buffer = buffers[next];
    if (last || next < 2)
      descriptors.push_back(getDescriptor(walk, next, groups, context));
    else
      buffer = Value();
    ++next;
    return buffer;
  };
  Value activation = take(true, {rowGroup, reductionGroup});
  Value weight = take(true, {reductionGroup, columnGroup});
  Value bias = take(bool(op.getBias()), {columnGroup});
  Value scale = take(bool(op.getScale()), {columnGroup});
  Value residual = take(bool(op.getResidual()), {rowGroup, columnGroup});
  Value output = take(true, {rowGroup, columnGroup});
  auto command = TensorCommandOp::create(
      builder, op.getLoc(), core, activation, weight, bias, scale, residual,
      output, rows, columns, reduction, builder.getArrayAttr(descriptors),
      unitRows, unitColumns, /*accumulate=*/!first, op.getActivationZeroPoint(),
      op.getWeightZeroPoint(), op.getResidualZeroPoint(),
      op.getOutputZeroPoint(), op.getResidualScale(), op.getClampLowAttr(),
      op.getClampHighAttr());
  list.push_back(command);
  return success();
}

} // namespace

LogicalResult emitContractCommands(CommandEmitter &emitter,
                                   SmallVectorImpl<Operation *> &list,
                                   ContractOp op, int64_t core,
                                   const Walk &walk, ArrayRef<Value> buffers,
                                   bool first, bool last) {
  auto peelGroup = [&](unsigned group) -> LogicalResult {
    unsigned loop = walk.getOuterLoop(group);
    int64_t size = walk.sizes[loop];
    for (int64_t i = 0; i < size; ++i) {
      bool isReduction = group == reductionGroup;
      if (failed(emitContractCommands(emitter, list, op, core,
                                      walk.peel(loop, i), buffers,
                                      first && (!isReduction || i == 0),
                                      last && (!isReduction || i == size - 1))))
        return failure();
    }
    return success();
  };
  if (walk.getNumLoops(rowGroup) > maxRowDims)
    return peelGroup(rowGroup);
  if (walk.getNumLoops(columnGroup) > 1)
    return peelGroup(columnGroup);
  if (walk.getNumLoops(reductionGroup) > maxReductionDims)
    return peelGroup(reductionGroup);
  return emitOne(emitter, list, op, core, walk, buffers, first, last);
}

LogicalResult StageLowering::lowerContractTile(Tile &tile) {
  auto op = cast<ContractOp>(tile.stage.op);
  tile.order = orderContractLoops(tile.stage);
  std::vector<BoundOperand> operands = bindInputs(tile);
  bool first = true, last = true;
  for (unsigned dim = 0; dim < tile.stage.getNumLoops(); ++dim) {
    if (tile.stage.kinds[dim] != IteratorKind::reduction)
      continue;
    first &= tile.loops.low[dim] == 0;
    last &= tile.loops.high[dim] == tile.stage.sizes[dim];
  }
  // Sums of a tile that goes on stay in the accumulators.
  if (last)
    operands.push_back(bindOutput(tile, 0));

  Walk walk;
  SmallVector<Value> buffers;
  for (unsigned dim : tile.order) {
    walk.sizes.push_back(tile.loops.getSize(dim));
    walk.groups.push_back(getGroup(tile.stage.kinds[dim]));
  }
  for (BoundOperand &operand : operands) {
    walk.operands.push_back(operand.walk);
    buffers.push_back(operand.buffer);
  }
  if (!last) {
    walk.operands.emplace_back(walk.operands.front());
    buffers.push_back(Value());
  }
  sortReductions(walk);
  walk.compact();
  emitter.loc = op.getLoc();
  return emitContractCommands(emitter, tile.slot.computes, op, tile.core, walk,
                              buffers, first, last);
}

} // namespace garam::npu
