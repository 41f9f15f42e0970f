//===- CheckStages.cpp - Stages that a machine cannot carry out -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Conversion/LinalgToNPU/Pipeline.h"
#include "garam/Dialect/NPU/IR/NPU.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/StringExtras.h"

using namespace mlir;

namespace garam::npu {

static std::optional<ElementType> getModeType(Type type) {
  if (type.isBF16())
    return ElementType::BF16;
  if (type.isF16())
    return ElementType::F16;
  if (type.isInteger(8))
    return ElementType::I8;
  return std::nullopt;
}

static std::string describeModes(const MachineDescription &machine) {
  SmallVector<std::string> names;
  for (const ArrayMode &mode : machine.tensor.modes)
    names.push_back(getName(mode.type).str());
  return llvm::join(names, ", ");
}

static std::string checkContract(ContractOp op,
                                 const MachineDescription &machine) {
  Type type = getElementTypeOrSelf(op.getActivation());
  std::optional<ElementType> mode = getModeType(type);
  if (mode && machine.findMode(*mode))
    return {};
  std::string name;
  llvm::raw_string_ostream(name) << type;
  std::string reason = "'" + machine.name + "' does not multiply " + name +
                       ", only " + describeModes(machine);
  if (isa<FloatType>(type))
    reason += "; quantise the model to int8";
  return reason;
}

/// Float operations that a machine without float arithmetic has, because
/// requantisation consists of them.
static bool isRequantization(Operation &op) {
  return isa<arith::AddFOp, arith::SubFOp, arith::MulFOp, arith::DivFOp,
             arith::MaximumFOp, arith::MinimumFOp, arith::NegFOp,
             arith::SIToFPOp, arith::FPToSIOp, arith::ConstantOp,
             arith::SelectOp, math::FmaOp, math::RoundEvenOp>(op);
}

static bool usesFloat(Operation &op) {
  auto isFloat = [](Type type) { return isa<FloatType>(type); };
  return llvm::any_of(op.getOperandTypes(), isFloat) ||
         llvm::any_of(op.getResultTypes(), isFloat);
}

static std::string checkVector(VectorOp op, const MachineDescription &machine) {
  // Registers have 32 bits: what passes through them from 64 to 64 bits would
  // lose the upper half without a word.
  auto isWide = [](Type type) {
    return getElementTypeOrSelf(type).isInteger(64);
  };
  if (llvm::any_of(op.getInputs().getTypes(), isWide) &&
      llvm::any_of(op.getResultTypes(), isWide))
    return "64-bit integers do not fit the vector engine's 32-bit registers; "
           "cast them to int32 where their values allow";
  if (op.getInputs().size() > maxVectorInputs)
    return "a vector command reads at most " + std::to_string(maxVectorInputs) +
           " tensors, and this needs " + std::to_string(op.getInputs().size()) +
           "; combine them in several nodes";
  if (machine.vector.hasFloat)
    return {};
  for (Region &region : op->getRegions())
    for (Operation &inner : region.getOps())
      if (!isa<YieldOp>(inner) && usesFloat(inner) && !isRequantization(inner))
        return "'" + machine.name +
               "' has no float arithmetic beyond requantisation, and this "
               "needs '" +
               inner.getName().getStringRef().str() +
               "'; leave it out of the model or quantise it";
  return {};
}

LogicalResult checkStages(func::FuncOp function,
                          const MachineDescription &machine) {
  bool failed = false;
  for (Operation &op : function.getBody().front()) {
    std::string reason;
    if (auto contract = dyn_cast<ContractOp>(op))
      reason = checkContract(contract, machine);
    else if (auto vector = dyn_cast<VectorOp>(op))
      reason = checkVector(vector, machine);
    if (reason.empty())
      continue;
    failed = true;
    op.emitError() << reason;
  }
  return failure(failed);
}

} // namespace garam::npu
