//===- SumOffsets.cpp - Integers that are added to sums -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "SumOffsets.h"
#include "Constants.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"

#include <cmath>

using namespace mlir;

namespace garam::npu {

std::optional<SmallVector<int32_t>> getIntegerBias(const Epilogue &epilogue,
                                                   int64_t count) {
  // Rounding of the scales to f32 moves a quotient by less than this fraction;
  // an f32 bias that is not a multiple of the scale falls outside of the rest.
  constexpr double relativeTolerance = 4e-7, absoluteTolerance = 1e-3;
  SmallVector<int32_t> result;
  for (int64_t i = 0; i < count; ++i) {
    double scale = epilogue.scale[epilogue.scale.size() == 1 ? 0 : i];
    double bias = epilogue.bias[epilogue.bias.size() == 1 ? 0 : i];
    double quotient = bias / scale;
    double integer = std::nearbyint(quotient);
    double tolerance =
        std::min(0.5, std::max(absoluteTolerance,
                               std::fabs(quotient) * relativeTolerance));
    if (!(std::fabs(quotient - integer) <= tolerance) ||
        !(std::fabs(integer) <= std::numeric_limits<int32_t>::max()))
      return std::nullopt;
    result.push_back(static_cast<int32_t>(integer));
  }
  return result;
}

namespace {

/// Where the coordinates of an access lie in a row-major tensor, as a linear
/// function of the loop dimensions.
class LinearPosition {
public:
  LinearPosition(ArrayRef<AffineExpr> coordinates, ArrayRef<int64_t> shape,
                 unsigned numDims, MLIRContext *context) {
    AffineMap map = AffineMap::get(numDims, 0, coordinates, context);
    SmallVector<int64_t> strides = computeStrides(shape);
    SmallVector<int64_t> point(numDims, 0);
    origin = linearize(map.compose(point), strides);
    for (int64_t &coordinate : point) {
      coordinate = 1;
      steps.push_back(linearize(map.compose(point), strides) - origin);
      coordinate = 0;
    }
  }

  /// The position where loop dims[i] is at index[i] and all others are at 0.
  int64_t at(ArrayRef<unsigned> dims, ArrayRef<int64_t> index) const {
    int64_t position = origin;
    for (auto [dim, i] : llvm::zip_equal(dims, index))
      position += steps[dim] * i;
    return position;
  }

private:
  int64_t origin;
  SmallVector<int64_t> steps;
};

} // namespace

static bool dependsOn(ArrayRef<AffineExpr> coordinates, unsigned dim) {
  return llvm::any_of(coordinates, [dim](AffineExpr expr) {
    return expr.isFunctionOfDim(dim);
  });
}

/// Values along coordinates that are linear in the loop dimensions.
struct SumOffsets::Term {
  SmallVector<AffineExpr> coordinates;
  SmallVector<int64_t> shape;
  SmallVector<int64_t> values; // in row-major order
};

/// - zx * sum(w) for all loops of `w` that are not summed over. Nothing when
/// the weights are too many or no constants.
std::optional<SumOffsets::Term>
SumOffsets::getZeroPointTerm(const SumOfProducts &sum) {
  const Access &access = sum.weight;
  MLIRContext *context = access.source.getContext();
  Term term;
  SmallVector<unsigned> dims, reductions;
  SmallVector<int64_t> sizes;
  for (auto [dim, size] : llvm::enumerate(sum.loops.sizes)) {
    if (sum.loops.iterators[dim] == IteratorKind::reduction) {
      reductions.push_back(dim);
    } else if (size > 1 && dependsOn(access.coordinates, dim)) {
      dims.push_back(dim);
      term.coordinates.push_back(getAffineDimExpr(dim, context));
      term.shape.push_back(size);
    }
  }
  llvm::append_range(dims, reductions);
  for (unsigned dim : dims)
    sizes.push_back(sum.loops.sizes[dim]);
  int64_t numProducts = ShapedType::getNumElements(sizes);
  auto weights = readConstant(access.source, access.dequantization->isUnsigned);
  if (!weights || numProducts > maxEvaluatedElements)
    return std::nullopt;

  auto type = cast<RankedTensorType>(access.source.getType());
  LinearPosition position(access.coordinates, type.getShape(),
                          sum.loops.sizes.size(), context);
  SmallVector<int64_t> strides = computeStrides(sizes);
  int64_t numTerms = sum.countIterations(IteratorKind::reduction);
  term.values.assign(numProducts / numTerms, 0);
  for (int64_t i = 0; i < numProducts; ++i) {
    double weight = (*weights)[position.at(dims, delinearize(i, strides))];
    term.values[i / numTerms] -=
        sum.activation.dequantization->zeroPoint *
        (static_cast<int64_t>(weight) - access.dequantization->zeroPoint);
  }
  return term;
}

/// The bias in units of the sums. Nothing where it is not integral.
std::optional<SumOffsets::Term>
SumOffsets::getBiasTerm(const Epilogue &epilogue) {
  std::optional<SmallVector<int32_t>> integers =
      getIntegerBias(epilogue, epilogue.numChannels);
  if (!integers)
    return std::nullopt;
  Term term;
  if (epilogue.channel) {
    term.coordinates.push_back(epilogue.channel);
    term.shape.push_back(epilogue.numChannels);
  }
  term.values.assign(integers->begin(), integers->end());
  return term;
}

void SumOffsets::addTerms(ArrayRef<Term> terms, const EpilogueLoops &loops,
                          MLIRContext *context) {
  SmallVector<unsigned> dims;
  for (auto [dim, size] : llvm::enumerate(loops.sizes)) {
    bool isOfTerm = false;
    for (const Term &term : terms)
      isOfTerm |= dependsOn(term.coordinates, dim);
    if (size == 1 || !isOfTerm)
      continue;
    dims.push_back(dim);
    shape.push_back(size);
    coordinates.push_back(getAffineDimExpr(dim, context));
  }
  values.assign(ShapedType::getNumElements(shape), 0);
  SmallVector<int64_t> strides = computeStrides(shape);
  for (const Term &term : terms) {
    LinearPosition position(term.coordinates, term.shape, loops.sizes.size(),
                            context);
    for (auto [i, value] : llvm::enumerate(values)) {
      int64_t offset = term.values[position.at(dims, delinearize(i, strides))];
      value = static_cast<int32_t>(static_cast<uint32_t>(value) +
                                   static_cast<uint32_t>(offset));
    }
  }
}

SumOffsets::SumOffsets(const SumOfProducts &sum, const Epilogue &epilogue) {
  if (!sum.isInteger)
    return;
  SmallVector<Term> terms;
  if (sum.activation.dequantization->zeroPoint != 0) {
    if (std::optional<Term> term = getZeroPointTerm(sum))
      terms.push_back(std::move(*term));
    includeZeroPoint = !terms.empty();
  }
  std::optional<Term> bias = getBiasTerm(epilogue);
  includeBias = bias.has_value();
  // A bias along other loops than the weights would multiply the values.
  if (bias && !terms.empty())
    for (auto [dim, size] : llvm::enumerate(sum.loops.sizes))
      if (size > 1 && dependsOn(bias->coordinates, dim) &&
          !dependsOn(terms.front().coordinates, dim))
        includeBias = false;
  if (includeBias)
    terms.push_back(std::move(*bias));
  addTerms(terms, sum.loops, sum.activation.source.getContext());
}

} // namespace garam::npu
