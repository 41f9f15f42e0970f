//===- Epilogue.cpp - What follows a product ------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Epilogue.h"

#include "garam/Dialect/Analog/IR/Analog.h"
#include "garam/Transforms/AffineBody.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace garam::analog {

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
  AffineTerm before;
  before.factor = epilogue.factor;
  before.offset = epilogue.offset;
  before.low = epilogue.low;
  before.high = epilogue.high;
  // A table from before is not seen in the term: with one, only bounds and
  // constants may follow.
  std::optional<AffineTerm> term =
      readAffineBody(op, use, before, Roundings::Any);
  if (!term || term->factor == 0 || term->isNarrowed)
    return false;
  double growth = term->factor / epilogue.factor;
  if (term->table) {
    Attribute attribute;
    ElementsAttr table;
    if (!epilogue.table &&
        matchPattern(term->table->get(), m_Constant(&attribute)))
      table = dyn_cast<ElementsAttr>(attribute);
    std::optional<AffineMap> map = getTableMap(
        op.getMatchingIndexingMap(term->table), epilogue.outputMap, vectors);
    if (!table || !table.getElementType().isF32() || !map)
      return false;
    epilogue.table = table;
    epilogue.tableMap = *map;
    epilogue.tableFactor = term->tableFactor;
  } else {
    epilogue.tableFactor *= growth;
  }
  epilogue.factor = term->factor;
  epilogue.offset = term->offset.value_or(0);
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
