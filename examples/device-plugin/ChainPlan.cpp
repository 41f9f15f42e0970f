//===- ChainPlan.cpp - Which operations are chains ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ChainPlan.h"

#include "Program.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace abacus {

//===----------------------------------------------------------------------===//
// Streams
//===----------------------------------------------------------------------===//

std::optional<Stream> getStream(AffineMap map, ArrayRef<int64_t> shape,
                                ArrayRef<int64_t> loops) {
  // By how many elements each loop moves; a dimension of size 1 does not move.
  SmallVector<int64_t> strides(loops.size(), 0);
  int64_t stride = 1;
  for (int dim = static_cast<int>(shape.size()) - 1; dim >= 0; --dim) {
    if (shape[dim] == 1)
      continue;
    auto loop = dyn_cast<AffineDimExpr>(map.getResult(dim));
    if (!loop || shape[dim] != loops[loop.getPosition()])
      return std::nullopt;
    strides[loop.getPosition()] += stride;
    stride *= shape[dim];
  }
  // From the innermost loop: first some that repeat each element, then those
  // over the elements, then some that do all of it again.
  Stream stream;
  bool isAgain = false;
  for (int loop = static_cast<int>(loops.size()) - 1; loop >= 0; --loop) {
    if (loops[loop] == 1)
      continue;
    if (strides[loop] == 0 && stream.period == 1 && !isAgain)
      stream.repeat *= loops[loop];
    else if (strides[loop] == 0)
      isAgain = true;
    else if (strides[loop] == stream.period && !isAgain)
      stream.period *= loops[loop];
    else
      return std::nullopt;
  }
  return stream;
}

std::optional<Stream> getConstantStream(AffineMap map, ArrayRef<int64_t> shape,
                                        ArrayRef<int64_t> loops) {
  auto permutation = llvm::to_vector(llvm::seq<int64_t>(0, shape.size()));
  llvm::sort(permutation, [&](int64_t left, int64_t right) {
    auto getKey = [&](int64_t dim) {
      auto loop = dyn_cast<AffineDimExpr>(map.getResult(dim));
      return std::make_pair(loop ? int64_t(loop.getPosition()) : -1, dim);
    };
    return getKey(left) < getKey(right);
  });
  SmallVector<AffineExpr> results;
  SmallVector<int64_t> permuted;
  for (int64_t dim : permutation) {
    results.push_back(map.getResult(dim));
    permuted.push_back(shape[dim]);
  }
  std::optional<Stream> stream =
      getStream(AffineMap::get(map.getNumDims(), 0, results, map.getContext()),
                permuted, loops);
  if (stream)
    stream->permutation = permutation;
  return stream;
}

//===----------------------------------------------------------------------===//
// Plans
//===----------------------------------------------------------------------===//

std::string toText(Type type) {
  std::string text;
  llvm::raw_string_ostream(text) << type;
  return text;
}

std::optional<Operator> getOperator(Operation *op) {
  if (op->getNumResults() != 1 || !op->getResult(0).getType().isF32())
    return std::nullopt;
  return llvm::TypeSwitch<Operation *, std::optional<Operator>>(op)
      .Case([](arith::AddFOp) { return Operator::add; })
      .Case([](arith::SubFOp) { return Operator::subtract; })
      .Case([](arith::MulFOp) { return Operator::multiply; })
      .Case([](arith::MaximumFOp) { return Operator::maximum; })
      .Case([](arith::MinimumFOp) { return Operator::minimum; })
      .Default([](Operation *) { return std::nullopt; });
}

std::optional<llvm::APFloat> getNumber(linalg::LinalgOp op, Value value) {
  auto argument = dyn_cast<BlockArgument>(value);
  if (argument && argument.getOwner() == op.getBlock()) {
    value = op.getMatchingOpOperand(argument)->get();
    if (!value.getType().isF32())
      return std::nullopt;
  }
  llvm::APFloat number(0.0f);
  if (value.getType().isF32() && matchPattern(value, m_ConstantFloat(&number)))
    return number;
  return std::nullopt;
}

Value lookThroughReshapes(Value value) {
  while (true) {
    if (auto expand = value.getDefiningOp<tensor::ExpandShapeOp>())
      value = expand.getSrc();
    else if (auto collapse = value.getDefiningOp<tensor::CollapseShapeOp>())
      value = collapse.getSrc();
    else
      return value;
  }
}

namespace {

/// Makes the plan of one operation.
class Planner {
public:
  Planner(linalg::LinalgOp op, std::string &reason)
      : op(op), block(op.getBlock()), loops(op.getStaticLoopRanges()),
        reason(reason) {}

  FailureOr<ChainPlan> run();

private:
  LogicalResult refuse(const Twine &why) {
    reason = why.str();
    return failure();
  }
  LogicalResult planLoops();
  LogicalResult planSum();
  LogicalResult planOperand(OpOperand &operand);
  LogicalResult planBody();

  linalg::LinalgOp op;
  Block *block;
  SmallVector<int64_t> loops;
  std::string &reason;
  ChainPlan plan;
};

} // namespace

/// Elements and rows: reductions have to be the innermost loops.
LogicalResult Planner::planLoops() {
  for (Value operand : op->getOperands())
    if (auto type = dyn_cast<ShapedType>(operand.getType());
        type && (!type.hasStaticShape() || !type.getElementType().isF32()))
      return refuse("found " + toText(type) +
                    ", needed float32 elements and fixed dimensions");
  uint64_t elements = 1;
  for (int64_t size : loops) {
    elements = llvm::SaturatingMultiply<uint64_t>(elements, size);
    if (elements == 0 || elements > maxElements)
      return refuse("found loops over " + Twine(elements ? "too many" : "no") +
                    " elements, needed 1 to " + Twine(maxElements));
  }
  bool isInRow = true;
  for (auto [iterator, size] :
       llvm::reverse(llvm::zip(op.getIteratorTypesArray(), loops))) {
    if (size == 1)
      continue;
    bool isReduction = iterator == utils::IteratorType::reduction;
    if (isReduction && !isInRow)
      return refuse("found a reduction outside of other loops, needed sums "
                    "over the innermost dimensions");
    isInRow = isReduction;
    if (isReduction)
      plan.row *= size;
  }
  return success();
}

/// The body's end: it stores a value, or adds it to the sum so far.
LogicalResult Planner::planSum() {
  OpOperand *init = op.getDpsInitOperand(0);
  BlockArgument soFar = op.getMatchingBlockArgument(init);
  plan.stored = block->getTerminator()->getOperand(0);
  bool hasReduction = op.getNumReductionLoops() != 0;
  if (!hasReduction)
    return success();
  auto sum = plan.stored.getDefiningOp<arith::AddFOp>();
  if (!sum || !soFar.hasOneUse() || *soFar.user_begin() != sum)
    return refuse("found a reduction that is no sum");
  auto fill = init->get().getDefiningOp<linalg::FillOp>();
  if (!fill || !matchPattern(fill.value(), m_AnyZeroFloat()))
    return refuse("found sums that do not start at zero");
  plan.sum = sum;
  plan.stored = sum.getLhs() == soFar ? sum.getRhs() : sum.getLhs();
  return success();
}

LogicalResult Planner::planOperand(OpOperand &operand) {
  plan.streams.emplace_back();
  BlockArgument argument = op.getMatchingBlockArgument(&operand);
  auto isSum = [&](Operation *user) { return user == plan.sum; };
  bool isResult = op.isDpsInit(&operand);
  auto type = dyn_cast<RankedTensorType>(operand.get().getType());
  if (argument.use_empty() || !type ||
      (isResult && llvm::all_of(argument.getUsers(), isSum)))
    return success();
  AffineMap map = op.getMatchingIndexingMap(&operand);
  bool isConstant = operand.get().getDefiningOp<arith::ConstantOp>();
  plan.streams.back() = isConstant
                            ? getConstantStream(map, type.getShape(), loops)
                            : getStream(map, type.getShape(), loops);
  if (!plan.streams.back())
    return refuse("found operand " + Twine(operand.getOperandNumber()) +
                  " read in an order that is no stream, needed its elements in "
                  "order, each repeated or all of them again");
  ++plan.numInstructions;
  return success();
}

LogicalResult Planner::planBody() {
  llvm::SmallDenseSet<Value> numbers;
  auto addValue = [&](Value value) -> LogicalResult {
    if (getNumber(op, value))
      numbers.insert(value);
    else if (value.getParentBlock() != block)
      return refuse("it uses a number that is computed outside of it");
    return success();
  };
  for (Operation &inner : block->without_terminator()) {
    if (&inner == plan.sum || isa<arith::ConstantOp>(inner))
      continue;
    if (!getOperator(&inner))
      return refuse("found '" + inner.getName().getStringRef() +
                    "', needed additions, subtractions, products, maxima and "
                    "minima of float32");
    for (Value operand : inner.getOperands())
      if (failed(addValue(operand)))
        return failure();
    ++plan.numInstructions;
  }
  if (failed(addValue(plan.stored)))
    return failure();
  plan.numInstructions += numbers.size();
  return success();
}

FailureOr<ChainPlan> Planner::run() {
  if (!op.hasPureTensorSemantics() || op->getNumResults() != 1)
    return refuse("needed one result, which is a tensor");
  if (failed(planLoops()) || failed(planSum()))
    return failure();
  for (OpOperand &operand : op->getOpOperands())
    if (failed(planOperand(operand)))
      return failure();
  OpOperand *init = op.getDpsInitOperand(0);
  std::optional<Stream> result =
      getStream(op.getMatchingIndexingMap(init),
                cast<ShapedType>(init->get().getType()).getShape(), loops);
  int64_t elements = llvm::product_of(loops);
  if (!result || result->repeat != plan.row ||
      result->period * plan.row != elements)
    return refuse("found results in another order than that of the loops");
  if (failed(planBody()))
    return failure();
  return plan;
}

FailureOr<ChainPlan> planChain(linalg::LinalgOp op, std::string &reason) {
  return Planner(op, reason).run();
}

//===----------------------------------------------------------------------===//
// What the device does not take, and why
//===----------------------------------------------------------------------===//

/// Why `op` is nothing for the device; empty when it is.
static std::string findReason(Operation *op, unsigned chainInstructions) {
  if (isa<tensor::EmptyOp, tensor::ExpandShapeOp, tensor::CollapseShapeOp,
          arith::ConstantOp, func::ReturnOp>(op))
    return "";
  auto structured = dyn_cast<linalg::LinalgOp>(op);
  if (!structured)
    return "found '" + op->getName().getStringRef().str() +
           "', needed elementwise operations and sums of products";
  std::string reason;
  FailureOr<ChainPlan> plan = planChain(structured, reason);
  if (failed(plan))
    return reason;
  if (plan->numInstructions > chainInstructions)
    return ("found " + Twine(plan->numInstructions) +
            " instructions, needed at most " + Twine(chainInstructions))
        .str();
  return "";
}

SmallVector<garam::Refusal> findRefusals(func::FuncOp function,
                                         unsigned chainInstructions) {
  SmallVector<garam::Refusal> refusals;
  if (!llvm::hasSingleElement(function.getBody()))
    return {{function, "found control flow, needed a function of one block"}};
  FunctionType type = function.getFunctionType();
  for (Type boundary :
       llvm::concat<const Type>(type.getInputs(), type.getResults())) {
    auto tensor = dyn_cast<RankedTensorType>(boundary);
    if (!tensor || !tensor.hasStaticShape() || !tensor.getElementType().isF32())
      refusals.push_back({function, "found an input or output of type " +
                                        toText(boundary) +
                                        ", needed float32 tensors"});
  }
  for (Operation &op : function.front()) {
    std::string reason = findReason(&op, chainInstructions);
    if (!reason.empty())
      refusals.push_back({&op, reason});
  }
  return refusals;
}

} // namespace abacus
