//===- RunTimeSizes.h - Sizes that are given with the inputs ----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A model may be compiled for all sizes of a dimension up to a bound. Such a
// dimension is a symbol; sizes of tensors are expressions of symbols.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_RUNTIMESIZES_H
#define GARAM_SUPPORT_RUNTIMESIZES_H

#include "mlir/IR/AffineExpr.h"
#include "mlir/IR/BuiltinAttributes.h"

#include <string>
#include <vector>

namespace garam {

/// On a function of a model: the symbols, an array of dictionaries {name,
/// least, most}. Passed on to the argument that holds their values, an i64
/// tensor with an element for each.
constexpr llvm::StringLiteral symbolsAttrName = "garam.symbols";

/// Of an argument or a result in the static type of the greatest sizes: the
/// names of its dimensions, an array of strings, empty where one is fixed or
/// has no symbol to itself. The elements lie dense at the front.
constexpr llvm::StringLiteral dimensionsAttrName = "garam.dimensions";

/// Of an argument or a result with `garam.dimensions`: the elements do not lie
/// dense at the front, but where those of the greatest sizes do.
constexpr llvm::StringLiteral paddedAttrName = "garam.padded";

/// Of a result: the name of the result with its sizes, an i64 vector.
constexpr llvm::StringLiteral sizedAttrName = "garam.sized";

/// A dimension's name, and between what its size is.
struct SizeSymbol {
  std::string name;
  int64_t least = 0, most = 0;
};

mlir::ArrayAttr makeSymbolsAttr(mlir::MLIRContext *context,
                                llvm::ArrayRef<SizeSymbol> symbols);
/// Null, and what is not of that form, is no symbols.
std::vector<SizeSymbol> readSymbols(mlir::ArrayAttr attr);

/// `size` as a sum of products in one order: of sizes that are equal by the
/// rules of arithmetic, all have one form. Symbols are symbols of the
/// expression; it has no dimensions.
mlir::AffineExpr normalizeSize(mlir::AffineExpr size);

/// `dividend` / `divisor`, normalised, when that leaves no remainder whatever
/// the symbols are; null when it is not known to.
mlir::AffineExpr divideSize(mlir::AffineExpr dividend,
                            mlir::AffineExpr divisor);

/// Between what `size` is, wherever the symbols are in their ranges; bounds
/// that are no number of 64 bits are the least and greatest of them.
std::pair<int64_t, int64_t> getSizeRange(mlir::AffineExpr size,
                                         llvm::ArrayRef<SizeSymbol> symbols);

/// `size` with the names of symbols, for messages.
std::string describeSize(mlir::AffineExpr size,
                         llvm::ArrayRef<SizeSymbol> symbols);

} // namespace garam

#endif // GARAM_SUPPORT_RUNTIMESIZES_H
