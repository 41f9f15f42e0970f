//===- TileDotProducts.cpp - Tiles and vectorises dot products ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/Passes.h"

#include "ContractionLoops.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/Transforms/TileUsingInterface.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_TILEDOTPRODUCTS
#include "garam/Transforms/Passes.h.inc"

namespace {

struct TileDotProducts : impl::TileDotProductsBase<TileDotProducts> {
  using TileDotProductsBase::TileDotProductsBase;

  LogicalResult initialize(MLIRContext *context) override;
  void runOnOperation() override;
};

} // namespace

/// Of one column: an addition waits for the one before in its register.
static constexpr unsigned vectorsOfSums = 2;

LogicalResult TileDotProducts::initialize(MLIRContext *context) {
  return checkVectorRegisters(context, vectorBits, vectorRegisters);
}

/// Loops over groups of columns with `numSums` sums for each, of which
/// each is one of every so many products.
static LogicalResult sumColumns(RewriterBase &rewriter, linalg::GenericOp op,
                                const ContractionLoops &loops, int64_t columns,
                                int64_t numSums) {
  SmallVector<int64_t> sizes(op.getNumLoops(), 1);
  sizes[loops.column] = columns;
  sizes[loops.depth] = 0;
  FailureOr<linalg::GenericOp> tiled = tileLoops(rewriter, op, sizes);
  if (failed(tiled))
    return failure();
  SmallVector<unsigned> dropped;
  for (unsigned loop = 0; loop < tiled->getNumLoops(); ++loop)
    if (loop != loops.column && loop != loops.depth)
      dropped.push_back(loop);
  linalg::GenericOp body = dropLoops(rewriter, *tiled, dropped);

  SmallVector<OpFoldResult> depths(body.getNumLoops(),
                                   rewriter.getIndexAttr(0));
  SmallVector<unsigned> sums;
  body.getReductionDims(sums);
  depths[sums.front()] = rewriter.getIndexAttr(numSums);
  rewriter.setInsertionPoint(body);
  FailureOr<scf::SCFTilingResult> partial = scf::tileReductionUsingScf(
      rewriter, cast<PartialReductionOpInterface>(body.getOperation()), depths);
  if (failed(partial))
    return failure();
  rewriter.replaceOp(body, partial->replacements);
  Operation *summands = partial->tiledOps.front();
  rewriter.setInsertionPoint(summands);
  FailureOr<linalg::VectorizationResult> vectors =
      linalg::vectorize(rewriter, summands);
  if (failed(vectors))
    return failure();
  rewriter.replaceOp(summands, vectors->replacements);
  return success();
}

/// Groups of columns, with sums that fill their vectors; what of the depth
/// fills none stays.
static LogicalResult tileDepth(RewriterBase &rewriter, linalg::GenericOp op,
                               const ContractionLoops &loops, int64_t columns,
                               int64_t numSums) {
  linalg::GenericOp whole = splitLoop(rewriter, op, loops.depth, numSums).first;
  if (!whole)
    return success();
  auto [groups, rest] = splitLoop(rewriter, whole, loops.column, columns);
  if (groups && failed(sumColumns(rewriter, groups, loops, columns, numSums)))
    return failure();
  return rest ? sumColumns(rewriter, rest, loops, getSize(rest, loops.column),
                           numSums)
              : success();
}

void TileDotProducts::runOnOperation() {
  SmallVector<std::pair<linalg::GenericOp, ContractionLoops>> products;
  getOperation().walk([&](linalg::GenericOp op) {
    std::optional<ContractionLoops> loops = findContractionLoops(op);
    if (loops && isStatic(op) && sumsNeighbours(op, *loops))
      products.emplace_back(op, *loops);
  });
  IRRewriter rewriter(&getContext());
  int64_t columns = countSums(vectorRegisters) / vectorsOfSums;
  for (auto &[op, loops] : products) {
    int64_t numSums = vectorsOfSums * countLanes(op, vectorBits);
    if (succeeded(tileDepth(rewriter, op, loops, columns, numSums)))
      continue;
    getOperation().emitError("a product cannot be tiled");
    return signalPassFailure();
  }
}

} // namespace garam
