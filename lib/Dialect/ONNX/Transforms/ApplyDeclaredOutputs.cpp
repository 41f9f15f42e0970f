//===- ApplyDeclaredOutputs.cpp - Types that a model declares -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// One walk down the nodes finds which values have one shape, one walk up
// carries the declared sizes on: the time is linear in the number of nodes.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/ONNX/Transforms/Passes.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;

namespace garam::onnx {

#define GEN_PASS_DEF_ONNXAPPLYDECLAREDOUTPUTS
#include "garam/Dialect/ONNX/Transforms/Passes.h.inc"

/// The sizes of `declared` where `known` does not have them; null when they
/// are not types of one value.
static Type refineType(Type known, RankedTensorType declared) {
  auto tensor = dyn_cast<TensorType>(known);
  if (!tensor || tensor.getElementType() != declared.getElementType())
    return {};
  if (!tensor.hasRank())
    return declared;
  if (tensor.getRank() != declared.getRank())
    return {};
  SmallVector<int64_t> shape(tensor.getShape());
  for (auto [dim, size] : llvm::enumerate(declared.getShape()))
    if (ShapedType::isDynamic(shape[dim]))
      shape[dim] = size;
  return tensor.clone(shape);
}

/// Operators whose result has the shape of their first input.
static constexpr llvm::StringLiteral kUnaryOperators[] = {
    "Abs",   "Cast",    "CastLike",   "Ceil", "Clip",       "Cos",
    "Erf",   "Exp",     "Floor",      "Gelu", "Identity",   "IsInf",
    "IsNaN", "Log",     "LogSoftmax", "Neg",  "Reciprocal", "Relu",
    "Round", "Sigmoid", "Sign",       "Sin",  "Softmax",    "Sqrt",
    "Tanh",  "Not"};

/// Operators that broadcast two inputs.
static constexpr llvm::StringLiteral kBinaryOperators[] = {
    "Add", "Div", "Equal", "Greater", "Less", "Mod", "Mul", "Pow", "Sub"};

static bool isOneElement(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.hasStaticShape() && type.getNumElements() == 1 &&
         type.getRank() <= 1;
}

/// By value: one of the same shape, itself where none is known. Values of the
/// same one have equal shapes.
using SameShapes = DenseMap<Value, Value>;

static Value lookup(const SameShapes &shapes, Value value) {
  auto known = shapes.find(value);
  return known == shapes.end() ? value : known->second;
}

static int64_t getRank(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type ? type.getRank() : -1;
}

/// The operand whose shape the result of a node has; null when none is known.
static Value getOperandOfShape(NodeOp node, const SameShapes &shapes) {
  OperandRange inputs = node.getInputs();
  if (!node.getDomain().empty() || inputs.empty())
    return {};
  if (llvm::is_contained(kUnaryOperators, node.getOpType()))
    return inputs[0];
  if (!llvm::is_contained(kBinaryOperators, node.getOpType()) ||
      inputs.size() != 2)
    return {};
  if (lookup(shapes, inputs[0]) == lookup(shapes, inputs[1]))
    return inputs[0];
  for (unsigned index : {0, 1})
    if (isOneElement(inputs[1 - index]) &&
        getRank(inputs[index]) >= getRank(inputs[1 - index]))
      return inputs[index];
  return {};
}

static SameShapes findSameShapes(Block &block) {
  SameShapes shapes;
  for (Operation &op : block)
    if (auto node = dyn_cast<NodeOp>(op); node && node.getNumResults() > 0)
      if (Value operand = getOperandOfShape(node, shapes))
        shapes[node.getResult(0)] = lookup(shapes, operand);
  return shapes;
}

/// The shape that operand `index` of a node that broadcasts has by that of the
/// result, `type`. Where the sizes differ one of them is 1, so the operand has
/// the result's size where that is 1, where the other operand's is, and where
/// the other operand has no such dimension. Elsewhere its size stays open: it
/// may be 1 in a run.
static RankedTensorType getBroadcastShape(NodeOp node, unsigned index,
                                          RankedTensorType type) {
  auto operand = dyn_cast<RankedTensorType>(node.getInputs()[index].getType());
  auto other =
      dyn_cast<RankedTensorType>(node.getInputs()[1 - index].getType());
  if (!operand || !other || operand.getRank() > type.getRank())
    return {};
  SmallVector<int64_t> shape(type.getShape().take_back(operand.getRank()));
  // Dimensions of the two belong together from the last one on.
  int64_t before = operand.getRank() - other.getRank();
  for (auto [dim, size] : llvm::enumerate(shape)) {
    int64_t otherDim = int64_t(dim) - before;
    if (size != 1 && otherDim >= 0 && other.getDimSize(otherDim) != 1)
      size = ShapedType::kDynamic;
  }
  return type.clone(shape);
}

/// The shape that operand `index` of a node has by that of the result; null
/// where none follows.
static RankedTensorType getOperandShape(NodeOp node, unsigned index,
                                        const SameShapes &shapes) {
  auto type = dyn_cast<RankedTensorType>(node.getResult(0).getType());
  if (!type || !node.getDomain().empty())
    return {};
  if (llvm::is_contained(kUnaryOperators, node.getOpType()))
    return index == 0 ? type : RankedTensorType();
  if (!llvm::is_contained(kBinaryOperators, node.getOpType()) ||
      node.getInputs().size() != 2)
    return {};
  Value operand = node.getInputs()[index], other = node.getInputs()[1 - index];
  if (lookup(shapes, operand) == lookup(shapes, other))
    return type;
  // A result of more dimensions than the one element has those of the operand.
  if (isOneElement(other) && type.getRank() > getRank(other))
    return type;
  return getBroadcastShape(node, index, type);
}

/// Carries the shapes of results on to the operands.
static void refineOperands(Block &block) {
  SameShapes shapes = findSameShapes(block);
  for (Operation &op : llvm::reverse(block)) {
    auto node = dyn_cast<NodeOp>(op);
    if (!node || node.getNumResults() == 0)
      continue;
    for (auto [index, operand] : llvm::enumerate(node.getInputs())) {
      auto tensor = dyn_cast<TensorType>(operand.getType());
      if (!tensor || !operand.getDefiningOp<NodeOp>())
        continue;
      RankedTensorType shape = getOperandShape(node, index, shapes);
      if (!shape)
        continue;
      if (Type refined =
              refineType(tensor, shape.clone(tensor.getElementType())))
        operand.setType(cast<TensorType>(refined));
    }
  }
}

void applyDeclaredOutputs(func::FuncOp function) {
  if (function.isExternal())
    return;
  Block &body = function.getBody().front();
  Operation *terminator = body.getTerminator();
  for (auto [index, value] : llvm::enumerate(terminator->getOperands())) {
    auto attr = dyn_cast_or_null<TypeAttr>(
        function.removeResultAttr(index, declaredTypeAttrName));
    auto declared =
        attr ? dyn_cast<RankedTensorType>(attr.getValue()) : RankedTensorType();
    if (!declared || !value.getDefiningOp<NodeOp>())
      continue;
    if (Type refined = refineType(value.getType(), declared))
      value.setType(refined);
  }
  refineOperands(body);
  function.setFunctionType(FunctionType::get(function.getContext(),
                                             function.getArgumentTypes(),
                                             terminator->getOperandTypes()));
}

namespace {

struct ONNXApplyDeclaredOutputs
    : impl::ONNXApplyDeclaredOutputsBase<ONNXApplyDeclaredOutputs> {
  void runOnOperation() override { applyDeclaredOutputs(getOperation()); }
};

} // namespace

} // namespace garam::onnx
