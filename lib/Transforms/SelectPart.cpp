//===- SelectPart.cpp - Makes a function of one of its parts --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/Passes.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_SELECTPART
#include "garam/Transforms/Passes.h.inc"

namespace {

struct SelectPart : impl::SelectPartBase<SelectPart> {
  void runOnOperation() override;
};

} // namespace

/// Memory that each caller has for itself.
static bool isOwn(Value memory) {
  while (auto view = memory.getDefiningOp<ViewLikeOpInterface>())
    memory = view.getViewSource();
  return memory.getDefiningOp<memref::AllocOp>() != nullptr;
}

/// Whether `op`, which is done with every part, writes what parts share.
static bool writesShared(Operation *op) {
  SmallVector<MemoryEffects::EffectInstance> effects;
  auto interface = dyn_cast<MemoryEffectOpInterface>(op);
  if (interface)
    interface.getEffects(effects);
  return llvm::any_of(effects, [](const MemoryEffects::EffectInstance &effect) {
    return isa<MemoryEffects::Write>(effect.getEffect()) &&
           !(effect.getValue() && isOwn(effect.getValue()));
  });
}

/// Does iteration `part` - `first` of `loop` when it has that one.
static void selectIteration(scf::ForallOp loop, Value part, int64_t first,
                            bool isOnly) {
  OpBuilder builder(loop);
  Location loc = loop.getLoc();
  Value start = arith::ConstantIndexOp::create(builder, loc, first);
  Value iteration = arith::SubIOp::create(builder, loc, part, start);
  Block *target = loop->getBlock();
  Block::iterator position = loop->getIterator();
  if (!isOnly) {
    // Unsigned, so that parts before the first are none of it either.
    Value count = arith::ConstantIndexOp::create(
        builder, loc, loop.getStaticUpperBound().front());
    Value isOfLoop = arith::CmpIOp::create(
        builder, loc, arith::CmpIPredicate::ult, iteration, count);
    auto branch = scf::IfOp::create(builder, loc, isOfLoop,
                                    /*withElseRegion=*/false);
    target = branch.thenBlock();
    position = target->begin();
  }
  loop.getInductionVar(0).replaceAllUsesWith(iteration);
  Block *body = loop.getBody();
  body->getTerminator()->erase();
  target->getOperations().splice(position, body->getOperations());
  loop.erase();
}

void SelectPart::runOnOperation() {
  func::FuncOp function = getOperation();
  OpBuilder builder(&getContext());
  auto loops = llvm::to_vector(function.getOps<scf::ForallOp>());
  // What a loop has stored already.
  for (auto copy :
       llvm::make_early_inc_range(function.getOps<memref::CopyOp>()))
    if (copy.getSource() == copy.getTarget())
      copy.erase();
  int64_t numParts = 0;
  for (scf::ForallOp loop : loops) {
    if (loop.getRank() != 1 || !loop.isNormalized() ||
        ShapedType::isDynamic(loop.getStaticUpperBound().front()) ||
        loop->getNumResults() != 0) {
      loop.emitOpError("is no loop over parts on buffers");
      return signalPassFailure();
    }
    numParts += loop.getStaticUpperBound().front();
  }
  if (!loops.empty()) {
    WalkResult walk = function.walk<WalkOrder::PreOrder>([](Operation *op) {
      if (isa<scf::ForallOp>(op))
        return WalkResult::skip();
      if (!writesShared(op))
        return WalkResult::advance();
      op->emitOpError("writes memory that parts share");
      return WalkResult::interrupt();
    });
    if (walk.wasInterrupted())
      return signalPassFailure();
  }

  unsigned number = function.getNumArguments();
  if (failed(function.insertArgument(number, builder.getIndexType(), {},
                                     function.getLoc())))
    return signalPassFailure();
  int64_t first = 0;
  for (scf::ForallOp loop : loops) {
    int64_t count = loop.getStaticUpperBound().front();
    selectIteration(loop, function.getArgument(number), first,
                    /*isOnly=*/loops.size() == 1);
    first += count;
  }
  function->setAttr(partsAttrName,
                    builder.getI64IntegerAttr(std::max<int64_t>(numParts, 1)));
}

} // namespace garam
