//===- AbsorbReshapes.cpp - Stages read what a reshape was made of --------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/NPU/IR/NPU.h"
#include "garam/Dialect/NPU/Transforms/Stages/Passes.h"
#include "garam/Support/NodeIds.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace garam {
#define GEN_PASS_DEF_NPUABSORBRESHAPES
#include "garam/Dialect/NPU/Transforms/Stages/Passes.h.inc"
} // namespace garam

using namespace mlir;
using namespace garam::npu;

namespace {

/// Neighbouring dimensions of two shapes that hold equally many elements.
struct DimGroup {
  ArrayRef<int64_t> from, to;
  unsigned firstTo; // number of the first of `to`
};

} // namespace

/// The smallest groups of dimensions of `from` and `to`, from the first to the
/// last, whose elements are the same. Both shapes have equally many elements,
/// at least one.
static SmallVector<DimGroup> groupDims(ArrayRef<int64_t> from,
                                       ArrayRef<int64_t> to) {
  SmallVector<DimGroup> groups;
  unsigned firstFrom = 0, firstTo = 0, endFrom = 0, endTo = 0;
  while (firstFrom < from.size() || firstTo < to.size()) {
    int64_t numFrom = 1, numTo = 1;
    if (endFrom < from.size())
      numFrom = from[endFrom++];
    if (endTo < to.size())
      numTo = to[endTo++];
    while (numFrom != numTo) {
      if (numFrom < numTo)
        numFrom *= from[endFrom++];
      else
        numTo *= to[endTo++];
    }
    groups.push_back({from.slice(firstFrom, endFrom - firstFrom),
                      to.slice(firstTo, endTo - firstTo), firstTo});
    firstFrom = endFrom;
    firstTo = endTo;
  }
  return groups;
}

/// The coordinates in a tensor of shape `from` of what lies at the dimensions
/// of the map in one of shape `to` with the same elements in row-major order;
/// nothing where they are not linear.
static AffineMap getSourceMap(MLIRContext *context, ArrayRef<int64_t> from,
                              ArrayRef<int64_t> to) {
  SmallVector<AffineExpr> coordinates;
  for (const DimGroup &group : groupDims(from, to)) {
    if (llvm::count_if(group.from, [](int64_t size) { return size != 1; }) > 1)
      return {};
    AffineExpr position = getAffineConstantExpr(0, context);
    int64_t stride = 1;
    for (unsigned i = group.to.size(); i-- > 0; stride *= group.to[i])
      if (group.to[i] != 1)
        position =
            position + getAffineDimExpr(group.firstTo + i, context) * stride;
    for (int64_t size : group.from)
      coordinates.push_back(size == 1 ? getAffineConstantExpr(0, context)
                                      : position);
  }
  return AffineMap::get(to.size(), 0, coordinates, context);
}

/// Whether `stage` may read outside of its input `number`: an edge of one shape
/// is none of another.
static bool hasPadding(Operation *stage, unsigned number) {
  if (auto vector = dyn_cast<VectorOp>(stage))
    return vector.getPaddings().has_value();
  auto contract = cast<ContractOp>(stage);
  return contract.getActivationPadding() &&
         &contract->getOpOperand(number) == &contract.getActivationMutable();
}

/// Lets the stage of `use` read the input of `reshape` instead of its result.
/// Returns whether it can.
static bool absorb(OpOperand &use, ReshapeOp reshape) {
  Operation *stage = use.getOwner();
  if (!isa<VectorOp, ContractOp>(stage) ||
      hasPadding(stage, use.getOperandNumber()))
    return false;
  AffineMap source = getSourceMap(
      stage->getContext(),
      cast<RankedTensorType>(reshape.getInput().getType()).getShape(),
      cast<RankedTensorType>(reshape.getType()).getShape());
  if (!source)
    return false;
  StringRef name = "indexing_maps";
  auto maps = llvm::to_vector(stage->getAttrOfType<ArrayAttr>(name));
  Attribute &map = maps[use.getOperandNumber()];
  map = AffineMapAttr::get(source.compose(cast<AffineMapAttr>(map).getValue()));
  stage->setAttr(name, ArrayAttr::get(stage->getContext(), maps));
  use.set(reshape.getInput());
  return true;
}

/// Lets the nodes of a reshape that goes away be named by the stage that makes
/// its input, or else by those that read it.
static void keepNodes(ReshapeOp reshape, ArrayRef<Operation *> readers) {
  SmallVector<Operation *> named(readers);
  if (Operation *producer = reshape.getInput().getDefiningOp();
      isa_and_nonnull<VectorOp, ContractOp>(producer))
    named = {producer};
  SmallVector<StringRef> nodes = garam::getNodeIds(reshape.getLoc());
  for (Operation *op : named) {
    SmallVector<StringRef> known = garam::getNodeIds(op->getLoc());
    // The last of several is the one whose result the stage has.
    if (!llvm::all_of(
            nodes, [&](StringRef id) { return llvm::is_contained(known, id); }))
      op->setLoc(
          FusedLoc::get(op->getContext(), {reshape.getLoc(), op->getLoc()}));
  }
}

namespace {

struct NPUAbsorbReshapes
    : garam::impl::NPUAbsorbReshapesBase<NPUAbsorbReshapes> {
  void runOnOperation() override {
    // From the last to the first: what is left of a chain of reshapes is looked
    // at when its turn comes.
    SmallVector<ReshapeOp> reshapes;
    getOperation().walk([&](ReshapeOp op) { reshapes.push_back(op); });
    for (ReshapeOp reshape : llvm::reverse(reshapes)) {
      SmallVector<Operation *> readers;
      for (OpOperand &use : llvm::make_early_inc_range(reshape->getUses())) {
        Operation *reader = use.getOwner();
        if (absorb(use, reshape))
          readers.push_back(reader);
      }
      if (!reshape->use_empty())
        continue;
      keepNodes(reshape, readers);
      reshape.erase();
    }
  }
};

} // namespace
