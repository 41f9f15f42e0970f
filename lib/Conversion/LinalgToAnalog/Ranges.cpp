//===- Ranges.cpp - What values lie between -------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Ranges.h"

#include "garam/Dialect/Analog/Utils/MatrixReader.h"
#include "garam/Target/Analog/Machine/Arithmetic.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Builders.h"

#include <cmath>

using namespace mlir;

namespace garam::analog {

using ext::ObservedRange;

/// The value with the same elements in another shape; null at its origin.
static Value getReshaped(Value value) {
  Operation *op = value.getDefiningOp();
  return isa_and_nonnull<tensor::CollapseShapeOp, tensor::ExpandShapeOp>(op)
             ? op->getOperand(0)
             : Value();
}

static ObservedRange withZero(ObservedRange range) {
  return {std::min(range.min, 0.0), std::max(range.max, 0.0)};
}

ObservedRange Ranges::get(Value value) {
  Value origin = value;
  for (Value step = value; step; step = getReshaped(step)) {
    if (std::optional<ObservedRange> observed = ext::getObservedRange(step))
      return withZero(*observed);
    origin = step;
  }
  isGuessed = true;
  return withZero(guess(origin));
}

void Ranges::addResult(RescaleOp result, ObservedRange input) {
  inputs[result.getResult()] = input;
}

/// Four standard deviations of the sum of a column: of independent inputs
/// evenly spread up to `largest`, whose deviation is largest / sqrt(3).
static double getSpread(ArrayRef<float> weights, double largest) {
  constexpr double deviations = 4, evenSpread = 3;
  double squares = 0;
  for (float weight : weights)
    squares += double(weight) * weight;
  return deviations * largest * std::sqrt(squares / evenSpread);
}

/// What the columns of a product reach from inputs within `input`.
static ObservedRange guessColumns(RescaleOp result, ObservedRange input) {
  MatrixReader matrix(result.getMatrix().getDefiningOp<MatrixOp>());
  double factor = result.getScale().convertToDouble();
  SmallVector<double> biases =
      readBiases(result); // with the offset, one a column
  double largest = std::max(std::abs(input.min), std::abs(input.max));
  SmallVector<float> weights(matrix.getGroupRows());
  ObservedRange range{INFINITY, -INFINITY};
  for (int64_t column = 0; column < matrix.getNumColumns(); ++column) {
    matrix.readColumn(column, weights);
    double least = 0, most = 0;
    for (float weight : weights) {
      least += std::min(weight * input.min, weight * input.max);
      most += std::max(weight * input.min, weight * input.max);
    }
    double spread = std::abs(factor) * getSpread(weights, largest);
    double low = std::min(factor * least, factor * most);
    double high = std::max(factor * least, factor * most);
    range.min = std::min(range.min, biases[column] + std::max(low, -spread));
    range.max = std::max(range.max, biases[column] + std::min(high, spread));
  }
  return range;
}

ObservedRange Ranges::guess(Value origin) {
  // What enters a network is usually scaled to about one.
  constexpr ObservedRange argument = {-1, 1};
  auto result = origin.getDefiningOp<RescaleOp>();
  if (!result || !inputs.contains(origin))
    return argument;
  auto matrix = result.getMatrix().getDefiningOp<MatrixOp>();
  bool isLoaded = areLoaded(matrix.getValue()) &&
                  (!result.getBias() || areLoaded(*result.getBias()));
  if (!isLoaded)
    return argument;
  ObservedRange range = guessColumns(result, inputs.lookup(origin));
  if (std::optional<APFloat> bound = result.getLow()) {
    range.min = std::max(range.min, bound->convertToDouble());
    range.max = std::max(range.max, bound->convertToDouble());
  }
  if (std::optional<APFloat> bound = result.getHigh()) {
    range.min = std::min(range.min, bound->convertToDouble());
    range.max = std::min(range.max, bound->convertToDouble());
  }
  return range;
}

DACAttr makeDAC(MLIRContext *context, ObservedRange range, int32_t limit) {
  double largest = std::max(-range.min, range.max);
  auto scale = static_cast<float>(largest / limit);
  // A range of nothing but zero, or one that floats do not hold.
  if (!(scale > 0) || std::isinf(scale))
    scale = 1;
  auto getCode = [&](double bound) {
    return convertInput(static_cast<float>(bound), scale, -limit, limit);
  };
  return DACAttr::get(context, Builder(context).getF32FloatAttr(scale),
                      getCode(range.min), getCode(range.max));
}

} // namespace garam::analog
