//===- RecordBound.cpp - What no schedule can beat ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/NPU/Transforms/LowerBound.h"

#include "Machine.h"
#include "garam/Dialect/NPU/IR/ElementKinds.h"
#include "garam/Dialect/NPU/Transforms/Passes.h"

namespace garam {
#define GEN_PASS_DEF_NPURECORDBOUND
#include "garam/Dialect/NPU/Transforms/Passes.h.inc"
} // namespace garam

using namespace mlir;

namespace garam::npu {

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

/// Adds multiply-accumulates on operands like `operand`.
static void addMACs(LowerBound &bound, uint64_t macs, Value operand,
                    const MachineDescription &machine) {
  bound.macs += macs;
  std::optional<ElementKind> kind =
      findElementKind(getElementTypeOrSelf(operand), /*isUnsigned=*/false);
  double peak = kind ? machine.getPeakMACsPerSecond(getElementType(*kind)) : 0;
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
    if (failed(machine))
      return signalPassFailure();
    record(getOperation(), computeLowerBound(getOperation(), *machine));
  }
};

} // namespace

} // namespace garam::npu
