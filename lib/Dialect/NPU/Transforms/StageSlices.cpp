//===- StageSlices.cpp - Stages cut into slices ---------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "StageSlices.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace garam::npu {

//===----------------------------------------------------------------------===//
// Regions
//===----------------------------------------------------------------------===//

Box getLoopsOf(const Stage &stage, const StageOperand &output,
               const Box &region) {
  Box loops = stage.getLoops();
  for (auto [c, row] : llvm::enumerate(output.coefficients))
    for (auto [dim, coefficient] : llvm::enumerate(row))
      if (coefficient != 0) {
        loops.low[dim] = region.low[c];
        loops.high[dim] = region.high[c];
      }
  return loops;
}

Box getNeededRegion(const StageOperand &input, const Box &loops) {
  Box region = input.getRegion(loops);
  ArrayRef<int64_t> shape = getTensorType(input.tensor).getShape();
  for (unsigned c = 0; c < region.getRank(); ++c) {
    if (region.low[c] < region.high[c])
      continue;
    // All coordinates lie on one side of the tensor.
    region.low[c] = std::clamp<int64_t>(region.low[c], 0, shape[c] - 1);
    region.high[c] = region.low[c] + 1;
  }
  return region;
}

int64_t Slicing::getCount() const {
  int64_t count = 1;
  for (int64_t parts : counts)
    count *= parts;
  return count;
}

Box Slicing::getSlice(ArrayRef<int64_t> shape, int64_t number) const {
  Box slice = Box::ofShape(shape);
  for (unsigned c = counts.size(); c-- > 0;) {
    int64_t index = number % counts[c];
    number /= counts[c];
    int64_t size = llvm::divideCeil(shape[c], counts[c]);
    slice.low[c] = size * index;
    slice.high[c] = std::min(size * (index + 1), shape[c]);
  }
  return slice;
}

OpResult getOnlyResult(ArrayRef<Operation *> stages) {
  llvm::SmallPtrSet<Operation *, 16> inside(stages.begin(), stages.end());
  OpResult found;
  for (Operation *stage : stages)
    for (OpResult result : stage->getResults()) {
      bool isRead = llvm::any_of(result.getUsers(), [&](Operation *user) {
        return !inside.contains(user);
      });
      if (isRead && found)
        return {};
      if (isRead)
        found = result;
    }
  return found;
}

//===----------------------------------------------------------------------===//
// Slices
//===----------------------------------------------------------------------===//

/// The map of an operand whose loops count from `loops` on and whose tensor is
/// the part `slice` of the former one.
static AffineMap moveMap(MLIRContext *context, const StageOperand &operand,
                         const Box &loops, ArrayRef<int64_t> slice) {
  SmallVector<AffineExpr> coordinates;
  for (auto [c, row] : llvm::enumerate(operand.coefficients)) {
    AffineExpr sum = getAffineConstantExpr(0, context);
    int64_t constant = operand.constants[c] - slice[c];
    for (auto [dim, coefficient] : llvm::enumerate(row)) {
      sum = sum + getAffineDimExpr(dim, context) * coefficient;
      constant += coefficient * loops.low[dim];
    }
    coordinates.push_back(sum + constant);
  }
  return AffineMap::get(loops.getRank(), 0, coordinates, context);
}

static void setLoops(Operation *op, ArrayRef<int64_t> sizes, ArrayAttr maps) {
  if (auto contract = dyn_cast<ContractOp>(op)) {
    contract.setSizes(sizes);
    contract.setIndexingMapsAttr(maps);
    return;
  }
  cast<VectorOp>(op).setSizes(sizes);
  cast<VectorOp>(op).setIndexingMapsAttr(maps);
}

Operation *cloneLoops(OpBuilder &builder, const Stage &stage, const Box &loops,
                      TensorSlices &slices) {
  MLIRContext *context = builder.getContext();
  Operation *op = builder.clone(*stage.op);
  SmallVector<AffineMap> maps;
  for (auto [number, input] : llvm::enumerate(stage.inputs)) {
    TensorSlice part{input.tensor,
                     Box::ofShape(getTensorType(input.tensor).getShape())};
    if (auto it = slices.find(input.tensor); it != slices.end())
      part = it->second;
    op->setOperand(number, part.value);
    maps.push_back(moveMap(context, input, loops, part.box.low));
  }
  for (auto [number, output] : llvm::enumerate(stage.outputs)) {
    Box box = output.getRegion(loops);
    maps.push_back(moveMap(context, output, loops, box.low));
    Value result = op->getResult(number);
    result.setType(getTensorType(result).clone(box.getShape()));
    slices[output.tensor] = {result, box};
  }
  setLoops(op, loops.getShape(), builder.getAffineMapArrayAttr(maps));
  return op;
}

namespace {

/// Makes one slice of a group.
class SliceBuilder {
public:
  SliceBuilder(OpBuilder &builder, const FusedGroup &group,
               ArrayRef<Stage> stages)
      : builder(builder), group(group), stages(stages) {}

  Value build(int64_t groupNumber, int64_t number) {
    findLoops(
        group.slicing.getSlice(getTensorType(group.result).getShape(), number));
    for (auto [index, stage] : llvm::enumerate(stages)) {
      if (loops[index].getRank() != stage.getNumLoops())
        continue; // nothing that the slice needs
      Operation *op = cloneLoops(builder, stage, loops[index], slices);
      setSlice(op, SliceAttr::get(op->getContext(), groupNumber, number,
                                  group.slicing.getCount(),
                                  group.keepsConstants[index]));
    }
    return slices.lookup(group.result).value;
  }

private:
  /// From the last stage to the first, which loops make what the stages behind
  /// need.
  void findLoops(const Box &result) {
    llvm::DenseMap<Value, Box> needed;
    needed[group.result] = result;
    loops.assign(stages.size(), Box());
    for (size_t index = stages.size(); index-- > 0;) {
      const Stage &stage = stages[index];
      for (const StageOperand &output : stage.outputs)
        if (auto it = needed.find(output.tensor); it != needed.end()) {
          Box own = getLoopsOf(stage, output, it->second);
          loops[index] =
              loops[index].getRank() == 0 ? own : loops[index].hull(own);
        }
      if (loops[index].getRank() != stage.getNumLoops())
        continue;
      for (const StageOperand &input : stage.inputs) {
        Box region = getNeededRegion(input, loops[index]);
        auto [it, isNew] = needed.try_emplace(input.tensor, region);
        if (!isNew)
          it->second = it->second.hull(region);
      }
    }
  }

  OpBuilder &builder;
  const FusedGroup &group;
  ArrayRef<Stage> stages;
  std::vector<Box> loops; // of each stage; of rank 0 where it is not needed
  TensorSlices slices;
};

/// Puts slices together, those along the last coordinates first.
Value concatenate(OpBuilder &builder, Location loc, SmallVector<Value> parts,
                  const Slicing &slicing) {
  for (unsigned axis = slicing.counts.size(); axis-- > 0;) {
    int64_t count = slicing.counts[axis];
    if (count == 1)
      continue;
    SmallVector<Value> joined;
    for (size_t first = 0; first < parts.size(); first += count) {
      ArrayRef<Value> inputs = ArrayRef<Value>(parts).slice(first, count);
      SmallVector<int64_t> shape =
          llvm::to_vector(getTensorType(inputs.front()).getShape());
      shape[axis] = 0;
      for (Value input : inputs)
        shape[axis] += getTensorType(input).getDimSize(axis);
      joined.push_back(ConcatOp::create(
          builder, loc, getTensorType(inputs.front()).clone(shape), inputs,
          axis));
    }
    parts = std::move(joined);
  }
  return parts.front();
}

} // namespace

void sliceGroup(const FusedGroup &group, int64_t number) {
  OpBuilder builder(group.stages.back());
  std::vector<Stage> stages;
  for (Operation *op : group.stages)
    stages.push_back(getStage(op));
  SmallVector<Value> parts;
  for (int64_t slice = 0; slice < group.slicing.getCount(); ++slice)
    parts.push_back(SliceBuilder(builder, group, stages).build(number, slice));
  Value whole = concatenate(builder, group.result.getLoc(), std::move(parts),
                            group.slicing);
  OpResult result = group.result;
  result.replaceUsesWithIf(whole, [&](OpOperand &use) {
    return !llvm::is_contained(group.stages, use.getOwner());
  });
  for (Operation *op : llvm::reverse(group.stages))
    op->erase();
}

} // namespace garam::npu
