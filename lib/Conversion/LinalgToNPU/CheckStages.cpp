//===- CheckStages.cpp - Stages that a machine cannot carry out -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Conversion/LinalgToNPU/Passes.h"
#include "garam/Dialect/NPU/IR/ElementKinds.h"
#include "garam/Dialect/NPU/IR/NPU.h"
#include "garam/Dialect/NPU/Utils/VectorSpec.h"
#include "garam/Support/NodeIds.h"
#include "garam/Target/CompileTarget.h"
#include "garam/Target/NPU/Machine/TargetFile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "llvm/ADT/StringExtras.h"

namespace garam {
#define GEN_PASS_DEF_NPUCHECKSTAGES
#include "garam/Conversion/LinalgToNPU/Passes.h.inc"
} // namespace garam

using namespace mlir;

namespace garam::npu {

static std::string describeModes(const MachineDescription &machine) {
  SmallVector<std::string> names;
  for (const ArrayMode &mode : machine.tensor.modes)
    names.push_back(getName(mode.type).str());
  return llvm::join(names, ", ");
}

/// A stage is named by its nodes: it may be several operations, fused.
static std::optional<Refusal> checkContract(ContractOp op,
                                            const MachineDescription &machine) {
  Type type = getElementTypeOrSelf(op.getActivation());
  std::optional<ElementKind> kind = findElementKind(type, /*isUnsigned=*/false);
  if (kind && machine.findMode(getElementType(*kind)))
    return std::nullopt;
  std::string name, hint;
  llvm::raw_string_ostream(name) << type;
  if (isa<FloatType>(type))
    hint = machine.findMode(ElementType::BF16) && type.isF16()
               ? "convert the model to float32, which is multiplied in bf16"
               : "quantise the model to int8";
  return Refusal(op.getLoc(),
                 "'" + machine.name + "' does not multiply " + name +
                     ", only " + describeModes(machine),
                 hint);
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

/// Whether only the lower halves are read of an input of 64-bit integers.
static bool dropsUpperHalves(VectorOp op) {
  VectorSpec spec = VectorSpec::get(op);
  return llvm::any_of(spec.inputs, [&](VectorInput input) {
    if (!getElementTypeOrSelf(input.tensor).isInteger(64) || input.isUpper)
      return false;
    return llvm::none_of(spec.inputs, [&](const VectorInput &other) {
      return other.isUpper && other.tensor == input.tensor &&
             other.map == input.map;
    });
  });
}

static std::optional<Refusal> checkVector(VectorOp op,
                                          const MachineDescription &machine) {
  // Registers have 32 bits: what passes through them from 64 to 64 bits would
  // lose the upper half without a word.
  auto isWide = [](Type type) {
    return getElementTypeOrSelf(type).isInteger(64);
  };
  if (llvm::any_of(op.getResultTypes(), isWide) && dropsUpperHalves(op))
    return Refusal(
        op.getLoc(),
        "64-bit integers do not fit the vector engine's 32-bit registers",
        "cast them to int32 where their values allow");
  if (op.getInputs().size() > maxVectorInputs)
    return Refusal(op.getLoc(),
                   "a vector command reads at most " + Twine(maxVectorInputs) +
                       " tensors, and this needs " +
                       Twine(op.getInputs().size()),
                   "combine them in several nodes");
  if (machine.vector.hasFloat)
    return std::nullopt;
  for (Region &region : op->getRegions())
    for (Operation &inner : region.getOps())
      if (!isa<YieldOp>(inner) && usesFloat(inner) && !isRequantization(inner))
        return Refusal(
            // Of several nodes that are fused, the one that needs it.
            getNodeIds(inner.getLoc()).empty() ? op.getLoc() : inner.getLoc(),
            "'" + machine.name +
                "' has no float arithmetic beyond requantisation, and this "
                "needs '" +
                inner.getName().getStringRef() + "'",
            "leave it out of the model or quantise it");
  return std::nullopt;
}

/// Commands count the iterations of a loop in 32 bits.
static std::optional<Refusal> checkSizes(Operation &op,
                                         ArrayRef<int64_t> sizes) {
  constexpr int64_t most = std::numeric_limits<uint32_t>::max();
  for (int64_t size : sizes)
    if (size > most)
      return Refusal(op.getLoc(), "a dimension of " + Twine(size) +
                                      " elements, more than 2^32 - 1");
  return std::nullopt;
}

static std::optional<Refusal> check(Operation &op,
                                    const MachineDescription &machine) {
  std::optional<Refusal> refusal;
  if (auto contract = dyn_cast<ContractOp>(op)) {
    refusal = checkSizes(op, contract.getSizes());
    return refusal ? refusal : checkContract(contract, machine);
  }
  if (auto vector = dyn_cast<VectorOp>(op)) {
    refusal = checkSizes(op, vector.getSizes());
    return refusal ? refusal : checkVector(vector, machine);
  }
  return std::nullopt;
}

namespace {

struct CheckStages : impl::NPUCheckStagesBase<CheckStages> {
  using NPUCheckStagesBase::NPUCheckStagesBase;

  void runOnOperation() override {
    markAllAnalysesPreserved();
    if (getOperation().isExternal())
      return;
    FailureOr<MachineDescription> machine =
        loadMachineOf(getOperation(), deviceKind, target, readTargetFile);
    if (failed(machine))
      return signalPassFailure();
    for (Operation &op : getOperation().getBody().front())
      if (std::optional<Refusal> refusal = check(op, *machine)) {
        (void)emitRefusal(*refusal);
        signalPassFailure();
      }
  }
};

} // namespace

} // namespace garam::npu
