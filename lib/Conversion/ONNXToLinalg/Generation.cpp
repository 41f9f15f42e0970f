//===- Generation.cpp - Tensors that are made from their shape ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Constants.h"
#include "OperatorTable.h"
#include "StructuredBuilders.h"
#include "garam/Support/RawElements.h"
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
  std::optional<SmallVector<int64_t>> shape = node.getConstantInts(0);
  if (RankedTensorType type = node.getStaticOutputType(); type && !shape)
    shape = llvm::to_vector(type.getShape()); // Computed, but known.
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
static LogicalResult lowerComputedRange(NodeAccessor &node) {
  ImplicitLocOpBuilder &b = node.b;
  RankedTensorType type = node.getStaticOutputType();
  Type element = type.getElementType();
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
      b, getStaticSizes(b, type.getShape()), element, operands, maps,
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
    if (!isKnown && node.getStaticOutputType())
      return lowerComputedRange(node);
    if (!isKnown)
      return node.error() << "input " << i
                          << " is not a constant scalar; bind the model's "
                             "dimensions with --shape or --dim";
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
