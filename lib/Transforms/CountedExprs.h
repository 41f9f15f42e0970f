//===- CountedExprs.h - Sizes by what is counted ----------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TRANSFORMS_COUNTEDEXPRS_H
#define GARAM_LIB_TRANSFORMS_COUNTEDEXPRS_H

#include "garam/Support/RunTimeSizes.h"
#include "mlir/IR/Builders.h"

#include <map>
#include <tuple>

namespace garam {

/// Indices of one function as normalised expressions, whose symbols are
/// counters, i64 tensors of rank 0 that hold a number of elements or the lesser
/// or the greater of two. Equal expressions are equal numbers.
class CountedExprs {
public:
  explicit CountedExprs(mlir::MLIRContext *context) : context(context) {}

  mlir::AffineExpr getConstant(int64_t value) const {
    return getAffineConstantExpr(value, context);
  }
  /// Of a number or an index; null when it follows from something else.
  mlir::AffineExpr find(mlir::OpFoldResult size);
  /// As find, where an index that is read from a counter that is not known yet
  /// becomes a symbol of up to `most`.
  mlir::AffineExpr findOrAdd(mlir::OpFoldResult size, int64_t most);

  /// Between what `size` is.
  std::pair<int64_t, int64_t> getRange(mlir::AffineExpr size) const {
    return getSizeRange(size, symbols);
  }
  /// How long a dimension of a buffer for `size` elements is: 1 at least.
  int64_t getRoom(mlir::AffineExpr size) const {
    return std::max<int64_t>(getRange(size).second, 1);
  }

  /// `size` as an index, computed where `b` is.
  mlir::Value makeIndex(mlir::OpBuilder &b, mlir::Location loc,
                        mlir::AffineExpr size) const;
  /// `size` as a counter: an i64 tensor of rank 0.
  mlir::Value makeCounter(mlir::OpBuilder &b, mlir::Location loc,
                          mlir::AffineExpr size) const;

private:
  mlir::AffineExpr compute(mlir::Value index);
  mlir::AffineExpr addSymbol(mlir::Value counter, int64_t least, int64_t most);
  mlir::AffineExpr findExtremum(mlir::Operation *op, bool isLeast);

  mlir::MLIRContext *context;
  std::vector<SizeSymbol> symbols;
  std::vector<mlir::Value> counters;             // of the symbols
  llvm::DenseMap<mlir::Value, unsigned> numbers; // of counters
  /// Symbols of extrema, by block, kind and operands.
  std::map<std::tuple<mlir::Block *, bool, const void *, const void *>,
           unsigned>
      extrema;
};

} // namespace garam

#endif // GARAM_LIB_TRANSFORMS_COUNTEDEXPRS_H
