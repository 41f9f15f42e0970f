//===- SearchSpace.cpp - What is known before schedules are ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "SearchSpace.h"

#include "ConcatTrees.h"

#include <numeric>

using namespace mlir;

namespace garam::npu {

std::vector<Operation *> SearchSpace::listStages(func::FuncOp func) {
  std::vector<Operation *> stages;
  for (Operation &op : func.front())
    if (isStage(&op))
      stages.push_back(&op);
  return stages;
}

SearchSpace::SearchSpace(func::FuncOp func, const MachineDescription &machine)
    : machine(machine), stages(listStages(func)), families(stages, machine),
      remaining(stages, families, machine),
      branchCores(
          findBranchCores(stages, remaining.getStageSeconds(), machine)) {
  for (Operation &op : func.front())
    operations.push_back(&op);
  findLastUses();
  countKeptBytes();
}

void SearchSpace::findLastUses() {
  auto extend = [&](Value value, size_t position) {
    size_t &last = lastUses[value];
    last = std::max(last, position);
  };
  for (size_t position = operations.size(); position-- > 0;) {
    Operation *op = operations[position];
    size_t last = position;
    // What is written to a tensor later is seen through its views.
    if (isa<ReshapeOp, ViewOp, ConcatOp>(op))
      last = std::max(last, lastUses.lookup(op->getResult(0)));
    for (Value operand : op->getOperands())
      extend(operand, last);
  }
}

void SearchSpace::countKeptBytes() {
  int64_t memory = machine.local.bytes * machine.cores;
  ConcatTrees concats;
  keptBytes.assign(operations.size() + 1, 0);
  for (auto [position, op] : llvm::enumerate(operations)) {
    if (!isStage(op))
      continue;
    for (OpResult result : op->getResults()) {
      int64_t bytes = getTensorType(result).getNumElements() *
                      getElementBytes(Value(result));
      if (bytes > memory || concats.isReturnedOnly(result))
        continue;
      keptBytes[position] += bytes / machine.cores;
      size_t last = std::max<size_t>(lastUses.lookup(result), position);
      keptBytes[last + 1] -= bytes / machine.cores;
    }
  }
  std::partial_sum(keptBytes.begin(), keptBytes.end(), keptBytes.begin());
}

size_t SearchSpace::findStage(size_t position) const {
  while (position < operations.size() && !isStage(operations[position]))
    ++position;
  return position;
}

} // namespace garam::npu
