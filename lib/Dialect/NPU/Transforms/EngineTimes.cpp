//===- EngineTimes.cpp - Engine time of a stage's tiles -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "EngineTimes.h"

#include "garam/Target/NPU/Machine/Timing.h"

using namespace mlir;

namespace garam::npu {

EngineTimes::EngineTimes(const Stage &stage, const MachineDescription &machine)
    : stage(stage), machine(machine) {
  auto op = dyn_cast<VectorOp>(stage.op);
  if (!op)
    return;
  FailureOr<MicroCode> translated = translateMicroProgram(op);
  if (succeeded(translated))
    code = std::move(*translated);
}

double EngineTimes::get(const Box &tile) {
  SmallVector<int64_t> sizes = tile.getShape();
  for (const Known &entry : known)
    if (entry.sizes == sizes)
      return entry.seconds;
  double seconds =
      stage.isContract() ? computeContract(sizes) : computeVector(sizes);
  known.push_back({std::move(sizes), seconds});
  return seconds;
}

/// A tensor command with the volume of a tile: what its time depends on.
double EngineTimes::computeContract(ArrayRef<int64_t> sizes) const {
  TensorCommand command;
  int64_t rows = 1, columns = 1, reduction = 1, batches = 1;
  for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim) {
    switch (stage.kinds[dim]) {
    case IteratorKind::batch:
      batches *= sizes[dim];
      break;
    case IteratorKind::row:
      rows *= sizes[dim];
      break;
    case IteratorKind::column:
      columns *= sizes[dim];
      break;
    case IteratorKind::reduction:
      reduction *= sizes[dim];
      break;
    }
  }
  const StageOperand &activation = stage.inputs[0];
  const StageOperand &output = stage.outputs[0];
  int64_t inputBytes = getElementBytes(activation.type);
  int64_t outputBytes = getElementBytes(output.type);
  command.rows = {static_cast<uint32_t>(rows), 1, 1};
  command.columns = columns;
  command.reduction = {1, 1, static_cast<uint32_t>(reduction)};
  command.activation.type = static_cast<ElementType>(activation.type);
  command.activation.strides = {reduction * inputBytes, 0, 0, 0, 0, inputBytes};
  command.weight.type = static_cast<ElementType>(stage.inputs[1].type);
  command.weight.strides = {0, 0, columns * inputBytes, inputBytes, 0, 0};
  command.output.type = static_cast<ElementType>(output.type);
  command.output.strides = {columns * outputBytes, 0, 0, outputBytes, 0, 0};
  // The emitter chooses the units in the same way for each command.
  if (!machine.findMode(command.activation.type))
    return 0;
  double best = HUGE_VAL;
  for (uint32_t unitColumns = 1; unitColumns <= machine.tensor.units;
       unitColumns *= 2) {
    command.unitColumns = unitColumns;
    command.unitRows = machine.tensor.units / unitColumns;
    best =
        std::min(best, getTime(command, machine).getSeconds(machine.clockHz));
  }
  return batches * best;
}

double EngineTimes::computeVector(ArrayRef<int64_t> sizes) const {
  VectorCommand command;
  // Parallel loops as one; reductions stay apart.
  uint32_t parallel = 1, reduced = 1;
  for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
    (stage.isParallel(dim) ? parallel : reduced) *= sizes[dim];
  command.sizes = {parallel};
  if (cast<VectorOp>(stage.op).getNumReductions() != 0) {
    command.sizes.push_back(reduced);
    command.numReductionDims = 1;
  }
  auto makeDescriptor = [&](const StageOperand &operand) {
    Descriptor descriptor;
    descriptor.type = static_cast<ElementType>(operand.type);
    descriptor.strides[0] = getElementBytes(operand.type);
    return descriptor;
  };
  for (const StageOperand &input : stage.inputs)
    command.inputs.push_back(makeDescriptor(input));
  if (code) {
    command.body = code->body;
    command.reductions = code->reductions;
    command.finish = code->finish;
    for (auto [output, stored] : llvm::zip(stage.outputs, code->outputs))
      command.outputs.push_back(
          {makeDescriptor(output), stored.source, stored.isFloat});
  }
  return getTime(command, machine).getSeconds(machine.clockHz);
}

} // namespace garam::npu
