//===- PlacementGraph.cpp - A function as placement sees it ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "PlacementGraph.h"

#include "garam/Support/NodeIds.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/StringMap.h"

using namespace mlir;

namespace garam::hetero {

llvm::SmallSetVector<Value, 4> getUsedValues(Operation *op) {
  llvm::SmallSetVector<Value, 4> used(op->operand_begin(), op->operand_end());
  if (op->getNumRegions() == 0)
    return used;
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(op->getRegions(), captured);
  used.insert(captured.begin(), captured.end());
  return used;
}

//===----------------------------------------------------------------------===//
// SharedOps
//===----------------------------------------------------------------------===//

SharedOps::SharedOps(func::FuncOp function) {
  Block &body = function.front();
  auto isReturned = [&](Operation *op) {
    return llvm::is_contained(op->getUsers(), body.getTerminator());
  };
  for (auto [number, op] : llvm::enumerate(body.without_terminator())) {
    numbers[&op] = number;
    bool isKnown = isMemoryEffectFree(&op) &&
                   llvm::all_of(getUsedValues(&op), [&](Value value) {
                     Operation *producer = value.getDefiningOp();
                     return producer && shared.contains(producer);
                   });
    if (isKnown && (op.hasTrait<OpTrait::ConstantLike>() || !isReturned(&op)))
      shared.insert(&op);
  }
}

bool makesScalars(Operation *op) {
  return op->getNumResults() > 0 &&
         llvm::all_of(op->getResultTypes(),
                      [](Type type) { return type.isIntOrIndexOrFloat(); });
}

llvm::SmallSetVector<Operation *, 4>
SharedOps::getScalarProducers(Operation *op) const {
  llvm::SmallSetVector<Operation *, 4> producers;
  auto add = [&](auto &add, Operation *user) -> void {
    for (Value value : getUsedValues(user)) {
      Operation *producer = value.getDefiningOp();
      if (!producer || !makesScalars(producer) || contains(producer) ||
          producers.contains(producer))
        continue;
      add(add, producer);
      producers.insert(producer);
    }
  };
  add(add, op);
  return producers;
}

SmallVector<Operation *>
SharedOps::withNeeded(ArrayRef<Operation *> ops) const {
  llvm::SmallSetVector<Operation *, 8> all(ops.begin(), ops.end());
  for (unsigned i = 0; i < all.size(); ++i)
    for (Value value : getUsedValues(all[i]))
      if (Operation *producer = value.getDefiningOp();
          producer && shared.contains(producer))
        all.insert(producer);
  SmallVector<Operation *> ordered(all.begin(), all.end());
  llvm::sort(ordered, [&](Operation *a, Operation *b) {
    return numbers.at(a) < numbers.at(b);
  });
  return ordered;
}

//===----------------------------------------------------------------------===//
// PlacementGraph
//===----------------------------------------------------------------------===//

namespace {

/// Finds the operations that have to be on one device.
class UnitFinder {
public:
  explicit UnitFinder(const SharedOps &shared) : shared(shared) {}

  void add(Operation *op) {
    joined.insert(op);
    // Those of one node.
    for (StringRef id : getResultNodeIds(op->getLoc())) {
      auto [first, isNew] = firstOfNode.try_emplace(id, op);
      if (!isNew)
        joined.unionSets(first->second, op);
    }
    for (Value value : getUsedValues(op)) {
      Operation *producer = value.getDefiningOp();
      if (producer && !shared.contains(producer) &&
          !isa<RankedTensorType>(value.getType()))
        joined.unionSets(producer, op);
    }
  }
  Operation *getLeader(Operation *op) const {
    return joined.getLeaderValue(op);
  }

private:
  const SharedOps &shared;
  llvm::EquivalenceClasses<Operation *> joined;
  llvm::StringMap<Operation *> firstOfNode;
};

} // namespace

PlacementGraph::PlacementGraph(func::FuncOp function) : shared(function) {
  UnitFinder finder(shared);
  for (Operation &op : function.front().without_terminator())
    if (!shared.contains(&op))
      finder.add(&op);

  llvm::DenseMap<Operation *, unsigned> numbers; // of leaders
  for (Operation &op : function.front().without_terminator()) {
    if (shared.contains(&op))
      continue;
    auto [number, isNew] =
        numbers.try_emplace(finder.getLeader(&op), units.size());
    if (isNew)
      units.emplace_back();
    PlacementUnit &unit = units[number->second];
    unitOf[&op] = number->second;
    unit.ops.push_back(&op);
    for (StringRef id : getResultNodeIds(op.getLoc()))
      if (!llvm::is_contained(unit.nodes, id))
        unit.nodes.push_back(id);
  }
  for (auto [number, unit] : llvm::enumerate(units)) {
    llvm::SmallSetVector<unsigned, 4> producers;
    for (Operation *op : unit.ops)
      for (Value value : getUsedValues(op))
        if (Operation *producer = value.getDefiningOp())
          // What is computed of a later unit's results is rare, and no matter
          // to an estimate.
          if (auto found = unitOf.find(producer);
              found != unitOf.end() && found->second < number)
            producers.insert(found->second);
    unit.producers.assign(producers.begin(), producers.end());
  }
}

} // namespace garam::hetero
