//===- ContractionLoops.cpp - The loops of products of floats -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ContractionLoops.h"

#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Dialect/SCF/Transforms/TileUsingInterface.h"

using namespace mlir;

namespace garam {

/// Of one f64.
static constexpr unsigned fewestVectorBits = 64;
/// Of which half holds sums, in two vectors of columns.
static constexpr unsigned fewestVectorRegisters = 4;

int64_t getSize(linalg::GenericOp op, unsigned loop) {
  return op.getStaticLoopRanges()[loop];
}

int64_t countLanes(linalg::GenericOp op, unsigned vectorBits) {
  unsigned elementBits =
      getElementTypeOrSelf(op.getOutputs()[0]).getIntOrFloatBitWidth();
  return vectorBits / elementBits;
}

/// The other half is for what is multiplied.
unsigned countSums(unsigned vectorRegisters) { return vectorRegisters / 2; }

LogicalResult checkVectorRegisters(MLIRContext *context, unsigned vectorBits,
                                   unsigned vectorRegisters) {
  if (vectorBits >= fewestVectorBits && llvm::isPowerOf2_32(vectorBits) &&
      vectorRegisters >= fewestVectorRegisters)
    return success();
  return emitError(UnknownLoc::get(context))
         << "vector-bits=" << vectorBits
         << " vector-registers=" << vectorRegisters
         << ": needed a power of two from " << fewestVectorBits << ", and "
         << fewestVectorRegisters << " registers or more";
}

/// A sum of products of f32 or f64 of two tensors, and nothing else.
static bool isProduct(linalg::GenericOp op) {
  if (op.getNumDpsInputs() != 2 || op.getNumDpsInits() != 1 ||
      op.getNumReductionLoops() == 0 || !op.hasPureTensorSemantics() ||
      llvm::is_contained(op.getStaticLoopRanges(), 0) ||
      !linalg::isaContractionOpInterface(op))
    return false;
  return llvm::all_of(op->getOperandTypes(), [](Type type) {
    Type element = getElementTypeOrSelf(type);
    return element.isF32() || element.isF64();
  });
}

std::optional<ContractionLoops> findContractionLoops(linalg::GenericOp op) {
  if (!isProduct(op))
    return std::nullopt;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  AffineMap output = maps[2];
  if (output.getNumResults() == 0)
    return std::nullopt;
  ContractionLoops loops;
  loops.column = output.getDimPosition(output.getNumResults() - 1);
  bool isInFirst = maps[0].isFunctionOfDim(loops.column);
  if (isInFirst == maps[1].isFunctionOfDim(loops.column))
    return std::nullopt;
  loops.columnOperand = isInFirst ? 0 : 1;
  AffineMap columns = maps[loops.columnOperand];
  AffineMap others = maps[1 - loops.columnOperand];
  // The innermost of each: rows of one image, or neighbours in a sum.
  for (unsigned loop = 0; loop < op.getNumLoops(); ++loop) {
    if (loop == loops.column || columns.isFunctionOfDim(loop))
      continue;
    if (others.isFunctionOfDim(loop) && output.isFunctionOfDim(loop))
      loops.row = loop;
  }
  SmallVector<unsigned> sums;
  op.getReductionDims(sums);
  loops.depth = sums.back();
  return loops;
}

bool isStatic(linalg::GenericOp op) {
  return !ShapedType::isDynamicShape(op.getStaticLoopRanges());
}

unsigned getInnermost(AffineMap map) {
  return map.getDimPosition(map.getNumResults() - 1);
}

bool hasPackedColumns(linalg::GenericOp op, const ContractionLoops &roles,
                      int64_t lanes) {
  constexpr int64_t vectorsOfALine = 4;
  AffineMap columns = op.getIndexingMapsArray()[roles.columnOperand];
  unsigned rank = columns.getNumResults();
  int64_t size = getSize(op, roles.column);
  return rank >= 2 && getInnermost(columns) == roles.column &&
         columns.getDimPosition(rank - 2) == roles.depth &&
         !ShapedType::isDynamic(size) && size <= vectorsOfALine * lanes;
}

bool sumsNeighbours(linalg::GenericOp op, const ContractionLoops &loops) {
  constexpr int64_t fewRows = 4;
  SmallVector<AffineMap> maps = op.getIndexingMapsArray();
  return op.getNumReductionLoops() == 1 &&
         getInnermost(maps[0]) == loops.depth &&
         getInnermost(maps[1]) == loops.depth &&
         (loops.row < 0 || getSize(op, loops.row) < fewRows);
}

std::pair<linalg::GenericOp, linalg::GenericOp>
splitLoop(RewriterBase &rewriter, linalg::GenericOp op, unsigned loop,
          int64_t tile) {
  int64_t size = getSize(op, loop);
  if (size % tile == 0)
    return {op, nullptr};
  if (size < tile)
    return {nullptr, op};
  rewriter.setInsertionPoint(op);
  auto [whole, rest] =
      linalg::splitOp(rewriter, cast<TilingInterface>(op.getOperation()), loop,
                      rewriter.getIndexAttr(size - size % tile));
  return {cast<linalg::GenericOp>(whole.getOperation()),
          cast<linalg::GenericOp>(rest.getOperation())};
}

FailureOr<linalg::GenericOp> tileLoops(RewriterBase &rewriter,
                                       linalg::GenericOp op,
                                       ArrayRef<int64_t> sizes,
                                       ArrayRef<int64_t> order) {
  if (llvm::all_of(sizes, [](int64_t size) { return size == 0; }))
    return op;
  scf::SCFTilingOptions options;
  options.setTileSizes(getAsIndexOpFoldResult(rewriter.getContext(), sizes));
  options.setInterchange(order);
  rewriter.setInsertionPoint(op);
  FailureOr<scf::SCFTilingResult> tiled = scf::tileUsingSCF(
      rewriter, cast<TilingInterface>(op.getOperation()), options);
  if (failed(tiled))
    return failure();
  rewriter.replaceOp(op, tiled->replacements);
  return cast<linalg::GenericOp>(tiled->tiledOps.front());
}

linalg::GenericOp dropLoops(RewriterBase &rewriter, linalg::GenericOp op,
                            ArrayRef<unsigned> dropped) {
  linalg::ControlDropUnitDims control;
  control.rankReductionStrategy =
      linalg::ControlDropUnitDims::RankReductionStrategy::ExtractInsertSlice;
  control.controlFn = [&](Operation *) { return llvm::to_vector(dropped); };
  rewriter.setInsertionPoint(op);
  FailureOr<linalg::DropUnitDimsResult> reduced =
      linalg::dropUnitDims(rewriter, op, control);
  if (failed(reduced))
    return op;
  rewriter.replaceOp(op, reduced->replacements);
  return cast<linalg::GenericOp>(reduced->resultOp.getOperation());
}

} // namespace garam
