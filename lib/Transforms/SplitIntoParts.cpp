//===- SplitIntoParts.cpp - Makes parts that threads can share ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Transforms/Passes.h"

#include "ContractionLoops.h"
#include "garam/Transforms/MostIterations.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_SPLITINTOPARTS
#include "garam/Transforms/Passes.h.inc"

namespace {

/// Parts of a loop: all have `size` iterations but the last, which has what is
/// left. Of a loop of run time `size` is that of the largest one, and parts are
/// as equal as whole grains can be.
struct Split {
  unsigned loop = 0;
  int64_t grain = 1, size = 0, count = 0;
};

/// A loop that may be split, into multiples of `grain` iterations.
struct Candidate {
  unsigned loop;
  int64_t grain;
};

/// What a result starts from.
struct Start {
  Value scalar; // it is filled with this one,
  Value tensor; // or it is a copy of this one; neither: nothing is read of it
};

/// The first iteration of a part, and how many it has.
using Section = std::pair<OpFoldResult, OpFoldResult>;
using MakeSection = llvm::function_ref<Section(Value part)>;

class Splitter {
public:
  Splitter(linalg::LinalgOp root, const Split &split)
      : root(root), split(split), builder(root) {}

  void run();

private:
  SmallVector<Value> addParts(int64_t first, int64_t number, int64_t size,
                              ValueRange results);
  SmallVector<Value> addParts(int64_t number, ValueRange results,
                              MakeSection makeSection);
  SmallVector<Value> addPartsOfRunTime(ValueRange results);
  void startResults(linalg::LinalgOp part);

  linalg::LinalgOp root;
  const Split &split;
  OpBuilder builder;
  SmallVector<Start> starts;
};

struct SplitIntoParts : impl::SplitIntoPartsBase<SplitIntoParts> {
  using SplitIntoPartsBase::SplitIntoPartsBase;

  LogicalResult initialize(MLIRContext *context) override {
    return checkVectorRegisters(context, vectorBits, vectorRegisters);
  }
  void runOnOperation() override;

private:
  SmallVector<Candidate> listCandidates(linalg::LinalgOp op);
  std::optional<Split> choose(linalg::LinalgOp op);
};

} // namespace

//===----------------------------------------------------------------------===//
// What can be split
//===----------------------------------------------------------------------===//

static bool isView(Operation *op) {
  return isa<tensor::CollapseShapeOp, tensor::ExpandShapeOp, tensor::CastOp>(
      op);
}

/// What stands beside the one operation that does the work.
static bool isAccessory(Operation &op) {
  return isa<bufferization::ToTensorOp,
             bufferization::MaterializeInDestinationOp, tensor::EmptyOp,
             linalg::FillOp, func::ReturnOp, memref::ViewOp>(op) ||
         isView(&op) || op.hasTrait<OpTrait::ConstantLike>() ||
         (isPure(&op) &&
          llvm::none_of(op.getResultTypes(), llvm::IsaPred<ShapedType>));
}

/// The operation that computes all that a function stores, or null.
static linalg::LinalgOp findRoot(func::FuncOp function) {
  linalg::LinalgOp root;
  for (Operation &op : function.front()) {
    if (auto store = dyn_cast<bufferization::MaterializeInDestinationOp>(op)) {
      auto source = store.getSource().getDefiningOp<linalg::LinalgOp>();
      if (!source || (root && root != source))
        return nullptr;
      root = source;
    }
  }
  if (!root || !root.hasPureTensorSemantics() ||
      ShapedType::isDynamicShape(readMostIterations(root)) ||
      llvm::is_contained(readMostIterations(root), 0))
    return nullptr;
  bool isAlone = llvm::all_of(function.front(), [&](Operation &op) {
    return &op == root.getOperation() || isAccessory(op);
  });
  bool isStored = llvm::all_of(root->getResults(), [](Value result) {
    return result.hasOneUse() &&
           isa<bufferization::MaterializeInDestinationOp>(*result.user_begin());
  });
  return isAlone && isStored ? root : nullptr;
}

/// Parallel loops, each of which gives every result a slice of its own.
static SmallVector<unsigned> listParallelLoops(linalg::LinalgOp op) {
  SmallVector<unsigned> loops;
  SmallVector<utils::IteratorType> kinds = op.getIteratorTypesArray();
  for (unsigned loop = 0; loop < kinds.size(); ++loop) {
    bool isInResults = llvm::all_of(op.getDpsInitsMutable(), [&](OpOperand &o) {
      AffineMap map = op.getMatchingIndexingMap(&o);
      return map.isProjectedPermutation() && map.isFunctionOfDim(loop);
    });
    if (kinds[loop] == utils::IteratorType::parallel && isInResults)
      loops.push_back(loop);
  }
  return loops;
}

static SmallVector<Candidate>
putStaticFirst(linalg::LinalgOp op, SmallVector<Candidate> candidates) {
  SmallVector<int64_t> ranges = op.getStaticLoopRanges();
  std::stable_partition(candidates.begin(), candidates.end(),
                        [&](const Candidate &candidate) {
                          return !ShapedType::isDynamic(ranges[candidate.loop]);
                        });
  return candidates;
}

/// In the order of how little a split of them costs; loops of run time, which
/// may have one iteration, come last.
SmallVector<Candidate> SplitIntoParts::listCandidates(linalg::LinalgOp op) {
  SmallVector<Candidate> candidates;
  auto generic = dyn_cast<linalg::GenericOp>(op.getOperation());
  std::optional<ContractionLoops> roles =
      generic ? findContractionLoops(generic) : std::nullopt;
  OpOperand *init = op.getDpsInitOperand(0);
  AffineMap result = op.getMatchingIndexingMap(init);
  int64_t elementBits =
      getElementTypeOrSelf(init->get()).getIntOrFloatBitWidth();
  for (unsigned loop : listParallelLoops(op)) {
    if (roles && (loop == roles->column || int(loop) == roles->row))
      continue;
    // A line of a cache is written by one thread.
    constexpr int64_t lineBits = 512;
    bool isInnermost = loop == getInnermost(result);
    candidates.push_back({loop, isInnermost ? lineBits / elementBits : 1});
  }
  if (!roles)
    return putStaticFirst(op, std::move(candidates));
  // Tiles of columns are two vectors wide.
  candidates.push_back({roles->column, 2 * countLanes(generic, vectorBits)});
  // Every part copies the columns to tiles of its own, which should be little
  // beside the products with these rows.
  constexpr int64_t rowsOfACopy = 64;
  if (roles->row >= 0)
    candidates.push_back({static_cast<unsigned>(roles->row), rowsOfACopy});
  return putStaticFirst(op, std::move(candidates));
}

/// Operations of all iterations.
static uint64_t countWork(linalg::LinalgOp op) {
  uint64_t work = op.getBlock()->getOperations().size();
  for (int64_t size : readMostIterations(op))
    work = llvm::SaturatingMultiply<uint64_t>(work, size);
  return work;
}

std::optional<Split> SplitIntoParts::choose(linalg::LinalgOp op) {
  uint64_t wanted =
      std::min<uint64_t>(maxParts, countWork(op) / leastOperations);
  if (wanted < 2)
    return std::nullopt;
  Split best;
  for (const Candidate &candidate : listCandidates(op)) {
    int64_t size = readMostIterations(op)[candidate.loop];
    int64_t grains = llvm::divideCeil(size, candidate.grain);
    Split split;
    split.loop = candidate.loop;
    split.grain = candidate.grain;
    split.size = llvm::divideCeil(grains, wanted) * candidate.grain;
    split.count = llvm::divideCeil(size, split.size);
    if (split.count > best.count)
      best = split;
    // Enough for the threads to end at about the same time.
    if (uint64_t(best.count) * 2 >= wanted)
      break;
  }
  return best.count < 2 ? std::nullopt : std::optional<Split>(best);
}

//===----------------------------------------------------------------------===//
// Splitting
//===----------------------------------------------------------------------===//

static Start findStart(linalg::LinalgOp op, OpOperand &init) {
  if (!op.payloadUsesValueFromOperand(&init))
    return {};
  Value value = init.get();
  while (Operation *producer = value.getDefiningOp()) {
    if (auto fill = dyn_cast<linalg::FillOp>(producer))
      return {fill.value(), nullptr};
    if (isa<tensor::EmptyOp>(producer))
      return {};
    if (!isView(producer))
      break;
    value = producer->getOperand(0);
  }
  return {nullptr, init.get()};
}

/// Gives the results' slices, of which a part goes on, what they start from.
void Splitter::startResults(linalg::LinalgOp part) {
  for (auto [number, start] : llvm::enumerate(starts)) {
    OpOperand *init = part.getDpsInitOperand(number);
    builder.setInsertionPoint(part);
    Location loc = part.getLoc();
    if (start.scalar) {
      init->set(linalg::FillOp::create(builder, loc, start.scalar, init->get())
                    .getResult(0));
    } else if (start.tensor) {
      auto slice = init->get().getDefiningOp<tensor::ExtractSliceOp>();
      Value source = tensor::ExtractSliceOp::create(
          builder, loc, slice.getType(), start.tensor, slice.getMixedOffsets(),
          slice.getMixedSizes(), slice.getMixedStrides());
      init->set(linalg::CopyOp::create(builder, loc, source, init->get())
                    .getResult(0));
    }
  }
}

/// `number` parts, which write `results`; `makeSection` gives the first
/// iteration of a part and how many it has.
SmallVector<Value> Splitter::addParts(int64_t number, ValueRange results,
                                      MakeSection makeSection) {
  Location loc = root.getLoc();
  SmallVector<OpFoldResult> sizes;
  for (const Range &range : root.createLoopRanges(builder, loc))
    sizes.push_back(range.size);
  auto forall = scf::ForallOp::create(
      builder, loc, ArrayRef<OpFoldResult>{builder.getIndexAttr(number)},
      results, /*mapping=*/std::nullopt);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(forall.getBody());
  SmallVector<OpFoldResult> offsets(root.getNumLoops(),
                                    builder.getIndexAttr(0));
  std::tie(offsets[split.loop], sizes[split.loop]) =
      makeSection(forall.getInductionVar(0));

  // A slice of an operation that writes the loop's results.
  auto whole = cast<linalg::LinalgOp>(builder.clone(*root.getOperation()));
  whole.getDpsInitsMutable().assign(forall.getRegionIterArgs());
  auto interface = cast<TilingInterface>(whole.getOperation());
  // Fails for what has no such slices only; the root is structured.
  TilingResult part =
      *interface.getTiledImplementation(builder, offsets, sizes);
  for (auto [number, value] : llvm::enumerate(part.tiledValues)) {
    SmallVector<OpFoldResult> at, extent;
    builder.setInsertionPoint(whole);
    (void)interface.getResultTilePosition(builder, number, offsets, sizes, at,
                                          extent);
    SmallVector<OpFoldResult> strides(at.size(), builder.getIndexAttr(1));
    builder.setInsertionPointToEnd(forall.getTerminator().getBody());
    tensor::ParallelInsertSliceOp::create(builder, loc, value,
                                          forall.getRegionIterArgs()[number],
                                          at, extent, strides);
  }
  whole.erase();
  startResults(cast<linalg::LinalgOp>(part.tiledOps.front()));
  return llvm::to_vector_of<Value>(forall.getResults());
}

/// `number` parts of `size` iterations from iteration `first` on.
SmallVector<Value> Splitter::addParts(int64_t first, int64_t number,
                                      int64_t size, ValueRange results) {
  AffineExpr d0 = builder.getAffineDimExpr(0);
  return addParts(number, results, [&](Value part) -> Section {
    OpFoldResult begin = affine::makeComposedFoldedAffineApply(
        builder, root.getLoc(), AffineMap::get(1, 0, d0 * size + first),
        {OpFoldResult(part)});
    return {begin, builder.getIndexAttr(size)};
  });
}

/// All parts, of which the last ones may have nothing to do.
SmallVector<Value> Splitter::addPartsOfRunTime(ValueRange results) {
  Location loc = root.getLoc();
  OpFoldResult size = root.createLoopRanges(builder, loc)[split.loop].size;
  AffineExpr part, all, grains, begin;
  bindDims(builder.getContext(), part);
  bindSymbols(builder.getContext(), all, grains, begin);
  OpFoldResult ofAPart = affine::makeComposedFoldedAffineApply(
      builder, loc, all.ceilDiv(split.grain).ceilDiv(split.count) * split.grain,
      {size});
  return addParts(split.count, results, [&](Value number) -> Section {
    OpFoldResult first = affine::makeComposedFoldedAffineMin(
        builder, loc,
        AffineMap::get(1, 2, {part * grains, all}, builder.getContext()),
        {OpFoldResult(number), size, ofAPart});
    OpFoldResult extent = affine::makeComposedFoldedAffineMin(
        builder, loc,
        AffineMap::get(0, 3, {grains, all - begin}, builder.getContext()),
        {size, ofAPart, first});
    return {first, extent};
  });
}

/// The sizes of what a computation starts from, which is gone when it is split.
static SmallVector<OpFoldResult> getSizes(OpBuilder &builder, Value start) {
  while (auto fill = start.getDefiningOp<linalg::FillOp>())
    start = fill.output();
  if (auto empty = start.getDefiningOp<tensor::EmptyOp>())
    return empty.getMixedSizes();
  return tensor::getMixedSizes(builder, start.getLoc(), start);
}

void Splitter::run() {
  SmallVector<Value> results;
  for (OpOperand &init : root.getDpsInitsMutable()) {
    starts.push_back(findStart(root, init));
    results.push_back(tensor::EmptyOp::create(
        builder, root.getLoc(), getSizes(builder, init.get()),
        getElementTypeOrSelf(init.get())));
  }
  int64_t size = root.getStaticLoopRanges()[split.loop];
  if (ShapedType::isDynamic(size)) {
    results = addPartsOfRunTime(results);
  } else {
    int64_t whole = size / split.size, rest = size % split.size;
    if (whole != 0)
      results = addParts(0, whole, split.size, results);
    if (rest != 0)
      results = addParts(whole * split.size, 1, rest, results);
  }
  root->replaceAllUsesWith(results);
  root->erase();
}

void SplitIntoParts::runOnOperation() {
  linalg::LinalgOp root = findRoot(getOperation());
  if (!root)
    return;
  if (std::optional<Split> split = choose(root))
    Splitter(root, *split).run();
}

} // namespace garam
