//===- Generation.cpp - Tensors that are made from their shape ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Constants.h"
#include "OperatorTable.h"
#include "StructuredBuilders.h"
#include "garam/Support/RawElements.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

using namespace mlir;

namespace garam::onnx {

static LogicalResult lowerConstant(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  if (ElementsAttr elements = node.getElements("value")) {
    Value weight = makeWeight(b, elements);
    if (!weight)
      return node.error() << "attribute 'value' holds an unknown kind of "
                             "elements";
    return node.setOutput(weight);
  }
  if (std::optional<SmallVector<int64_t>> ints = node.getInts("value_ints"))
    return node.setOutput(makeIndexVector(b, *ints));
  if (std::optional<SmallVector<double>> floats =
          node.getFloats("value_floats"))
    return node.setOutput(
        makeTensor(b,
                   RankedTensorType::get({static_cast<int64_t>(floats->size())},
                                         b.getF32Type()),
                   *floats));
  if (node.hasAttr("value_int")) {
    auto type = RankedTensorType::get({}, b.getI64Type());
    return node.setOutput(arith::ConstantOp::create(
        b, DenseElementsAttr::get(type, node.getInt("value_int", 0))));
  }
  if (node.hasAttr("value_float"))
    return node.setOutput(makeTensor(b,
                                     RankedTensorType::get({}, b.getF32Type()),
                                     node.getFloat("value_float", 0)));
  if (node.hasErrors())
    return failure();
  return node.error() << "the constant is a string or sparse, which is not "
                         "supported";
}

static LogicalResult lowerConstantOfShape(NodeAccessor &node) {
  std::optional<Sizes> sizes = node.getComputedSizes(0);
  std::optional<SmallVector<int64_t>> shape = node.getConstantInts(0);
  if (RankedTensorType type = node.getStaticOutputType(); type && !shape)
    shape = llvm::to_vector(type.getShape()); // Computed, but known.
  if (sizes)
    shape.emplace();
  if (!shape)
    return failure(failed(node.requireConstantInts(0, "input")));
  TypedAttr value = node.b.getF32FloatAttr(0);
  if (ElementsAttr elements = node.getElements("value")) {
    ElementsAttr lowered = getLoweredElements(elements);
    value = lowered ? getUniformElement(lowered) : TypedAttr();
  }
  if (!value || llvm::any_of(*shape, [](int64_t size) { return size < 0; }))
    return node.error() << "one value and a shape of sizes that are not "
                           "negative are needed";
  if (sizes)
    return node.setOutput(makeFilled(node.b, *sizes, value));
  auto type = RankedTensorType::get(*shape, value.getType());
  return node.setOutput(arith::ConstantOp::create(
      node.b, DenseElementsAttr::get(type, Attribute(value))));
}

/// The sizes of input 0 from `start` to `end`.
static LogicalResult lowerShape(NodeAccessor &node) {
  ArrayRef<int64_t> shape = node.getInputType(0).getShape();
  int64_t rank = shape.size();
  auto clamp = [&](int64_t position) {
    position = position < 0 ? position + rank : position;
    return std::clamp<int64_t>(position, 0, rank);
  };
  int64_t start = clamp(node.getInt("start", 0));
  int64_t end = std::max(start, clamp(node.getInt("end", rank)));
  for (int64_t dim = start; dim < end; ++dim)
    if (failed(node.checkStaticDim(0, dim, "the shape as a value")))
      return failure();
  return node.setOutput(
      makeIndexVector(node.b, shape.slice(start, end - start)));
}

static LogicalResult lowerSize(NodeAccessor &node) {
  if (failed(node.checkStatic(0, "the number of elements")))
    return failure();
  auto type = RankedTensorType::get({}, node.b.getI64Type());
  return node.setOutput(arith::ConstantOp::create(
      node.b,
      DenseElementsAttr::get(type, node.getInputType(0).getNumElements())));
}

/// A range whose operands are computed at run time, but whose length is known.
/// The elements of a Range of `size` of them.
static LogicalResult lowerComputedRange(NodeAccessor &node, OpFoldResult size) {
  ImplicitLocOpBuilder &b = node.b;
  Type element = node.getElementType();
  if (failed(node.checkSameElementType(0, 3)))
    return failure();
  SmallVector<Value> operands;
  for (unsigned i : {0u, 2u}) {
    RankedTensorType operand = node.getInputType(i);
    if (!operand.hasStaticShape() || operand.getNumElements() != 1)
      return node.error() << "input " << i << " is " << operand
                          << ", but a scalar is needed";
    operands.push_back(makeReshape(b, node.getInput(i), {}));
  }
  SmallVector<AffineMap> maps(2, AffineMap::get(1, 0, b.getContext()));
  return node.setOutput(makePointwise(
      b, size, element, operands, maps,
      [&](ImplicitLocOpBuilder &b, ValueRange s) -> Value {
        Value position = linalg::IndexOp::create(b, 0);
        if (!isFloat(element)) {
          position = arith::IndexCastOp::create(b, element, position);
          position = arith::MulIOp::create(b, position, s[1]);
          return arith::AddIOp::create(b, s[0], position);
        }
        position = arith::IndexCastOp::create(b, b.getI64Type(), position);
        position = arith::SIToFPOp::create(b, element, position);
        position = arith::MulFOp::create(b, position, s[1]);
        return arith::AddFOp::create(b, s[0], position);
      }));
}

/// start, start + delta, ... as long as it is before limit.
/// How many integers a Range of sizes of run time has by a positive step.
static std::optional<OpFoldResult> getRangeSize(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  Sizes operands;
  for (unsigned i = 0; i < 3; ++i) {
    std::optional<Sizes> sizes = node.getComputedSizes(i);
    std::optional<SmallVector<int64_t>> ints = node.getConstantInts(i);
    if (sizes && sizes->size() == 1)
      operands.push_back(sizes->front());
    else if (ints && ints->size() == 1)
      operands.push_back(b.getIndexAttr(ints->front()));
    else
      return std::nullopt;
  }
  std::optional<int64_t> step = getConstantIntValue(operands[2]);
  if (!step || *step <= 0)
    return std::nullopt;
  AffineExpr begin = b.getAffineDimExpr(0), end = b.getAffineDimExpr(1);
  return affine::makeComposedFoldedAffineApply(
      b, b.getLoc(), AffineMap::get(2, 0, (end - begin).ceilDiv(*step)),
      {operands[0], operands[1]});
}

static LogicalResult lowerRange(NodeAccessor &node) {
  // A range in a model is a row of positions; a constant of this size is as
  // long as any sequence.
  constexpr int64_t longest = int64_t(1) << 24;
  SmallVector<double> operands;
  for (unsigned i = 0; i < 3; ++i) {
    auto floats = node.getConstantFloats(i);
    auto ints = node.getConstantInts(i);
    bool isKnown =
        (floats && floats->size() == 1) || (ints && ints->size() == 1);
    if (RankedTensorType type = node.getStaticOutputType(); !isKnown && type)
      return lowerComputedRange(node,
                                node.b.getIndexAttr(type.getNumElements()));
    if (std::optional<OpFoldResult> size = getRangeSize(node); !isKnown && size)
      return lowerComputedRange(node, *size);
    if (!isKnown)
      return node.error() << "input " << i
                          << " is not a constant scalar, and no size of a "
                             "tensor bounds how long the range is; bind the "
                             "model's dimensions with --shape or --dim";
    operands.push_back(floats ? floats->front() : ints->front());
  }
  double start = operands[0], delta = operands[2];
  double count = std::ceil((operands[1] - start) / delta);
  if (delta == 0 || !(count <= longest))
    return node.error() << "a range from " << start << " to " << operands[1]
                        << " by " << delta << " is too long";
  SmallVector<double> elements;
  for (int64_t i = 0; i < count; ++i)
    elements.push_back(start + i * delta);
  auto type = RankedTensorType::get({static_cast<int64_t>(elements.size())},
                                    node.getElementType());
  return node.setOutput(makeTensor(node.b, type, elements));
}

void registerGeneration(OperatorTable &table) {
  table.add("Constant", 0, lowerConstant);
  table.add("ConstantOfShape", 1, lowerConstantOfShape);
  table.add("Range", 3, lowerRange);
  table.add("Shape", 1, lowerShape);
  table.add("Size", 1, lowerSize);
}

} // namespace garam::onnx
