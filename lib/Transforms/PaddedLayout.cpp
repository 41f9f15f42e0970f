//===- PaddedLayout.cpp - Where the elements of a dimension lie -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "PaddedLayout.h"

#include "garam/Support/RunTimeSizes.h"
#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace garam {

static std::optional<int64_t> getFixed(AffineExpr size) {
  auto constant = dyn_cast<AffineConstantExpr>(size);
  return constant ? std::optional(constant.getValue()) : std::nullopt;
}

void PaddedLayout::add(PaddedFactor factor) {
  if (getFixed(factor.size) == 1)
    return;
  if (factors.empty() || !factor.isFixed() || !factors.back().isFixed()) {
    factors.push_back(factor);
    return;
  }
  factors.back().most *= factor.most;
  factors.back().size =
      getAffineConstantExpr(factors.back().most, factor.size.getContext());
}

int64_t PaddedLayout::getMost() const {
  int64_t most = 1;
  for (const PaddedFactor &factor : factors)
    most *= factor.most;
  return most;
}

bool PaddedLayout::isFixed() const {
  return llvm::all_of(
      factors, [](const PaddedFactor &factor) { return factor.isFixed(); });
}

bool PaddedLayout::isFront() const {
  return factors.empty() ||
         llvm::all_of(llvm::drop_begin(factors), [](const PaddedFactor &inner) {
           return inner.isFixed();
         });
}

SmallVector<int64_t> PaddedLayout::listPositions(unsigned factor) const {
  int64_t inner = 1;
  for (const PaddedFactor &other : llvm::drop_begin(factors, factor + 1))
    inner *= other.most;
  SmallVector<int64_t> positions;
  for (int64_t position = 0; position < getMost(); ++position)
    positions.push_back(position / inner % factors[factor].most);
  return positions;
}

/// Takes what a dimension of `size` is made of off the front of `factors`.
static std::optional<PaddedLayout>
takeFactors(SmallVectorImpl<PaddedFactor> &factors, AffineExpr size) {
  PaddedLayout layout;
  while (getFixed(size) != 1) {
    if (factors.empty())
      return std::nullopt;
    PaddedFactor &front = factors.front();
    std::optional<int64_t> needed = getFixed(size);
    if (needed && front.isFixed() && *needed > 1 && front.most > *needed &&
        front.most % *needed == 0) {
      layout.add({size, *needed});
      front.most /= *needed;
      front.size = getAffineConstantExpr(front.most, size.getContext());
      return layout;
    }
    if (size == front.size) {
      layout.add(front);
      factors.erase(factors.begin());
      return layout;
    }
    if (front.size == getAffineConstantExpr(0, size.getContext()))
      return std::nullopt;
    size = divideSize(size, front.size);
    if (!size)
      return std::nullopt;
    layout.add(front);
    factors.erase(factors.begin());
  }
  return layout;
}

std::optional<SmallVector<PaddedLayout>>
splitLayout(const PaddedLayout &layout, ArrayRef<AffineExpr> sizes) {
  SmallVector<PaddedFactor> factors(layout.getFactors());
  SmallVector<PaddedLayout> parts;
  for (AffineExpr size : sizes) {
    std::optional<PaddedLayout> part = takeFactors(factors, size);
    if (!part)
      return std::nullopt;
    parts.push_back(std::move(*part));
  }
  return factors.empty() ? std::optional(std::move(parts)) : std::nullopt;
}

} // namespace garam
