//===- MergeEqualOperations.cpp - Computes once what is equal -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/BodyHash.h"
#include "garam/Transforms/Passes.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/CSE.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_MERGEEQUALOPERATIONS
#include "garam/Transforms/Passes.h.inc"

/// A hash of a value that is the same for what may become one value with it.
static llvm::hash_code hashOutside(Value value) {
  auto result = dyn_cast<OpResult>(value);
  return result ? llvm::hash_combine(result.getResultNumber(),
                                     OperationEquivalence::computeHash(
                                         result.getOwner(),
                                         OperationEquivalence::ignoreHashValue,
                                         OperationEquivalence::ignoreHashValue,
                                         OperationEquivalence::IgnoreLocations))
                : hash_value(value);
}

llvm::hash_code hashBodies(Operation *op) {
  llvm::DenseMap<Value, size_t> numbers; // of values within
  auto addNumbers = [&](ValueRange values) {
    for (Value value : values)
      numbers.try_emplace(value, numbers.size());
  };
  auto hashValue = [&](Value value) {
    auto number = numbers.find(value);
    return number == numbers.end() ? hashOutside(value)
                                   : llvm::hash_value(number->second);
  };
  for (Region &region : op->getRegions())
    region.walk<WalkOrder::PreOrder>([&](Block *block) {
      addNumbers(block->getArguments());
      for (Operation &inner : *block)
        addNumbers(inner.getResults());
    });
  llvm::hash_code hash(op->getNumRegions());
  for (Region &region : op->getRegions())
    region.walk([&](Operation *inner) {
      hash = llvm::hash_combine(
          hash, OperationEquivalence::computeHash(
                    inner, hashValue, OperationEquivalence::ignoreHashValue,
                    OperationEquivalence::IgnoreLocations));
    });
  return hash;
}

namespace {

/// The hash of an operation's regions, while the pass runs.
constexpr llvm::StringLiteral bodyHashAttrName = "garam.body_hash";

/// Upstream compares operations with regions as a whole, but looks for equal
/// ones by a hash of operands and attributes: the regions' hash becomes one.
struct MergeEqualOperations
    : impl::MergeEqualOperationsBase<MergeEqualOperations> {
  void runOnOperation() override {
    Builder b(&getContext());
    getOperation()->walk([&](Operation *op) {
      if (op == getOperation() || op->getNumRegions() == 0)
        return;
      op->setDiscardableAttr(bodyHashAttrName,
                             b.getI64IntegerAttr(hashBodies(op)));
    });
    IRRewriter rewriter(&getContext());
    DominanceInfo dominance;
    eliminateCommonSubExpressions(rewriter, dominance, getOperation());
    getOperation()->walk(
        [](Operation *op) { op->removeDiscardableAttr(bodyHashAttrName); });
  }
};

} // namespace

} // namespace garam
