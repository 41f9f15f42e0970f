//===- ChainPlan.h - Which operations are chains ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef ABACUS_CHAINPLAN_H
#define ABACUS_CHAINPLAN_H

#include "Abacus.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace abacus {

/// How a loop nest in row-major order reads a tensor: element i of the nest
/// reads element (i / repeat) mod period.
struct Stream {
  /// The order that the tensor's dimensions must have for it; empty: theirs.
  llvm::SmallVector<int64_t> permutation;
  int64_t repeat = 1, period = 1;
};

/// The stream that reads a dense tensor of `shape` through `map` in loops of
/// the given sizes, or nothing when the order of its elements is another.
std::optional<Stream> getStream(mlir::AffineMap map,
                                llvm::ArrayRef<int64_t> shape,
                                llvm::ArrayRef<int64_t> loops);
/// The same for a constant, which can be written in any order of its
/// dimensions: that of the loops.
std::optional<Stream> getConstantStream(mlir::AffineMap map,
                                        llvm::ArrayRef<int64_t> shape,
                                        llvm::ArrayRef<int64_t> loops);

/// How an operation of linalg becomes a chain.
struct ChainPlan {
  int64_t row = 1;
  /// Of each operand; nothing where it is not read, or is a number.
  llvm::SmallVector<std::optional<Stream>> streams;
  /// The value of the body that is stored.
  mlir::Value stored;
  /// The addition to the element before, which `row` stands for; or null.
  mlir::Operation *sum = nullptr;
  unsigned numInstructions = 0;
};

/// The plan of `op`. Where it is no chain, `reason` says why not. This is the
/// one place that knows: what the device accepts is what has a plan.
mlir::FailureOr<ChainPlan> planChain(mlir::linalg::LinalgOp op,
                                     std::string &reason);

/// The constant that a scalar in the body of `op` is, or nothing.
std::optional<llvm::APFloat> getNumber(mlir::linalg::LinalgOp op,
                                       mlir::Value value);

/// What the machine computes with two numbers, or nothing.
std::optional<Operator> getOperator(mlir::Operation *op);

/// The tensor that `value` is in another shape, which is the same in memory.
mlir::Value lookThroughReshapes(mlir::Value value);

/// For messages.
std::string toText(mlir::Type type);

/// What the device cannot do in `function`, operation by operation.
llvm::SmallVector<garam::Refusal> findRefusals(mlir::func::FuncOp function,
                                               unsigned chainInstructions);

} // namespace abacus

#endif // ABACUS_CHAINPLAN_H
