//===- AttentionScores.cpp - What is between two products -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// From the argument of a softmax down to the product of queries and keys:
// first masks, then factors and a tangent that caps the scores, and casts to
// wider floats anywhere. From the weights up there are a guard and a cast back.
//
//===----------------------------------------------------------------------===//

#include "AttentionScores.h"

using namespace mlir;

namespace garam::onnx {

/// Exporters add so many masks at most: one of positions, one of what is
/// padding, one of what is not yet known, and what distances add.
constexpr unsigned maxMasks = 4;

static FloatType getFloat(Value value) {
  return dyn_cast<FloatType>(getElementTypeOrSelf(value.getType()));
}

/// What is cast to `value`, from a narrower float to a wider one (`isWider`) or
/// the other way; null where nothing is.
static Value getCast(Value value, bool isWider) {
  NodeOp cast = getNode(value, "Cast");
  FloatType from = cast ? getFloat(cast.getInputs()[0]) : FloatType();
  FloatType to = getFloat(value);
  // Floats of a byte saturate, which sums do not; sums of half precision are in
  // 32 bits.
  constexpr unsigned leastWidth = 16, mostWidth = 32;
  if (!from || !to)
    return {};
  auto [narrow, wide] = std::minmax(from.getWidth(), to.getWidth());
  bool fits = isWider ? from.getWidth() < to.getWidth()
                      : from.getWidth() > to.getWidth();
  return fits && narrow >= leastWidth && wide <= mostWidth ? cast.getInputs()[0]
                                                           : Value();
}

/// `value` without one factor.
static std::optional<Scaled> removeFactor(Value value) {
  NodeOp mul = getNode(value, "Mul");
  NodeOp div = getNode(value, "Div");
  NodeOp node = mul ? mul : div;
  if (!node)
    return std::nullopt;
  unsigned constant = mul && getScalar(node.getInputs()[0]) ? 0 : 1;
  std::optional<double> factor = getScalar(node.getInputs()[constant]);
  Value other = node.getInputs()[1 - constant];
  if (!factor || *factor == 0 || other.getType() != value.getType())
    return std::nullopt;
  return Scaled{other, mul ? *factor : 1 / *factor};
}

Scaled removeFactors(Value value, Type element) {
  Scaled result{value};
  while (true) {
    if (std::optional<Scaled> rest = removeFactor(result.value)) {
      result.factor *= rest->factor;
      result.value = rest->value;
      continue;
    }
    Value narrow = getElementTypeOrSelf(result.value) == element
                       ? Value()
                       : getCast(result.value, /*isWider=*/true);
    if (!narrow)
      return result;
    result.value = narrow;
  }
}

static bool findProduct(Value value, Scores &scores);

/// The same below a mask, which it adds behind those that are found there.
static bool findMasked(Value value, Value below, Value mask, Scores &scores) {
  Scores found = scores;
  if (!findProduct(below, found))
    return false;
  scores = std::move(found);
  scores.masks.push_back(mask);
  if (below.getType() != value.getType())
    scores.missed = "the mask has more elements than the scores";
  return true;
}

/// Whether `value` is masked scores: a sum, or a choice.
static bool findMask(Value value, Scores &scores) {
  if (scores.values.size() > maxMasks)
    return false;
  NodeOp add = getNode(value, "Add"), where = getNode(value, "Where");
  for (unsigned i = 0; add && i < 2; ++i)
    if (findMasked(value, add.getInputs()[i], add.getInputs()[1 - i], scores))
      return true;
  for (unsigned i = 1; where && i < 3; ++i) {
    std::optional<double> masked = getScalar(where.getInputs()[3 - i]);
    if (!masked ||
        !findMasked(value, where.getInputs()[i], where.getInputs()[0], scores))
      continue;
    if (scores.masked)
      scores.missed = "two masks choose";
    scores.masked = masked;
    scores.hidesTrue = i == 2;
    return true;
  }
  return false;
}

/// Takes factors and a tangent off `value`; whether a product is below them.
static bool findScaled(Value value, Scores &scores) {
  while (true) {
    scores.values.push_back(value);
    if (NodeOp product = getNode(value, "MatMul")) {
      scores.product = product;
      if (scores.softcap)
        scores.scale *= *scores.softcap;
      return true;
    }
    if (std::optional<Scaled> rest = removeFactor(value)) {
      scores.scale *= rest->factor;
      value = rest->value;
    } else if (Value narrow = getCast(value, /*isWider=*/true)) {
      value = narrow;
    } else if (NodeOp tanh = getNode(value, "Tanh"); tanh && !scores.softcap) {
      scores.softcap = scores.scale;
      scores.scale = 1;
      value = tanh.getInputs()[0];
    } else {
      return false;
    }
  }
}

/// Whether a product of queries and keys is below `value`.
static bool findProduct(Value value, Scores &scores) {
  Scores scaled = scores;
  if (findScaled(value, scaled)) {
    scores = std::move(scaled);
    return true;
  }
  scores.values.push_back(value);
  if (Value narrow = getCast(value, /*isWider=*/true))
    return findProduct(narrow, scores);
  return findMask(value, scores);
}

Scores findScores(Value argument) {
  Scores scores;
  findProduct(argument, scores);
  return scores;
}

/// What a guard makes 0 where it is no number; null where `value` is none.
static Value getGuarded(Value value) {
  NodeOp where = getNode(value, "Where");
  NodeOp isNaN = where ? getNode(where.getInputs()[0], "IsNaN") : NodeOp();
  if (!isNaN || isNaN.getInputs()[0] != where.getInputs()[2] ||
      where.getInputs()[2].getType() != value.getType())
    return {};
  std::optional<double> zero = getScalar(where.getInputs()[1]);
  return zero && *zero == 0 ? where.getInputs()[2] : Value();
}

Weights findWeights(Value value) {
  Weights weights;
  weights.values.push_back(value);
  while (true) {
    Value next = getCast(weights.values.back(), /*isWider=*/false);
    if (!next && !weights.isGuarded) {
      next = getGuarded(weights.values.back());
      weights.isGuarded = next != nullptr;
    }
    if (!next)
      return weights;
    weights.values.push_back(next);
  }
}

bool isReadOnce(Value value) {
  if (value.hasOneUse())
    return true;
  return llvm::range_size(value.getUses()) == 2 &&
         llvm::any_of(value.getUsers(), [&](Operation *user) {
           auto node = dyn_cast<NodeOp>(user);
           return isNode(node, "Where") &&
                  getGuarded(node.getResult(0)) == value;
         });
}

} // namespace garam::onnx
