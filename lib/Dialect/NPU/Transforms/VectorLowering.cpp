//===- VectorLowering.cpp - Vector commands of a tile ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "StageLowering.h"

#include "garam/Target/NPU/Machine/ISA.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace garam::npu {
namespace {

/// Parallel loops in the order of the first result's memory, then reductions.
SmallVector<unsigned> orderVectorLoops(const Stage &stage) {
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

} // namespace

Value StageLowering::createMicroProgram(VectorOp op) {
  OpBuilder &builder = emitter.builder;
  // Which inputs `finish` reads: those that no reduction moves.
  Stage stage = getStage(op);
  SmallVector<int64_t> finishInputs;
  for (auto [index, input] : llvm::enumerate(stage.inputs)) {
    bool moves = false;
    for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
      moves |= !stage.isParallel(dim) && input.dependsOn(dim);
    if (!moves)
      finishInputs.push_back(index);
  }
  auto program = MicroProgramOp::create(
      builder, op.getLoc(), ProgramType::get(builder.getContext()),
      op.getCombinersAttr(),
      op.getFinish().empty() ? DenseI64ArrayAttr()
                             : builder.getDenseI64ArrayAttr(finishInputs));
  IRMapping mapping;
  op.getBody().cloneInto(&program.getBody(), mapping);
  op.getFinish().cloneInto(&program.getFinish(), mapping);
  emitter.definitions.push_back(program);
  return program;
}

LogicalResult emitVectorCommands(CommandEmitter &emitter,
                                 SmallVectorImpl<Operation *> &list,
                                 VectorOp op, int64_t core, const Walk &walk,
                                 ArrayRef<Value> buffers, Value program) {
  if (walk.sizes.size() > maxDims) {
    if (walk.getNumLoops(parallelGroup) == 0)
      return op.emitOpError("reduces more than ") << maxDims << " dimensions";
    unsigned loop = walk.getOuterLoop(parallelGroup);
    for (int64_t i = 0; i < walk.sizes[loop]; ++i)
      if (failed(emitVectorCommands(emitter, list, op, core, walk.peel(loop, i),
                                    buffers, program)))
        return failure();
    return success();
  }
  OpBuilder &builder = emitter.builder;
  SmallVector<Attribute> descriptors;
  for (const WalkOperand &operand : walk.operands) {
    if (operand.guards.size() > maxGuards)
      return op.emitOpError("pads more than ")
             << maxGuards << " dimensions of an input at once";
    descriptors.push_back(operand.getAttr(builder.getContext()));
  }
  unsigned numInputs = op.getInputs().size();
  list.push_back(VectorCommandOp::create(
      builder, op.getLoc(), core, buffers.take_front(numInputs),
      buffers.drop_front(numInputs), program,
      SmallVector<int64_t>(walk.sizes.begin(), walk.sizes.end()),
      walk.getNumLoops(reducedGroup), builder.getArrayAttr(descriptors)));
  return success();
}

LogicalResult StageLowering::lowerVectorTile(Tile &tile, Value program) {
  auto op = cast<VectorOp>(tile.stage.op);
  tile.order = orderVectorLoops(tile.stage);
  std::vector<BoundOperand> operands = bindInputs(tile);
  for (unsigned i = 0; i < tile.stage.outputs.size(); ++i)
    operands.push_back(bindOutput(tile, i));

  Walk walk;
  SmallVector<Value> buffers;
  for (unsigned dim : tile.order) {
    walk.sizes.push_back(tile.loops.getSize(dim));
    walk.groups.push_back(tile.stage.isParallel(dim) ? parallelGroup
                                                     : reducedGroup);
  }
  for (BoundOperand &operand : operands) {
    walk.operands.push_back(operand.walk);
    buffers.push_back(operand.buffer);
  }
  walk.compact();
  emitter.loc = op.getLoc();
  return emitVectorCommands(emitter, tile.slot.computes, op, tile.core, walk,
                            buffers, program);
}

} // namespace garam::npu
