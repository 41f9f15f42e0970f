//===- RegionEstimates.cpp - What regions cost on devices -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "RegionEstimates.h"

#include "garam/Dialect/Hetero/IR/Hetero.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;

namespace garam::hetero {

namespace {

/// Writes down what operations do, without their names and locations: equal
/// texts are equal functions. Of weights that are stored apart only the type
/// counts, so that the layers of a network that differ in them are equal.
class Fingerprint {
public:
  void add(Operation *op) {
    addPointer(op->getName().getAsOpaquePointer());
    for (NamedAttribute attr : op->getAttrDictionary()) {
      if (attr.getName() == deviceAttrName)
        continue;
      addPointer(attr.getName().getAsOpaquePointer());
      if (auto weights = dyn_cast<DenseResourceElementsAttr>(attr.getValue()))
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
  llvm::XXH128_hash_t get() const { return llvm::xxh3_128bits(bytes); }

private:
  void define(Value value) {
    numbers[value] = numbers.size();
    addPointer(value.getType().getAsOpaquePointer());
  }
  void addPointer(const void *pointer) {
    const auto *begin = reinterpret_cast<const uint8_t *>(&pointer);
    bytes.append(begin, begin + sizeof(pointer));
  }

  SmallVector<uint8_t, 512> bytes;
  llvm::DenseMap<Value, unsigned> numbers;
};

} // namespace

std::optional<double>
RegionEstimates::getSeconds(DeviceTargetAttrInterface target,
                            ArrayRef<Operation *> ops) {
  SmallVector<Operation *> all = shared.withNeeded(ops);
  RegionInterface interface = findInterface(ops, shared);
  Fingerprint fingerprint;
  for (Operation *op : all)
    fingerprint.add(op);
  for (Value output : interface.outputs)
    fingerprint.addValue(output);
  llvm::XXH128_hash_t hash = fingerprint.get();
  auto [known, isNew] = this->known.try_emplace(
      {target.getAsOpaquePointer(), hash.low64, hash.high64}, std::nullopt);
  if (!isNew)
    return known->second;

  Location loc = ops.front()->getLoc();
  OwningOpRef<ModuleOp> holder = ModuleOp::create(loc);
  OpBuilder builder(holder->getBodyRegion());
  func::FuncOp function =
      copyRegion(builder, loc, "region", all, interface.inputs.getArrayRef(),
                 interface.outputs);
  FailureOr<DeviceEstimate> estimate = target.estimate(function, options);
  if (succeeded(estimate))
    known->second = estimate->seconds;
  return known->second;
}

} // namespace garam::hetero
