//===- EngineTimes.cpp - Engine time of a stage's tiles -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "EngineTimes.h"

#include "TensorHomes.h"
#include "TileGeometry.h"
#include "VectorWalks.h"
#include "garam/Target/NPU/Machine/Energy.h"

using namespace mlir;

namespace garam::npu {

EngineTimes::EngineTimes(const Stage &stage, const MachineDescription &machine)
    : stage(stage), machine(machine), order(orderLoops(stage)) {
  auto op = dyn_cast<VectorOp>(stage.op);
  if (!op)
    return;
  FailureOr<MicroCode> translated = translateMicroProgram(op);
  if (succeeded(translated))
    code = std::move(*translated);
}

SmallVector<int64_t> getMemoryOrder(Value tensor) {
  if (auto result = dyn_cast<OpResult>(tensor)) {
    if (isStage(result.getOwner()))
      return getLayout(result);
    if (auto concat = dyn_cast<ConcatOp>(result.getOwner()))
      return getMemoryOrder(concat.getInputs().front());
  }
  return llvm::to_vector(
      llvm::seq<int64_t>(0, getTensorType(tensor).getRank()));
}

static WalkOperand makeDenseWalk(const StageOperand &operand, const Box &tile,
                                 ArrayRef<unsigned> order) {
  Piece piece =
      makeLocalPiece(operand.getRegion(tile), getMemoryOrder(operand.tensor),
                     getElementBytes(operand.type), {});
  return makeWalk(operand, piece.view, tile, order);
}

EngineCost EngineTimes::get(const Box &tile) {
  auto [first, last] = getSumEnds(stage, tile);
  auto [entry, isNew] = known.try_emplace({tile.getShape(), first, last});
  if (!isNew)
    return entry->second;

  std::vector<WalkOperand> operands;
  for (const StageOperand &input : stage.inputs)
    operands.push_back(isPackable(input) ? makePackedWalk(input, tile, order, 0)
                                         : makeDenseWalk(input, tile, order));
  for (const StageOperand &output : stage.outputs)
    operands.push_back(makeDenseWalk(output, tile, order));
  Walk walk = makeTileWalk(stage, tile, order, std::move(operands), machine);
  return entry->second = stage.isContract() ? computeContract(walk, first, last)
                                            : computeVector(walk);
}

double EngineTimes::getAll(const Box &part, ArrayRef<int64_t> tileSizes) {
  // Along each loop there are full tiles and perhaps a smaller one.
  Box tile = Box::ofShape(part.getShape());
  auto visit = [&](auto &self, unsigned dim, int64_t count) -> double {
    if (dim == part.getRank())
      return count * get(tile).seconds;
    int64_t size = part.getSize(dim);
    int64_t full = std::min(size, tileSizes[dim]);
    tile.high[dim] = full;
    double seconds = self(self, dim + 1, count * (size / full));
    if (size % full != 0) {
      tile.high[dim] = size % full;
      seconds += self(self, dim + 1, count);
    }
    return seconds;
  };
  return part.isEmpty() ? 0 : visit(visit, 0, 1);
}

/// Strides of an operand along the loops of `groups`.
static void copyStrides(const Walk &walk, const WalkOperand &operand,
                        ArrayRef<unsigned> groups, Descriptor &descriptor) {
  descriptor.type = getElementType(operand.type);
  // As in the ISA, each group has its own dimensions.
  unsigned next = 0;
  for (unsigned group : groups) {
    unsigned end = next + (group == rowGroup         ? maxRowDims
                           : group == reductionGroup ? maxReductionDims
                                                     : 1);
    for (unsigned loop = 0; loop < walk.sizes.size(); ++loop)
      if (walk.groups[loop] == group)
        descriptor.strides[next++] = operand.strides[loop];
    next = end;
  }
}

/// The command of a walk, as far as its time depends on it.
static TensorCommand makeTensorCommand(const Stage &stage, const Walk &walk,
                                       ElementType type,
                                       const MachineDescription &machine) {
  TensorCommand command = makeSharedCommand(walk, type, machine);
  for (auto [index, input] : llvm::enumerate(stage.inputs)) {
    const WalkOperand &operand = walk.operands[index];
    switch (input.role) {
    case OperandRole::Activation:
      copyStrides(walk, operand, {rowGroup, reductionGroup},
                  command.activation);
      break;
    case OperandRole::Weight:
      copyStrides(walk, operand, {reductionGroup, columnGroup}, command.weight);
      break;
    case OperandRole::Bias:
      command.hasBias = true;
      break;
    case OperandRole::Scale:
      command.hasScale = true;
      break;
    case OperandRole::Residual:
      command.hasResidual = true;
      copyStrides(walk, operand, {rowGroup, columnGroup}, command.residual);
      break;
    case OperandRole::Plain:
      break;
    }
  }
  copyStrides(walk, walk.operands.back(), {rowGroup, columnGroup},
              command.output);
  return command;
}

/// Adds a command of one engine.
template <typename CommandT>
static void addCommand(EngineCost &cost, const CommandT &command,
                       const MachineDescription &machine) {
  EngineTime time = getTime(command, machine);
  cost.seconds += time.getSeconds(machine.clockHz);
  cost.joules += getEnergy(command, time, machine);
}

EngineCost EngineTimes::computeContract(const Walk &walk, bool first,
                                        bool last) const {
  ElementType type = getElementType(stage.inputs[0].type);
  if (!machine.findMode(type))
    return {};
  EngineCost cost;
  (void)forEachContractCommand(
      walk, first, last, [&](const Walk &part, bool, bool isLast) {
        TensorCommand command = makeTensorCommand(stage, part, type, machine);
        command.store = isLast;
        addCommand(cost, command, machine);
        return success();
      });
  return cost;
}

EngineCost EngineTimes::computeVector(const Walk &walk) const {
  EngineCost cost;
  if (!code)
    return cost;
  unsigned numInputs = stage.inputs.size();
  (void)forEachVectorCommand(
      walk, numInputs, *code, machine, [&](const Walk &part) -> LogicalResult {
        if (part.sizes.size() > maxDims)
          return failure();
        addCommand(cost, makeVectorCommand(part, numInputs, *code), machine);
        return success();
      });
  return cost;
}

} // namespace garam::npu
