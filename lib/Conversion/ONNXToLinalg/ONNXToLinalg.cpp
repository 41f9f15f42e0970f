//===- ONNXToLinalg.cpp - ONNX nodes to structured operations -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// One walk in the order of the graph: every node is lowered in front of
// itself from the lowered values of its inputs, then all of the onnx dialect
// is erased. Nothing is rolled back, so that all errors come to light at once;
// the values of a node that failed are stood in for, so that the nodes behind
// it are checked as well.
//
//===----------------------------------------------------------------------===//

#include "garam/Conversion/Passes.h"

#include "Constants.h"
#include "OperatorTable.h"
#include "RunTimeSizes.h"
#include "garam/Dialect/ONNX/IR/ONNX.h"
#include "garam/Support/DataTypes.h"
#include "garam/Support/RawElements.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_CONVERTONNXTOLINALG
#include "garam/Conversion/Passes.h.inc"

namespace {

/// Whether arguments of `type` get another type in linalg.
bool needsLowering(Type type) { return onnx::getLoweredType(type) != type; }

/// What linalg does not say of a tensor that comes in or goes out.
SmallVector<NamedAttribute> getInterfaceAttrs(Type type) {
  SmallVector<NamedAttribute> attributes;
  auto tensor = dyn_cast<mlir::TensorType>(type);
  if (!tensor || !tensor.getElementType().isIntOrFloat())
    return attributes;
  Builder builder(type.getContext());
  Type element = tensor.getElementType();
  if (element.isUnsignedInteger())
    attributes.push_back(
        builder.getNamedAttr(unsignedAttrName, builder.getUnitAttr()));
  if (getStoredType(element) == element)
    return attributes;
  if (element.isInteger())
    element = builder.getIntegerType(element.getIntOrFloatBitWidth());
  attributes.push_back(
      builder.getNamedAttr(narrowAttrName, TypeAttr::get(element)));
  return attributes;
}

class FunctionLowering {
public:
  explicit FunctionLowering(const onnx::OperatorTable &table) : table(table) {}

  LogicalResult run(func::FuncOp function);

private:
  void lowerArguments(func::FuncOp function);
  void lowerConstant(onnx::ConstantOp constant);
  void lowerNode(onnx::NodeOp node, OpBuilder &builder);
  void lowerSizes(onnx::SizesOp sizes, OpBuilder &builder);
  LogicalResult lowerNode(onnx::NodeAccessor &accessor, onnx::NodeOp node);
  SmallVector<Value> lowerBody(Region &body, ValueRange arguments,
                               OpBuilder &builder);
  bool checkInputs(onnx::NodeAccessor &accessor, onnx::NodeOp node,
                   unsigned numRequired);
  void standIn(onnx::NodeOp node, OpBuilder &builder);
  void lowerReturn(func::FuncOp function, func::ReturnOp returnOp);
  void remapOperands(Operation *op);

  const onnx::OperatorTable &table;
  IRMapping values;
  /// The operation of the function's own block that is lowered.
  Operation *current = nullptr;
  SmallVector<Operation *> lowered;
  SmallVector<Operation *> constants;
  SmallVector<BlockArgument> modelArguments;
  bool hasErrors = false;
};

/// Puts a lowered argument behind each whose type changes, which stays until
/// its nodes, who ask for its sign, are erased.
void FunctionLowering::lowerArguments(func::FuncOp function) {
  Block &body = function.getBody().front();
  for (BlockArgument argument : llvm::to_vector(body.getArguments())) {
    if (!needsLowering(argument.getType()))
      continue;
    for (NamedAttribute attr : getInterfaceAttrs(argument.getType()))
      function.setArgAttr(argument.getArgNumber() - modelArguments.size(),
                          attr.getName(), attr.getValue());
    BlockArgument lowered = body.insertArgument(
        argument.getArgNumber() + 1, onnx::getLoweredType(argument.getType()),
        argument.getLoc());
    values.map(argument, lowered);
    modelArguments.push_back(argument);
  }
}

/// Those of bodies are put in front of all of the node, where they are weights
/// as others are.
void FunctionLowering::lowerConstant(onnx::ConstantOp constant) {
  OpBuilder builder(current);
  // What widens it is of a node, the one that the importer met first.
  Location loc = constant.getLoc();
  for (Operation *user : constant.getResult().getUsers())
    if (isa<onnx::NodeOp>(user))
      loc = user->getLoc();
  ImplicitLocOpBuilder b(loc, builder);
  Value value = onnx::makeWeight(b, constant.getValue());
  if (!value) {
    constant.emitError() << "a constant of " << constant.getResult().getType()
                         << " must be dense or a dense resource";
    hasErrors = true;
    return;
  }
  values.map(constant.getResult(), value);
  for (Operation *op = value.getDefiningOp(); op;
       op = op->getNumOperands() ? op->getOperand(0).getDefiningOp() : nullptr)
    constants.push_back(op);
  constants.back()->setLoc(constant.getLoc());
}

/// Gives the node's outputs that are used values of the declared types.
void FunctionLowering::standIn(onnx::NodeOp node, OpBuilder &builder) {
  for (Value output : node.getOutputs()) {
    if (values.contains(output) || output.use_empty())
      continue;
    auto cast = UnrealizedConversionCastOp::create(
        builder, node.getLoc(), onnx::getLoweredType(output.getType()),
        ValueRange());
    values.map(output, cast.getResult(0));
  }
}

/// Whether the inputs are there and have types that lowerings can work with.
/// The type of an input that a failed node makes may be unknown; that is no
/// error of this node.
bool FunctionLowering::checkInputs(onnx::NodeAccessor &accessor,
                                   onnx::NodeOp node, unsigned numRequired) {
  for (unsigned i = 0; i < numRequired; ++i)
    if (!accessor.hasInput(i)) {
      accessor.error() << "input " << i << " is left out, but the operator "
                       << "needs " << numRequired << " inputs";
      return false;
    }
  for (auto [i, input] : llvm::enumerate(node.getInputs())) {
    if (isa<NoneType>(input.getType()))
      continue;
    Value value = values.lookupOrDefault(input);
    if (isa<RankedTensorType>(value.getType()))
      continue;
    if (!value.getDefiningOp<UnrealizedConversionCastOp>())
      accessor.error() << "input " << i << " is " << value.getType()
                       << ", but a tensor of known rank is needed";
    return false;
  }
  return true;
}

LogicalResult FunctionLowering::lowerNode(onnx::NodeAccessor &accessor,
                                          onnx::NodeOp node) {
  const onnx::OperatorLowering *row =
      table.find(node.getDomain(), node.getOpType());
  if (!row)
    return accessor.error() << "this operator is not supported";
  if (!checkInputs(accessor, node, row->numRequiredInputs))
    return failure();
  return failure(failed(row->lower(accessor)) || accessor.hasErrors());
}

void FunctionLowering::lowerSizes(onnx::SizesOp sizes, OpBuilder &builder) {
  ImplicitLocOpBuilder b(sizes.getLoc(), builder);
  values.map(sizes.getResult(), onnx::lowerSizes(b, sizes, values));
}

void FunctionLowering::lowerNode(onnx::NodeOp node, OpBuilder &builder) {
  auto lowerBody = [this](Region &body, ValueRange arguments,
                          OpBuilder &builder) {
    return this->lowerBody(body, arguments, builder);
  };
  onnx::NodeAccessor accessor(node, builder, values, lowerBody);
  if (failed(lowerNode(accessor, node)))
    hasErrors = true;
  standIn(node, builder);
}

SmallVector<Value> FunctionLowering::lowerBody(Region &body,
                                               ValueRange arguments,
                                               OpBuilder &builder) {
  Block &block = body.front();
  for (auto [argument, value] :
       llvm::zip_equal(block.getArguments(), arguments))
    values.map(argument, value);
  for (Operation &op : block.without_terminator()) {
    if (auto constant = dyn_cast<onnx::ConstantOp>(op))
      lowerConstant(constant);
    else if (auto node = dyn_cast<onnx::NodeOp>(op))
      lowerNode(node, builder);
    else if (auto sizes = dyn_cast<onnx::SizesOp>(op))
      lowerSizes(sizes, builder);
  }
  SmallVector<Value> results;
  for (Value result : block.getTerminator()->getOperands())
    results.push_back(values.lookupOrDefault(result));
  return results;
}

void FunctionLowering::lowerReturn(func::FuncOp function,
                                   func::ReturnOp returnOp) {
  for (auto [index, type] : llvm::enumerate(function.getResultTypes()))
    for (NamedAttribute attr : getInterfaceAttrs(type))
      function.setResultAttr(index, attr.getName(), attr.getValue());
  remapOperands(returnOp);
}

void FunctionLowering::remapOperands(Operation *op) {
  for (OpOperand &operand : op->getOpOperands())
    operand.set(values.lookupOrDefault(operand.get()));
}

LogicalResult FunctionLowering::run(func::FuncOp function) {
  Block &body = function.getBody().front();
  auto returnOp = dyn_cast<func::ReturnOp>(body.getTerminator());
  if (!returnOp)
    return function.emitError() << "a graph must be one block that ends with "
                                   "func.return";
  lowerArguments(function);
  for (Operation &op : llvm::make_early_inc_range(body.without_terminator())) {
    current = &op;
    OpBuilder builder(&op);
    if (auto constant = dyn_cast<onnx::ConstantOp>(op))
      lowerConstant(constant);
    else if (auto node = dyn_cast<onnx::NodeOp>(op))
      lowerNode(node, builder);
    else if (auto sizes = dyn_cast<onnx::SizesOp>(op))
      lowerSizes(sizes, builder);
    else if (!isa<onnx::NoneOp>(op)) {
      remapOperands(&op);
      continue;
    }
    lowered.push_back(&op);
  }
  if (hasErrors) {
    // Half converted, but valid: the driver takes invalid IR for an error of
    // its own.
    function.removeArgAttrsAttr();
    function.setFunctionType(FunctionType::get(function.getContext(),
                                               body.getArgumentTypes(),
                                               returnOp.getOperandTypes()));
    return failure();
  }
  lowerReturn(function, returnOp);
  for (Operation *op : llvm::reverse(lowered))
    op->erase();
  // Shapes, axes and folded weights have done their part.
  for (Operation *constant : constants)
    if (constant->use_empty())
      constant->erase();
  for (BlockArgument argument : llvm::reverse(modelArguments))
    body.eraseArgument(argument.getArgNumber());
  function.setFunctionType(FunctionType::get(function.getContext(),
                                             body.getArgumentTypes(),
                                             returnOp.getOperandTypes()));
  return success();
}

struct ConvertONNXToLinalg
    : impl::ConvertONNXToLinalgBase<ConvertONNXToLinalg> {
  LogicalResult initialize(MLIRContext *) override {
    table = onnx::makeOperatorTable();
    return success();
  }

  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    if (failed(FunctionLowering(table).run(getOperation())))
      signalPassFailure();
  }

  onnx::OperatorTable table;
};

} // namespace
} // namespace garam
