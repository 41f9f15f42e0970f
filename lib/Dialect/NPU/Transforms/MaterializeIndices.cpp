//===- MaterializeIndices.cpp - Indices as data ---------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

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

/// Counts negative indices of `op` from the end, as i32: the DMA engine only
/// clamps.
void normalizeIndices(GatherOp op) {
  auto type = cast<RankedTensorType>(op.getIndices().getType());
  OpBuilder builder(op);
  auto result = RankedTensorType::get(type.getShape(), builder.getI32Type());
  AffineMap identity = builder.getMultiDimIdentityMap(type.getRank());
  VectorSpec spec;
  spec.sizes = llvm::to_vector(type.getShape());
  VectorInput input;
  input.tensor = op.getIndices();
  input.map = identity;
  input.padding.assign(type.getRank(), false);
  spec.inputs.push_back(input);
  spec.outputs.push_back({result, identity, /*isUnsigned=*/false});
  VectorOp normalize = createVector(builder, op.getLoc(), spec);

  OpBuilder body = OpBuilder::atBlockEnd(&normalize.getBody().front());
  Location loc = op.getLoc();
  Value index = normalize.getBody().getArgument(0);
  int32_t extent =
      cast<RankedTensorType>(op.getInput().getType()).getDimSize(op.getAxis());
  Value zero = arith::ConstantOp::create(body, loc, body.getI32IntegerAttr(0));
  Value size =
      arith::ConstantOp::create(body, loc, body.getI32IntegerAttr(extent));
  Value isNegative =
      arith::CmpIOp::create(body, loc, arith::CmpIPredicate::slt, index, zero);
  Value wrapped = arith::AddIOp::create(body, loc, index, size);
  Value chosen = arith::SelectOp::create(body, loc, isNegative, wrapped, index);
  YieldOp::create(body, loc, chosen);
  op.getIndicesMutable().assign(normalize.getResult(0));
}

struct MaterializeIndices
    : impl::NPUMaterializeIndicesBase<MaterializeIndices> {
  void runOnOperation() override { materializeIndices(getOperation()); }
};

} // namespace

void materializeIndices(func::FuncOp func) {
  for (Operation &op : llvm::make_early_inc_range(func.front())) {
    if (auto vector = dyn_cast<VectorOp>(op))
      replaceIndices(vector);
    else if (auto gather = dyn_cast<GatherOp>(op))
      normalizeIndices(gather);
  }
}

} // namespace garam::npu
