//===- VectorConversion.cpp - Structured operations to npu.vector ---------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Constants.h"
#include "LinalgToNPU.h"
#include "ScalarBody.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/TypeSwitch.h"

#include <cmath>
#include <vector>

using namespace mlir;

namespace garam::npu {

//===----------------------------------------------------------------------===//
// Shared pieces
//===----------------------------------------------------------------------===//

Location fuse(Location loc, ArrayRef<Location> others) {
  SmallVector<Location> all(others);
  all.push_back(loc);
  return FusedLoc::get(loc.getContext(), all);
}

VectorInput getInput(const Access &access, unsigned numDims, bool isUnsigned) {
  VectorInput input;
  input.tensor = access.source;
  input.map = AffineMap::get(numDims, 0, access.coordinates,
                             access.source.getContext());
  input.padding = access.padding;
  input.fill = access.fill;
  input.isUnsigned = isUnsigned;
  // Padding values are signless: they are read as the elements are.
  Type type = getElementTypeOrSelf(access.source);
  if (isUnsigned && input.fill < 0 && type.isInteger())
    input.fill += std::ldexp(1.0, type.getIntOrFloatBitWidth());
  return input;
}

Value emitLoad(OpBuilder &builder, Location loc, Value argument,
               const Access &access, Type elementType) {
  if (elementType.isInteger(1)) {
    Value zero =
        arith::ConstantOp::create(builder, loc, builder.getI32IntegerAttr(0));
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne,
                                 argument, zero);
  }
  if (!access.dequantization)
    return argument;
  const Dequantization &dequantization = *access.dequantization;
  Value value = argument;
  if (dequantization.zeroPoint != 0) {
    Value zeroPoint = arith::ConstantOp::create(
        builder, loc, builder.getI32IntegerAttr(dequantization.zeroPoint));
    value = arith::SubIOp::create(builder, loc, value, zeroPoint);
  }
  value = arith::SIToFPOp::create(builder, loc, builder.getF32Type(), value);
  Value scale = arith::ConstantOp::create(
      builder, loc,
      builder.getF32FloatAttr(static_cast<float>(dequantization.scale)));
  value = arith::MulFOp::create(builder, loc, value, scale);
  if (!elementType.isF16() && !elementType.isBF16())
    return value;
  Value narrow = arith::TruncFOp::create(builder, loc, elementType, value);
  return arith::ExtFOp::create(builder, loc, value.getType(), narrow);
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

namespace {

/// One output of a structured operation with reduction dimensions: the element
/// `value` is combined into the accumulator.
struct Reduction {
  CombinerKind kind;
  Value value;
  bool isUnsigned = false; // of less than 32 bits, in registers that hold it
  /// Unsigned of 32 bits: combined with signs flipped, as combiners are signed.
  bool isFlipped = false;
};

} // namespace

/// Combiners are those of i32, into which 0 and 1 are widened; see
/// convertBoolean.
static std::optional<CombinerKind> getBooleanCombinerKind(Operation *op) {
  if (isa<arith::MulIOp, arith::MaxSIOp, arith::MinUIOp, arith::AndIOp>(op))
    return CombinerKind::andi;
  if (isa<arith::MinSIOp, arith::MaxUIOp, arith::OrIOp>(op))
    return CombinerKind::ori;
  return std::nullopt;
}

static std::optional<CombinerKind> getCombinerKind(Operation *op) {
  if (op->getNumResults() == 1 && op->getResult(0).getType().isInteger(1))
    return getBooleanCombinerKind(op);
  return TypeSwitch<Operation *, std::optional<CombinerKind>>(op)
      .Case([](arith::AddFOp) { return CombinerKind::addf; })
      .Case([](arith::MulFOp) { return CombinerKind::mulf; })
      .Case([](arith::MaximumFOp) { return CombinerKind::maxf; })
      .Case([](arith::MinimumFOp) { return CombinerKind::minf; })
      .Case([](arith::AddIOp) { return CombinerKind::addi; })
      .Case([](arith::MulIOp) { return CombinerKind::muli; })
      .Case<arith::MaxSIOp, arith::MaxUIOp>(
          [](auto) { return CombinerKind::maxi; })
      .Case<arith::MinSIOp, arith::MinUIOp>(
          [](auto) { return CombinerKind::mini; })
      .Case([](arith::AndIOp) { return CombinerKind::andi; })
      .Case([](arith::OrIOp) { return CombinerKind::ori; })
      .Default([](Operation *) { return std::nullopt; });
}

/// The value that leaves a result as it is when it is combined.
static double getNeutral(CombinerKind kind) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  switch (kind) {
  case CombinerKind::addf:
  case CombinerKind::addi:
  case CombinerKind::ori:
    return 0.0;
  case CombinerKind::mulf:
  case CombinerKind::muli:
    return 1.0;
  case CombinerKind::maxf:
    return -infinity;
  case CombinerKind::minf:
    return infinity;
  case CombinerKind::maxi:
    return std::numeric_limits<int32_t>::min();
  case CombinerKind::mini:
    return std::numeric_limits<int32_t>::max();
  case CombinerKind::andi:
    return -1.0;
  }
  return 0.0;
}

static CombinerAttr getCombiner(OpBuilder &builder, CombinerKind kind,
                                double initial, Type registerType) {
  TypedAttr value =
      isa<FloatType>(registerType)
          ? TypedAttr(builder.getF32FloatAttr(static_cast<float>(initial)))
          : TypedAttr(builder.getI32IntegerAttr(static_cast<int32_t>(
                std::clamp<double>(initial, std::numeric_limits<int32_t>::min(),
                                   std::numeric_limits<int32_t>::max()))));
  return CombinerAttr::get(builder.getContext(), kind, value);
}

static Value combine(OpBuilder &builder, Location loc, CombinerKind kind,
                     Value a, Value b) {
  switch (kind) {
  case CombinerKind::addf:
    return arith::AddFOp::create(builder, loc, a, b);
  case CombinerKind::mulf:
    return arith::MulFOp::create(builder, loc, a, b);
  case CombinerKind::maxf:
    return arith::MaximumFOp::create(builder, loc, a, b);
  case CombinerKind::minf:
    return arith::MinimumFOp::create(builder, loc, a, b);
  case CombinerKind::addi:
    return arith::AddIOp::create(builder, loc, a, b);
  case CombinerKind::muli:
    return arith::MulIOp::create(builder, loc, a, b);
  case CombinerKind::maxi:
    return arith::MaxSIOp::create(builder, loc, a, b);
  case CombinerKind::mini:
    return arith::MinSIOp::create(builder, loc, a, b);
  case CombinerKind::andi:
    return arith::AndIOp::create(builder, loc, a, b);
  case CombinerKind::ori:
    return arith::OrIOp::create(builder, loc, a, b);
  }
  return {};
}

static std::optional<Reduction> matchReduction(linalg::LinalgOp op,
                                               unsigned output) {
  BlockArgument accumulator = op.getRegionOutputArgs()[output];
  Value yielded = op.getBlock()->getTerminator()->getOperand(output);
  Operation *combiner = yielded.getDefiningOp();
  if (!combiner || combiner->getNumOperands() != 2 ||
      !accumulator.hasOneUse() || *accumulator.getUsers().begin() != combiner)
    return std::nullopt;
  std::optional<CombinerKind> kind = getCombinerKind(combiner);
  if (!kind)
    return std::nullopt;
  bool isFirst = combiner->getOperand(0) == accumulator;
  bool isUnsigned = isHeldUnsigned(yielded);
  return Reduction{*kind, combiner->getOperand(isFirst ? 1 : 0), isUnsigned,
                   isa<arith::MaxUIOp, arith::MinUIOp>(combiner) &&
                       !isUnsigned};
}

//===----------------------------------------------------------------------===//
// Conversion of one operation
//===----------------------------------------------------------------------===//

namespace {

class VectorConversion {
public:
  VectorConversion(RewriterBase &rewriter, linalg::LinalgOp op,
                   Obstacle &obstacle)
      : rewriter(rewriter), op(op), obstacle(obstacle) {}

  LogicalResult run();

private:
  /// What the body reads through one of its block arguments.
  struct Operand {
    BlockArgument argument;
    std::optional<double> splat;
    std::optional<Access> access;
    unsigned input = 0; // among those of npu.vector
    /// The one of upper halves, of integers of 64 bits.
    std::optional<unsigned> upper = std::nullopt;
  };

  LogicalResult fail(const Twine &why, const Twine &hint = "") {
    obstacle = {why.str(), hint.str()};
    return failure();
  }
  LogicalResult orderDims();
  LogicalResult matchOutputs();
  LogicalResult addOperand(OpOperand *operand);
  LogicalResult checkSplat(double value, Type type);
  LogicalResult addInitialValues();
  LogicalResult emit();
  void mapArguments(ScalarBody &scalars, Block &body);
  LogicalResult emitFinish(VectorOp vector);
  AffineMap renumber(AffineMap map) const;

  RewriterBase &rewriter;
  linalg::LinalgOp op;
  Obstacle &obstacle;

  /// Dimension of npu.vector for each loop dimension.
  SmallVector<int64_t> dims;
  VectorSpec spec;
  std::vector<Operand> operands;
  SmallVector<Reduction> reductions;
  /// For each output with an initial value that is a tensor, its input.
  std::vector<std::optional<Operand>> initialTensors;
  SmallVector<Location> locations;
};

} // namespace

AffineMap VectorConversion::renumber(AffineMap map) const {
  SmallVector<AffineExpr> replacements;
  for (int64_t dim : dims)
    replacements.push_back(rewriter.getAffineDimExpr(dim));
  return map.replaceDimsAndSymbols(replacements, {}, dims.size(), 0);
}

/// Outputs come first, in the order of the first one, then what is reduced.
LogicalResult VectorConversion::orderDims() {
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  if (llvm::any_of(sizes, ShapedType::isDynamic))
    return fail("a dimension that is not fixed");
  unsigned numLoops = op.getNumLoops();
  dims.assign(numLoops, -1);
  AffineMap first = op.getMatchingIndexingMap(op.getDpsInitOperand(0));
  int64_t next = 0;
  for (AffineExpr expr : first.getResults()) {
    auto dim = dyn_cast<AffineDimExpr>(expr);
    if (!dim || dims[dim.getPosition()] >= 0)
      return fail("an output that is not written in order");
    dims[dim.getPosition()] = next++;
  }
  for (auto [i, kind] : llvm::enumerate(op.getIteratorTypesArray())) {
    if (kind == utils::IteratorType::reduction)
      continue;
    if (dims[i] < 0)
      return fail("an output that is written more than once");
  }
  for (unsigned i = 0; i < numLoops; ++i)
    if (dims[i] < 0)
      dims[i] = next++;
  spec.sizes.resize(numLoops);
  for (unsigned i = 0; i < numLoops; ++i)
    spec.sizes[dims[i]] = sizes[i];
  spec.numReductions = op.getNumReductionLoops();
  return success();
}

LogicalResult VectorConversion::matchOutputs() {
  for (auto [i, init] : llvm::enumerate(op.getDpsInitsMutable())) {
    AffineMap map = op.getMatchingIndexingMap(&init);
    if (!map.isProjectedPermutation() ||
        map.getNumResults() != spec.getNumParallel())
      return fail("an output that is not written in order");
    VectorResult &output = spec.outputs.emplace_back();
    output.type = cast<RankedTensorType>(init.get().getType());
    output.map = renumber(map);
    Value yielded = op.getBlock()->getTerminator()->getOperand(i);
    output.isUnsigned = isHeldUnsigned(yielded);
    if (spec.numReductions == 0)
      continue;
    std::optional<Reduction> reduction = matchReduction(op, i);
    if (!reduction)
      return fail("a reduction by something else than +, *, max, min, and, or");
    reductions.push_back(*reduction);
  }
  return success();
}

/// Whether no more of an integer is used than the low 32 bits, which are what a
/// load takes of 64.
static bool isOnlyTruncated(BlockArgument argument) {
  return llvm::all_of(argument.getUsers(), [](Operation *user) {
    return isa<arith::TruncIOp>(user) &&
           user->getResult(0).getType().getIntOrFloatBitWidth() <= 32;
  });
}

/// The input of the upper halves of what `access` reads.
static VectorInput getUpperInput(const Access &access, unsigned numDims) {
  VectorInput input = getInput(access, numDims, /*isUnsigned=*/false);
  input.isUpper = true;
  input.fill = std::floor(std::ldexp(input.fill, -32));
  return input;
}

LogicalResult VectorConversion::addOperand(OpOperand *operand) {
  BlockArgument argument = op.getMatchingBlockArgument(operand);
  if (argument.use_empty())
    return success();
  Operand &result = operands.emplace_back();
  result.argument = argument;
  auto type = dyn_cast<RankedTensorType>(operand->get().getType());
  if (!type) // A scalar: it must be a constant.
    result.splat = readSplat(operand->get());
  else
    result.splat = readSplat(operand->get(), isReadUnsigned(argument));
  if (result.splat)
    return checkSplat(*result.splat, argument.getType());
  if (!type)
    return fail("a scalar operand that is not a constant");

  Access access(operand->get(),
                renumber(op.getMatchingIndexingMap(operand)).getResults());
  foldMovementAndDequantize(access);
  if (!llvm::all_of(access.coordinates, isLinear))
    return fail("an access that is not linear in the loop dimensions");
  bool isUnsigned = access.dequantization ? access.dequantization->isUnsigned
                                          : isReadUnsigned(argument);
  if (auto splat = readSplat(access.source, isUnsigned);
      splat && !access.hasPadding() && !access.dequantization) {
    result.splat = splat;
    return checkSplat(*splat, argument.getType());
  }
  Type elementType = getElementTypeOrSelf(access.source);
  if (elementType.isInteger() && elementType.getIntOrFloatBitWidth() > 32 &&
      !isOnlyTruncated(argument))
    result.upper = spec.addInput(getUpperInput(access, spec.sizes.size()));
  result.input = spec.addInput(getInput(access, spec.sizes.size(), isUnsigned));
  llvm::append_range(locations, access.locations);
  result.access = std::move(access);
  return success();
}

/// Constants are read as doubles, which hold integers of up to 53 bits and the
/// least one of 64.
LogicalResult VectorConversion::checkSplat(double value, Type type) {
  constexpr double exact = 0x1p53, least = -0x1p63;
  if (!type.isInteger(64) || std::abs(value) < exact || value == least)
    return success();
  return fail("a constant of more than 53 bits");
}

/// Combiners start from constant initial values; others join in `finish`.
LogicalResult VectorConversion::addInitialValues() {
  for (auto [i, reduction] : llvm::enumerate(reductions)) {
    OpOperand *init = op.getDpsInitOperand(i);
    Type registerType = getRegisterType(spec.outputs[i].type.getElementType());
    Access access(init->get(),
                  renumber(op.getMatchingIndexingMap(init)).getResults());
    foldMovement(access);
    double initial = getNeutral(reduction.kind);
    std::optional<double> splat =
        readSplat(access.source, reduction.isUnsigned);
    initialTensors.emplace_back();
    if (splat && !access.hasPadding()) {
      initial = *splat;
      if (reduction.isFlipped)
        initial = static_cast<int32_t>(static_cast<int64_t>(initial)) ^
                  std::numeric_limits<int32_t>::min();
    } else {
      Operand operand;
      operand.input = spec.addInput(
          getInput(access, spec.sizes.size(), reduction.isUnsigned));
      operand.access = std::move(access);
      initialTensors.back() = std::move(operand);
    }
    spec.combiners.push_back(
        getCombiner(rewriter, reduction.kind, initial, registerType));
  }
  return success();
}

void VectorConversion::mapArguments(ScalarBody &scalars, Block &body) {
  for (const Operand &operand : operands) {
    Type elementType = operand.argument.getType();
    Location loc = op.getLoc();
    if (!operand.splat) {
      scalars.map(operand.argument,
                  emitLoad(rewriter, loc, body.getArgument(operand.input),
                           *operand.access, elementType));
      if (operand.upper)
        scalars.mapUpper(operand.argument, body.getArgument(*operand.upper));
      continue;
    }
    TypedAttr value;
    if (isa<FloatType>(elementType))
      value = rewriter.getF32FloatAttr(static_cast<float>(*operand.splat));
    else if (elementType.isInteger(1))
      value = rewriter.getBoolAttr(*operand.splat != 0);
    else
      value = rewriter.getI32IntegerAttr(
          static_cast<int32_t>(static_cast<int64_t>(*operand.splat)));
    scalars.map(operand.argument,
                arith::ConstantOp::create(rewriter, loc, value));
    int64_t integer =
        elementType.isInteger(64) ? static_cast<int64_t>(*operand.splat) : 0;
    if (!llvm::isInt<32>(integer))
      scalars.mapUpper(
          operand.argument,
          arith::ConstantOp::create(rewriter, loc,
                                    rewriter.getI32IntegerAttr(integer >> 32)));
  }
}

LogicalResult VectorConversion::emitFinish(VectorOp vector) {
  Block &finish = vector.getFinish().front();
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPointToEnd(&finish);
  SmallVector<Value> results;
  for (auto [i, reduction] : llvm::enumerate(reductions)) {
    Value value = finish.getArgument(i);
    auto flip = [&](Value flipped) {
      return reduction.isFlipped ? flipSign(rewriter, op.getLoc(), flipped)
                                 : flipped;
    };
    if (initialTensors[i])
      value =
          combine(rewriter, op.getLoc(), reduction.kind, value,
                  flip(getFinishArgument(vector, initialTensors[i]->input)));
    results.push_back(flip(value));
  }
  YieldOp::create(rewriter, op.getLoc(), results);
  return success();
}

LogicalResult VectorConversion::emit() {
  VectorOp vector = createVector(rewriter, fuse(op.getLoc(), locations), spec);
  Block &body = vector.getBody().front();
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPointToEnd(&body);
  ScalarBody scalars(rewriter, dims);
  mapArguments(scalars, body);
  SmallVector<Value> results;
  for (unsigned i = 0, e = spec.outputs.size(); i < e; ++i) {
    Value original = spec.numReductions > 0
                         ? reductions[i].value
                         : op.getBlock()->getTerminator()->getOperand(i);
    Value result = scalars.getForStore(original, spec.outputs[i].isUnsigned);
    if (result && spec.numReductions > 0 && reductions[i].isFlipped)
      result = flipSign(rewriter, op.getLoc(), result);
    results.push_back(result);
    if (!results.back()) {
      rewriter.eraseOp(vector);
      return fail(scalars.getReason(),
                  original.getType().isInteger(64)
                      ? "cast them to int32 where their values allow"
                      : "");
    }
  }
  YieldOp::create(rewriter, op.getLoc(), results);
  if (spec.numReductions > 0 && failed(emitFinish(vector)))
    return failure();
  rewriter.replaceOp(op, vector.getResults());
  return success();
}

LogicalResult VectorConversion::run() {
  if (!op.hasPureTensorSemantics() || op.getNumDpsInits() == 0)
    return fail("not an operation on tensors");
  if (failed(orderDims()) || failed(matchOutputs()))
    return failure();
  for (OpOperand &operand : op->getOpOperands()) {
    bool isAccumulator =
        op.isDpsInit(&operand) && op.getNumReductionLoops() > 0;
    if (!isAccumulator && failed(addOperand(&operand)))
      return failure();
  }
  if (failed(addInitialValues()))
    return failure();
  rewriter.setInsertionPoint(op);
  return emit();
}

LogicalResult convertToVector(RewriterBase &rewriter, linalg::LinalgOp op,
                              Obstacle &obstacle) {
  return VectorConversion(rewriter, op, obstacle).run();
}

} // namespace garam::npu
