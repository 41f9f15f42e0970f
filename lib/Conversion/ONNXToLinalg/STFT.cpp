//===- STFT.cpp - STFT ----------------------------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Transforms of all frames at once: a product of the signal, read frame by
// frame as a convolution with a stride reads it, with the factors of a Fourier
// transform times the window.
//
//===----------------------------------------------------------------------===//

#include "Contraction.h"
#include "Fourier.h"
#include "OperatorTable.h"
#include "StructuredBuilders.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;

namespace garam::onnx {

namespace {

struct Frames {
  int64_t step = 0, length = 0, count = 0, bins = 0;
};

} // namespace

/// The constant scalar input `index`, or nothing when it is left out.
static FailureOr<std::optional<int64_t>>
getScalar(NodeAccessor &node, unsigned index, StringRef name) {
  if (!node.hasInput(index))
    return std::optional<int64_t>();
  FailureOr<SmallVector<int64_t>> values =
      node.requireConstantInts(index, name);
  if (failed(values))
    return failure();
  if (values->size() != 1)
    return node.error() << "input " << index << " ('" << name << "') is "
                        << node.getInputType(index)
                        << ", but one integer is needed";
  return std::optional<int64_t>(values->front());
}

static FailureOr<Frames> getFrames(NodeAccessor &node) {
  if (failed(node.checkFloat(0)) || failed(node.checkRank(0, 2, 3)) ||
      failed(node.checkStaticDim(0, 1, "a Fourier transform")))
    return failure();
  RankedTensorType type = node.getInputType(0);
  if (type.getRank() == 3 && type.getDimSize(2) != 1 && type.getDimSize(2) != 2)
    return node.error() << "the last dimension of " << type
                        << " must hold the 1 or 2 parts of a number";
  FailureOr<std::optional<int64_t>> step = getScalar(node, 1, "frame_step");
  FailureOr<std::optional<int64_t>> length = getScalar(node, 3, "frame_length");
  if (failed(step) || failed(length))
    return failure();
  Frames frames;
  frames.step = step->value_or(0);
  frames.length = length->value_or(0);
  if (node.hasInput(2)) {
    if (failed(node.checkRank(2, 1, 1)) ||
        failed(node.checkStatic(2, "a Fourier transform")))
      return failure();
    int64_t size = node.getInputType(2).getDimSize(0);
    if (node.getElementType(2) != node.getElementType(0) ||
        (*length && **length != size))
      return node.error() << "the window " << node.getInputType(2)
                          << " does not fit frames of "
                          << length->value_or(size) << " elements of " << type;
    frames.length = size;
  }
  int64_t size = type.getDimSize(1);
  if (frames.step < 1 || frames.length < 1 || frames.length > size)
    return node.error() << "frames of " << frames.length << " elements every "
                        << frames.step << " cannot be taken of " << size;
  frames.count = (size - frames.length) / frames.step + 1;
  bool isOneSided = node.getInt("onesided", 1) != 0;
  frames.bins = isOneSided ? frames.length / 2 + 1 : frames.length;
  return frames;
}

/// The factors [bins, length, parts of the signal, 2], times the window.
static Value makeFactors(NodeAccessor &node, const Frames &frames,
                         int64_t numParts) {
  ImplicitLocOpBuilder &b = node.b;
  Type type = getAccumulatorType(node.getElementType());
  int64_t shape[] = {frames.bins, frames.length, numParts, 2};
  std::optional<SmallVector<double>> weights = node.getConstantFloats(2);
  auto getFactor = [&](ArrayRef<int64_t> position) {
    double factor = getFourierFactor(position, frames.length, false);
    return weights ? factor * (*weights)[position[1]] : factor;
  };
  if (!node.hasInput(2) || weights)
    if (Value table = makeFactorTable(b, type, shape, getFactor))
      return table;
  SmallVector<Value> operands;
  SmallVector<AffineMap> maps;
  if (Value window = node.getOptionalInput(2)) {
    operands.push_back(window);
    maps.push_back(getAxisMap(b.getContext(), /*resultRank=*/4, /*axis=*/1));
  }
  return makePointwise(
      b, getStaticSizes(b, shape), type, operands, maps,
      [&](ImplicitLocOpBuilder &b, ValueRange s) {
        ScalarMath m(b, type);
        SmallVector<Value> position;
        for (int64_t dim = 0; dim < 4; ++dim)
          position.push_back(linalg::IndexOp::create(b, dim));
        Value factor =
            makeFourierFactor(m, position, frames.length, /*isInverse=*/false);
        return s.empty() ? factor : m.mul(factor, m.convert(s[0]));
      });
}

/// [batch, frames, bins, 2]
static LogicalResult lowerSTFT(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  FailureOr<Frames> frames = getFrames(node);
  if (failed(frames))
    return failure();
  Value signal = node.getInput(0);
  if (node.getRank() == 2)
    signal = makeUnsqueeze(b, signal, {2});
  int64_t numParts = cast<RankedTensorType>(signal.getType()).getDimSize(2);
  // Of the signal, elements behind the last frame are not read.
  int64_t used = (frames->count - 1) * frames->step + frames->length;
  if (used < node.getInputType(0).getDimSize(1))
    signal = makeSlice(b, signal, 1, 0, used);

  SmallVector<AffineExpr> dims(6); // batch, frame, bin, part, element, part
  bindDimsList(b.getContext(), MutableArrayRef<AffineExpr>(dims));
  auto map = [&](ArrayRef<AffineExpr> coordinates) {
    return AffineMap::get(dims.size(), 0, coordinates, b.getContext());
  };
  Type sumType = getAccumulatorType(node.getElementType());
  Sizes sizes{getSizes(b, signal).front()};
  llvm::append_range(sizes,
                     getStaticSizes(b, {frames->count, frames->bins, 2}));
  Value sums = makeContraction(
      b, signal, makeFactors(node, *frames, numParts),
      makeFilled(b, sizes, getScalarAttr(sumType, 0)),
      {map({dims[0], dims[1] * frames->step + dims[4], dims[5]}),
       map({dims[2], dims[4], dims[5], dims[3]}),
       map(ArrayRef(dims).take_front(4))});
  return node.setOutput(castFloat(b, sums, node.getElementType()));
}

void registerSTFT(OperatorTable &table) { table.add("STFT", 2, lowerSTFT); }

} // namespace garam::onnx
