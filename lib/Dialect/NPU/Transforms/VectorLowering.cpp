//===- VectorLowering.cpp - Vector commands of a tile ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "StageLowering.h"

#include "VectorWalks.h"
#include "garam/Target/DeviceTarget.h"
#include "garam/Target/NPU/Machine/ISA.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace garam::npu {

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

static LogicalResult emitOne(CommandEmitter &emitter,
                             SmallVectorImpl<Operation *> &list, VectorOp op,
                             int64_t core, const Walk &walk,
                             ArrayRef<Value> buffers, Value program) {
  if (walk.sizes.size() > maxDims)
    return emitAsRefusal(op.emitOpError("reduces more than ")
                         << maxDims << " dimensions");
  OpBuilder &builder = emitter.builder;
  SmallVector<Attribute> descriptors;
  for (const WalkOperand &operand : walk.operands) {
    if (operand.guards.size() > maxGuards)
      return emitAsRefusal(op.emitOpError("pads more than ")
                           << maxGuards << " dimensions of an input at once");
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

LogicalResult StageLowering::lowerVectorTile(Tile &tile, Value program,
                                             const MicroCode &code) {
  auto op = cast<VectorOp>(tile.stage.op);
  tile.order = orderLoops(tile.stage);
  std::vector<BoundOperand> operands = bindInputs(tile);
  for (unsigned i = 0; i < tile.stage.outputs.size(); ++i)
    operands.push_back(bindOutput(tile, i));

  SmallVector<Value> buffers;
  std::vector<WalkOperand> walks;
  for (BoundOperand &operand : operands) {
    walks.push_back(operand.walk);
    buffers.push_back(operand.buffer);
  }
  emitter.loc = op.getLoc();
  for (const Walk &walk : makeTileWalks(tile, walks))
    if (failed(forEachVectorCommand(walk, op.getInputs().size(), code,
                                    emitter.machine, [&](const Walk &part) {
                                      return emitOne(
                                          emitter, tile.slot.computes, op,
                                          tile.core, part, buffers, program);
                                    })))
      return failure();
  return success();
}

} // namespace garam::npu
