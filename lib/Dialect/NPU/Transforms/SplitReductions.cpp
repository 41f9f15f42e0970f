//===- SplitReductions.cpp - Sums that several cores make -----------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Machine.h"
#include "Stage.h"
#include "Tuning.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Dialect/NPU/Utils/VectorSpec.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;

namespace garam {
#define GEN_PASS_DEF_NPUSPLITREDUCTIONS
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

namespace garam::npu {
namespace {

/// Into how many parts which loop of a contraction is cut.
struct Cut {
  unsigned dim = 0;
  int64_t parts = 1;
};

//===----------------------------------------------------------------------===//
// Where it may pay
//===----------------------------------------------------------------------===//

int64_t getVolume(const Stage &stage, IteratorKind kind) {
  int64_t volume = 1;
  for (auto [size, own] : llvm::zip_equal(stage.sizes, stage.kinds))
    if (own == kind)
      volume *= size;
  return volume;
}

int64_t getBytes(const StageOperand &operand) {
  return getTensorType(operand.tensor).getNumElements() *
         getElementBytes(operand.type);
}

/// The longest reduction into as many parts as there are cores, or half as many
/// and so on, all of one size: one part where it has no such ones.
Cut findCut(const Stage &stage, int64_t cores) {
  Cut cut;
  for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
    if (!stage.isParallel(dim) &&
        (stage.isParallel(cut.dim) || stage.sizes[dim] > stage.sizes[cut.dim]))
      cut.dim = dim;
  if (stage.isParallel(cut.dim))
    return cut;
  for (cut.parts = cores; cut.parts > 1; cut.parts /= 2)
    if (stage.sizes[cut.dim] % cut.parts == 0)
      break;
  return cut;
}

/// Whether the vector engine can end the sums as the tensor engine does.
bool canFinish(ContractOp op, const MachineDescription &machine) {
  bool isPlain = getElementTypeOrSelf(op.getResult()).isInteger(32);
  return !op.getResidual() && !op.getRequantization() &&
         (isPlain || machine.vector.hasFloat) && !machine.vector.fixedFunction;
}

/// Whether all cores bring the sums of the others sooner than one factor.
/// Without a cut of the reduction each core computes rows with all columns, or
/// columns with all rows, and needs all of one factor, which it has a part of.
/// A constant one is brought beforehand.
bool isExchangeShorter(const Stage &stage, int64_t parts,
                       const MachineDescription &machine) {
  int64_t factorBytes = std::numeric_limits<int64_t>::max();
  for (const StageOperand &factor : ArrayRef(stage.inputs).take_front(2)) {
    if (factor.tensor.getDefiningOp<ConstantOp>())
      return false;
    factorBytes = std::min(factorBytes, getBytes(factor));
  }
  int64_t sumBytes = getTensorType(stage.outputs[0].tensor).getNumElements() *
                     static_cast<int64_t>(sizeof(int32_t));
  // Sums are kept in every core, for each needs a share of those of all.
  bool fits = machine.network.multicast &&
              sumBytes * parts * tuning::replicatedFraction <=
                  static_cast<int64_t>(machine.local.bytes);
  if (!fits || machine.network.bytesPerCyclePerCore == 0)
    return false;
  double rate = machine.network.bytesPerCyclePerCore * machine.clockHz;
  double others = static_cast<double>(parts - 1) / parts;
  // One more signal, start-up and command come with the stage that adds up.
  double added = machine.synchronisation.remoteSeconds +
                 machine.dma.startSeconds + machine.vector.commandSeconds;
  return factorBytes * others / rate > sumBytes * (parts - 1) / rate + added;
}

//===----------------------------------------------------------------------===//
// Two stages of one
//===----------------------------------------------------------------------===//

class ReductionSplitter {
public:
  ReductionSplitter(ContractOp op, Cut cut)
      : builder(op), loc(op.getLoc()), whole(op), cut(cut),
        maps(llvm::to_vector(
            op.getIndexingMaps().getAsValueRange<AffineMapAttr>())) {}

  void run() {
    Value sums = createPart();
    whole.getResult().replaceAllUsesWith(createSum(sums));
    whole.erase();
  }

private:
  RankedTensorType getType() { return whole.getType(); }

  /// `map` of the loops with the part in front of them.
  AffineMap addPart(AffineMap map) {
    SmallVector<AffineExpr> dims;
    for (unsigned dim = 0; dim < map.getNumDims(); ++dim)
      dims.push_back(builder.getAffineDimExpr(dim + 1));
    int64_t size = whole.getSizes()[cut.dim] / cut.parts;
    dims[cut.dim] = dims[cut.dim] + builder.getAffineDimExpr(0) * size;
    return map.replaceDimsAndSymbols(dims, {}, map.getNumDims() + 1, 0);
  }

  /// The sums of each part, side by side.
  Value createPart() {
    auto part = cast<ContractOp>(builder.clone(*whole));
    part.getBiasMutable().clear();
    part.getScaleMutable().clear();
    SmallVector<int64_t> sizes = {cut.parts};
    llvm::append_range(sizes, whole.getSizes());
    sizes[cut.dim + 1] /= cut.parts;
    part.setSizes(sizes);
    SmallVector<Attribute> iterators = {
        IteratorKindAttr::get(builder.getContext(), IteratorKind::batch)};
    llvm::append_range(iterators, whole.getIterators());
    part.setIteratorsAttr(builder.getArrayAttr(iterators));
    AffineMap result = addPart(maps.back());
    part.setIndexingMapsAttr(builder.getAffineMapArrayAttr(
        {addPart(maps[0]), addPart(maps[1]),
         result.insertResult(builder.getAffineDimExpr(0), 0)}));
    part.setOutputZeroPoint(0);
    part.setOutputScale(APFloat(1.0f));
    part.removeClampLowAttr();
    part.removeClampHighAttr();
    part.setOutputUnsigned(false);
    part.setScheduleAttr(ScheduleAttr());
    SmallVector<int64_t> shape = {cut.parts};
    llvm::append_range(shape, getType().getShape());
    part.getResult().setType(RankedTensorType::get(shape, getSumType()));
    return part.getResult();
  }

  Type getSumType() {
    bool isFloat = isa<FloatType>(getElementTypeOrSelf(whole.getActivation()));
    return isFloat ? Type(builder.getF32Type()) : Type(builder.getI32Type());
  }

  /// The input of the stage that adds up for `tensor`, which the contraction
  /// has as operand `number`. A loop is the coordinate of the result that it
  /// moves; one that moves none has one iteration.
  VectorInput makeInput(Value tensor, unsigned number) {
    unsigned rank = getType().getRank();
    SmallVector<AffineExpr> dims(whole.getSizes().size(),
                                 builder.getAffineConstantExpr(0));
    for (auto [c, expr] : llvm::enumerate(maps.back().getResults()))
      if (auto dim = dyn_cast<AffineDimExpr>(expr))
        dims[dim.getPosition()] = builder.getAffineDimExpr(c);
    VectorInput input;
    input.tensor = tensor;
    input.map = maps[number].replaceDimsAndSymbols(dims, {}, rank + 1, 0);
    input.padding.assign(input.map.getNumResults(), false);
    return input;
  }

  Value createSum(Value sums) {
    unsigned rank = getType().getRank();
    VectorSpec spec;
    llvm::append_range(spec.sizes, getType().getShape());
    spec.sizes.push_back(cut.parts);
    spec.numReductions = 1;
    AffineMap result =
        AffineMap::getMultiDimIdentityMap(rank + 1, builder.getContext())
            .dropResult(rank);
    VectorInput input;
    input.tensor = sums;
    input.map = result.insertResult(builder.getAffineDimExpr(rank), 0);
    input.padding.assign(rank + 1, false);
    spec.inputs.push_back(std::move(input));
    unsigned next = 2;
    for (Value operand : {whole.getBias(), whole.getScale()})
      if (operand)
        spec.inputs.push_back(makeInput(operand, next++));
    spec.outputs.push_back({getType(), result, whole.getOutputUnsigned()});
    bool isFloat = isa<FloatType>(getSumType());
    spec.combiners.push_back(CombinerAttr::get(
        builder.getContext(), isFloat ? CombinerKind::addf : CombinerKind::addi,
        isFloat ? TypedAttr(builder.getF32FloatAttr(0))
                : TypedAttr(builder.getI32IntegerAttr(0))));
    OpBuilder::InsertionGuard guard(builder);
    VectorOp vector = createVector(builder, loc, spec);
    builder.setInsertionPointToEnd(&vector.getBody().front());
    YieldOp::create(builder, loc, vector.getBody().getArgument(0));
    builder.setInsertionPointToEnd(&vector.getFinish().front());
    YieldOp::create(builder, loc, finish(vector.getFinish().getArguments()));
    return vector.getResult(0);
  }

  Value f32(APFloat value) {
    return arith::ConstantOp::create(
        builder, loc, builder.getFloatAttr(builder.getF32Type(), value));
  }

  /// The epilogue of the contraction: `arguments` are the sum, then the bias
  /// and the scale where there are such.
  Value finish(Block::BlockArgListType arguments) {
    Value sum = arguments.front();
    unsigned next = 1;
    Value bias = whole.getBias() ? Value(arguments[next++]) : Value();
    Value scale = whole.getScale() ? Value(arguments[next]) : Value();
    if (bias && bias.getType().isInteger(32)) {
      sum = arith::AddIOp::create(builder, loc, sum, bias);
      bias = Value();
    }
    Type result = getType().getElementType();
    if (result.isInteger(32))
      return sum;
    if (sum.getType().isInteger(32))
      sum = arith::SIToFPOp::create(builder, loc, builder.getF32Type(), sum);
    if (scale)
      sum = arith::MulFOp::create(builder, loc, sum, scale);
    if (bias)
      sum = arith::AddFOp::create(builder, loc, sum, bias);
    if (std::optional<APFloat> low = whole.getClampLow())
      sum = arith::MaximumFOp::create(builder, loc, sum, f32(*low));
    if (std::optional<APFloat> high = whole.getClampHigh())
      sum = arith::MinimumFOp::create(builder, loc, sum, f32(*high));
    if (whole.getOutputScale() != APFloat(1.0f))
      sum =
          arith::DivFOp::create(builder, loc, sum, f32(whole.getOutputScale()));
    auto zeroPoint = static_cast<int32_t>(whole.getOutputZeroPoint());
    if (isa<IntegerType>(result) && zeroPoint != 0) {
      // Rounded before the zero point moves it: ties go to even integers.
      sum = math::RoundEvenOp::create(builder, loc, sum);
      sum = arith::AddFOp::create(builder, loc, sum,
                                  f32(APFloat(static_cast<float>(zeroPoint))));
    }
    return sum;
  }

  OpBuilder builder;
  Location loc;
  ContractOp whole;
  Cut cut;
  SmallVector<AffineMap> maps;
};

struct SplitReductions : impl::NPUSplitReductionsBase<SplitReductions> {
  using NPUSplitReductionsBase::NPUSplitReductionsBase;

  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (func.isExternal())
      return;
    FailureOr<MachineDescription> machine = loadMachine(func, target);
    if (failed(machine) || failed(checkStageFunction(func)))
      return signalPassFailure();
    for (ContractOp op : llvm::make_early_inc_range(func.getOps<ContractOp>()))
      if (std::optional<Cut> cut = choose(op, *machine))
        ReductionSplitter(op, *cut).run();
  }

private:
  /// The cut that may pay, if one does.
  static std::optional<Cut> choose(ContractOp op,
                                   const MachineDescription &machine) {
    if (op.getSliceAttr() || isScheduled(op) || !canFinish(op, machine))
      return std::nullopt;
    Stage stage = getStage(op);
    // A core that has some of the batches needs nothing of the others.
    if (getVolume(stage, IteratorKind::batch) >= machine.cores)
      return std::nullopt;
    Cut cut = findCut(stage, machine.cores);
    if (cut.parts == 1 || !isExchangeShorter(stage, cut.parts, machine))
      return std::nullopt;
    return cut;
  }
};

} // namespace
} // namespace garam::npu
