//===- MaterializeIndices.cpp - Indices as data ---------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Stage.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Transforms/Pipeline.h"
#include "garam/Dialect/NPU/Utils/VectorSpec.h"
#include "mlir/IR/IRMapping.h"

#include <map>
#include <numeric>

using namespace mlir;

namespace garam {
#define GEN_PASS_DEF_NPUMATERIALIZEINDICES
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

namespace garam::npu {
namespace {

/// 0, 1, 2, ... as weights.
Value createIota(OpBuilder &builder, Location loc, int64_t size) {
  SmallVector<int32_t> values(size);
  std::iota(values.begin(), values.end(), 0);
  auto type = RankedTensorType::get({size}, builder.getI32Type());
  return ConstantOp::create(builder, loc, type,
                            DenseElementsAttr::get(type, ArrayRef(values)));
}

/// Gives `op` an input along each dimension whose index it asks for, in place
/// of npu.index.
void replaceIndices(VectorOp op) {
  std::map<int64_t, SmallVector<IndexOp>> indices;
  op->walk([&](IndexOp index) { indices[index.getDim()].push_back(index); });
  if (indices.empty())
    return;
  OpBuilder builder(op);
  VectorSpec spec = VectorSpec::get(op);
  std::map<int64_t, unsigned> inputOf;
  for (auto &[dim, ops] : indices) {
    VectorInput input;
    input.tensor = createIota(builder, op.getLoc(), spec.sizes[dim]);
    input.map =
        AffineMap::get(spec.sizes.size(), 0, builder.getAffineDimExpr(dim));
    input.padding.assign(1, false);
    inputOf[dim] = spec.addInput(input);
  }
  VectorOp replacement = createVector(builder, op.getLoc(), spec);

  auto move = [&](Region &from, Region &to,
                  llvm::function_ref<Value(int64_t)> getIndex) {
    if (from.empty())
      return;
    IRMapping mapping;
    for (auto [i, argument] : llvm::enumerate(from.getArguments()))
      mapping.map(argument, to.getArgument(i));
    OpBuilder inside = OpBuilder::atBlockEnd(&to.front());
    for (Operation &inner : from.front()) {
      if (auto index = dyn_cast<IndexOp>(inner))
        mapping.map(index.getResult(), getIndex(index.getDim()));
      else
        inside.clone(inner, mapping);
    }
  };
  move(op.getBody(), replacement.getBody(), [&](int64_t dim) {
    return replacement.getBody().getArgument(inputOf[dim]);
  });
  move(op.getFinish(), replacement.getFinish(), [&](int64_t dim) {
    return getFinishArgument(replacement, inputOf[dim]);
  });
  op.replaceAllUsesWith(replacement.getResults());
  op.erase();
}

struct MaterializeIndices
    : impl::NPUMaterializeIndicesBase<MaterializeIndices> {
  void runOnOperation() override {
    if (failed(checkStageFunction(getOperation())))
      return signalPassFailure();
    materializeIndices(getOperation());
  }
};

} // namespace

void materializeIndices(func::FuncOp func) {
  for (VectorOp op : llvm::make_early_inc_range(func.getOps<VectorOp>()))
    replaceIndices(op);
}

} // namespace garam::npu
