//===- PlacedRegions.cpp - Parts of a function that are programs ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "PlacedRegions.h"

#include "garam/Dialect/GaramExt/IR/ObservedRange.h"
#include "garam/Dialect/Hetero/IR/Hetero.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;

namespace garam::hetero {

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
    auto isOfOther = [&](Operation *part) {
      return depths.contains(part) || getDevice(part) != device;
    };
    // What makes scalars is of the region of what uses them.
    bool comesLater =
        makesScalars(&op) && !op.use_empty() &&
        llvm::none_of(op.getUsers(), [&](Operation *user) {
          return isOfOther(op.getBlock()->findAncestorOpInBlock(*user));
        });
    if (comesLater)
      continue;
    llvm::SmallSetVector<Operation *, 4> ops = shared.getScalarProducers(&op);
    ops.remove_if(isOfOther);
    ops.insert(&op);
    unsigned depth = 0;
    for (Operation *part : ops)
      for (Value value : getUsedValues(part))
        if (Operation *producer = value.getDefiningOp())
          if (auto found = depths.find(producer); found != depths.end())
            depth = std::max(
                depth, found->second + (getDevice(producer) == device ? 0 : 1));
    for (Operation *part : ops)
      depths[part] = depth;
    if (byDepth.size() <= depth)
      byDepth.resize(depth + 1);
    std::vector<PlacedRegion> &regions = byDepth[depth];
    auto [number, isNew] = numbers.try_emplace({device, depth}, regions.size());
    if (isNew)
      regions.push_back({device, depth, {}});
    llvm::append_range(regions[number->second].ops, ops);
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
