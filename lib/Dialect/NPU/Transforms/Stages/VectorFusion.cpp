//===- VectorFusion.cpp - Merging two npu.vector --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "VectorFusion.h"

#include "garam/Target/NPU/Machine/ISA.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;

namespace garam::npu {

//===----------------------------------------------------------------------===//
// Limits and costs
//===----------------------------------------------------------------------===//

/// Instructions that a comparison or a function may take when it is written
/// with the opcodes that exist, beyond its own.
constexpr int64_t instructionReserve = 16;
constexpr int64_t registerReserve = 4;

static bool isFunction(Operation &op) {
  return isa<math::MathDialect>(op.getDialect()) || isa<arith::DivFOp>(op);
}

int64_t countBodyOperations(VectorOp op, int64_t functionOperations) {
  int64_t count = 0;
  for (Operation &body : op.getBody().front().without_terminator())
    if (!isa<arith::ConstantOp, arith::ExtFOp>(body))
      count += isFunction(body) ? functionOperations : 1;
  return count;
}

/// Values that are alive at the same time at most, arguments from their first
/// use on.
static int64_t countRegisters(Block &block) {
  DenseMap<Value, Operation *> lastUse;
  for (Operation &op : block)
    for (Value operand : op.getOperands())
      lastUse[operand] = &op;
  int64_t live = 0, most = 0;
  DenseSet<Value> seen;
  for (Operation &op : block) {
    for (Value operand : op.getOperands())
      live += isa<BlockArgument>(operand) && seen.insert(operand).second;
    live += op.getNumResults();
    most = std::max(most, live);
    DenseSet<Value> ended;
    for (Value operand : op.getOperands())
      if (lastUse[operand] == &op && ended.insert(operand).second)
        --live;
    for (Value result : op.getResults())
      live -= result.use_empty();
  }
  return most;
}

static int64_t countInstructions(Block &block) {
  int64_t count = block.getOperations().size();
  for (BlockArgument argument : block.getArguments())
    count += !argument.use_empty();
  return count;
}

/// Inputs that `op` has once its indices are data: one for each dimension whose
/// index it asks for (npu-materialize-indices).
static size_t countMaterializedInputs(VectorOp op) {
  llvm::SmallDenseSet<int64_t> indexed;
  op->walk([&](IndexOp index) { indexed.insert(index.getDim()); });
  return op.getInputs().size() + indexed.size();
}

bool exceedsLimits(VectorOp op) {
  if (countMaterializedInputs(op) > maxVectorInputs ||
      op.getNumResults() > maxVectorOutputs)
    return true;
  int64_t instructions = 0, registers = 0;
  for (Region &region : op->getRegions()) {
    if (region.empty())
      continue;
    instructions += countInstructions(region.front());
    registers = std::max(registers, countRegisters(region.front()));
  }
  int64_t accumulators = op.getCombiners().size();
  return instructions + instructionReserve > maxVectorInstructions ||
         registers + accumulators + registerReserve > maxVectorRegisters;
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

/// Values of `block` that `narrow` holds as they are. `argumentTypes`: what the
/// block's arguments were loaded from; null where they were not.
static DenseSet<Value> findExactValues(Block &block, FloatType narrow,
                                       ArrayRef<Type> argumentTypes) {
  DenseSet<Value> exact;
  for (auto [argument, type] : llvm::zip(block.getArguments(), argumentTypes))
    if (type == narrow)
      exact.insert(argument);
  auto isExact = [&](Value value) { return exact.contains(value); };
  for (Operation &op : block.without_terminator()) {
    bool holds = false;
    if (auto extension = dyn_cast<arith::ExtFOp>(op))
      holds = extension.getIn().getType() == narrow;
    else if (isa<arith::NegFOp, math::AbsFOp, arith::MaximumFOp,
                 arith::MinimumFOp>(op))
      holds = llvm::all_of(op.getOperands(), isExact);
    else if (auto select = dyn_cast<arith::SelectOp>(op))
      holds = isExact(select.getTrueValue()) && isExact(select.getFalseValue());
    else if (auto constant = dyn_cast<arith::ConstantOp>(op))
      if (auto value = dyn_cast<FloatAttr>(constant.getValue())) {
        APFloat stored = value.getValue();
        bool losesInfo = false;
        stored.convert(narrow.getFloatSemantics(), APFloat::rmNearestTiesToEven,
                       &losesInfo);
        holds = !losesInfo;
      }
    if (holds)
      exact.insert(op.getResult(0));
  }
  return exact;
}

/// What becomes of a value that is no longer stored and loaded again.
enum class Forwarding {
  None,    // only a store makes it what is loaded
  AsIs,    // the store changed nothing
  Rounded, // rounded to the type that was stored
};

/// The types that are narrower than f32 here are the model's own, for no stage
/// has been demoted yet: it is the model that rounds to them.
static Forwarding getFloatForwarding(Value yielded, FloatType stored,
                                     ArrayRef<Type> argumentTypes) {
  constexpr unsigned registerBits = 32;
  if (stored.getWidth() >= registerBits ||
      findExactValues(*yielded.getParentBlock(), stored, argumentTypes)
          .contains(yielded))
    return Forwarding::AsIs;
  return stored.isF16() || stored.isBF16() ? Forwarding::Rounded
                                           : Forwarding::None;
}

static SmallVector<Type> getElementTypes(ArrayRef<VectorInput> inputs) {
  SmallVector<Type> types;
  for (const VectorInput &input : inputs)
    types.push_back(getElementTypeOrSelf(input.tensor));
  return types;
}

/// `value`, which was stored as elements of `stored`.
static Value forward(OpBuilder &builder, Location loc, Value value, Type stored,
                     Forwarding forwarding) {
  if (forwarding != Forwarding::Rounded)
    return value;
  Value narrow = arith::TruncFOp::create(builder, loc, stored, value);
  return arith::ExtFOp::create(builder, loc, value.getType(), narrow);
}

/// True when what `yielded` holds is what a load of the stored integer gives,
/// which neither wraps nor saturates.
static bool isKeptByStore(Value yielded, Type elementType,
                          const VectorResult &output, const VectorSpec &spec,
                          Block &body) {
  if (isa<FloatType>(yielded.getType()) || !elementType.isInteger())
    return false;
  unsigned bits = elementType.getIntOrFloatBitWidth();
  if (bits == 32)
    return true;
  if (bits == 1) {
    auto extension = yielded.getDefiningOp<arith::ExtUIOp>();
    return extension && extension.getIn().getType().isInteger(1);
  }
  // A move of the same type.
  auto argument = dyn_cast<BlockArgument>(yielded);
  if (!argument || argument.getOwner() != &body ||
      argument.getArgNumber() >= spec.inputs.size())
    return false;
  const VectorInput &input = spec.inputs[argument.getArgNumber()];
  return getElementTypeOrSelf(input.tensor) == elementType &&
         input.isUnsigned == output.isUnsigned && !input.isUpper;
}

static Forwarding getForwarding(Value yielded, const VectorResult &output,
                                const VectorSpec &spec, Block &body) {
  Type stored = output.type.getElementType();
  if (isa<FloatType>(yielded.getType()) && isa<FloatType>(stored))
    return getFloatForwarding(yielded, cast<FloatType>(stored),
                              getElementTypes(spec.inputs));
  return isKeptByStore(yielded, stored, output, spec, body) ? Forwarding::AsIs
                                                            : Forwarding::None;
}

/// The index that `expr`, linear in the dimensions of the enclosing stage, has.
static Value emitIndex(OpBuilder &builder, Location loc, AffineExpr expr) {
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantOp::create(builder, loc,
                                     builder.getI32IntegerAttr(value));
  };
  if (auto dim = dyn_cast<AffineDimExpr>(expr))
    return IndexOp::create(builder, loc, builder.getI32Type(),
                           builder.getI64IntegerAttr(dim.getPosition()));
  if (auto value = dyn_cast<AffineConstantExpr>(expr))
    return constant(value.getValue());
  auto binary = cast<AffineBinaryOpExpr>(expr);
  Value left = emitIndex(builder, loc, binary.getLHS());
  Value right = emitIndex(builder, loc, binary.getRHS());
  if (expr.getKind() == AffineExprKind::Mul)
    return arith::MulIOp::create(builder, loc, left, right);
  return arith::AddIOp::create(builder, loc, left, right);
}

/// Clones the operations of `block` but its terminator; `dims` says what its
/// dimensions are in the stage that they move to.
static void cloneBlock(OpBuilder &builder, Block &block, IRMapping &mapping,
                       ArrayRef<AffineExpr> dims) {
  for (Operation &op : block.without_terminator()) {
    if (auto index = dyn_cast<IndexOp>(op))
      mapping.map(index.getResult(),
                  emitIndex(builder, op.getLoc(), dims[index.getDim()]));
    else
      builder.clone(op, mapping);
  }
}

static SmallVector<AffineExpr> getIdentityDims(const VectorSpec &spec,
                                               MLIRContext *context) {
  SmallVector<AffineExpr> dims;
  for (unsigned i = 0, e = spec.sizes.size(); i < e; ++i)
    dims.push_back(getAffineDimExpr(i, context));
  return dims;
}

static VectorInput substitute(VectorInput input, ArrayRef<AffineExpr> dims,
                              unsigned numDims) {
  input.map = input.map.replaceDimsAndSymbols(dims, {}, numDims, 0);
  return input;
}

/// The consumer comes last: its result is that of both.
static Location fuseLocations(Operation *consumer, Operation *producer) {
  return FusedLoc::get(consumer->getContext(),
                       {producer->getLoc(), consumer->getLoc()});
}

/// For each dimension of a stage that writes coordinates `written`, the
/// expression that `read` has at that coordinate. Null where the output does
/// not have the dimension.
static SmallVector<AffineExpr> invert(AffineMap written, AffineMap read) {
  SmallVector<AffineExpr> dims(written.getNumDims());
  for (auto [i, expr] : llvm::enumerate(written.getResults()))
    if (auto dim = dyn_cast<AffineDimExpr>(expr))
      dims[dim.getPosition()] = read.getResult(i);
  return dims;
}

//===----------------------------------------------------------------------===//
// Producers
//===----------------------------------------------------------------------===//

VectorOp fuseProducer(RewriterBase &rewriter, VectorOp consumer,
                      unsigned input) {
  auto result = cast<OpResult>(consumer.getInputs()[input]);
  auto producer = cast<VectorOp>(result.getOwner());
  VectorSpec outer = VectorSpec::get(consumer);
  VectorSpec inner = VectorSpec::get(producer);
  unsigned output = result.getResultNumber();
  Block &innerBody = producer.getBody().front();
  Value yielded = innerBody.getTerminator()->getOperand(output);
  if (inner.numReductions != 0 || outer.inputs[input].hasPadding() ||
      outer.inputs[input].isUpper)
    return {};
  const VectorResult &stored = inner.outputs[output];
  Forwarding forwarding = getForwarding(yielded, stored, inner, innerBody);
  if (forwarding == Forwarding::None)
    return {};

  SmallVector<AffineExpr> dims =
      invert(inner.outputs[output].map, outer.inputs[input].map);
  if (!llvm::all_of(dims, [](AffineExpr expr) { return bool(expr); }))
    return {};
  VectorSpec merged = outer;
  merged.inputs.clear();
  SmallVector<unsigned> outerInputs(outer.inputs.size(), 0), innerInputs;
  for (auto [i, present] : llvm::enumerate(outer.inputs))
    if (i != input)
      outerInputs[i] = merged.addInput(present);
  for (auto [i, present] : llvm::enumerate(inner.inputs))
    innerInputs.push_back(
        innerBody.getArgument(i).use_empty()
            ? 0
            : merged.addInput(substitute(present, dims, outer.sizes.size())));

  rewriter.setInsertionPoint(consumer);
  VectorOp op =
      createVector(rewriter, fuseLocations(consumer, producer), merged);
  OpBuilder::InsertionGuard guard(rewriter);
  SmallVector<AffineExpr> same = getIdentityDims(outer, op.getContext());

  // `getArgument` says which value of the region holds an input.
  auto fill = [&](Block &from, Block &to, unsigned numSums, auto getOuter,
                  auto getInner) {
    rewriter.setInsertionPointToEnd(&to);
    IRMapping mapping;
    for (unsigned i = 0; i < numSums; ++i)
      mapping.map(from.getArgument(i), to.getArgument(i));
    Value read;
    for (unsigned i = 0, e = outer.inputs.size(); i < e; ++i)
      if (Value original = getOuter(i)) {
        if (i == input)
          read = original;
        else
          mapping.map(original, getInner(outerInputs[i]));
      }
    if (read && !read.use_empty()) {
      IRMapping innerMapping;
      for (unsigned i = 0, e = inner.inputs.size(); i < e; ++i)
        if (!innerBody.getArgument(i).use_empty())
          innerMapping.map(innerBody.getArgument(i), getInner(innerInputs[i]));
      cloneBlock(rewriter, innerBody, innerMapping, dims);
      mapping.map(read, forward(rewriter, producer.getLoc(),
                                innerMapping.lookup(yielded),
                                stored.type.getElementType(), forwarding));
    }
    cloneBlock(rewriter, from, mapping, same);
    rewriter.clone(*from.getTerminator(), mapping);
  };
  Block &body = op.getBody().front();
  fill(
      consumer.getBody().front(), body, 0,
      [&](unsigned i) -> Value { return consumer.getBody().getArgument(i); },
      [&](unsigned i) -> Value { return body.getArgument(i); });
  if (outer.numReductions > 0)
    fill(
        consumer.getFinish().front(), op.getFinish().front(),
        outer.combiners.size(),
        [&](unsigned i) -> Value {
          return outer.isInvariant(i) ? getFinishArgument(consumer, i)
                                      : BlockArgument();
        },
        [&](unsigned i) -> Value { return getFinishArgument(op, i); });
  if (exceedsLimits(op)) {
    rewriter.eraseOp(op);
    return {};
  }
  return op;
}

//===----------------------------------------------------------------------===//
// Consumers of reductions
//===----------------------------------------------------------------------===//

/// For each dimension of an elementwise stage that reads coordinates `read` of
/// a tensor, the coordinate that the tensor was written at; 0 for dimensions of
/// one element. Fails when the stage does not pass once over the elements.
static std::optional<SmallVector<AffineExpr>>
matchDims(AffineMap read, ArrayRef<int64_t> sizes, AffineMap written) {
  AffineExpr zero = getAffineConstantExpr(0, read.getContext());
  SmallVector<AffineExpr> dims(sizes.size());
  for (auto [from, to] : llvm::zip(read.getResults(), written.getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(from);
    if (!dim && from != zero)
      return std::nullopt;
    if (!dim)
      continue;
    if (dims[dim.getPosition()])
      return std::nullopt;
    dims[dim.getPosition()] = to;
  }
  for (auto [dim, size] : llvm::zip(dims, sizes)) {
    if (dim)
      continue;
    if (size != 1)
      return std::nullopt;
    dim = zero;
  }
  return dims;
}

static int64_t countElements(ArrayRef<int64_t> sizes) {
  int64_t count = 1;
  for (int64_t size : sizes)
    count *= size;
  return count;
}

VectorOp fuseIntoFinish(RewriterBase &rewriter, VectorOp consumer,
                        unsigned input) {
  auto result = cast<OpResult>(consumer.getInputs()[input]);
  auto producer = cast<VectorOp>(result.getOwner());
  VectorSpec outer = VectorSpec::get(consumer);
  VectorSpec inner = VectorSpec::get(producer);
  if (inner.numReductions == 0 || outer.numReductions != 0 ||
      producer.getNumResults() != 1 || outer.inputs[input].hasPadding() ||
      countElements(outer.sizes) !=
          countElements(
              ArrayRef(inner.sizes).take_front(inner.getNumParallel())))
    return {};
  Block &innerFinish = producer.getFinish().front();
  Value yielded = innerFinish.getTerminator()->getOperand(0);
  const VectorResult &stored = inner.outputs[0];
  Type storedType = stored.type.getElementType();
  Forwarding forwarding = Forwarding::None;
  if (isa<FloatType>(yielded.getType()) && isa<FloatType>(storedType))
    forwarding = getFloatForwarding(yielded, cast<FloatType>(storedType), {});
  else if (!isa<FloatType>(yielded.getType()) && storedType.isInteger(32))
    forwarding = Forwarding::AsIs;
  if (forwarding == Forwarding::None)
    return {};

  // Consumer dimension d is the producer's dimension dims[d].
  std::optional<SmallVector<AffineExpr>> matched =
      matchDims(outer.inputs[input].map, outer.sizes, stored.map);
  if (!matched)
    return {};
  ArrayRef<AffineExpr> dims = *matched;
  VectorSpec merged = inner;
  SmallVector<unsigned> outerInputs(outer.inputs.size(), 0);
  for (auto [i, present] : llvm::enumerate(outer.inputs))
    if (i != input)
      outerInputs[i] =
          merged.addInput(substitute(present, dims, inner.sizes.size()));
  merged.outputs.clear();
  for (const VectorResult &output : outer.outputs) {
    VectorResult &moved = merged.outputs.emplace_back(output);
    moved.map =
        output.map.replaceDimsAndSymbols(dims, {}, inner.sizes.size(), 0);
  }

  rewriter.setInsertionPoint(consumer);
  VectorOp op =
      createVector(rewriter, fuseLocations(consumer, producer), merged);
  OpBuilder::InsertionGuard guard(rewriter);
  SmallVector<AffineExpr> same = getIdentityDims(inner, op.getContext());

  Block &body = op.getBody().front();
  rewriter.setInsertionPointToEnd(&body);
  IRMapping bodyMapping;
  for (unsigned i = 0, e = inner.inputs.size(); i < e; ++i)
    bodyMapping.map(producer.getBody().getArgument(i), body.getArgument(i));
  cloneBlock(rewriter, producer.getBody().front(), bodyMapping, same);
  rewriter.clone(*producer.getBody().front().getTerminator(), bodyMapping);

  rewriter.setInsertionPointToEnd(&op.getFinish().front());
  IRMapping mapping;
  for (unsigned i = 0, e = inner.combiners.size(); i < e; ++i)
    mapping.map(innerFinish.getArgument(i), op.getFinish().getArgument(i));
  for (unsigned i = 0, e = inner.inputs.size(); i < e; ++i)
    if (inner.isInvariant(i))
      mapping.map(getFinishArgument(producer, i), getFinishArgument(op, i));
  cloneBlock(rewriter, innerFinish, mapping, same);
  Value forwarded = forward(rewriter, producer.getLoc(),
                            mapping.lookup(yielded), storedType, forwarding);
  Block &outerBody = consumer.getBody().front();
  for (unsigned i = 0, e = outer.inputs.size(); i < e; ++i)
    mapping.map(outerBody.getArgument(i),
                i == input ? forwarded
                           : Value(getFinishArgument(op, outerInputs[i])));
  cloneBlock(rewriter, outerBody, mapping, dims);
  rewriter.clone(*outerBody.getTerminator(), mapping);
  if (exceedsLimits(op)) {
    rewriter.eraseOp(op);
    return {};
  }
  return op;
}

} // namespace garam::npu
