//===- RegionQueries.cpp - What devices say of regions --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "RegionQueries.h"

#include "PlacedRegions.h"

#include "garam/Dialect/Hetero/IR/Hetero.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;

namespace garam::hetero {

namespace {

/// Writes down what operations do, without their names: equal texts are equal
/// functions. Of weights that are stored apart only the type counts, unless the
/// device reads them, so that the layers of a network that differ in them are
/// equal.
class Fingerprint {
public:
  Fingerprint(DeviceTargetAttrInterface target,
              const DeviceCompileOptions &options, bool hasLocations)
      : hasLocations(hasLocations), hasWeights(target.readsWeights()) {
    addPointer(target.getAsOpaquePointer());
    addText(options.precision);
    for (const auto &[flag, value] : options.values) {
      addText(flag);
      addText(value);
    }
  }

  void add(Operation *op) {
    addPointer(op->getName().getAsOpaquePointer());
    if (hasLocations)
      addPointer(op->getLoc().getAsOpaquePointer());
    for (NamedAttribute attr : op->getAttrDictionary()) {
      if (attr.getName() == deviceAttrName)
        continue;
      addPointer(attr.getName().getAsOpaquePointer());
      if (auto weights = dyn_cast<DenseResourceElementsAttr>(attr.getValue());
          weights && !hasWeights)
        addPointer(weights.getType().getAsOpaquePointer());
      else
        addPointer(attr.getValue().getAsOpaquePointer());
    }
    for (Value operand : op->getOperands())
      addValue(operand);
    for (Value result : op->getResults())
      define(result);
    for (Region &region : op->getRegions())
      for (Block &block : region) {
        for (Value argument : block.getArguments())
          define(argument);
        for (Operation &nested : block)
          add(&nested);
        bytes.push_back(0); // the end of the block
      }
  }
  void addValue(Value value) {
    auto [number, isNew] = numbers.try_emplace(value, numbers.size());
    addPointer(reinterpret_cast<const void *>(uintptr_t(number->second)));
    if (isNew)
      addPointer(value.getType().getAsOpaquePointer());
  }
  void addAttr(Attribute attr) { addPointer(attr.getAsOpaquePointer()); }
  DeviceAnswers::Key get() const {
    llvm::XXH128_hash_t hash = llvm::xxh3_128bits(bytes);
    return {hash.low64, hash.high64};
  }

private:
  void define(Value value) {
    numbers[value] = numbers.size();
    addPointer(value.getType().getAsOpaquePointer());
  }
  void addPointer(const void *pointer) {
    const auto *begin = reinterpret_cast<const uint8_t *>(&pointer);
    bytes.append(begin, begin + sizeof(pointer));
  }
  void addText(StringRef text) {
    bytes.append(text.bytes_begin(), text.bytes_end());
    bytes.push_back(0); // its end
  }

  bool hasLocations, hasWeights;
  SmallVector<uint8_t, 512> bytes;
  llvm::DenseMap<Value, unsigned> numbers;
};

/// A region of a function as a function of its own, as partition makes it.
class RegionCopy {
public:
  RegionCopy(ArrayRef<Operation *> ops, const SharedOps &shared)
      : ops(shared.withNeeded(ops)), interface(findInterface(ops, shared)) {}

  DeviceAnswers::Key getKey(DeviceTargetAttrInterface target,
                            const DeviceCompileOptions &options,
                            bool hasLocations) const {
    Fingerprint fingerprint(target, options, hasLocations);
    for (Value input : interface.inputs) {
      fingerprint.addValue(input);
      fingerprint.addAttr(getInputAttrs(input));
    }
    for (Operation *op : ops)
      fingerprint.add(op);
    for (Value output : interface.outputs)
      fingerprint.addValue(output);
    return fingerprint.get();
  }
  /// Makes the function; it lives as long as this.
  func::FuncOp make() {
    Location loc = ops.front()->getLoc();
    holder = ModuleOp::create(loc);
    OpBuilder builder(holder->getBodyRegion());
    return copyRegion(builder, loc, "region", ops,
                      interface.inputs.getArrayRef(), interface.outputs);
  }

private:
  SmallVector<Operation *> ops;
  RegionInterface interface;
  OwningOpRef<ModuleOp> holder;
};

} // namespace

const std::optional<DeviceEstimate> &
RegionQueries::getEstimate(DeviceTargetAttrInterface target,
                           ArrayRef<Operation *> ops) {
  RegionCopy region(ops, shared);
  auto [known, isNew] = answers.estimates.try_emplace(
      region.getKey(target, options, /*hasLocations=*/false), std::nullopt);
  if (isNew)
    if (FailureOr<DeviceEstimate> estimate =
            target.estimate(region.make(), options);
        succeeded(estimate))
      known->second = *estimate;
  return known->second;
}

const std::optional<DeviceEstimate> &
RegionQueries::getEstimateWithParts(DeviceTargetAttrInterface target,
                                    ArrayRef<Operation *> ops) {
  RegionCopy region(ops, shared);
  auto [known, isNew] = answers.estimatesWithParts.try_emplace(
      region.getKey(target, options, /*hasLocations=*/true), std::nullopt);
  if (!isNew)
    return known->second;
  if (FailureOr<DeviceEstimate> estimate =
          target.estimate(region.make(), options);
      succeeded(estimate))
    known->second = std::move(*estimate);
  answers.estimates.try_emplace(
      region.getKey(target, options, /*hasLocations=*/false), known->second);
  return known->second;
}

std::optional<double>
RegionQueries::getSeconds(DeviceTargetAttrInterface target,
                          ArrayRef<Operation *> ops) {
  const std::optional<DeviceEstimate> &estimate = getEstimate(target, ops);
  return estimate ? std::optional(estimate->seconds) : std::nullopt;
}

SmallVector<Refusal> RegionQueries::ask(DeviceTargetAttrInterface target,
                                        func::FuncOp function) {
  FailureOr<SmallVector<Refusal>> refusals = target.accepts(function, options);
  if (succeeded(refusals))
    return std::move(*refusals);
  hasFailed = true;
  (void)emitAsFault(function.emitError()
                    << "target '" << target.getTargetName()
                    << "' did not find out whether it takes this");
  return {};
}

const std::optional<Refusal> &
RegionQueries::getFirstRefusal(DeviceTargetAttrInterface target,
                               ArrayRef<Operation *> ops) {
  RegionCopy region(ops, shared);
  auto [known, isNew] = answers.firstRefusals.try_emplace(
      region.getKey(target, options, /*hasLocations=*/false), std::nullopt);
  if (isNew)
    if (SmallVector<Refusal> refusals = ask(target, region.make());
        !refusals.empty())
      known->second = std::move(refusals.front());
  return known->second;
}

std::vector<Refusal>
RegionQueries::getRefusals(DeviceTargetAttrInterface target,
                           ArrayRef<Operation *> ops) {
  // Most regions are taken, and then their locations do not matter.
  if (!getFirstRefusal(target, ops))
    return {};
  RegionCopy region(ops, shared);
  SmallVector<Refusal> refusals = ask(target, region.make());
  return {refusals.begin(), refusals.end()};
}

ArrayRef<Refusal> RegionQueries::getRefusals(DeviceTargetAttrInterface target,
                                             func::FuncOp function) {
  Fingerprint fingerprint(target, options, /*hasLocations=*/true);
  fingerprint.add(function);
  auto [known, isNew] = answers.refusals.try_emplace(fingerprint.get());
  if (isNew)
    llvm::append_range(known->second, ask(target, function));
  return known->second;
}

} // namespace garam::hetero
