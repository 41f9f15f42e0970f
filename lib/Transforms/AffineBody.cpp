//===- AffineBody.cpp - Scaling, adding and clamping ----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/AffineBody.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace garam {
namespace {

class BodyReader {
public:
  BodyReader(linalg::LinalgOp op, OpOperand &chain, const AffineTerm &chainTerm,
             Roundings roundings)
      : op(op), chain(chain), chainTerm(chainTerm), roundings(roundings) {}

  std::optional<AffineTerm> read(Value value);

private:
  std::optional<AffineTerm> readArgument(BlockArgument argument);
  std::optional<AffineTerm> readCast(Operation *inner);
  std::optional<AffineTerm> readBinary(Operation *inner);
  std::optional<AffineTerm> multiply(AffineTerm term, double constant) const;

  linalg::LinalgOp op;
  OpOperand &chain;
  const AffineTerm &chainTerm;
  Roundings roundings;
};

} // namespace

static std::optional<AffineTerm> add(const AffineTerm &a, const AffineTerm &b) {
  if (a.isFinal() || b.isFinal() || (a.table && b.table) ||
      (a.factor != 0 && b.factor != 0))
    return std::nullopt;
  AffineTerm sum;
  sum.factor = a.factor + b.factor;
  sum.table = a.table ? a.table : b.table;
  sum.tableFactor = a.tableFactor + b.tableFactor;
  if (a.offset || b.offset)
    sum.offset = a.offset.value_or(0) + b.offset.value_or(0);
  return sum;
}

/// Whether `term` is one operand as it is.
static bool isUnscaled(const AffineTerm &term) {
  return !term.offset && (term.table ? term.factor == 0 && term.tableFactor == 1
                                     : term.factor == 1);
}

std::optional<AffineTerm> BodyReader::multiply(AffineTerm term,
                                               double constant) const {
  if (term.isFinal() || constant == 0 ||
      (roundings == Roundings::AsWritten && !isUnscaled(term)))
    return std::nullopt;
  term.factor *= constant;
  term.tableFactor *= constant;
  if (term.offset)
    *term.offset *= constant;
  return term;
}

/// The larger of a term and `bound`; bounds that stand already follow.
static AffineTerm raise(AffineTerm term, float bound) {
  term.low = std::max(term.low.value_or(bound), bound);
  if (term.high)
    term.high = std::max(*term.high, bound);
  return term;
}

static AffineTerm lower(AffineTerm term, float bound) {
  term.high = std::min(term.high.value_or(bound), bound);
  if (term.low)
    term.low = std::min(*term.low, bound);
  return term;
}

std::optional<AffineTerm> BodyReader::readArgument(BlockArgument argument) {
  if (argument.getOwner() != op.getBlock())
    return std::nullopt;
  OpOperand *operand = op.getMatchingOpOperand(argument);
  if (operand == &chain)
    return chainTerm;
  if (op.isDpsInit(operand))
    return std::nullopt;
  AffineTerm term;
  term.table = operand;
  term.tableFactor = 1;
  return term;
}

std::optional<AffineTerm> BodyReader::readCast(Operation *inner) {
  std::optional<AffineTerm> term = read(inner->getOperand(0));
  // The wide number would be one that was narrow before.
  if (!term || (term->isNarrowed && isa<arith::ExtFOp>(inner)))
    return std::nullopt;
  term->isNarrowed |= isa<arith::TruncFOp>(inner);
  return term;
}

std::optional<AffineTerm> BodyReader::readBinary(Operation *inner) {
  std::optional<AffineTerm> a = read(inner->getOperand(0));
  // Not both for nothing: a value that is read twice would double the time.
  std::optional<AffineTerm> b = a ? read(inner->getOperand(1)) : std::nullopt;
  if (!b)
    return std::nullopt;
  if (isa<arith::AddFOp>(inner))
    return add(*a, *b);
  if (isa<arith::SubFOp>(inner)) {
    std::optional<AffineTerm> negative = multiply(*b, -1);
    return negative ? add(*a, *negative) : std::nullopt;
  }
  if (!b->isConstant())
    std::swap(a, b);
  if (!b->isConstant())
    return std::nullopt;
  if (isa<arith::MulFOp>(inner))
    return multiply(*a, *b->offset);
  if (isa<arith::MaximumFOp, arith::MaxNumFOp>(inner))
    return raise(*a, *b->offset);
  if (isa<arith::MinimumFOp, arith::MinNumFOp>(inner))
    return lower(*a, *b->offset);
  return std::nullopt;
}

std::optional<AffineTerm> BodyReader::read(Value value) {
  FloatAttr constant;
  if (matchPattern(value, m_Constant(&constant))) {
    AffineTerm term;
    term.offset = constant.getValueAsDouble();
    return term;
  }
  if (auto argument = dyn_cast<BlockArgument>(value))
    return readArgument(argument);
  Operation *inner = value.getDefiningOp();
  if (isa<arith::ExtFOp, arith::TruncFOp>(inner))
    return readCast(inner);
  return inner->getNumOperands() == 2 ? readBinary(inner) : std::nullopt;
}

std::optional<AffineTerm> readAffineBody(linalg::LinalgOp op, OpOperand &chain,
                                         const AffineTerm &chainTerm,
                                         Roundings roundings) {
  return BodyReader(op, chain, chainTerm, roundings)
      .read(op.getBlock()->getTerminator()->getOperand(0));
}

} // namespace garam
