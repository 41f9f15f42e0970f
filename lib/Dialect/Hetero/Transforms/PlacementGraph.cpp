//===- PlacementGraph.cpp - A function as placement sees it ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "PlacementGraph.h"

#include "garam/Dialect/GaramExt/IR/ObservedRange.h"
#include "garam/Dialect/Hetero/IR/Hetero.h"
#include "garam/Support/NodeIds.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/SmallPtrSet.h"
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
    if (isKnown && !isReturned(&op))
      shared.insert(&op);
  }
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
    // Those of one node; of a fused operation, the one whose result it has.
    SmallVector<StringRef> ids = getNodeIds(op->getLoc());
    if (!ids.empty()) {
      auto [first, isNew] = firstOfNode.try_emplace(ids.back(), op);
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
    if (SmallVector<StringRef> ids = getNodeIds(op.getLoc()); !ids.empty())
      if (!llvm::is_contained(unit.nodes, ids.back()))
        unit.nodes.push_back(ids.back());
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

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

std::vector<PlacedRegion>
findRegions(func::FuncOp function, const SharedOps &shared,
            llvm::function_ref<StringRef(Operation *)> getDevice) {
  std::vector<std::vector<PlacedRegion>> byDepth;
  llvm::DenseMap<Operation *, unsigned> depths;
  llvm::DenseMap<std::pair<StringRef, unsigned>, unsigned> numbers;
  for (Operation &op : function.front().without_terminator()) {
    if (shared.contains(&op))
      continue;
    StringRef device = getDevice(&op);
    unsigned depth = 0;
    for (Value value : getUsedValues(&op))
      if (Operation *producer = value.getDefiningOp())
        if (auto found = depths.find(producer); found != depths.end())
          depth = std::max(depth, found->second +
                                      (getDevice(producer) == device ? 0 : 1));
    depths[&op] = depth;
    if (byDepth.size() <= depth)
      byDepth.resize(depth + 1);
    std::vector<PlacedRegion> &regions = byDepth[depth];
    auto [number, isNew] = numbers.try_emplace({device, depth}, regions.size());
    if (isNew)
      regions.push_back({device, depth, {}});
    regions[number->second].ops.push_back(&op);
  }
  std::vector<PlacedRegion> regions;
  for (std::vector<PlacedRegion> &some : byDepth)
    llvm::move(some, std::back_inserter(regions));
  return regions;
}

RegionInterface findInterface(ArrayRef<Operation *> ops,
                              const SharedOps &shared) {
  llvm::SmallPtrSet<Operation *, 16> inside(ops.begin(), ops.end());
  RegionInterface interface;
  SmallVector<Value> others;
  for (Operation *op : ops) {
    for (Value value : getUsedValues(op)) {
      Operation *producer = value.getDefiningOp();
      if (!producer)
        interface.inputs.insert(value);
      else if (!inside.contains(producer) && !shared.contains(producer))
        others.push_back(value);
    }
    for (Value result : op->getResults()) {
      // A user within the region of another operation is one of the block's.
      bool isUsedOutside =
          llvm::any_of(result.getUsers(), [&](Operation *user) {
            return !inside.contains(
                op->getBlock()->findAncestorOpInBlock(*user));
          });
      if (isUsedOutside)
        interface.outputs.push_back(result);
    }
  }
  SmallVector<Value> arguments = interface.inputs.takeVector();
  llvm::sort(arguments, [](Value a, Value b) {
    return cast<BlockArgument>(a).getArgNumber() <
           cast<BlockArgument>(b).getArgNumber();
  });
  interface.inputs.insert(arguments.begin(), arguments.end());
  interface.inputs.insert(others.begin(), others.end());
  return interface;
}

DictionaryAttr getInputAttrs(Value input) {
  NamedAttrList attrs;
  if (auto argument = dyn_cast<BlockArgument>(input)) {
    auto function = cast<func::FuncOp>(argument.getOwner()->getParentOp());
    attrs = function.getArgAttrDict(argument.getArgNumber());
  } else if (DenseF64ArrayAttr range = ext::getRangeAttr(input)) {
    attrs.set(ext::rangeAttrName, range);
  }
  return attrs.getDictionary(input.getContext());
}

func::FuncOp copyRegion(OpBuilder &builder, Location loc, StringRef name,
                        ArrayRef<Operation *> ops, ValueRange inputs,
                        ValueRange outputs) {
  auto type = builder.getFunctionType(inputs.getTypes(), outputs.getTypes());
  auto function = func::FuncOp::create(builder, loc, name, type);
  OpBuilder::InsertionGuard guard(builder);
  Block *entry = function.addEntryBlock();
  builder.setInsertionPointToStart(entry);
  IRMapping mapping;
  for (auto [input, argument] : llvm::zip(inputs, entry->getArguments())) {
    argument.setLoc(input.getLoc());
    function.setArgAttrs(argument.getArgNumber(), getInputAttrs(input));
    mapping.map(input, argument);
  }
  for (Operation *op : ops)
    builder.clone(*op, mapping)->removeAttr(deviceAttrName);
  SmallVector<Value> results = llvm::map_to_vector(
      outputs, [&](Value value) { return mapping.lookup(value); });
  func::ReturnOp::create(builder, loc, results);
  return function;
}

} // namespace garam::hetero
