//===- VectorWalks.cpp - Loop nests of vector commands --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "VectorWalks.h"

#include "garam/Target/NPU/Machine/Timing.h"

using namespace mlir;

namespace garam::npu {

VectorCommand makeVectorCommand(const Walk &walk, unsigned numInputs,
                                const MicroCode &code) {
  VectorCommand command;
  command.sizes.assign(walk.sizes.begin(), walk.sizes.end());
  if (command.sizes.empty())
    command.sizes = {1};
  command.numReductionDims = walk.getNumLoops(reducedGroup);
  auto describe = [&](const WalkOperand &operand) {
    Descriptor descriptor;
    descriptor.type = getElementType(operand.type);
    llvm::copy(operand.strides, descriptor.strides.begin());
    return descriptor;
  };
  ArrayRef<WalkOperand> operands = walk.operands;
  for (const WalkOperand &operand : operands.take_front(numInputs))
    command.inputs.push_back(describe(operand));
  command.body = code.body;
  command.reductions = code.reductions;
  command.finish = code.finish;
  for (auto [operand, stored] :
       llvm::zip(operands.drop_front(numInputs), code.outputs)) {
    command.outputs.push_back(stored);
    command.outputs.back().descriptor = describe(operand);
  }
  return command;
}

/// The most pieces that a loop is cut into for the sake of registers: all
/// numbers up to it are timed.
static constexpr int64_t maxPieces = 16;

/// The innermost parallel loop.
static std::optional<unsigned> findInnerLoop(const Walk &walk) {
  for (unsigned loop = walk.sizes.size(); loop-- > 0;)
    if (walk.groups[loop] == parallelGroup)
      return loop;
  return std::nullopt;
}

/// Size of the pieces that `loop` is cut into so that the commands of all
/// pieces take the shortest time together; the loop's size when that is one.
static int64_t choosePiece(const Walk &walk, unsigned loop, unsigned numInputs,
                           const MicroCode &code,
                           const MachineDescription &machine) {
  VectorCommand command = makeVectorCommand(walk, numInputs, code);
  EngineTime whole = getTime(command, machine);
  int64_t size = walk.sizes[loop], best = size;
  if (whole.readCycles <= std::max(whole.computeCycles, whole.writeCycles))
    return best;
  double shortest = whole.getSeconds(machine.clockHz);
  for (int64_t pieces = 2; pieces <= std::min(maxPieces, size); ++pieces) {
    auto timePiece = [&](int64_t piece) {
      command.sizes[loop] = piece;
      return getTime(command, machine).getSeconds(machine.clockHz);
    };
    int64_t piece = llvm::divideCeil(size, pieces);
    double seconds = size / piece * timePiece(piece);
    if (size % piece != 0)
      seconds += timePiece(size % piece);
    if (seconds >= shortest)
      continue;
    shortest = seconds;
    best = piece;
  }
  return best;
}

LogicalResult
forEachVectorCommand(const Walk &walk, unsigned numInputs,
                     const MicroCode &code, const MachineDescription &machine,
                     llvm::function_ref<LogicalResult(const Walk &)> visit) {
  if (walk.sizes.size() > maxDims && walk.getNumLoops(parallelGroup) != 0) {
    unsigned loop = walk.getOuterLoop(parallelGroup);
    for (int64_t i = 0; i < walk.sizes[loop]; ++i)
      if (failed(forEachVectorCommand(walk.peel(loop, i), numInputs, code,
                                      machine, visit)))
        return failure();
    return success();
  }
  std::optional<unsigned> loop = findInnerLoop(walk);
  if (!loop || walk.sizes.size() > maxDims)
    return visit(walk);
  int64_t size = walk.sizes[*loop];
  int64_t piece = choosePiece(walk, *loop, numInputs, code, machine);
  if (piece == size)
    return visit(walk);
  for (int64_t begin = 0; begin < size; begin += piece)
    if (failed(visit(walk.slice(*loop, begin, std::min(piece, size - begin)))))
      return failure();
  return success();
}

} // namespace garam::npu
