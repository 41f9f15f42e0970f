//===- HoistQuantization.cpp - Leaves quantisation to the host ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "garam/Dialect/GaramExt/IR/ObservedRange.h"
#include "garam/Dialect/Hetero/IR/Hetero.h"
#include "garam/Dialect/Hetero/Transforms/Passes.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;

namespace garam {

#define GEN_PASS_DEF_HETEROHOISTQUANTIZATIONPASS
#include "garam/Dialect/Hetero/Transforms/Passes.h.inc"

namespace {

struct HeteroHoistQuantizationPass
    : public impl::HeteroHoistQuantizationPassBase<
          HeteroHoistQuantizationPass> {
  void runOnOperation() override;
};

} // namespace

/// The one element of a constant tensor, or null.
static Attribute getSplat(Value value) {
  DenseElementsAttr elements;
  if (!value || !matchPattern(value, m_Constant(&elements)) ||
      !elements.isSplat() || elements.getNumElements() != 1)
    return nullptr;
  return elements.getSplatValue<Attribute>();
}

/// What the host has to compute, or null when it is not one scale and zero
/// point of 8 bits for the whole f32 tensor.
template <typename OpTy>
static DictionaryAttr getQuantization(OpTy op, Type real, Type stored) {
  Builder builder(op.getContext());
  if (!cast<RankedTensorType>(real).getElementType().isF32() ||
      !cast<RankedTensorType>(stored).getElementType().isInteger(8))
    return nullptr;
  auto scale = dyn_cast_if_present<FloatAttr>(getSplat(op.getScale()));
  if (!scale || !scale.getType().isF32() ||
      !hetero::isUsableScale(scale.getValue()))
    return nullptr;
  int64_t zeroPoint = 0;
  if (Value value = op.getZeroPoint()) {
    auto attr = dyn_cast_if_present<IntegerAttr>(getSplat(value));
    if (!attr)
      return nullptr;
    zeroPoint = op.getIsUnsigned() ? attr.getValue().getZExtValue()
                                   : attr.getValue().getSExtValue();
  }
  SmallVector<NamedAttribute> entries = {
      builder.getNamedAttr("scale", scale),
      builder.getNamedAttr("zero_point", builder.getI64IntegerAttr(zeroPoint))};
  if (op.getIsUnsigned())
    entries.push_back(
        builder.getNamedAttr("is_unsigned", builder.getUnitAttr()));
  return builder.getDictionaryAttr(entries);
}

/// Makes an argument of which only one quantisation is used that quantisation.
static void hoistInput(func::FuncOp function, BlockArgument argument) {
  DictionaryAttr quantization;
  Type type;
  for (Operation *user : argument.getUsers()) {
    auto quantize = dyn_cast<ext::QuantizeOp>(user);
    if (!quantize || quantize.getInput() != argument)
      return;
    DictionaryAttr attr = getQuantization(quantize, argument.getType(),
                                          quantize.getResult().getType());
    if (!attr || (quantization && attr != quantization))
      return;
    quantization = attr;
    type = quantize.getResult().getType();
  }
  if (!quantization)
    return;
  for (Operation *user : llvm::make_early_inc_range(argument.getUsers())) {
    user->getResult(0).replaceAllUsesWith(argument);
    user->erase();
  }
  argument.setType(type);
  // Which was of the floats.
  function.removeArgAttr(argument.getArgNumber(), ext::rangeAttrName);
  function.setArgAttr(argument.getArgNumber(), hetero::quantizationAttrName,
                      quantization);
}

/// Returns what a returned tensor was dequantised from.
static void hoistOutput(func::FuncOp function, OpOperand &operand) {
  auto dequantize = operand.get().getDefiningOp<ext::DequantizeOp>();
  if (!dequantize)
    return;
  DictionaryAttr quantization = getQuantization(
      dequantize, operand.get().getType(), dequantize.getInput().getType());
  if (!quantization)
    return;
  operand.set(dequantize.getInput());
  if (dequantize->use_empty())
    dequantize->erase();
  function.setResultAttr(operand.getOperandNumber(),
                         hetero::quantizationAttrName, quantization);
}

static void hoist(func::FuncOp function) {
  for (BlockArgument argument : function.getArguments())
    hoistInput(function, argument);
  Operation *terminator = function.front().getTerminator();
  for (OpOperand &operand : terminator->getOpOperands())
    hoistOutput(function, operand);
  function.setFunctionType(FunctionType::get(
      function.getContext(), function.front().getArgumentTypes(),
      terminator->getOperandTypes()));
}

void HeteroHoistQuantizationPass::runOnOperation() {
  ModuleOp module = getOperation();
  SymbolTableCollection tables;
  SymbolUserMap users(tables, module);
  for (func::FuncOp function : module.getOps<func::FuncOp>())
    if (llvm::hasSingleElement(function.getBody()) && users.useEmpty(function))
      hoist(function);
}

} // namespace garam
