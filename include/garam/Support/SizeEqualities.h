//===- SizeEqualities.h - Sizes that a run has to have equal ----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_SUPPORT_SIZEEQUALITIES_H
#define GARAM_SUPPORT_SIZEEQUALITIES_H

#include "garam/Support/RunTimeSizes.h"

namespace garam {

/// Of the function's argument that has symbols: an array of dictionaries {left,
/// right, node}. Two sizes, maps of the symbols, which each run has equal, and
/// what needs that. The runtime refuses other runs.
constexpr llvm::StringLiteral conditionsAttrName = "garam.conditions";

/// Two sizes that a run has to have equal, and the node that needs it.
struct SizeCondition {
  mlir::AffineExpr left, right;
  std::string node;
};

mlir::ArrayAttr makeConditionsAttr(mlir::MLIRContext *context,
                                   llvm::ArrayRef<SizeCondition> conditions,
                                   unsigned numSymbols);
/// Null, and what is not of that form, is no conditions.
std::vector<SizeCondition> readConditions(mlir::ArrayAttr attr);

/// Sizes that are equal because others are. Each equality is a rule that puts
/// other terms in the place of one; no rule brings back what one before it has
/// replaced, so that applying each once, in their order, is enough.
class SizeEqualities {
public:
  /// Takes `left` == `right` for granted, normalised both. False, and nothing
  /// changes, when that would fix a size at a number, or no term of the two can
  /// be told by the others.
  bool add(mlir::AffineExpr left, mlir::AffineExpr right);

  /// Whether two sizes are equal where all that was added are. Some that are
  /// may not be known to.
  bool areEqual(mlir::AffineExpr left, mlir::AffineExpr right) const;

private:
  /// `scale` times `product` is `value`.
  struct Rule {
    mlir::AffineExpr product, value;
    int64_t scale = 1;
    bool isEverywhere = false; // also within quotients; the scale is 1
  };

  /// A multiple of `difference`, or what it is a multiple of, by the rules: 0
  /// when that is 0.
  mlir::AffineExpr reduce(mlir::AffineExpr difference) const;

  std::vector<Rule> rules;
};

} // namespace garam

#endif // GARAM_SUPPORT_SIZEEQUALITIES_H
