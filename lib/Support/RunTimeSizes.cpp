//===- RunTimeSizes.cpp - Sizes that are given with the inputs ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/RunTimeSizes.h"

#include "mlir/IR/Builders.h"
#include "llvm/Support/MathExtras.h"

#include <limits>
#include <map>

using namespace mlir;

namespace garam {

ArrayAttr makeSymbolsAttr(MLIRContext *context,
                          llvm::ArrayRef<SizeSymbol> symbols) {
  Builder b(context);
  SmallVector<Attribute> entries;
  for (const SizeSymbol &symbol : symbols)
    entries.push_back(b.getDictionaryAttr(
        {b.getNamedAttr("name", b.getStringAttr(symbol.name)),
         b.getNamedAttr("least", b.getI64IntegerAttr(symbol.least)),
         b.getNamedAttr("most", b.getI64IntegerAttr(symbol.most))}));
  return b.getArrayAttr(entries);
}

std::vector<SizeSymbol> readSymbols(ArrayAttr attr) {
  std::vector<SizeSymbol> symbols;
  for (Attribute value : attr ? attr.getValue() : ArrayRef<Attribute>()) {
    auto entry = dyn_cast<DictionaryAttr>(value);
    auto name = entry ? entry.getAs<StringAttr>("name") : StringAttr();
    auto least = entry ? entry.getAs<IntegerAttr>("least") : IntegerAttr();
    auto most = entry ? entry.getAs<IntegerAttr>("most") : IntegerAttr();
    if (!name || !least || !most)
      return {};
    symbols.push_back({name.str(), least.getInt(), most.getInt()});
  }
  return symbols;
}

//===----------------------------------------------------------------------===//
// Sums of products
//===----------------------------------------------------------------------===//

namespace {

/// A symbol, or a quotient that is no sum of products.
struct Factor {
  std::string key; // its text, by which they are in order on every machine
  AffineExpr expr;

  bool operator<(const Factor &other) const { return key < other.key; }
  bool operator==(const Factor &other) const { return expr == other.expr; }
};

using Product = std::vector<Factor>; // sorted

/// Products with what they are multiplied by, never 0.
class Sum {
public:
  explicit Sum(MLIRContext *context) : context(context) {}
  static Sum ofConstant(MLIRContext *context, int64_t value);
  static Sum ofFactor(AffineExpr expr);
  static Sum of(AffineExpr expr);

  void add(const Product &product, int64_t count);
  Sum operator+(const Sum &other) const;
  Sum operator*(const Sum &other) const;
  /// Rounded down; exact parts of it are exact.
  Sum divide(const Sum &divisor, bool &isExact) const;
  AffineExpr toExpr() const;
  std::optional<int64_t> getConstant() const;

private:
  std::map<Product, int64_t> products;
  MLIRContext *context;
};

} // namespace

void Sum::add(const Product &product, int64_t count) {
  int64_t &known = products[product];
  known = int64_t(uint64_t(known) + uint64_t(count));
  if (known == 0)
    products.erase(product);
}

Sum Sum::ofConstant(MLIRContext *context, int64_t value) {
  Sum sum(context);
  sum.add({}, value);
  return sum;
}

Sum Sum::ofFactor(AffineExpr expr) {
  std::string key;
  llvm::raw_string_ostream(key) << expr;
  Sum sum(expr.getContext());
  sum.add({Factor{key, expr}}, 1);
  return sum;
}

std::optional<int64_t> Sum::getConstant() const {
  if (products.empty())
    return 0;
  const auto &[product, count] = *products.begin();
  if (products.size() == 1 && product.empty())
    return count;
  return std::nullopt;
}

Sum Sum::operator+(const Sum &other) const {
  Sum sum = *this;
  for (const auto &[product, count] : other.products)
    sum.add(product, count);
  return sum;
}

Sum Sum::operator*(const Sum &other) const {
  Sum result(context);
  for (const auto &[left, leftCount] : products)
    for (const auto &[right, rightCount] : other.products) {
      Product product(left);
      llvm::append_range(product, right);
      llvm::sort(product);
      result.add(product, int64_t(uint64_t(leftCount) * uint64_t(rightCount)));
    }
  return result;
}

/// What is left of `product` without the factors of `divisor`, if it has them.
static std::optional<Product> without(Product product, const Product &divisor) {
  for (const Factor &factor : divisor) {
    auto found = llvm::find(product, factor);
    if (found == product.end())
      return std::nullopt;
    product.erase(found);
  }
  return product;
}

Sum Sum::divide(const Sum &divisor, bool &isExact) const {
  Sum quotient(context), rest(context);
  bool isProduct = divisor.products.size() == 1;
  for (const auto &[product, count] : products) {
    std::optional<Product> left;
    if (isProduct && count % divisor.products.begin()->second == 0)
      left = without(product, divisor.products.begin()->first);
    if (left)
      quotient.add(*left, count / divisor.products.begin()->second);
    else
      rest.add(product, count);
  }
  isExact = rest.products.empty();
  if (isExact)
    return quotient;
  return quotient + ofFactor(rest.toExpr().floorDiv(divisor.toExpr()));
}

AffineExpr Sum::toExpr() const {
  AffineExpr sum = getAffineConstantExpr(0, context);
  // Constants last, as they are written.
  for (const auto &[product, count] : llvm::reverse(products)) {
    AffineExpr term = getAffineConstantExpr(1, context);
    for (const Factor &factor : product)
      term = term * factor.expr;
    sum = sum + term * count;
  }
  return sum;
}

Sum Sum::of(AffineExpr expr) {
  MLIRContext *context = expr.getContext();
  if (auto constant = dyn_cast<AffineConstantExpr>(expr))
    return ofConstant(context, constant.getValue());
  auto binary = dyn_cast<AffineBinaryOpExpr>(expr);
  if (!binary)
    return ofFactor(expr);
  Sum left = of(binary.getLHS()), right = of(binary.getRHS());
  bool isExact = false;
  switch (binary.getKind()) {
  case AffineExprKind::Add:
    return left + right;
  case AffineExprKind::Mul:
    return left * right;
  case AffineExprKind::FloorDiv:
    return right.getConstant() == 0 ? ofFactor(expr)
                                    : left.divide(right, isExact);
  case AffineExprKind::CeilDiv:
    return right.getConstant() == 0 ? ofFactor(expr)
                                    : (left + right + ofConstant(context, -1))
                                          .divide(right, isExact);
  case AffineExprKind::Mod:
    if (right.getConstant() == 0)
      return ofFactor(expr);
    return left + ofConstant(context, -1) * right * left.divide(right, isExact);
  case AffineExprKind::Constant:
  case AffineExprKind::DimId:
  case AffineExprKind::SymbolId:
    break;
  }
  return ofFactor(expr);
}

AffineExpr normalizeSize(AffineExpr size) { return Sum::of(size).toExpr(); }

AffineExpr divideSize(AffineExpr dividend, AffineExpr divisor) {
  Sum by = Sum::of(divisor);
  if (by.getConstant() == 0)
    return {};
  bool isExact = false;
  Sum quotient = Sum::of(dividend).divide(by, isExact);
  return isExact ? quotient.toExpr() : AffineExpr();
}

//===----------------------------------------------------------------------===//
// Ranges and texts
//===----------------------------------------------------------------------===//

static int64_t addSaturated(int64_t left, int64_t right) {
  int64_t sum;
  if (!llvm::AddOverflow(left, right, sum))
    return sum;
  return left < 0 ? std::numeric_limits<int64_t>::min()
                  : std::numeric_limits<int64_t>::max();
}

static int64_t multiplySaturated(int64_t left, int64_t right) {
  int64_t product;
  if (!llvm::MulOverflow(left, right, product))
    return product;
  return (left < 0) != (right < 0) ? std::numeric_limits<int64_t>::min()
                                   : std::numeric_limits<int64_t>::max();
}

std::pair<int64_t, int64_t> getSizeRange(AffineExpr size,
                                         llvm::ArrayRef<SizeSymbol> symbols) {
  using Range = std::pair<int64_t, int64_t>;
  constexpr Range all{std::numeric_limits<int64_t>::min(),
                      std::numeric_limits<int64_t>::max()};
  if (auto constant = dyn_cast<AffineConstantExpr>(size))
    return {constant.getValue(), constant.getValue()};
  if (auto symbol = dyn_cast<AffineSymbolExpr>(size))
    return symbol.getPosition() < symbols.size()
               ? Range(symbols[symbol.getPosition()].least,
                       symbols[symbol.getPosition()].most)
               : all;
  auto binary = dyn_cast<AffineBinaryOpExpr>(size);
  if (!binary)
    return all;
  Range left = getSizeRange(binary.getLHS(), symbols);
  Range right = getSizeRange(binary.getRHS(), symbols);
  if (size.getKind() == AffineExprKind::Add)
    return {addSaturated(left.first, right.first),
            addSaturated(left.second, right.second)};
  auto getHull = [&](llvm::function_ref<int64_t(int64_t, int64_t)> compute) {
    auto [least, most] = std::minmax({compute(left.first, right.first),
                                      compute(left.first, right.second),
                                      compute(left.second, right.first),
                                      compute(left.second, right.second)});
    return Range(least, most);
  };
  if (size.getKind() == AffineExprKind::Mul)
    return getHull(multiplySaturated);
  if (size.getKind() == AffineExprKind::FloorDiv && right.first > 0)
    return getHull([](int64_t dividend, int64_t divisor) {
      return llvm::divideFloorSigned(dividend, divisor);
    });
  return all;
}

std::string describeSize(AffineExpr size, llvm::ArrayRef<SizeSymbol> symbols) {
  if (!size)
    return "?";
  if (auto symbol = dyn_cast<AffineSymbolExpr>(size);
      symbol && symbol.getPosition() < symbols.size())
    return symbols[symbol.getPosition()].name;
  auto binary = dyn_cast<AffineBinaryOpExpr>(size);
  std::string text;
  if (!binary) {
    llvm::raw_string_ostream(text) << size;
    return text;
  }
  bool isSum = size.getKind() == AffineExprKind::Add;
  StringRef sign = isSum                                        ? " + "
                   : size.getKind() == AffineExprKind::Mul      ? " * "
                   : size.getKind() == AffineExprKind::FloorDiv ? " / "
                                                                : " % ";
  text = describeSize(binary.getLHS(), symbols) + sign.str() +
         describeSize(binary.getRHS(), symbols);
  return isSum ? "(" + text + ")" : text;
}

} // namespace garam
