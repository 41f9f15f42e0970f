//===- CommandAccess.cpp - What a command touches -------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/NPU/Transforms/CommandAccess.h"

#include "Stage.h"
#include "garam/Target/NPU/Machine/ISA.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace garam::npu {

bool isCommand(Operation *op) {
  return isa<TensorCommandOp, VectorCommandOp, DMACommandOp>(op);
}

LogicalResult checkNotRolled(func::FuncOp func) {
  if (failed(checkOneBlock(func)))
    return failure();
  for (auto loop : func.getOps<LoopOp>())
    return loop.emitOpError("is made by npu-roll-loops, behind the passes that "
                            "plan memory and synchronise");
  return success();
}

unsigned getQueue(int64_t core, EngineKind engine) {
  return core * numEngineKinds + static_cast<unsigned>(engine);
}

unsigned getQueue(Operation *op) {
  return TypeSwitch<Operation *, unsigned>(op)
      .Case([](TensorCommandOp command) {
        return getQueue(command.getCore(), EngineKind::tensor);
      })
      .Case([](VectorCommandOp command) {
        return getQueue(command.getCore(), EngineKind::vector);
      })
      .Case([](DMACommandOp command) {
        return getQueue(command.getCore(), EngineKind::dma);
      })
      .Case<WaitOp, SignalOp, LoopOp>([](auto command) {
        return getQueue(command.getCore(), command.getEngine());
      });
}

SmallVector<int64_t> getReceivers(DMACommandOp op) {
  if (op.getReceivers())
    return llvm::to_vector(*op.getReceivers());
  BufferOp destination = LoopOp::resolve(op.getDestination());
  return destination.getCores() ? llvm::to_vector(*destination.getCores())
                                : SmallVector<int64_t>();
}

/// The bytes of a walk of `sizes` along the strides of `descriptor`, from the
/// start of the buffer.
static ByteRegion getRegion(DescriptorAttr descriptor, ArrayRef<int64_t> sizes,
                            int64_t elementBytes) {
  if (descriptor.getGuards().empty() || descriptor.getTerm()) {
    SmallVector<ByteRegion::Dim> dims;
    for (auto [size, stride] : llvm::zip(sizes, descriptor.getStrides()))
      dims.push_back({stride, size});
    return makeRegion(descriptor.getOffset(), elementBytes, dims);
  }
  Descriptor walk;
  walk.address.offset = descriptor.getOffset();
  llvm::copy(descriptor.getStrides(), walk.strides.begin());
  for (GuardAttr attr : descriptor.getGuards()) {
    Guard &guard = walk.guards.emplace_back();
    guard.start = attr.getStart();
    guard.extent = attr.getExtent();
    llvm::copy(attr.getCoefficients(), guard.coefficients.begin());
  }
  return getRegion(Program(), walk,
                   SmallVector<uint32_t>(sizes.begin(), sizes.end()),
                   elementBytes, /*indices=*/{});
}

/// An access by a walk of `sizes` along the strides of `descriptor`.
static CommandAccess makeAccess(Value buffer, DescriptorAttr descriptor,
                                ArrayRef<int64_t> sizes, int64_t elementBytes,
                                bool isWrite, ArrayRef<int64_t> cores) {
  CommandAccess access;
  access.buffer = buffer.getDefiningOp<BufferOp>();
  access.isWrite = isWrite;
  access.cores.assign(cores.begin(), cores.end());
  access.region = getRegion(descriptor, sizes, elementBytes);
  return access;
}

namespace {

/// Collects the accesses of an op whose operands and descriptors go in step.
struct AccessCollector {
  ArrayAttr descriptors;
  SmallVector<CommandAccess, 6> accesses;
  unsigned next = 0;

  void add(Value buffer, ArrayRef<int64_t> sizes, bool isWrite, int64_t core,
           int64_t elementBytes = 0) {
    add(buffer, sizes, isWrite, ArrayRef<int64_t>(core), elementBytes);
  }
  void add(Value buffer, ArrayRef<int64_t> sizes, bool isWrite,
           ArrayRef<int64_t> cores, int64_t elementBytes = 0) {
    if (!buffer)
      return;
    auto descriptor = cast<DescriptorAttr>(descriptors[next++]);
    if (!elementBytes)
      elementBytes = getElementBytes(descriptor.getType());
    accesses.push_back(
        makeAccess(buffer, descriptor, sizes, elementBytes, isWrite, cores));
  }
};

SmallVector<CommandAccess, 6> getTensorAccesses(TensorCommandOp op) {
  AccessCollector collector{op.getDescriptors(), {}};
  SmallVector<int64_t> rowsAndReduction(op.getRows()), rowsAndColumn,
      reductionAndColumn(op.getReduction()),
      column = {int64_t(op.getColumns())};
  llvm::append_range(rowsAndReduction, op.getReduction());
  reductionAndColumn.push_back(op.getColumns());
  llvm::append_range(rowsAndColumn, op.getRows());
  rowsAndColumn.push_back(op.getColumns());
  int64_t core = op.getCore();
  collector.add(op.getActivation(), rowsAndReduction, false, core);
  collector.add(op.getWeight(), reductionAndColumn, false, core);
  collector.add(op.getBias(), column, false, core);
  collector.add(op.getScale(), column, false, core);
  collector.add(op.getResidual(), rowsAndColumn, false, core);
  collector.add(op.getOutput(), rowsAndColumn, true, core);
  return collector.accesses;
}

SmallVector<CommandAccess, 6> getVectorAccesses(VectorCommandOp op) {
  AccessCollector collector{op.getDescriptors(), {}};
  int64_t core = op.getCore();
  for (Value input : op.getInputs())
    collector.add(input, op.getSizes(), false, core);
  for (Value output : op.getOutputs())
    collector.add(output, op.getSizes(), true, core);
  return collector.accesses;
}

SmallVector<CommandAccess, 6> getDMAAccesses(DMACommandOp op) {
  AccessCollector collector{op.getDescriptors(), {}};
  int64_t sourceCore = op.getSourceCore().value_or(op.getCore());
  collector.add(op.getSource(), op.getSizes(), false, sourceCore,
                op.getElementBytes());
  // The walk along indices is bounded by their limit alone.
  if (op.getIndices()) {
    CommandAccess &source = collector.accesses.back();
    source.region = makeRegion(0, source.buffer.getSize(), {});
  }
  collector.add(op.getDestination(), op.getSizes(), true, getReceivers(op),
                op.getElementBytes());
  if (op.getIndices())
    collector.add(op.getIndices(), op.getSizes()[*op.getIndirectDim()], false,
                  op.getCore());
  return collector.accesses;
}

} // namespace

SmallVector<CommandAccess, 6> getAccesses(Operation *op) {
  return TypeSwitch<Operation *, SmallVector<CommandAccess, 6>>(op)
      .Case(getTensorAccesses)
      .Case(getVectorAccesses)
      .Case(getDMAAccesses)
      .Default([](Operation *) { return SmallVector<CommandAccess, 6>(); });
}

} // namespace garam::npu
