//===- Bodies.cpp - If, Loop and Scan -------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The states of a loop keep their shapes, and how often it runs at most is
// known before the first step: from what it goes over, from how much it yields,
// or from its operand, at compile time or by sizes of the run. A loop that may
// stop before goes through all steps: from then on its states stay, and what it
// collects is counted.
//
//===----------------------------------------------------------------------===//

#include "Constants.h"
#include "Counted.h"
#include "OperatorTable.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Transforms.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"

using namespace mlir;

namespace garam::onnx {

/// `value` as a `type` that is known to be that of it too; null when it cannot
/// be.
static Value castTo(ImplicitLocOpBuilder &b, Value value, Type type) {
  if (value.getType() == type)
    return value;
  if (!tensor::CastOp::areCastCompatible(value.getType(), type))
    return {};
  return tensor::CastOp::create(b, type, value);
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

namespace {

/// What the steps of a Loop or a Scan yield one element each of.
struct Collected {
  unsigned output;
  int64_t axis;
  bool isReversed;
};

/// A loop whose body takes states behind arguments of its own.
struct StepLoop {
  int64_t count = 0;
  /// Takes the place of `count` when only the run knows it: an index, 0 or
  /// more.
  Value runtimeCount;
  /// Whether `runtimeCount` follows from the sizes of the model's inputs, so
  /// that what is collected has a greatest size.
  bool isCountOfSizes = false;
  SmallVector<Value> states;
  SmallVector<Collected> collected;
  /// The first state that the body takes is a condition, and no output of the
  /// node.
  bool hasCondition = false;
  /// From when on the condition is false, states stay as they are.
  bool stopsEarly = false;
  /// In front of the states that the body takes is the number of steps whose
  /// condition held.
  bool countsSteps = false;

  OpFoldResult getCount(Builder &b) const {
    return runtimeCount ? OpFoldResult(runtimeCount)
                        : OpFoldResult(b.getIndexAttr(count));
  }
};

/// The arguments of the body for a step, from its number and the states.
using GetArguments = llvm::function_ref<SmallVector<Value>(
    ImplicitLocOpBuilder &, Value, ValueRange)>;

/// A loop with its states alone, and what its body yields beside them.
struct BuiltLoop {
  scf::ForOp op;
  SmallVector<Value> parts;
  /// Behind what reads states, before they are stored; null when that is all.
  Operation *lastReader = nullptr;
  bool fits = true;
};

} // namespace

/// Gives every new state memory of its own before the first is stored, where it
/// may lie in that of another one, or is one of `others`.
static Value makeSeparate(ImplicitLocOpBuilder &b, Value value,
                          ValueRange others) {
  if (value.getDefiningOp<linalg::LinalgOp>() &&
      !llvm::is_contained(others, value))
    return value;
  Value empty = tensor::EmptyOp::create(b, getSizes(b, value),
                                        getElementTypeOrSelf(value));
  return makeStored(b, value, empty);
}

/// `value` where `condition`, a boolean, holds, else `other`.
static Value makeChosen(ImplicitLocOpBuilder &b, Value condition, Value value,
                        Value other) {
  int64_t rank = cast<RankedTensorType>(value.getType()).getRank();
  return makePointwise(b, getSizes(b, value), getElementTypeOrSelf(value),
                       {condition, value, other},
                       {AffineMap::get(rank, 0, b.getContext()),
                        b.getMultiDimIdentityMap(rank),
                        b.getMultiDimIdentityMap(rank)},
                       [](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                         return arith::SelectOp::create(b, s[0], s[1], s[2]);
                       });
}

/// `counter`, an i64 of rank 0, and 1 where `condition` holds.
static Value makeCounted(ImplicitLocOpBuilder &b, Value counter,
                         Value condition) {
  Type type = b.getI64Type();
  return makeMapped(b, type, {counter, condition},
                    [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                      Value step = arith::ExtUIOp::create(b, type, s[1]);
                      return arith::AddIOp::create(b, s[0], step);
                    });
}

static BuiltLoop buildLoop(NodeAccessor &node, const StepLoop &loop,
                           GetArguments getArguments) {
  ImplicitLocOpBuilder &b = node.b;
  BuiltLoop built;
  auto step = [&](OpBuilder &nested, Location loc, Value index,
                  ValueRange states) {
    ImplicitLocOpBuilder inner(loc, nested);
    unsigned first = loop.countsSteps;
    ValueRange carried = states.drop_front(first);
    SmallVector<Value> outputs =
        node.lowerBody(0, getArguments(inner, index, carried), inner);
    SmallVector<Value> next(states);
    if (loop.countsSteps)
      next[0] = makeCounted(inner, states[0], carried[0]);
    for (auto [i, state] : llvm::enumerate(carried)) {
      Value value = castTo(inner, outputs[i], state.getType());
      built.fits &= bool(value);
      if (!value || value == state)
        continue;
      // In this order: a choice by a condition that proves to be true goes.
      value = makeSeparate(inner, value, next);
      if (loop.stopsEarly)
        value = makeChosen(inner, carried[0], value, state);
      next[first + i] = value;
    }
    built.parts.assign(outputs.begin() + carried.size(), outputs.end());
    if (!inner.getBlock()->empty())
      built.lastReader = &inner.getBlock()->back();
    // Else as in makeLoop: nobody reads a stored state.
    if (loop.runtimeCount || loop.count != 1)
      for (size_t i = 0; i < states.size(); ++i)
        next[i] = makeStored(inner, next[i], states[i]);
    scf::YieldOp::create(inner, next);
  };
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value end = getValueOrCreateConstantIndexOp(b, b.getLoc(), loop.getCount(b));
  Value one = arith::ConstantIndexOp::create(b, 1);
  built.op = scf::ForOp::create(b, zero, end, one, loop.states, step);
  // Without states the builder leaves the end to the caller.
  if (loop.states.empty() && !built.op.getBody()->mightHaveTerminator()) {
    OpBuilder atEnd = OpBuilder::atBlockEnd(built.op.getBody());
    scf::YieldOp::create(atEnd, b.getLoc());
  }
  return built;
}

/// A size of a value in the body of a loop, by values in front of the loop,
/// where the builder is; none when it does not follow from these.
static std::optional<OpFoldResult> findSizeOutside(ImplicitLocOpBuilder &b,
                                                   scf::ForOp loop, Value value,
                                                   int64_t dim) {
  auto isOutside = [&](Value other, std::optional<int64_t>,
                       ValueBoundsConstraintSet &) {
    return loop.isDefinedOutsideOfLoop(other);
  };
  FailureOr<OpFoldResult> size = arith::reifyShapedValueDimBound(
      b, b.getLoc(), presburger::BoundType::EQ, value, dim, isOutside);
  return succeeded(size) ? std::optional(*size) : std::nullopt;
}

/// The sizes of what all steps yield together; none when one is not known.
static std::optional<Sizes> getCollectedSizes(NodeAccessor &node,
                                              const StepLoop &loop,
                                              const Collected &collected,
                                              Value part, scf::ForOp op) {
  ImplicitLocOpBuilder &b = node.b;
  auto type = cast<RankedTensorType>(part.getType());
  Sizes sizes;
  if (RankedTensorType declared = node.getStaticOutputType(collected.output)) {
    int64_t axis = node.normalizeAxis(collected.axis, declared.getRank());
    sizes = getStaticSizes(b, declared.getShape());
    if (axis < declared.getRank())
      sizes[axis] = loop.getCount(b);
    return sizes;
  }
  for (auto [dim, size] : llvm::enumerate(type.getShape())) {
    std::optional<OpFoldResult> outside = b.getIndexAttr(size);
    if (ShapedType::isDynamic(size))
      outside = findSizeOutside(b, op, part, dim);
    if (!outside)
      return std::nullopt;
    sizes.push_back(*outside);
  }
  int64_t axis = node.normalizeAxis(collected.axis, type.getRank() + 1);
  sizes.insert(sizes.begin() + axis, loop.getCount(b));
  return sizes;
}

/// Adds to a loop what its steps yield. Before states are stored, so that what
/// is a state is still there.
static LogicalResult addCollected(NodeAccessor &node, const StepLoop &loop,
                                  BuiltLoop &built) {
  OpBuilder::InsertionGuard guard(node.b);
  node.b.setInsertionPoint(built.op);
  SmallVector<Value> places;
  SmallVector<int64_t> axes;
  for (auto [collected, part] : llvm::zip(loop.collected, built.parts)) {
    // Of a node in the body that is refused, which says so itself.
    if (!isa<RankedTensorType>(part.getType()))
      return failure();
    std::optional<Sizes> sizes =
        getCollectedSizes(node, loop, collected, part, built.op);
    if (!sizes)
      return node.error() << "the shape of output " << collected.output
                          << ", which collects what the steps yield, must be "
                             "known";
    axes.push_back(node.normalizeAxis(collected.axis, sizes->size()));
    if (node.hasErrors())
      return failure();
    places.push_back(tensor::EmptyOp::create(
        node.b, *sizes, getElementTypeOrSelf(part.getType())));
  }
  Value index = built.op.getInductionVar();
  auto insertParts = [&](OpBuilder &nested, Location loc,
                         ArrayRef<BlockArgument> arguments) {
    ImplicitLocOpBuilder inner(loc, nested);
    if (built.lastReader)
      inner.setInsertionPointAfter(built.lastReader);
    else
      inner.setInsertionPointToStart(built.op.getBody());
    SmallVector<Value> inserted;
    for (auto [i, argument] : llvm::enumerate(arguments)) {
      auto type = cast<RankedTensorType>(argument.getType());
      SmallVector<int64_t> shape(type.getShape());
      shape.erase(shape.begin() + axes[i]);
      Value part = castTo(inner, built.parts[i], type.clone(shape));
      built.fits &= bool(part);
      inserted.push_back(argument);
      if (part)
        inserted.back() =
            makeInserted(inner, argument, axes[i],
                         makeStep(inner, index, loop.getCount(inner),
                                  loop.collected[i].isReversed),
                         makeUnsqueeze(inner, part, {axes[i]}));
    }
    return inserted;
  };
  IRRewriter rewriter(node.b.getContext());
  rewriter.setInsertionPoint(built.op);
  auto extended = built.op.replaceWithAdditionalYields(
      rewriter, places, /*replaceInitOperandUsesInLoop=*/false, insertParts);
  built.op = cast<scf::ForOp>(extended->getOperation());
  return success();
}

/// Builds the loop and sets the node's outputs: the last states, then what is
/// collected.
static LogicalResult makeSteps(NodeAccessor &node, const StepLoop &loop,
                               GetArguments getArguments) {
  BuiltLoop built = buildLoop(node, loop, getArguments);
  if (failed(addCollected(node, loop, built)))
    return failure();
  if (!built.fits)
    return node.error() << "a value that goes from step to step changes its "
                           "type or shape, which is not supported";
  unsigned numHidden = loop.countsSteps + loop.hasCondition;
  unsigned numStates = loop.states.size() - numHidden;
  for (unsigned i = 0; i < node.getNumOutputs(); ++i) {
    Value result = built.op.getResult(numHidden + i);
    if (failed(loop.countsSteps && i >= numStates
                   ? setCountedOutput(node, i, result, /*dim=*/0,
                                      built.op.getResult(0))
                   : node.setOutput(i, result)))
      return failure();
  }
  return success();
}

/// Makes a loop go over a dimension of `size`.
static void setSteps(OpBuilder &b, StepLoop &loop, OpFoldResult size) {
  loop.runtimeCount = dyn_cast<Value>(size);
  loop.isCountOfSizes = bool(loop.runtimeCount);
  loop.count = getConstantIntValue(size).value_or(0);
}

static LogicalResult lowerScan(NodeAccessor &node) {
  unsigned numScanned = node.getInt("num_scan_inputs", 0);
  if (node.getNumBodies() != 1 || numScanned == 0 ||
      numScanned > node.getNumInputs() ||
      node.getNumBodyInputs(0) != node.getNumInputs())
    return node.error() << "a body with as many inputs as the node, one of "
                           "which at least is scanned, is needed";
  unsigned numStates = node.getNumInputs() - numScanned;
  unsigned numCollected = node.getNumBodyOutputs(0) - numStates;
  if (node.getNumBodyOutputs(0) < numStates || node.getNumOutputs() < numStates)
    return node.error() << "the body yields fewer values than it has states";
  StepLoop loop;
  SmallVector<int64_t> axes = node.getInts("scan_input_axes", numScanned, 0);
  SmallVector<int64_t> reversed =
      node.getInts("scan_input_directions", numScanned, 0);
  SmallVector<int64_t> outputAxes =
      node.getInts("scan_output_axes", numCollected, 0);
  SmallVector<int64_t> outputReversed =
      node.getInts("scan_output_directions", numCollected, 0);
  for (unsigned i = 0; i < numScanned; ++i) {
    unsigned input = numStates + i;
    axes[i] = node.normalizeAxis(axes[i], node.getRank(input));
    if (node.hasErrors())
      return failure();
    // Lengths of run time are compared where all sizes are known.
    int64_t steps = node.getInputType(input).getDimSize(axes[i]);
    if (i > 0 && !loop.runtimeCount && ShapedType::isStatic(steps) &&
        steps != loop.count)
      return node.error() << "input " << input << " is scanned in " << steps
                          << " steps, but the scanned inputs before it in "
                          << loop.count;
    setSteps(node.b, loop, getSizes(node.b, node.getInput(input))[axes[i]]);
  }
  for (unsigned i = 0; i < numStates; ++i)
    loop.states.push_back(node.getInput(i));
  for (unsigned i = 0; i < numCollected; ++i) {
    unsigned output = numStates + i;
    if (output >= node.getNumOutputs())
      break;
    loop.collected.push_back({output, outputAxes[i], outputReversed[i] != 0});
  }
  auto getArguments = [&](ImplicitLocOpBuilder &b, Value index,
                          ValueRange states) {
    SmallVector<Value> arguments(states);
    for (unsigned i = 0; i < numScanned; ++i) {
      Value position = makeStep(b, index, loop.getCount(b), reversed[i] != 0);
      Value element =
          makeElement(b, node.getInput(numStates + i), axes[i], position);
      arguments.push_back(makeSqueeze(b, element, {axes[i]}));
    }
    return arguments;
  };
  return makeSteps(node, loop, getArguments);
}

/// How often a Loop runs at most that collects what its steps yield: as often
/// as the outputs are declared to have elements. Nothing when it collects
/// nothing, or the shapes are not known.
static std::optional<int64_t> getCollectedCount(NodeAccessor &node,
                                                unsigned numStates) {
  for (unsigned i = numStates; i < node.getNumOutputs(); ++i)
    if (RankedTensorType type = node.getStaticOutputType(i);
        type && type.getRank() > 0)
      return type.getDimSize(0);
  return std::nullopt;
}

/// Sets how often a Loop that may be known to stop early runs at most, by its
/// first input or by what it is declared to collect; fails when nothing but the
/// condition says it.
static LogicalResult setMostSteps(NodeAccessor &node, StepLoop &loop,
                                  std::optional<int64_t> collectedCount) {
  constexpr int64_t most = int64_t(1) << 31; // More stands for "until false".
  std::optional<SmallVector<int64_t>> constant = node.getConstantInts(0);
  if (constant && constant->size() != 1)
    return failure();
  if (constant && constant->front() < most) {
    loop.count = std::max<int64_t>(constant->front(), 0);
    // Only a condition ends it before.
    if (loop.stopsEarly)
      loop.count = std::min(loop.count, collectedCount.value_or(loop.count));
    return success();
  }
  if (collectedCount) {
    loop.count = *collectedCount;
    return success();
  }
  if (constant || !node.hasInput(0))
    return failure();
  ImplicitLocOpBuilder &b = node.b;
  if (std::optional<Sizes> sizes = node.getComputedSizes(0);
      sizes && sizes->size() == 1) {
    setSteps(b, loop, sizes->front());
    return success();
  }
  Value count = makeReshape(b, node.getInput(0), {});
  if (!count || !getElementTypeOrSelf(count).isInteger(64))
    return failure();
  Value number = tensor::ExtractOp::create(b, count, ValueRange());
  Value index = arith::IndexCastOp::create(b, b.getIndexType(), number);
  Value zero = arith::ConstantIndexOp::create(b, 0);
  loop.runtimeCount = arith::MaxSIOp::create(b, index, zero);
  return success();
}

/// The condition before the first step, a boolean of rank 0; null when it is
/// none.
static Value getCondition(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  auto type = RankedTensorType::get({}, b.getI1Type());
  if (!node.hasInput(1))
    return arith::ConstantOp::create(b, DenseElementsAttr::get(type, true));
  Value condition = makeReshape(b, node.getInput(1), {});
  return condition && condition.getType() == type ? condition : Value();
}

/// Whether the condition of a Loop may be false before it has run as often as
/// it may.
static bool mayStopEarly(NodeAccessor &node, Value condition) {
  ElementsAttr first = getConstantElements(condition);
  std::optional<SmallVector<int64_t>> value =
      first ? readInts(first, /*isUnsigned=*/true) : std::nullopt;
  return !value || value->front() == 0 ||
         !node.keepsTrue(/*body=*/0, /*output=*/0, /*argument=*/1);
}

/// Whether a Loop has an output that collects what its steps yield and is not
/// declared to have a number of elements.
static bool hasUndeclaredCount(NodeAccessor &node, unsigned numStates) {
  for (unsigned i = numStates; i < node.getNumOutputs(); ++i) {
    RankedTensorType type = node.getOutputType(i);
    if (!type || type.getRank() == 0 || type.isDynamicDim(0))
      return true;
  }
  return false;
}

static LogicalResult lowerLoop(NodeAccessor &node) {
  // Inputs and outputs of the body in front of the states.
  constexpr unsigned numArguments = 2, numResults = 1;
  unsigned numStates =
      std::max(node.getNumInputs(), numArguments) - numArguments;
  if (node.getNumBodies() != 1 ||
      node.getNumBodyInputs(0) != numStates + numArguments ||
      node.getNumBodyOutputs(0) < numStates + numResults ||
      node.getNumOutputs() > node.getNumBodyOutputs(0) - numResults ||
      node.getNumOutputs() < numStates)
    return node.error() << "a body with the node's states behind the number "
                           "of the step and the condition is needed";
  StepLoop loop;
  Value condition = getCondition(node);
  loop.stopsEarly = condition && mayStopEarly(node, condition);
  std::optional<int64_t> collectedCount = getCollectedCount(node, numStates);
  bool isBounded = succeeded(setMostSteps(node, loop, collectedCount));
  bool collects = node.getNumOutputs() > numStates;
  bool collectsUnknown = collects && loop.runtimeCount &&
                         (!loop.isCountOfSizes || loop.stopsEarly);
  if (!isBounded || !condition || collectsUnknown)
    return node.error()
           << "how often the loop runs must be known before its first step, "
              "from input 0 ('M'), and from a constant, sizes of the model's "
              "inputs or the shape of an output where it collects what the "
              "steps yield";
  loop.hasCondition = true;
  loop.countsSteps = loop.stopsEarly && hasUndeclaredCount(node, numStates);
  if (loop.countsSteps)
    loop.states.push_back(makeCounter(node.b, 0));
  loop.states.push_back(condition);
  for (unsigned i = 0; i < numStates; ++i)
    loop.states.push_back(node.getInput(numArguments + i));
  for (unsigned i = numStates; i < node.getNumOutputs(); ++i)
    loop.collected.push_back({i, /*axis=*/0, /*isReversed=*/false});
  auto getArguments = [&](ImplicitLocOpBuilder &b, Value index,
                          ValueRange states) {
    auto scalar = RankedTensorType::get({}, b.getI64Type());
    Value number = arith::IndexCastOp::create(b, b.getI64Type(), index);
    SmallVector<Value> arguments{
        tensor::FromElementsOp::create(b, scalar, number)};
    llvm::append_range(arguments, states);
    return arguments;
  };
  return makeSteps(node, loop, getArguments);
}

//===----------------------------------------------------------------------===//
// If
//===----------------------------------------------------------------------===//

static LogicalResult lowerIf(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  Value condition = makeReshape(b, node.getInput(0), {});
  if (!condition || !getElementTypeOrSelf(condition).isInteger(1) ||
      node.getNumBodies() != 2)
    return node.error() << "one boolean and two bodies are needed";
  SmallVector<Type> types;
  for (unsigned i = 0; i < node.getNumOutputs(); ++i) {
    types.push_back(node.getStaticOutputType(i));
    if (!types.back())
      return node.error() << "the shape of output " << i
                          << " must be known, and the same in both bodies";
  }
  Value flag = tensor::ExtractOp::create(b, condition, ValueRange());
  bool fits = true;
  auto build = [&](unsigned body) {
    return [&, body](OpBuilder &nested, Location loc) {
      ImplicitLocOpBuilder inner(loc, nested);
      SmallVector<Value> results = node.lowerBody(body, {}, inner);
      results.resize(types.size());
      for (auto [result, type] : llvm::zip_equal(results, types)) {
        Value value = result ? castTo(inner, result, type) : Value();
        fits &= bool(value);
        auto tensor = cast<RankedTensorType>(type);
        result = value ? value
                       : tensor::EmptyOp::create(inner, tensor.getShape(),
                                                 tensor.getElementType());
      }
      scf::YieldOp::create(inner, results);
    };
  };
  // In the order of the attributes' names: else_branch, then_branch.
  auto branches = scf::IfOp::create(b, flag, build(1), build(0));
  if (!fits)
    return node.error() << "both bodies must yield what the outputs are "
                           "declared to be";
  for (unsigned i = 0; i < node.getNumOutputs(); ++i)
    if (failed(node.setOutput(i, branches.getResult(i))))
      return failure();
  return success();
}

void registerBodies(OperatorTable &table) {
  table.add("If", 1, lowerIf);
  table.add("Loop", 0, lowerLoop);
  table.add("Scan", 1, lowerScan);
}

} // namespace garam::onnx
