//===- SizeSum.h - Sizes as sums of products --------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_SUPPORT_SIZESUM_H
#define GARAM_LIB_SUPPORT_SIZESUM_H

#include "mlir/IR/AffineExpr.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace garam {

/// A symbol, or a quotient that is no sum of products.
struct SizeFactor {
  std::string key; // its text, by which they are in order on every machine
  mlir::AffineExpr expr;

  bool operator<(const SizeFactor &other) const { return key < other.key; }
  bool operator==(const SizeFactor &other) const { return expr == other.expr; }
};

using SizeProduct = std::vector<SizeFactor>; // sorted

/// Products with what they are multiplied by, never 0.
class SizeSum {
public:
  explicit SizeSum(mlir::MLIRContext *context) : context(context) {}
  static SizeSum ofConstant(mlir::MLIRContext *context, int64_t value);
  static SizeSum ofFactor(mlir::AffineExpr expr);
  static SizeSum of(mlir::AffineExpr expr);

  void add(const SizeProduct &product, int64_t count);
  SizeSum operator+(const SizeSum &other) const;
  SizeSum operator*(const SizeSum &other) const;
  /// Rounded down; exact parts of it are exact.
  SizeSum divide(const SizeSum &divisor, bool &isExact) const;
  /// A multiple of it with `value` in the place of `scale` times `product`, one
  /// product, which `value` has not.
  SizeSum replace(const SizeSum &product, const SizeSum &value,
                  int64_t scale) const;
  mlir::AffineExpr toExpr() const;
  std::optional<int64_t> getConstant() const;
  const std::map<SizeProduct, int64_t> &getProducts() const { return products; }

private:
  std::map<SizeProduct, int64_t> products;
  mlir::MLIRContext *context;
  /// Some count is no number of 64 bits. of() makes no such sum.
  bool isTooLarge = false;
};

} // namespace garam

#endif // GARAM_LIB_SUPPORT_SIZESUM_H
