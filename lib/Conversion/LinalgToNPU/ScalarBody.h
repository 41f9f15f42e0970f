//===- ScalarBody.h - Bodies of linalg ops as micro-programs ----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_CONVERSION_LINALGTONPU_SCALARBODY_H
#define GARAM_LIB_CONVERSION_LINALGTONPU_SCALARBODY_H

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Value.h"
#include "llvm/ADT/DenseMap.h"

#include <string>

namespace garam::npu {

/// Rewrites scalar operations of a linalg body for the vector engine's
/// registers: floats become f32, integers i32, comparisons stay i1, and
/// operations without an opcode are spelt with those that have one. Integers of
/// 64 bits that come from memory take two registers.
class ScalarBody {
public:
  /// `dims[d]`: the dimension of npu.vector that loop dimension d becomes.
  ScalarBody(mlir::OpBuilder &builder, llvm::ArrayRef<int64_t> dims = {})
      : builder(builder), dims(dims) {}

  /// Says what `original` became: an f32, i32 or i1 value.
  void map(mlir::Value original, mlir::Value value) {
    values[original] = value;
  }
  /// Says which register holds the upper half of `original`, an integer of 64
  /// bits whose lower half is mapped.
  void mapUpper(mlir::Value original, mlir::Value value) {
    uppers[original] = value;
  }
  /// What `original` becomes; its definition and what it depends on are
  /// rewritten first. Null when something has no counterpart: see getReason.
  mlir::Value get(mlir::Value original);
  /// What a value of a register type is when the element type is stored, or
  /// combined; `isUnsigned` says how integers of less than 32 bits are read.
  mlir::Value getForStore(mlir::Value original, bool isUnsigned);

  mlir::StringRef getReason() const { return reason; }

private:
  mlir::Value convert(mlir::Operation *op);
  /// As convert, where an operand is an integer of 64 bits with an upper half.
  mlir::Value convertWide(mlir::Operation *op, mlir::ValueRange in);
  mlir::Value getOperand(mlir::Operation *op, mlir::Value operand);
  /// What `original` becomes where it is read as unsigned: an integer of less
  /// than 32 bits is that number, others have their bits.
  mlir::Value getUnsigned(mlir::Value original);
  mlir::Value getRounded(mlir::arith::TruncFOp cast, mlir::Value value);
  mlir::Value fail(mlir::Operation *op);

  mlir::OpBuilder &builder;
  llvm::SmallVector<int64_t> dims;
  llvm::DenseMap<mlir::Value, mlir::Value> values;
  /// Upper halves of integers of 64 bits. Where there is none it repeats the
  /// sign of the register.
  llvm::DenseMap<mlir::Value, mlir::Value> uppers;
  /// Of casts to narrow floats that the body itself reads.
  llvm::DenseMap<mlir::Operation *, mlir::Value> roundings;
  std::string reason;
};

/// True when every operation that looks at the narrow integer `argument` reads
/// it as unsigned.
bool isReadUnsigned(mlir::Value argument);

/// True when the register of `value` holds it, of a narrow integer type, as
/// unsigned.
bool isHeldUnsigned(mlir::Value value);

/// Moves 32-bit integers so that the order of unsigned ones becomes that of
/// signed ones, and back.
mlir::Value flipSign(mlir::OpBuilder &builder, mlir::Location loc,
                     mlir::Value value);

} // namespace garam::npu

#endif // GARAM_LIB_CONVERSION_LINALGTONPU_SCALARBODY_H
