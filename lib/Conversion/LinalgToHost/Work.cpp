//===- Work.cpp - What a kernel has to do ---------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Work.h"

#include "SumOfProducts.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace garam::host {

/// Memory has no type below a byte.
static uint64_t getByteSize(Type type) {
  constexpr unsigned bitsPerByte = 8;
  auto tensor = cast<RankedTensorType>(type);
  return tensor.getNumElements() *
         llvm::divideCeil(tensor.getElementTypeBitWidth(), bitsPerByte);
}

/// Times that the body of the structured operation around `op` runs.
static uint64_t countPoints(linalg::LinalgOp op) {
  uint64_t points = 1;
  for (int64_t size : op.getStaticLoopRanges())
    points = llvm::SaturatingMultiply<uint64_t>(points, size);
  return points;
}

static uint64_t countPointsAround(Operation *op) {
  auto structured = op->getParentOfType<linalg::LinalgOp>();
  return structured ? countPoints(structured) : 1;
}

/// A function that a processor has no instruction for.
static bool isFunction(Operation *op) {
  return isa<math::MathDialect>(op->getDialect()) &&
         !isa<math::AbsFOp, math::AbsIOp, math::CeilOp, math::CopySignOp,
              math::FloorOp, math::FmaOp, math::RoundEvenOp, math::SqrtOp,
              math::TruncOp>(op);
}

/// Arithmetic, but for what only says how bits are read, and constants.
static bool isArithmetic(Operation *op) {
  if (isa<math::MathDialect>(op->getDialect()))
    return true;
  return isa<arith::ArithDialect>(op->getDialect()) &&
         !op->hasTrait<OpTrait::ConstantLike>() &&
         !isa<arith::IndexCastOp, arith::IndexCastUIOp, arith::BitcastOp>(op);
}

/// Bytes of an argument of the body that are read.
static uint64_t countReadBytes(BlockArgument argument) {
  uint64_t whole = getByteSize(argument.getType());
  unsigned width =
      whole /
      std::max<int64_t>(
          1, cast<RankedTensorType>(argument.getType()).getNumElements());
  uint64_t bytes = 0;
  for (Operation *user : argument.getUsers()) {
    if (isa<tensor::ExtractOp>(user))
      bytes += width * countPointsAround(user);
    else if (isa<tensor::ExtractSliceOp>(user))
      bytes += getByteSize(user->getResult(0).getType());
    else if (!isa<tensor::DimOp>(user))
      return whole;
  }
  return std::min(bytes, whole);
}

bool isSumOfProducts(linalg::LinalgOp op) {
  if (op.getNumReductionLoops() == 0)
    return false;
  Operation *sum =
      op.getBlock()->getTerminator()->getOperand(0).getDefiningOp();
  if (!isa_and_present<arith::AddFOp, arith::AddIOp>(sum))
    return false;
  return llvm::any_of(sum->getOperands(), [](Value value) {
    return isa_and_present<arith::MulFOp, arith::MulIOp>(value.getDefiningOp());
  });
}

WorkAttr countWork(KernelOp kernel) {
  uint64_t operations = 0, functions = 0, macs = 0, read = 0, written = 0;
  kernel.getBody().walk([&](linalg::LinalgOp op) {
    if (isSumOfProducts(op))
      macs = llvm::SaturatingAdd(macs, countPoints(op));
  });
  kernel.getBody().walk([&](Operation *op) {
    auto structured = op->getParentOfType<linalg::LinalgOp>();
    if (!structured)
      return;
    uint64_t points = countPoints(structured);
    if (isFunction(op))
      functions = llvm::SaturatingAdd(functions, points);
    else if (isArithmetic(op))
      operations = llvm::SaturatingAdd(operations, points);
  });
  for (BlockArgument argument : kernel.getBody().getArguments())
    read += countReadBytes(argument);
  for (Type type : kernel.getResultTypes())
    written += getByteSize(type);
  return WorkAttr::get(kernel.getContext(), operations, functions, macs, read,
                       written);
}

} // namespace garam::host
