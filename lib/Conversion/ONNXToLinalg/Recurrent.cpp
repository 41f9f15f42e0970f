//===- Recurrent.cpp - RNN, GRU and LSTM ----------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// What of a gate does not hang on the step before is one product over all
// steps; the loop over the steps multiplies the hidden state and applies the
// gates. Shapes: T steps, B sequences, I inputs, H hidden values, G gates.
// Source of all formulas: ONNX's specifications of RNN-22, GRU-22 and LSTM-22.
//
//===----------------------------------------------------------------------===//

#include "Constants.h"
#include "Contraction.h"
#include "Loops.h"
#include "OperatorTable.h"
#include "RecurrentActivation.h"
#include "ScalarMath.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;

namespace garam::onnx {

namespace {

enum class CellKind { RNN, GRU, LSTM };

/// Inputs of the operators; the last two of an LSTM alone.
enum Input : unsigned {
  data,
  weights,
  recurrence,
  bias,
  lengths,
  initialHidden,
  initialCell,
  peepholes
};

/// The layer in one direction.
class Layer {
public:
  Layer(NodeAccessor &node, CellKind kind, unsigned direction, bool isReversed,
        SmallVector<RecurrentActivation> activations, Value steps)
      : node(node), kind(kind), direction(direction), isReversed(isReversed),
        activations(std::move(activations)), steps(steps),
        type(node.getElementType()), numGates(kind == CellKind::LSTM  ? 4
                                              : kind == CellKind::GRU ? 3
                                                                      : 1),
        hiddenSize(node.getInputType(recurrence).getDimSize(2)) {
    Sizes sizes = getSizes(node.b, steps);
    numSteps = sizes[0];
    batch = sizes[1];
    clip = node.getFloat("clip", 0);
  }

  /// All hidden states [T, B, H], then the last ones [B, H]: hidden, cell.
  SmallVector<Value> build();

private:
  Value takeDirection(unsigned input, int64_t axis = 0);
  Value getInitial(unsigned input);
  Value makeProduct(Value left, Value right);
  Value makeInputParts();
  Value takeGate(Value gates, unsigned gate);
  Value takeRow(Value vector, unsigned row);
  Value makeGate(ArrayRef<Value> matrices, ArrayRef<Value> rows,
                 unsigned activation);
  Value map(ValueRange operands, ScalarBody body);
  Value makeMasked(Value step, Value next, Value before);
  SmallVector<Value> makeCell(Value inputParts, ValueRange states);
  SmallVector<Value> makeRNN(Value inputParts, Value hidden);
  SmallVector<Value> makeGRU(Value inputParts, Value hidden);
  SmallVector<Value> makeLSTM(Value inputParts, Value hidden, Value cell);

  NodeAccessor &node;
  CellKind kind;
  unsigned direction;
  bool isReversed;
  SmallVector<RecurrentActivation> activations;
  Value steps;
  Type type;
  unsigned numGates;
  int64_t hiddenSize;
  OpFoldResult numSteps, batch;
  double clip = 0;
  ImplicitLocOpBuilder *b = nullptr;
  Value recurrentWeights, biasOfInput, biasOfHidden, peephole;
};

} // namespace

/// The part of an input that belongs to this direction, without the dimension.
Value Layer::takeDirection(unsigned input, int64_t axis) {
  Value part = makeSlice(*b, node.getInput(input), axis, direction, 1);
  return makeSqueeze(*b, part, {axis});
}

/// An initial state [B, H], 0 when it is left out.
Value Layer::getInitial(unsigned input) {
  if (!node.hasInput(input))
    return makeFilled(*b, {batch, b->getIndexAttr(hiddenSize)},
                      getScalarAttr(type, 0));
  return takeDirection(input, node.getInt("layout", 0) != 0 ? 1 : 0);
}

/// left [.., K] times the transpose of right [N, K].
Value Layer::makeProduct(Value left, Value right) {
  int64_t rank = cast<RankedTensorType>(left.getType()).getRank();
  MLIRContext *context = b->getContext();
  SmallVector<AffineExpr> dims(rank + 1);
  bindDimsList(context, MutableArrayRef<AffineExpr>(dims));
  SmallVector<AffineExpr> outer(ArrayRef(dims).take_front(rank - 1));
  SmallVector<AffineExpr> leftDims = outer, resultDims = outer;
  leftDims.push_back(dims[rank]);
  resultDims.push_back(dims[rank - 1]);
  SmallVector<AffineMap> maps{
      AffineMap::get(rank + 1, 0, leftDims, context),
      AffineMap::get(rank + 1, 0, {dims[rank - 1], dims[rank]}, context),
      AffineMap::get(rank + 1, 0, resultDims, context)};
  Sizes sizes = getSizes(*b, left);
  sizes.back() = tensor::getMixedSize(*b, b->getLoc(), right, 0);
  Value sums =
      makeFilled(*b, sizes, getScalarAttr(getAccumulatorType(type), 0));
  return castFloat(*b, makeContraction(*b, left, right, sums, maps), type);
}

/// What gates have of the inputs alone: X * W^T + Wb, [T, B, G * H].
Value Layer::makeInputParts() {
  Value products = makeProduct(steps, takeDirection(weights));
  if (!biasOfInput)
    return products;
  return makePointwise(
      *b, getSizes(*b, products), type, {products, biasOfInput},
      {b->getMultiDimIdentityMap(3), getAxisMap(b->getContext(), 3, 2)},
      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        return ScalarMath(b, type).add(s[0], s[1]);
      });
}

Value Layer::takeGate(Value gates, unsigned gate) {
  return makeSlice(*b, gates, 1, gate * hiddenSize, hiddenSize);
}

Value Layer::takeRow(Value vector, unsigned row) {
  return makeSlice(*b, vector, 0, row * hiddenSize, hiddenSize);
}

/// An elementwise function of [B, H] tensors.
Value Layer::map(ValueRange operands, ScalarBody body) {
  return makeMapped(*b, type, operands, body);
}

/// activation(clip(sum of the matrices and of the vectors along rows)).
Value Layer::makeGate(ArrayRef<Value> matrices, ArrayRef<Value> rows,
                      unsigned activation) {
  SmallVector<Value> operands(matrices);
  SmallVector<AffineMap> maps(matrices.size(), b->getMultiDimIdentityMap(2));
  for (Value row : rows)
    if (row) {
      operands.push_back(row);
      maps.push_back(getAxisMap(b->getContext(), 2, 1));
    }
  return makePointwise(*b, getSizes(*b, matrices.front()), type, operands, maps,
                       [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                         ScalarMath m(b, type);
                         Value sum = s.front();
                         for (Value value : s.drop_front())
                           sum = m.add(sum, value);
                         if (clip > 0)
                           sum = m.min(m.max(sum, -clip), clip);
                         return activations[activation].apply(m, sum);
                       });
}

SmallVector<Value> Layer::makeRNN(Value inputParts, Value hidden) {
  Value recurrent = makeProduct(hidden, recurrentWeights);
  return {makeGate({inputParts, recurrent}, {biasOfHidden}, 0)};
}

/// Gates z, r, h: H' = (1 - z) * h + z * H.
SmallVector<Value> Layer::makeGRU(Value inputParts, Value hidden) {
  auto weightsOf = [&](unsigned gate, unsigned count) {
    return makeSlice(*b, recurrentWeights, 0, gate * hiddenSize,
                     count * hiddenSize);
  };
  auto biasOf = [&](unsigned gate) {
    return biasOfHidden ? takeRow(biasOfHidden, gate) : Value();
  };
  Value recurrent = makeProduct(hidden, weightsOf(0, 2));
  Value update = makeGate({takeGate(inputParts, 0), takeGate(recurrent, 0)},
                          {biasOf(0)}, 0);
  Value reset = makeGate({takeGate(inputParts, 1), takeGate(recurrent, 1)},
                         {biasOf(1)}, 0);
  auto multiply = [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
    return ScalarMath(b, type).mul(s[0], s[1]);
  };
  Value candidate;
  if (node.getInt("linear_before_reset", 0) != 0) {
    Value linear = makeProduct(hidden, weightsOf(2, 1));
    if (Value row = biasOf(2))
      linear = makePointwise(
          *b, getSizes(*b, linear), type, {linear, row},
          {b->getMultiDimIdentityMap(2), getAxisMap(b->getContext(), 2, 1)},
          [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
            return ScalarMath(b, type).add(s[0], s[1]);
          });
    candidate = makeGate(
        {takeGate(inputParts, 2), map({reset, linear}, multiply)}, {}, 1);
  } else {
    Value product =
        makeProduct(map({reset, hidden}, multiply), weightsOf(2, 1));
    candidate = makeGate({takeGate(inputParts, 2), product}, {biasOf(2)}, 1);
  }
  return {map({update, candidate, hidden},
              [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                ScalarMath m(b, type);
                Value rest = m.sub(m.constant(1), s[0]);
                return m.add(m.mul(rest, s[1]), m.mul(s[0], s[2]));
              })};
}

/// Gates i, o, f, c: C' = f * C + i * c, H' = o * activation(C').
SmallVector<Value> Layer::makeLSTM(Value inputParts, Value hidden, Value cell) {
  Value recurrent = makeProduct(hidden, recurrentWeights);
  // A peephole adds its part of a cell to a gate.
  auto makePart = [&](unsigned gate, std::optional<unsigned> row,
                      Value seenCell, unsigned activation) {
    SmallVector<Value> matrices{takeGate(inputParts, gate),
                                takeGate(recurrent, gate)};
    if (peephole && row)
      matrices.push_back(makePointwise(
          *b, getSizes(*b, seenCell), type, {seenCell, takeRow(peephole, *row)},
          {b->getMultiDimIdentityMap(2), getAxisMap(b->getContext(), 2, 1)},
          [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
            return ScalarMath(b, type).mul(s[0], s[1]);
          }));
    Value row1 = biasOfHidden ? takeRow(biasOfHidden, gate) : Value();
    return makeGate(matrices, {row1}, activation);
  };
  Value input = makePart(0, 0, cell, 0);
  Value forget;
  if (node.getInt("input_forget", 0) != 0)
    forget = map(input, [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
      ScalarMath m(b, type);
      return m.sub(m.constant(1), s[0]);
    });
  else
    forget = makePart(2, 2, cell, 0);
  Value candidate = makePart(3, std::nullopt, cell, 1);
  Value nextCell = map({forget, cell, input, candidate},
                       [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
                         ScalarMath m(b, type);
                         return m.add(m.mul(s[0], s[1]), m.mul(s[2], s[3]));
                       });
  Value output = makePart(1, 1, nextCell, 0);
  Value nextHidden =
      map({output, nextCell}, [&](ImplicitLocOpBuilder &b, ValueRange s) {
        ScalarMath m(b, type);
        return m.mul(s[0], activations[2].apply(m, s[1]));
      });
  return {nextHidden, nextCell};
}

SmallVector<Value> Layer::makeCell(Value inputParts, ValueRange states) {
  switch (kind) {
  case CellKind::RNN:
    return makeRNN(inputParts, states[0]);
  case CellKind::GRU:
    return makeGRU(inputParts, states[0]);
  case CellKind::LSTM:
    return makeLSTM(inputParts, states[0], states[1]);
  }
  return {};
}

/// `next` in the sequences that go on to `step`, an i64 tensor of rank 0, else
/// `before`, or 0 when that is null.
Value Layer::makeMasked(Value step, Value next, Value before) {
  if (!node.hasInput(lengths))
    return next;
  MLIRContext *context = b->getContext();
  SmallVector<Value> operands{step, node.getInput(lengths), next};
  SmallVector<AffineMap> maps{AffineMap::get(2, 0, context),
                              getAxisMap(context, 2, 0),
                              b->getMultiDimIdentityMap(2)};
  if (before) {
    operands.push_back(before);
    maps.push_back(b->getMultiDimIdentityMap(2));
  }
  return makePointwise(
      *b, getSizes(*b, next), type, operands, maps,
      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        Value length = s[1];
        if (!length.getType().isInteger(64))
          length = arith::ExtSIOp::create(b, b.getI64Type(), length);
        Value goesOn =
            arith::CmpIOp::create(b, arith::CmpIPredicate::slt, s[0], length);
        Value other = before ? s[3] : makeScalar(b, type, 0);
        return arith::SelectOp::create(b, goesOn, s[2], other);
      });
}

SmallVector<Value> Layer::build() {
  b = &node.b;
  recurrentWeights = takeDirection(recurrence);
  if (node.hasInput(bias)) {
    Value both = takeDirection(bias);
    int64_t half = numGates * hiddenSize;
    biasOfInput = makeSlice(*b, both, 0, 0, half);
    biasOfHidden = makeSlice(*b, both, 0, half, half);
  }
  if (kind == CellKind::LSTM && node.hasInput(peepholes))
    peephole = takeDirection(peepholes);
  Value inputParts = makeInputParts();
  SmallVector<Value> initial{getInitial(initialHidden)};
  if (kind == CellKind::LSTM)
    initial.push_back(getInitial(initialCell));
  size_t numStates = initial.size();
  initial.push_back(tensor::EmptyOp::create(
      *b, Sizes{numSteps, batch, b->getIndexAttr(hiddenSize)}, type));
  auto step = [&](ImplicitLocOpBuilder &inner, Value index,
                  ValueRange states) -> SmallVector<Value> {
    b = &inner;
    Value position = makeStep(inner, index, numSteps, isReversed);
    Value part =
        makeSqueeze(inner, makeElement(inner, inputParts, 0, position), {0});
    SmallVector<Value> next = makeCell(part, states.take_front(numStates));
    Value number = tensor::FromElementsOp::create(
        inner, RankedTensorType::get({}, inner.getI64Type()),
        arith::IndexCastOp::create(inner, inner.getI64Type(), position)
            .getResult());
    Value shown = makeMasked(number, next.front(), Value());
    for (size_t i = 0; i < numStates; ++i)
      next[i] = makeMasked(number, next[i], states[i]);
    Value all = makeInserted(inner, states[numStates], 0, position,
                             makeUnsqueeze(inner, shown, {0}));
    for (size_t i = 0; i < numStates; ++i)
      next[i] = makeStored(inner, next[i], states[i]);
    next.push_back(all);
    return next;
  };
  Value count =
      getValueOrCreateConstantIndexOp(node.b, node.b.getLoc(), numSteps);
  SmallVector<Value> results = makeLoop(node.b, count, initial, step);
  b = &node.b;
  std::rotate(results.begin(), results.begin() + numStates, results.end());
  return results;
}

//===----------------------------------------------------------------------===//
// The operators
//===----------------------------------------------------------------------===//

/// Reports what does not fit the shapes in the file's comment.
static LogicalResult checkShapes(NodeAccessor &node, unsigned numGates,
                                 unsigned numDirections) {
  for (unsigned i : {data, weights, recurrence})
    if (failed(node.checkFloat(i)) || failed(node.checkRank(i, 3, 3)))
      return failure();
  if (failed(node.checkStaticDim(data, 2, "a recurrent layer")) ||
      failed(node.checkStatic(weights, "a recurrent layer")) ||
      failed(node.checkStatic(recurrence, "a recurrent layer")))
    return failure();
  if (failed(node.checkSameElementType(data, bias + 1)))
    return failure();
  ArrayRef<int64_t> w = node.getInputType(weights).getShape();
  ArrayRef<int64_t> r = node.getInputType(recurrence).getShape();
  int64_t hidden = r[2], gates = numGates * hidden;
  bool fits = w[0] == numDirections && r[0] == numDirections && w[1] == gates &&
              r[1] == gates && w[2] == node.getInputType(data).getDimSize(2);
  if (fits && node.hasInput(bias))
    fits = node.getInputType(bias).getShape() ==
           ArrayRef<int64_t>{numDirections, 2 * gates};
  if (!fits)
    return node.error() << "weights " << node.getInputType(weights) << " and "
                        << node.getInputType(recurrence)
                        << " do not fit each other, the inputs "
                        << node.getInputType(data) << " or the "
                        << numDirections << " directions";
  return success();
}

/// Checks inputs behind the bias; states are [D, B, H], as in layout 0.
static LogicalResult checkStates(NodeAccessor &node, CellKind kind,
                                 unsigned numDirections, bool isBatchFirst) {
  ArrayRef<int64_t> x = node.getInputType(data).getShape();
  int64_t batch = x[isBatchFirst ? 0 : 1];
  int64_t hidden = node.getInputType(recurrence).getDimSize(2);
  auto check = [&](unsigned input, ArrayRef<int64_t> shape) -> LogicalResult {
    if (!node.hasInput(input) ||
        succeeded(
            verifyCompatibleShape(node.getInputType(input).getShape(), shape)))
      return success();
    InFlightDiagnostic diagnostic = node.error();
    diagnostic << "input " << input << " is " << node.getInputType(input)
               << ", but the layer needs the shape ";
    llvm::interleave(shape, diagnostic, "x");
    return diagnostic;
  };
  SmallVector<int64_t> state{numDirections, batch, hidden};
  if (isBatchFirst)
    std::swap(state[0], state[1]);
  if (failed(check(lengths, {batch})) || failed(check(initialHidden, state)))
    return failure();
  if (kind != CellKind::LSTM)
    return success();
  constexpr int64_t numPeepholes = 3;
  return success(
      succeeded(check(initialCell, state)) &&
      succeeded(check(peepholes, {numDirections, numPeepholes * hidden})));
}

static LogicalResult lowerRecurrent(NodeAccessor &node, CellKind kind,
                                    unsigned numGates,
                                    ArrayRef<StringRef> defaults) {
  StringRef direction = node.getString("direction", "forward");
  if (!llvm::is_contained({"forward", "reverse", "bidirectional"}, direction))
    return node.error() << "attribute 'direction' is '" << direction
                        << "', but forward, reverse or bidirectional is "
                           "needed";
  unsigned numDirections = direction == "bidirectional" ? 2 : 1;
  bool isBatchFirst = node.getInt("layout", 0) != 0;
  auto activations = getRecurrentActivations(node, numDirections, defaults);
  if (failed(activations) ||
      failed(checkShapes(node, numGates, numDirections)) ||
      failed(checkStates(node, kind, numDirections, isBatchFirst)))
    return failure();
  ImplicitLocOpBuilder &b = node.b;
  Value steps = node.getInput(data);
  if (isBatchFirst)
    steps = makeTranspose(b, steps, {1, 0, 2});
  SmallVector<SmallVector<Value>> layers;
  for (unsigned i = 0; i < numDirections; ++i) {
    SmallVector<RecurrentActivation> own(
        ArrayRef(*activations).slice(i * defaults.size(), defaults.size()));
    bool isReversed = direction == "reverse" || i == 1;
    layers.push_back(
        Layer(node, kind, i, isReversed, std::move(own), steps).build());
  }
  // [T, D, B, H] of all steps, [D, B, H] of the last ones.
  for (unsigned output = 0; output < node.getNumOutputs(); ++output) {
    int64_t axis = output == 0 ? 1 : 0;
    SmallVector<Value> parts;
    for (ArrayRef<Value> layer : layers)
      parts.push_back(makeUnsqueeze(b, layer[output], {axis}));
    Value all = parts.size() == 1
                    ? parts.front()
                    : tensor::ConcatOp::create(b, axis, parts).getResult();
    if (isBatchFirst)
      all = output == 0 ? makeTranspose(b, all, {2, 0, 1, 3})
                        : makeTranspose(b, all, {1, 0, 2});
    if (failed(node.setOutput(output, all)))
      return failure();
  }
  return success();
}

static LogicalResult lowerRNN(NodeAccessor &node) {
  return lowerRecurrent(node, CellKind::RNN, 1, {"Tanh"});
}

static LogicalResult lowerGRU(NodeAccessor &node) {
  return lowerRecurrent(node, CellKind::GRU, 3, {"Sigmoid", "Tanh"});
}

static LogicalResult lowerLSTM(NodeAccessor &node) {
  return lowerRecurrent(node, CellKind::LSTM, 4, {"Sigmoid", "Tanh", "Tanh"});
}

void registerRecurrent(OperatorTable &table) {
  table.add("GRU", 3, lowerGRU);
  table.add("LSTM", 3, lowerLSTM);
  table.add("RNN", 3, lowerRNN);
}

} // namespace garam::onnx
