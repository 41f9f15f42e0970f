//===- DeviceBound.cpp - What no schedule can beat ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "DeviceTargetModel.h"
#include "garam/Dialect/NPU/IR/NPU.h"
#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;

namespace garam::npu {

/// The type of the tensor engine's mode, or nothing when it has none.
static std::optional<ElementType> getModeType(Type type) {
  if (type.isInteger(8))
    return ElementType::I8;
  if (type.isF16())
    return ElementType::F16;
  if (type.isBF16())
    return ElementType::BF16;
  if (type.isF32())
    return ElementType::F32;
  if (isa<Float8E4M3Type, Float8E4M3FNType>(type))
    return ElementType::F8E4M3;
  if (isa<Float8E5M2Type>(type))
    return ElementType::F8E5M2;
  return std::nullopt;
}

static uint64_t getByteSize(RankedTensorType type) {
  constexpr unsigned bitsPerByte = 8;
  return llvm::divideCeil(type.getNumElements() * type.getElementTypeBitWidth(),
                          bitsPerByte);
}

/// Bytes of a constant that must cross the memory interface: all of them, or,
/// when it is a table that is only gathered from, as many as are gathered.
static uint64_t getCompulsoryBytes(ConstantOp constant) {
  auto type = cast<RankedTensorType>(constant.getType());
  uint64_t gathered = 0;
  for (OpOperand &use : constant.getResult().getUses()) {
    auto gather = dyn_cast<GatherOp>(use.getOwner());
    if (!gather || use.getOperandNumber() != 0)
      return getByteSize(type);
    gathered += getByteSize(cast<RankedTensorType>(gather.getType()));
  }
  return std::min(gathered, getByteSize(type));
}

static bool dependsOnArgument(Value value) {
  Operation *op = value.getDefiningOp();
  return !op || llvm::any_of(op->getOperands(), dependsOnArgument);
}

/// Whether `value`, in the body of a stage, is a product of two values that
/// both depend on the body's arguments.
static bool isProduct(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return false;
  if (isa<arith::MulFOp, arith::MulIOp>(op))
    return llvm::all_of(op->getOperands(), dependsOnArgument);
  // Conversions, and the scale of a quantised sum, around the product.
  return llvm::any_of(op->getOperands(), isProduct);
}

/// Multiply-accumulates of a vector stage: a sum of products, which is what a
/// depthwise convolution becomes.
static uint64_t countMACs(VectorOp vector) {
  if (vector.getNumReductions() == 0)
    return 0;
  uint64_t points = 1;
  for (int64_t size : vector.getSizes())
    points *= size;
  uint64_t macs = 0;
  auto yield = cast<YieldOp>(vector.getBody().front().getTerminator());
  for (auto [attr, value] :
       llvm::zip(vector.getCombiners(), yield.getValues())) {
    CombinerKind kind = cast<CombinerAttr>(attr).getKind();
    if ((kind == CombinerKind::addf || kind == CombinerKind::addi) &&
        isProduct(value))
      macs += points;
  }
  return macs;
}

static uint64_t countMACs(ContractOp contract) {
  uint64_t macs = 1;
  for (int64_t size : contract.getSizes())
    macs *= size;
  return macs;
}

/// Adds multiply-accumulates on operands like `operand`.
static void addMACs(LowerBound &bound, uint64_t macs, Value operand,
                    const MachineDescription &machine) {
  bound.macs += macs;
  std::optional<ElementType> type =
      getModeType(cast<RankedTensorType>(operand.getType()).getElementType());
  double peak = type ? machine.getPeakMACsPerSecond(*type) : 0;
  if (peak > 0)
    bound.computeSeconds += macs / peak;
}

LowerBound computeLowerBound(func::FuncOp stages,
                             const MachineDescription &machine) {
  LowerBound bound;
  bound.peakBytesPerSecond = machine.dram.bytesPerSecond;
  stages.walk([&](Operation *op) {
    if (auto contract = dyn_cast<ContractOp>(op)) {
      addMACs(bound, countMACs(contract), contract.getActivation(), machine);
    } else if (auto vector = dyn_cast<VectorOp>(op)) {
      if (uint64_t macs = countMACs(vector))
        addMACs(bound, macs, vector.getInputs().front(), machine);
    } else if (auto constant = dyn_cast<ConstantOp>(op)) {
      bound.weightBytes += getCompulsoryBytes(constant);
    }
  });
  return bound;
}

} // namespace garam::npu
