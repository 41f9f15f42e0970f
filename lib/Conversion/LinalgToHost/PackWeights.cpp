//===- PackWeights.cpp - Weights in the order that products read ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Conversion/LinalgToHost/Passes.h"

#include "garam/Dialect/Host/IR/Host.h"
#include "garam/Support/NodeIds.h"
#include "garam/Transforms/SumOfProducts.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_HOSTPACKWEIGHTS
#include "garam/Conversion/LinalgToHost/Passes.h.inc"

namespace {

/// A product of a matrix and constant weights, of loops (m, n, k), where m may
/// be several: those of sizes of run time are not collapsed.
struct Product {
  linalg::GenericOp op;
  unsigned weights;  // number of the operand; the other is the matrix
  bool isTransposed; // the weights are (n, k), not (k, n)
  SmallVector<int64_t> rows;
  int64_t columns, depth;

  bool hasRows(int64_t least) const {
    return ShapedType::isDynamicShape(rows) ||
           ShapedType::getNumElements(rows) >= least;
  }
};

struct HostPackWeights : impl::HostPackWeightsBase<HostPackWeights> {
  using HostPackWeightsBase::HostPackWeightsBase;

  LogicalResult initialize(MLIRContext *context) override {
    if (columns > 0)
      return success();
    return emitError(UnknownLoc::get(context))
           << "columns=0: needed at least one in a tile";
  }
  void runOnOperation() override;
};

} // namespace

static bool isFloatProduct(linalg::GenericOp op) {
  return op.getNumDpsInputs() == 2 && op.getNumLoops() >= 3 &&
         op.hasPureTensorSemantics() && linalg::isaContractionOpInterface(op) &&
         isSumOfProducts(op) &&
         llvm::all_of(op->getOperandTypes(), [](Type type) {
           Type element = getElementTypeOrSelf(type);
           return element.isF32() || element.isF64();
         });
}

/// `op` as a product of a matrix and weights, if it is one.
static std::optional<Product> findProduct(linalg::GenericOp op) {
  if (!isFloatProduct(op))
    return std::nullopt;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  MLIRContext *context = op.getContext();
  unsigned numLoops = op.getNumLoops(), numRows = numLoops - 2;
  AffineExpr n = getAffineDimExpr(numRows, context),
             k = getAffineDimExpr(numRows + 1, context);
  auto makeMap = [&](ArrayRef<AffineExpr> dims) {
    return AffineMap::get(numLoops, 0, dims, context);
  };
  auto makeRows = [&](AffineExpr last) {
    SmallVector<AffineExpr> dims;
    for (unsigned row = 0; row < numRows; ++row)
      dims.push_back(getAffineDimExpr(row, context));
    dims.push_back(last);
    return makeMap(dims);
  };
  if (maps[2] != makeRows(n))
    return std::nullopt;
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  for (unsigned weights : {1u, 0u}) {
    if (maps[1 - weights] != makeRows(k) ||
        !matchPattern(op.getInputs()[weights], m_Constant()))
      continue;
    bool isTransposed = maps[weights] == makeMap({n, k});
    if (isTransposed || maps[weights] == makeMap({k, n}))
      return Product{op,
                     weights,
                     isTransposed,
                     SmallVector<int64_t>(ArrayRef(sizes).drop_back(2)),
                     sizes[numRows],
                     sizes[numRows + 1]};
  }
  return std::nullopt;
}

/// The constant weights of a product where packing them is no part of a loop
/// around it; sets the builder's insertion point there. Kernels take packed
/// weights as inputs, and pack none themselves.
static Value takeOutOfLoops(OpBuilder &builder, const Product &product) {
  linalg::GenericOp op = product.op;
  Operation *outermost = op;
  while (!isa<func::FuncOp>(outermost->getParentOp()))
    outermost = outermost->getParentOp();
  builder.setInsertionPoint(outermost);
  Value weights = op.getInputs()[product.weights];
  Operation *constant = weights.getDefiningOp();
  bool isOutside = constant->getBlock() == outermost->getBlock();
  return isOutside ? weights : builder.clone(*constant)->getResult(0);
}

/// The weights as tiles (t, k, n) of `tile` columns n each.
static Value packWeights(OpBuilder &builder, Location loc,
                         const Product &product, int64_t tile) {
  OpBuilder::InsertionGuard guard(builder);
  Value weights = takeOutOfLoops(builder, product);
  Type element = getElementTypeOrSelf(weights);
  int64_t numTiles = product.columns / tile;
  SmallVector<int64_t> shape, permutation;
  SmallVector<ReassociationIndices> groups;
  if (product.isTransposed) {
    shape = {numTiles, tile, product.depth};
    groups = {{0, 1}, {2}};
    permutation = {0, 2, 1};
  } else {
    shape = {product.depth, numTiles, tile};
    groups = {{0}, {1, 2}};
    permutation = {1, 0, 2};
  }
  Value tiles = tensor::ExpandShapeOp::create(
      builder, loc, RankedTensorType::get(shape, element), weights, groups);
  auto packed = RankedTensorType::get({numTiles, product.depth, tile}, element);
  return host::PermuteOp::create(builder, loc, packed, tiles, permutation);
}

/// What the sums start from, as (m, t, n).
static Value expandStart(OpBuilder &builder, Location loc, Value start,
                         RankedTensorType type,
                         ArrayRef<ReassociationIndices> groups) {
  if (auto fill = start.getDefiningOp<linalg::FillOp>()) {
    SmallVector<OpFoldResult> sizes =
        tensor::getMixedSizes(builder, loc, fill.output());
    sizes.pop_back();
    for (int64_t size : type.getShape().take_back(2))
      sizes.push_back(builder.getIndexAttr(size));
    Value empty =
        tensor::EmptyOp::create(builder, loc, sizes, type.getElementType());
    return linalg::FillOp::create(builder, loc, fill.value(), empty)
        .getResult(0);
  }
  return tensor::ExpandShapeOp::create(builder, loc, type, start, groups);
}

static void pack(RewriterBase &rewriter, const Product &product, int64_t tile) {
  linalg::GenericOp op = product.op;
  rewriter.setInsertionPoint(op);
  Location loc = dropNodeValue(op.getLoc());
  SmallVector<Value> inputs(op.getInputs());
  inputs[product.weights] = packWeights(rewriter, loc, product, tile);
  int64_t numRows = product.rows.size();
  SmallVector<int64_t> shape(product.rows);
  shape.append({product.columns / tile, tile});
  auto type = RankedTensorType::get(
      shape, getElementTypeOrSelf(op.getResultTypes().front()));
  SmallVector<ReassociationIndices> groups;
  for (int64_t row = 0; row < numRows; ++row)
    groups.push_back({row});
  groups.push_back({numRows, numRows + 1});
  Value start = expandStart(rewriter, loc, op.getOutputs()[0], type, groups);

  unsigned numLoops = numRows + 3;
  SmallVector<AffineExpr> dims(numLoops);
  bindDimsList(op.getContext(), MutableArrayRef<AffineExpr>(dims));
  AffineExpr t = dims[numRows], n = dims[numRows + 1], k = dims[numRows + 2];
  SmallVector<AffineExpr> matrix(ArrayRef(dims).take_front(numRows));
  matrix.push_back(k);
  auto makeMap = [&](ArrayRef<AffineExpr> results) {
    return AffineMap::get(numLoops, 0, results, op.getContext());
  };
  SmallVector<AffineMap> maps(3);
  maps[product.weights] = makeMap({t, k, n});
  maps[1 - product.weights] = makeMap(matrix);
  maps[2] = makeMap(ArrayRef(dims).drop_back());
  SmallVector<utils::IteratorType> kinds(numLoops,
                                         utils::IteratorType::parallel);
  kinds.back() = utils::IteratorType::reduction;
  auto packed = linalg::GenericOp::create(rewriter, op.getLoc(), type, inputs,
                                          start, maps, kinds);
  rewriter.inlineRegionBefore(op.getRegion(), packed.getRegion(),
                              packed.getRegion().begin());
  rewriter.replaceOpWithNewOp<tensor::CollapseShapeOp>(
      op, op.getResultTypes().front(), packed.getResult(0), groups);
}

void HostPackWeights::runOnOperation() {
  SmallVector<Product> products;
  getOperation().walk([&](linalg::GenericOp op) {
    std::optional<Product> product = findProduct(op);
    if (product && product->hasRows(leastRows) &&
        product->columns % columns == 0)
      products.push_back(*product);
  });
  IRRewriter rewriter(&getContext());
  for (const Product &product : products)
    pack(rewriter, product, columns);
}

} // namespace garam
