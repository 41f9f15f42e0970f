//===- RecordBound.cpp - What no schedule can beat ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/NPU/Transforms/LowerBound.h"

#include "CompulsoryReads.h"
#include "Machine.h"
#include "TileWalks.h"
#include "garam/Dialect/NPU/IR/ElementKinds.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"
#include "garam/Target/NPU/Machine/Timing.h"

namespace garam {
#define GEN_PASS_DEF_NPURECORDBOUND
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

using namespace mlir;

namespace garam::npu {

/// Bytes of a constant that must cross the memory interface: of what is read.
static uint64_t getCompulsoryBytes(ConstantOp constant,
                                   CompulsoryReads &reads) {
  constexpr unsigned bitsPerByte = 8;
  auto type = cast<RankedTensorType>(constant.getType());
  return llvm::divideCeil(reads.countElements(constant.getResult()) *
                              type.getElementTypeBitWidth(),
                          bitsPerByte);
}

/// What the results of an operation in the body of a stage are made of.
struct Factors {
  bool dependOnArguments = false;
  /// A product of two values that both depend on the body's arguments is in
  /// them, perhaps within conversions and sums.
  bool holdProduct = false;
};

/// Of each operation, from those of its operands. Forward through the body, so
/// that each operation is seen once however often its results are used.
static llvm::DenseMap<Operation *, Factors> findFactors(Block &body) {
  llvm::DenseMap<Operation *, Factors> factors;
  auto dependsOnArgument = [&](Value value) {
    Operation *op = value.getDefiningOp();
    return !op || factors.lookup(op).dependOnArguments;
  };
  auto holdsProduct = [&](Value value) {
    Operation *op = value.getDefiningOp();
    return op && factors.lookup(op).holdProduct;
  };
  for (Operation &op : body) {
    OperandRange operands = op.getOperands();
    Factors made;
    made.dependOnArguments = llvm::any_of(operands, dependsOnArgument);
    made.holdProduct = isa<arith::MulFOp, arith::MulIOp>(op)
                           ? llvm::all_of(operands, dependsOnArgument)
                           : llvm::any_of(operands, holdsProduct);
    factors[&op] = made;
  }
  return factors;
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
  Block &body = vector.getBody().front();
  llvm::DenseMap<Operation *, Factors> factors = findFactors(body);
  auto yield = cast<YieldOp>(body.getTerminator());
  for (auto [attr, value] :
       llvm::zip(vector.getCombiners(), yield.getValues())) {
    CombinerKind kind = cast<CombinerAttr>(attr).getKind();
    if ((kind == CombinerKind::addf || kind == CombinerKind::addi) &&
        factors.lookup(value.getDefiningOp()).holdProduct)
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

/// The time that the arrays compute for a contraction at the least, in seconds.
/// In a grid each dimension takes whole steps, however it is cut and shared.
static double getArraySeconds(ContractOp contract, uint64_t macs,
                              ElementType type,
                              const MachineDescription &machine) {
  double peak = machine.getPeakMACsPerSecond(type);
  if (peak == 0)
    return 0;
  if (!machine.tensor.grid)
    return macs / peak;
  Stage stage = getStage(contract);
  SmallVector<unsigned> order = orderLoops(stage);
  std::vector<WalkOperand> operands(1);
  operands[0].strides.assign(order.size(), 0);
  Walk walk = makeTileWalk(stage, stage.getLoops(), order, std::move(operands),
                           machine);
  uint64_t cycles = 0;
  (void)forEachContractCommand(
      walk, true, true, [&](const Walk &part, bool, bool) {
        TensorCommand command = makeSizedCommand(part, type);
        cycles += getComputeCycles(command, machine);
        return success();
      });
  return cycles / (machine.clockHz * machine.cores * machine.tensor.units);
}

/// Elements that an engine of fixed operations takes for a stage, as its
/// commands count them.
static uint64_t countOperands(VectorOp vector) {
  Stage stage = getStage(vector);
  uint64_t outputs = 1, operands = 0;
  for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
    outputs *= stage.isParallel(dim) ? stage.sizes[dim] : 1;
  for (const StageOperand &input : stage.inputs) {
    uint64_t elements = 1;
    for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim) {
      if (stage.sizes[dim] == 1 || input.dependsOn(dim))
        elements *= stage.sizes[dim];
      else if (stage.isParallel(dim))
        elements = 0;
    }
    operands += elements;
  }
  return std::max(operands, outputs);
}

static std::optional<ElementType> getInputType(Value operand) {
  std::optional<ElementKind> kind =
      findElementKind(getElementTypeOrSelf(operand), /*isUnsigned=*/false);
  if (!kind)
    return std::nullopt;
  return getElementType(*kind);
}

static void addContract(LowerBound &bound, ContractOp contract,
                        const MachineDescription &machine) {
  uint64_t macs = countMACs(contract);
  bound.macs += macs;
  if (std::optional<ElementType> type = getInputType(contract.getActivation()))
    bound.computeSeconds += getArraySeconds(contract, macs, *type, machine);
}

/// Where the vector engine excludes the tensor engine, their times add up. Else
/// only the products count, as if the arrays could take them.
static void addVector(LowerBound &bound, VectorOp vector,
                      const MachineDescription &machine) {
  uint64_t macs = countMACs(vector);
  bound.macs += macs;
  if (machine.vector.excludesTensor()) {
    bound.computeSeconds += countOperands(vector) /
                            (machine.clockHz * machine.cores *
                             machine.vector.fixedFunction->operandsPerCycle);
    return;
  }
  if (macs == 0)
    return;
  std::optional<ElementType> type = getInputType(vector.getInputs().front());
  double peak = type ? machine.getPeakMACsPerSecond(*type) : 0;
  if (peak > 0)
    bound.computeSeconds += macs / peak;
}

LowerBound computeLowerBound(func::FuncOp stages,
                             const MachineDescription &machine) {
  LowerBound bound;
  bound.peakBytesPerSecond = machine.dram.bytesPerSecond;
  CompulsoryReads reads;
  stages.walk([&](Operation *op) {
    if (auto contract = dyn_cast<ContractOp>(op)) {
      addContract(bound, contract, machine);
    } else if (auto vector = dyn_cast<VectorOp>(op)) {
      addVector(bound, vector, machine);
    } else if (auto constant = dyn_cast<ConstantOp>(op)) {
      bound.weightBytes += getCompulsoryBytes(constant, reads);
    }
  });
  return bound;
}

static void record(func::FuncOp function, const LowerBound &bound) {
  Builder b(function.getContext());
  NPUDialect::BoundAttrHelper(b.getContext())
      .setAttr(
          function,
          b.getDictionaryAttr(
              {b.getNamedAttr(boundMACsKey, b.getI64IntegerAttr(bound.macs)),
               b.getNamedAttr(boundSecondsKey,
                              b.getF64FloatAttr(bound.computeSeconds)),
               b.getNamedAttr(boundWeightBytesKey,
                              b.getI64IntegerAttr(bound.weightBytes))}));
}

LowerBound readLowerBound(func::FuncOp function,
                          const MachineDescription &machine) {
  LowerBound bound;
  bound.peakBytesPerSecond = machine.dram.bytesPerSecond;
  DictionaryAttr attr =
      NPUDialect::BoundAttrHelper(function.getContext()).getAttr(function);
  if (!attr)
    return bound;
  bound.macs = attr.getAs<IntegerAttr>(boundMACsKey).getInt();
  bound.computeSeconds =
      attr.getAs<FloatAttr>(boundSecondsKey).getValueAsDouble();
  bound.weightBytes = attr.getAs<IntegerAttr>(boundWeightBytesKey).getInt();
  return bound;
}

namespace {

struct RecordBound : impl::NPURecordBoundBase<RecordBound> {
  using NPURecordBoundBase::NPURecordBoundBase;

  void runOnOperation() override {
    if (getOperation().isExternal())
      return;
    FailureOr<MachineDescription> machine = loadMachine(getOperation(), target);
    if (failed(machine) || failed(checkStageFunction(getOperation())))
      return signalPassFailure();
    record(getOperation(), computeLowerBound(getOperation(), *machine));
  }
};

} // namespace

} // namespace garam::npu
