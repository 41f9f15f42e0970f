//===- MovementConversion.cpp - Tensor operations to stages ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Constants.h"
#include "LinalgToNPU.h"

#include "garam/Support/RawElements.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace garam::npu {

/// Creates the stage that reads `access` and writes it as it is.
static VectorOp createCopy(OpBuilder &builder, Location loc,
                           const Access &access, RankedTensorType type) {
  VectorSpec spec;
  spec.sizes.assign(type.getShape().begin(), type.getShape().end());
  spec.inputs.push_back(getInput(access, type.getRank(), /*isUnsigned=*/false));
  spec.outputs.push_back(
      {type, builder.getMultiDimIdentityMap(type.getRank()), false});
  VectorOp op = createVector(builder, loc, spec);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(&op.getBody().front());
  YieldOp::create(builder, loc, op.getBody().getArgument(0));
  return op;
}

static Access getIdentity(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  SmallVector<AffineExpr> dims;
  for (int64_t i = 0, e = type.getRank(); i < e; ++i)
    dims.push_back(getAffineDimExpr(i, value.getContext()));
  return Access(value, dims);
}

/// tensor.pad and tensor.extract_slice that no consumer has absorbed.
static LogicalResult convertView(RewriterBase &rewriter, Operation *op,
                                 Obstacle &obstacle) {
  Access access = getIdentity(op->getResult(0));
  foldMovement(access);
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  if (access.source == op->getResult(0) || !type.hasStaticShape()) {
    obstacle.reason =
        "offsets, sizes or a padding value that are not constants";
    return failure();
  }
  rewriter.replaceOp(
      op,
      createCopy(rewriter, fuse(op->getLoc(), access.locations), access, type));
  return success();
}

/// A reshape of a constant is the constant under another shape.
static LogicalResult convertReshape(RewriterBase &rewriter, Operation *op) {
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  Value source = op->getOperand(0);
  ElementsAttr value;
  if (auto constant = source.getDefiningOp<arith::ConstantOp>())
    value = dyn_cast<ElementsAttr>(constant.getValue());
  else if (auto constant = source.getDefiningOp<ConstantOp>())
    value = constant.getValue();
  // Elements of less than a byte have a type of their own.
  if (ElementsAttr reshaped =
          value ? retypeElements(value, type.clone(value.getElementType()))
                : value)
    rewriter.replaceOpWithNewOp<ConstantOp>(op, type, reshaped);
  else
    rewriter.replaceOpWithNewOp<ReshapeOp>(op, type, source);
  return success();
}

/// The indices as i32, negative ones counted from the end of `size` elements.
/// What lies outside becomes the nearest index, as a gather clamps it.
static Value createIndices(OpBuilder &builder, Location loc, Value indices,
                           int64_t size) {
  auto type = cast<RankedTensorType>(indices.getType());
  auto narrow = type.clone(builder.getI32Type());
  if (auto constants = readConstant(indices)) {
    SmallVector<int32_t> values;
    for (double index : *constants)
      values.push_back(static_cast<int32_t>(
          std::clamp<double>(index < 0 ? index + size : index, 0, size - 1)));
    return ConstantOp::create(builder, loc, narrow,
                              DenseElementsAttr::get(narrow, ArrayRef(values)));
  }
  VectorSpec spec;
  spec.sizes.assign(type.getShape().begin(), type.getShape().end());
  spec.inputs.push_back(getInput(getIdentity(indices), type.getRank(), false));
  spec.outputs.push_back(
      {narrow, builder.getMultiDimIdentityMap(type.getRank()), false});
  VectorOp op = createVector(builder, loc, spec);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(&op.getBody().front());
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getI32IntegerAttr(value));
  };
  Value index = op.getBody().getArgument(0);
  Value isNegative = arith::CmpIOp::create(
      builder, loc, arith::CmpIPredicate::slt, index, constant(0));
  Value fromEnd = arith::AddIOp::create(builder, loc, index, constant(size));
  Value result =
      arith::SelectOp::create(builder, loc, isNegative, fromEnd, index);
  YieldOp::create(builder, loc, result);
  return op.getResult(0);
}

static LogicalResult convertGather(RewriterBase &rewriter, ext::GatherOp op,
                                   Obstacle &obstacle) {
  auto type = cast<RankedTensorType>(op.getInput().getType());
  int64_t size = type.getDimSize(op.getAxis());
  if (size > std::numeric_limits<int32_t>::max()) {
    obstacle.reason = "an axis of more than 2^31 elements";
    return failure();
  }
  Value indices = createIndices(rewriter, op.getLoc(), op.getIndices(), size);
  rewriter.replaceOpWithNewOp<GatherOp>(op, op.getType(), op.getInput(),
                                        indices, op.getAxisAttr());
  return success();
}

/// Why no stage does what `op` does, which is none of what the device moves.
static Obstacle describeScalars(Operation *op) {
  bool inserts = op->walk([](tensor::InsertOp) {
                     return WalkResult::interrupt();
                   }).wasInterrupted();
  if (inserts)
    return {"it writes single elements, one after the other", ""};
  if (isa<tensor::ExtractOp>(op))
    return {"it goes on with a single element that is computed, as a size, a "
            "position or a condition",
            "make it a constant of the model"};
  if (isa<scf::IfOp>(op))
    return {"it chooses at run time what is computed", "use Where"};
  if (isa<LoopLikeOpInterface>(op))
    return {"a loop that is not unrolled", ""};
  return {"no stage does this", ""};
}

LogicalResult convertMovement(RewriterBase &rewriter, Operation *op,
                              Obstacle &obstacle) {
  rewriter.setInsertionPoint(op);
  return TypeSwitch<Operation *, LogicalResult>(op)
      .Case<tensor::PadOp, tensor::ExtractSliceOp>(
          [&](auto) { return convertView(rewriter, op, obstacle); })
      .Case<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(
          [&](auto) { return convertReshape(rewriter, op); })
      .Case([&](tensor::ConcatOp concat) {
        rewriter.replaceOpWithNewOp<ConcatOp>(
            op, concat.getResultType(), concat.getInputs(),
            rewriter.getI64IntegerAttr(concat.getDim()));
        return success();
      })
      .Case([&](ext::GatherOp gather) {
        return convertGather(rewriter, gather, obstacle);
      })
      .Case([&](arith::ConstantOp constant) -> LogicalResult {
        auto value = dyn_cast<ElementsAttr>(constant.getValue());
        if (!value) {
          obstacle.reason = "a scalar that no operation on tensors uses";
          return failure();
        }
        rewriter.replaceOpWithNewOp<ConstantOp>(op, constant.getType(), value);
        return success();
      })
      .Default([&](Operation *) {
        obstacle = describeScalars(op);
        return failure();
      });
}

} // namespace garam::npu
