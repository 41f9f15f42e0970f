//===- Epilogue.cpp - What follows a product ------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Epilogue.h"

#include "garam/Dialect/Analog/IR/Analog.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace garam::analog {

namespace {

/// A value in the body of an elementwise operation: a multiple of the sum, of
/// an element of one table and a constant, and bounds of all that.
struct Term {
  double factor = 0;      // of the sum; 0: the sum is not in it
  BlockArgument table;    // null: none
  double tableFactor = 0; // of an element of it
  double offset = 0;
  std::optional<float> low, high;

  bool isConstant() const { return factor == 0 && !table && !isBounded(); }
  bool isBounded() const { return low || high; }
};

/// Reads the body of a linalg.generic.
class BodyReader {
public:
  BodyReader(BlockArgument sum, const Term &sumTerm)
      : sum(sum), sumTerm(sumTerm) {}

  std::optional<Term> read(Value value) const;

private:
  std::optional<Term> readOperation(Operation *inner) const;

  BlockArgument sum;
  const Term &sumTerm;
};

} // namespace

static std::optional<Term> add(const Term &a, const Term &b) {
  if (a.isBounded() || b.isBounded() || (a.table && b.table) ||
      (a.factor != 0 && b.factor != 0))
    return std::nullopt;
  Term sum;
  sum.factor = a.factor + b.factor;
  sum.table = a.table ? a.table : b.table;
  sum.tableFactor = a.tableFactor + b.tableFactor;
  sum.offset = a.offset + b.offset;
  return sum;
}

static std::optional<Term> multiply(const Term &a, double constant) {
  if (a.isBounded() || constant == 0)
    return std::nullopt;
  Term product = a;
  product.factor *= constant;
  product.tableFactor *= constant;
  product.offset *= constant;
  return product;
}

/// The larger of a term and `bound`; bounds that stand already follow.
static Term raise(Term term, float bound) {
  term.low = std::max(term.low.value_or(bound), bound);
  if (term.high)
    term.high = std::max(*term.high, bound);
  return term;
}

static Term lower(Term term, float bound) {
  term.high = std::min(term.high.value_or(bound), bound);
  if (term.low)
    term.low = std::min(*term.low, bound);
  return term;
}

std::optional<Term> BodyReader::readOperation(Operation *inner) const {
  if (inner->getNumOperands() != 2)
    return std::nullopt;
  std::optional<Term> a = read(inner->getOperand(0));
  std::optional<Term> b = read(inner->getOperand(1));
  if (!a || !b)
    return std::nullopt;
  if (isa<arith::AddFOp>(inner))
    return add(*a, *b);
  if (isa<arith::SubFOp>(inner)) {
    std::optional<Term> negative = multiply(*b, -1);
    return negative ? add(*a, *negative) : std::nullopt;
  }
  if (!b->isConstant())
    std::swap(a, b);
  if (!b->isConstant())
    return std::nullopt;
  if (isa<arith::MulFOp>(inner))
    return multiply(*a, b->offset);
  if (isa<arith::MaximumFOp, arith::MaxNumFOp>(inner))
    return raise(*a, b->offset);
  if (isa<arith::MinimumFOp, arith::MinNumFOp>(inner))
    return lower(*a, b->offset);
  return std::nullopt;
}

std::optional<Term> BodyReader::read(Value value) const {
  FloatAttr constant;
  if (matchPattern(value, m_Constant(&constant))) {
    Term term;
    term.offset = constant.getValueAsDouble();
    return term;
  }
  if (auto argument = dyn_cast<BlockArgument>(value)) {
    if (argument == sum)
      return sumTerm;
    if (argument.getOwner() != sum.getOwner())
      return std::nullopt;
    Term term;
    term.table = argument;
    term.tableFactor = 1;
    return term;
  }
  return readOperation(value.getDefiningOp());
}

/// (groups, outputs) -> table, for a table that `map` reads at coordinates of
/// the result; nothing when it depends on the vector.
static std::optional<AffineMap> getTableMap(AffineMap map, AffineMap outputMap,
                                            ArrayRef<int64_t> vectors) {
  AffineMap whole = map.compose(outputMap);
  MLIRContext *context = map.getContext();
  SmallVector<AffineExpr> dims;
  for (unsigned dim = 0; dim < whole.getNumDims(); ++dim) {
    bool isVector = dim < vectors.size();
    if (isVector && vectors[dim] != 1 && whole.isFunctionOfDim(dim))
      return std::nullopt;
    dims.push_back(isVector ? getAffineConstantExpr(0, context)
                            : getAffineDimExpr(dim - vectors.size(), context));
  }
  AffineMap table = whole.replaceDimsAndSymbols(
      dims, {}, whole.getNumDims() - vectors.size(), 0);
  return getLinearMap(table) ? std::optional(table) : std::nullopt;
}

/// Adds an elementwise operation that reads the chain's result; false when the
/// rescaling cannot do what it does.
static bool absorb(Epilogue &epilogue, linalg::GenericOp op, OpOperand &use,
                   ArrayRef<int64_t> vectors) {
  auto type = dyn_cast<RankedTensorType>(op.getResult(0).getType());
  if (op.getNumLoops() != op.getNumParallelLoops() || op.getNumResults() != 1 ||
      !type || !type.getElementType().isF32() || op.isDpsInit(&use) ||
      !op.getMatchingIndexingMap(op.getDpsInitOperand(0)).isIdentity() ||
      !op.getMatchingIndexingMap(&use).isIdentity() ||
      type.getShape() !=
          cast<RankedTensorType>(epilogue.result.getType()).getShape())
    return false;
  Term before{epilogue.factor, {},           0,
              epilogue.offset, epilogue.low, epilogue.high};
  BlockArgument sum = op.getMatchingBlockArgument(&use);
  // A table from before is not seen in the term: with one, only bounds and
  // constants may follow.
  std::optional<Term> term =
      BodyReader(sum, before)
          .read(op.getBlock()->getTerminator()->getOperand(0));
  if (!term || term->factor == 0)
    return false;
  double growth = term->factor / epilogue.factor;
  if (term->table) {
    OpOperand *operand = op.getMatchingOpOperand(term->table);
    Attribute attribute;
    ElementsAttr table;
    if (!epilogue.table && !op.isDpsInit(operand) &&
        matchPattern(operand->get(), m_Constant(&attribute)))
      table = dyn_cast<ElementsAttr>(attribute);
    std::optional<AffineMap> map = getTableMap(
        op.getMatchingIndexingMap(operand), epilogue.outputMap, vectors);
    if (!table || !map)
      return false;
    epilogue.table = table;
    epilogue.tableMap = *map;
    epilogue.tableFactor = term->tableFactor;
  } else {
    epilogue.tableFactor *= growth;
  }
  epilogue.factor = term->factor;
  epilogue.offset = term->offset;
  epilogue.low = term->low;
  epilogue.high = term->high;
  epilogue.result = op.getResult(0);
  return true;
}

/// Adds a merge of dimensions.
static bool absorb(Epilogue &epilogue, tensor::CollapseShapeOp op) {
  ArrayRef<int64_t> shape = op.getSrcType().getShape();
  AffineMap map = epilogue.outputMap;
  SmallVector<AffineExpr> results;
  for (const ReassociationIndices &group : op.getReassociationIndices()) {
    AffineExpr expr = getAffineConstantExpr(0, map.getContext());
    for (int64_t dim : group)
      expr = expr * shape[dim] + map.getResult(dim);
    results.push_back(expr);
  }
  epilogue.outputMap =
      AffineMap::get(map.getNumDims(), 0, results, map.getContext());
  epilogue.result = op.getResult();
  return true;
}

Epilogue findEpilogue(const Product &product) {
  Epilogue epilogue;
  epilogue.ops.push_back(product.op);
  epilogue.result = product.op->getResult(0);
  epilogue.outputMap = product.outputMap;
  while (epilogue.result.hasOneUse()) {
    OpOperand &use = *epilogue.result.use_begin();
    bool absorbed = false;
    if (auto generic = dyn_cast<linalg::GenericOp>(use.getOwner()))
      absorbed = absorb(epilogue, generic, use, product.vectors);
    else if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(use.getOwner()))
      absorbed = absorb(epilogue, collapse);
    if (!absorbed)
      break;
    epilogue.ops.push_back(use.getOwner());
  }
  return epilogue;
}

} // namespace garam::analog
