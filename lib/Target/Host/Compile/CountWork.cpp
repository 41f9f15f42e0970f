//===- CountWork.cpp - What a kernel has to do ----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/Host/Compile.h"

#include "ConstantWriter.h"
#include "garam/Transforms/MostIterations.h"
#include "garam/Transforms/SumOfProducts.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace garam::host {

/// Times that the body of a structured operation runs, at most.
static uint64_t countPoints(linalg::LinalgOp op) {
  uint64_t points = 1;
  for (int64_t size : readMostIterations(op))
    points = llvm::SaturatingMultiply<uint64_t>(points, size);
  return points;
}

/// Times that an operation runs: once for every point and step of what is
/// around it.
static uint64_t countRuns(Operation *op) {
  uint64_t runs = 1;
  for (Operation *parent = op->getParentOp(); parent && !isa<KernelOp>(parent);
       parent = parent->getParentOp()) {
    if (auto structured = dyn_cast<linalg::LinalgOp>(parent))
      runs = llvm::SaturatingMultiply(runs, countPoints(structured));
    auto loop = dyn_cast<scf::ForOp>(parent);
    std::optional<APInt> count =
        loop ? loop.getStaticTripCount() : std::optional<APInt>();
    if (count)
      runs = llvm::SaturatingMultiply(runs, count->getZExtValue());
  }
  return runs;
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
  auto type = cast<RankedTensorType>(argument.getType());
  uint64_t whole = getByteSize(type);
  uint64_t width = whole / std::max<int64_t>(1, type.getNumElements());
  uint64_t bytes = 0;
  for (Operation *user : argument.getUsers()) {
    if (isa<tensor::ExtractOp>(user))
      bytes += width * countRuns(user);
    else if (auto slice = dyn_cast<tensor::ExtractSliceOp>(user);
             slice && slice.getType().hasStaticShape())
      bytes += llvm::SaturatingMultiply(getByteSize(slice.getType()),
                                        countRuns(user));
    else if (!isa<tensor::DimOp>(user))
      return whole;
  }
  return std::min(bytes, whole);
}

Work countWork(KernelOp kernel) {
  Work work;
  kernel.getBody().walk([&](Operation *op) {
    if (auto structured = dyn_cast<linalg::LinalgOp>(op);
        structured && isSumOfProducts(structured))
      work.macs = llvm::SaturatingAdd(
          work.macs, llvm::SaturatingMultiply(countPoints(structured),
                                              countRuns(structured)));
    if (isa<KernelOp>(op->getParentOp()))
      return;
    uint64_t &count = isFunction(op) ? work.functions : work.operations;
    if (isFunction(op) || isArithmetic(op))
      count = llvm::SaturatingAdd(count, countRuns(op));
  });
  for (BlockArgument argument : kernel.getBody().getArguments())
    work.readBytes += countReadBytes(argument);
  for (Type type : kernel.getResultTypes())
    work.writtenBytes += getByteSize(cast<RankedTensorType>(type));
  return work;
}

} // namespace garam::host
