//===- CheckInterface.cpp - Floats that a machine cannot hold -------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Conversion/LinalgToNPU/Passes.h"
#include "garam/Dialect/GaramExt/IR/GaramExt.h"
#include "garam/Target/CompileTarget.h"
#include "garam/Target/NPU/Machine/TargetFile.h"
#include "mlir/Transforms/RegionUtils.h"
#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/SmallPtrSet.h"

namespace garam {
#define GEN_PASS_DEF_NPUCHECKINTERFACE
#include "garam/Conversion/LinalgToNPU/Passes.h.inc"
} // namespace garam

using namespace mlir;

namespace garam::npu {

/// What `op` and the operations in it read from outside of it.
static llvm::SetVector<Value> getReadValues(Operation *op) {
  llvm::SetVector<Value> values(op->operand_begin(), op->operand_end());
  getUsedValuesDefinedAbove(op->getRegions(), values);
  return values;
}

static bool isFloat(Value value) {
  return isa<FloatType>(getElementTypeOrSelf(value.getType()));
}

/// The operations that floats join to the function's arguments or results: one
/// of them on the device would have a float tensor pass the edge, whichever of
/// the others are with it. What depends on no argument, as constants and
/// initial values, is of every reader by itself and joins none of them.
static SmallVector<Operation *> findAtFloatEdges(Block &body) {
  // The terminator stands for the edge.
  Operation *edge = body.getTerminator();
  llvm::EquivalenceClasses<Operation *> joined;
  llvm::SmallPtrSet<Operation *, 32> dependent;
  for (Operation &op : body)
    for (Value value : getReadValues(&op)) {
      Operation *producer = value.getDefiningOp();
      if (!producer || dependent.contains(producer))
        dependent.insert(&op);
      if (!isFloat(value))
        continue;
      if (!producer)
        joined.unionSets(edge, &op);
      else if (&op == edge || dependent.contains(producer))
        joined.unionSets(producer, &op);
    }
  SmallVector<Operation *> found;
  for (Operation &op : body.without_terminator())
    if (joined.isEquivalent(edge, &op))
      found.push_back(&op);
  return found;
}

static Refusal makeRefusal(Operation *op, StringRef machine) {
  return Refusal(op,
                 "'" + machine +
                     "' has no floats in its memories, and here float tensors "
                     "would enter or leave it",
                 isa<ext::QuantizeOp, ext::DequantizeOp>(op)
                     ? "place the QuantizeLinear of a float input and the "
                       "DequantizeLinear of a float result on the host"
                     : "quantise the model to int8, with the QuantizeLinear of "
                       "a float input and the DequantizeLinear of a float "
                       "result on the host");
}

namespace {

struct CheckInterface : impl::NPUCheckInterfaceBase<CheckInterface> {
  using NPUCheckInterfaceBase::NPUCheckInterfaceBase;

  void runOnOperation() override {
    markAllAnalysesPreserved();
    // Control flow is for the conversion to refuse.
    if (!getOperation().getBody().hasOneBlock())
      return;
    FailureOr<MachineDescription> machine =
        loadMachineOf(getOperation(), deviceKind, target, readTargetFile);
    if (failed(machine))
      return signalPassFailure();
    if (machine->vector.hasFloat)
      return;
    for (Operation *op : findAtFloatEdges(getOperation().front())) {
      (void)emitRefusal(makeRefusal(op, machine->name));
      signalPassFailure();
    }
  }
};

} // namespace

} // namespace garam::npu
