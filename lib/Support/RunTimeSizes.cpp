//===- RunTimeSizes.cpp - Sizes that are given with the inputs ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Support/RunTimeSizes.h"

#include "SizeSum.h"
#include "mlir/IR/Builders.h"

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
    if (!name || !least || !most || least.getInt() > most.getInt())
      return {};
    symbols.push_back({name.str(), least.getInt(), most.getInt()});
  }
  return symbols;
}

AffineExpr normalizeSize(AffineExpr size) { return SizeSum::of(size).toExpr(); }

AffineExpr divideSize(AffineExpr dividend, AffineExpr divisor) {
  SizeSum by = SizeSum::of(divisor);
  if (by.getConstant() == 0)
    return {};
  bool isExact = false;
  SizeSum quotient = SizeSum::of(dividend).divide(by, isExact);
  return isExact ? quotient.toExpr() : AffineExpr();
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
  std::string right = describeSize(binary.getRHS(), symbols);
  // Read from the left: a * b / c is not a * (b / c).
  if (size.getKind() == AffineExprKind::Mul &&
      binary.getRHS().getKind() == AffineExprKind::FloorDiv)
    right = "(" + right + ")";
  text = describeSize(binary.getLHS(), symbols) + sign.str() + right;
  return isSum ? "(" + text + ")" : text;
}

} // namespace garam
