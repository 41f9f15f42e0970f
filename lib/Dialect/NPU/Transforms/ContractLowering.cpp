//===- ContractLowering.cpp - Tensor commands of a tile -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "StageLowering.h"

#include "TileGeometry.h"
#include "TileWalks.h"
#include "garam/Target/DeviceTarget.h"
#include "garam/Target/NPU/Machine/ISA.h"

using namespace mlir;

namespace garam::npu {
namespace {

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
  if (walk.operands[0].guards.size() > maxGuards)
    return emitAsRefusal(op.emitOpError("pads more than ")
                         << maxGuards
                         << " dimensions of its activation at once");
  ElementType type = getElementType(walk.operands[0].type);
  if (!emitter.machine.findMode(type))
    return emitAsRefusal(
        op.emitOpError("needs an element type that the tensor engine of ")
        << emitter.machine.name << " does not have: "
        << getTensorType(op.getActivation()).getElementType());
  TensorCommand shared = makeSharedCommand(walk, type, emitter.machine);
  SmallVector<int64_t> unitRows(shared.unitRows.begin(), shared.unitRows.end());
  while (!unitRows.empty() && unitRows.back() == 1)
    unitRows.pop_back();

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
      output, rows, shared.columns, reduction,
      builder.getArrayAttr(descriptors), unitRows, shared.unitColumns,
      shared.unitReduction, /*accumulate=*/!first, op.getActivationZeroPoint(),
      op.getWeightZeroPoint(), op.getResidualZeroPoint(),
      op.getOutputZeroPoint(), op.getResidualScale(), op.getOutputScale(),
      op.getRequantizationAttr(), op.getClampLowAttr(), op.getClampHighAttr());
  list.push_back(command);
  return success();
}

} // namespace

LogicalResult StageLowering::lowerContractTile(Tile &tile) {
  auto op = cast<ContractOp>(tile.stage.op);
  tile.order = orderLoops(tile.stage);
  std::vector<BoundOperand> operands = bindInputs(tile);
  auto [first, last] = getSumEnds(tile.stage, tile.loops);
  // What a part of a sum does not need has a place all the same.
  for (auto [index, operand] : llvm::enumerate(operands))
    if (!needsInput(tile.stage, tile.stage.inputs[index], tile.loops))
      operand.walk = operands.front().walk;
  // Sums of a tile that goes on stay in the accumulators.
  if (last)
    operands.push_back(bindOutput(tile, 0));

  SmallVector<Value> buffers;
  std::vector<WalkOperand> walks;
  for (BoundOperand &operand : operands) {
    walks.push_back(operand.walk);
    buffers.push_back(operand.buffer);
  }
  if (!last) {
    walks.push_back(walks.front());
    buffers.push_back(Value());
  }
  emitter.loc = op.getLoc();
  for (const Walk &walk : makeTileWalks(tile, walks))
    if (failed(forEachContractCommand(
            walk, first, last,
            [&](const Walk &part, bool isFirst, bool isLast) {
              return emitOne(emitter, tile.slot.computes, op, tile.core, part,
                             buffers, isFirst, isLast);
            })))
      return failure();
  return success();
}

} // namespace garam::npu
