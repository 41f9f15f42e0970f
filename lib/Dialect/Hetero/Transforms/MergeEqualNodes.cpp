//===- MergeEqualNodes.cpp - Computes once what nodes have in common ------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ModuleRules.h"
#include "PlacementGraph.h"
#include "garam/Dialect/Hetero/Transforms/Passes.h"
#include "garam/Support/NodeIds.h"
#include "garam/Transforms/BodyHash.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Transforms/CSE.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_HETEROMERGEEQUALNODESPASS
#include "garam/Dialect/Hetero/Transforms/Passes.h.inc"

using namespace hetero;

namespace {

/// An operation and the device that rules put it on, empty without any.
struct RuledOp {
  Operation *op;
  StringRef device;
};

/// Of what operations compute, as upstream's elimination of common
/// subexpressions compares it.
struct RuledOpInfo : llvm::DenseMapInfo<RuledOp> {
  using Pointers = llvm::DenseMapInfo<Operation *>;

  static RuledOp getEmptyKey() { return {Pointers::getEmptyKey(), ""}; }
  static RuledOp getTombstoneKey() { return {Pointers::getTombstoneKey(), ""}; }
  static unsigned getHashValue(const RuledOp &value) {
    return llvm::hash_combine(value.device, hashBodies(value.op),
                              OperationEquivalence::computeHash(
                                  value.op,
                                  OperationEquivalence::directHashValue,
                                  OperationEquivalence::ignoreHashValue,
                                  OperationEquivalence::IgnoreLocations));
  }
  static bool isSpecial(Operation *op) {
    return op == Pointers::getEmptyKey() || op == Pointers::getTombstoneKey();
  }
  static bool isEqual(const RuledOp &a, const RuledOp &b) {
    if (a.op == b.op || isSpecial(a.op) || isSpecial(b.op))
      return a.op == b.op;
    return a.device == b.device &&
           OperationEquivalence::isEquivalentTo(
               a.op, b.op, OperationEquivalence::IgnoreLocations);
  }
};

struct HeteroMergeEqualNodesPass
    : public impl::HeteroMergeEqualNodesPassBase<HeteroMergeEqualNodesPass> {
  using HeteroMergeEqualNodesPassBase::HeteroMergeEqualNodesPassBase;
  HeteroMergeEqualNodesPass(const HeteroMergeEqualNodesPassOptions &options,
                            std::shared_ptr<const PlacementResources> known)
      : HeteroMergeEqualNodesPassBase(options), known(std::move(known)) {}

  void runOnOperation() override;

private:
  std::shared_ptr<const PlacementResources> known;
};

/// Merges operations of one function.
class Merger {
public:
  Merger(func::FuncOp function, const PlacementRules &rules,
         const llvm::StringMap<StringRef> &operators)
      : function(function), shared(function), rules(rules),
        operators(operators) {}

  void run();

private:
  StringRef getDevice(Operation *op) const;
  void replace(Operation *op, Operation *equal);

  func::FuncOp function;
  SharedOps shared;
  const PlacementRules &rules;
  const llvm::StringMap<StringRef> &operators;
  /// Locations of the operations that one stands for, in its place too.
  llvm::MapVector<Operation *, SmallVector<Location>> merged;
};

} // namespace

/// What is shared has no place of its own.
StringRef Merger::getDevice(Operation *op) const {
  if (shared.contains(op))
    return "";
  for (StringRef node : getResultNodeIds(op->getLoc()))
    if (const PlacementRule *rule = rules.lookup(node, operators.lookup(node)))
      return rule->device;
  return "";
}

void Merger::replace(Operation *op, Operation *equal) {
  // One that is shared is of no node that is placed.
  if (!shared.contains(op) && op->getLoc() != equal->getLoc())
    merged[equal].push_back(op->getLoc());
  op->replaceAllUsesWith(equal);
  op->erase();
}

void Merger::run() {
  llvm::DenseSet<RuledOp, RuledOpInfo> known;
  for (Operation &op :
       llvm::make_early_inc_range(function.front().without_terminator())) {
    if (!isMemoryEffectFree(&op))
      continue;
    auto [equal, isNew] = known.insert({&op, getDevice(&op)});
    if (!isNew)
      replace(&op, equal->op);
  }
  for (auto &[op, locs] : merged)
    op->setLoc(getEqualNodesLoc(op->getLoc(), locs));
}

/// Gives each operation its own scalars, computed from tensors: what shares one
/// has to be in one place.
static void separateScalars(func::FuncOp function) {
  SharedOps shared(function);
  SmallVector<Operation *> scalars, others;
  for (Operation &op : function.front())
    if (!shared.contains(&op))
      (makesScalars(&op) ? scalars : others).push_back(&op);
  for (Operation *op : others) {
    llvm::SmallSetVector<Operation *, 4> producers =
        shared.getScalarProducers(op);
    bool areOwn = llvm::all_of(
        producers, [](Operation *producer) { return producer->hasOneUse(); });
    if (areOwn)
      continue;
    OpBuilder builder(op);
    IRMapping own;
    for (Operation *producer : producers)
      builder.clone(*producer, own)->setLoc(op->getLoc());
    op->walk([&](Operation *inner) {
      for (OpOperand &operand : inner->getOpOperands())
        operand.set(own.lookupOrDefault(operand.get()));
    });
  }
  for (Operation *op : llvm::reverse(scalars))
    if (isOpTriviallyDead(op))
      op->erase();
}

void HeteroMergeEqualNodesPass::runOnOperation() {
  ModuleOp module = getOperation();
  FailureOr<PlacementRules> read =
      known ? PlacementRules() : readRules(module, rulesFile);
  if (failed(read))
    return signalPassFailure();
  llvm::StringMap<StringRef> operators = readOperators(module);
  IRRewriter rewriter(&getContext());
  DominanceInfo dominance(module);
  for (auto function : module.getOps<func::FuncOp>()) {
    if (function.isExternal())
      continue;
    // What is within an operation is of its node alone.
    for (Operation &op : function.getOps())
      if (op.getNumRegions() != 0)
        eliminateCommonSubExpressions(rewriter, dominance, &op);
    if (!function.getBody().hasOneBlock())
      continue;
    Merger(function, known ? known->rules : *read, operators).run();
    separateScalars(function);
  }
}

std::unique_ptr<Pass> createHeteroMergeEqualNodesPass(
    const HeteroMergeEqualNodesPassOptions &options,
    std::shared_ptr<const PlacementResources> known) {
  return std::make_unique<HeteroMergeEqualNodesPass>(options, std::move(known));
}

} // namespace garam
