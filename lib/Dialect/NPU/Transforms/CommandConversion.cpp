//===- CommandConversion.cpp - Commands of the dialect to the ISA's -------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Dialect/NPU/Transforms/CommandConversion.h"

#include "garam/Dialect/NPU/IR/ElementKinds.h"
#include "garam/Dialect/NPU/Transforms/CommandAccess.h"

using namespace mlir;

namespace garam::npu {

LogicalResult CommandConversion::addProgram(MicroProgramOp op) {
  FailureOr<MicroCode> code = translateMicroProgram(op);
  if (failed(code))
    return failure();
  codes[op.getResult()] = std::move(*code);
  return success();
}

Address getAddress(Value value, int64_t core) {
  BufferOp op = LoopOp::resolve(value);
  Address address;
  address.space = static_cast<MemorySpace>(op.getSpace());
  address.offset = op.getOffset().value_or(0);
  address.index = op.getCores() ? core : op.getSegment().value_or(0);
  return address;
}

/// Where the walk begins in the first turns, and how it moves from there.
static Address getAddress(DescriptorAttr attr, Value buffer, int64_t core) {
  Address address = getAddress(buffer, core);
  address.offset += attr.getOffset();
  llvm::copy(attr.getLoops(), address.loopStrides.begin());
  if (ParameterTermAttr term = attr.getTerm()) {
    address.parameter = term.getParameter();
    address.parameterStride = term.getStride();
  }
  return address;
}

/// `places[i]` is the ISA's dimension of the descriptor's dimension i.
static Descriptor convert(DescriptorAttr attr, Value buffer, int64_t core,
                          ArrayRef<unsigned> places) {
  Descriptor descriptor;
  descriptor.address = getAddress(attr, buffer, core);
  descriptor.type = getElementType(attr.getType());
  for (auto [place, stride] : llvm::zip(places, attr.getStrides()))
    descriptor.strides[place] = stride;
  for (GuardAttr guardAttr : attr.getGuards()) {
    Guard guard;
    guard.start = guardAttr.getStart();
    guard.extent = guardAttr.getExtent();
    for (auto [place, coefficient] :
         llvm::zip(places, guardAttr.getCoefficients()))
      guard.coefficients[place] = coefficient;
    llvm::copy(guardAttr.getLoops(), guard.loopStrides.begin());
    descriptor.guards.push_back(guard);
  }
  if (attr.getFill())
    descriptor.fill = attr.getFill().getValueAsDouble();
  return descriptor;
}

TensorCommand CommandConversion::convert(TensorCommandOp op) const {
  TensorCommand command;
  SmallVector<unsigned> rows, reduction;
  for (auto [i, size] : llvm::enumerate(op.getRows())) {
    command.rows[i] = size;
    rows.push_back(i);
  }
  for (auto [i, size] : llvm::enumerate(op.getReduction())) {
    command.reduction[i] = size;
    reduction.push_back(i);
  }
  command.columns = op.getColumns();
  llvm::copy(op.getUnitRows(), command.unitRows.begin());
  command.unitColumns = op.getUnitColumns();
  command.unitReduction = op.getUnitReduction();
  command.accumulate = op.getAccumulate();
  command.store = bool(op.getOutput());
  command.activationZeroPoint = op.getActivationZeroPoint();
  command.weightZeroPoint = op.getWeightZeroPoint();
  command.residualZeroPoint = op.getResidualZeroPoint();
  command.outputZeroPoint = op.getOutputZeroPoint();
  command.residualScale = op.getResidualScale().convertToFloat();
  command.outputScale = op.getOutputScale().convertToFloat();
  RequantizationAttr requantization = op.getRequantizationAttr();
  command.hasRequantization = command.store && requantization;
  if (command.hasRequantization) {
    command.requantizationLow = requantization.getLow();
    command.requantizationHigh = requantization.getHigh();
    command.requantizationScale =
        requantization.getScale().getValue().convertToFloat();
  }
  command.hasClamp = command.store && (op.getClampLow() || op.getClampHigh());
  constexpr float infinity = std::numeric_limits<float>::infinity();
  if (command.hasClamp) {
    command.clampLow =
        op.getClampLow() ? op.getClampLow()->convertToFloat() : -infinity;
    command.clampHigh =
        op.getClampHigh() ? op.getClampHigh()->convertToFloat() : infinity;
  }

  unsigned next = 0;
  int64_t core = op.getCore();
  auto take = [&](Value buffer, Descriptor &descriptor,
                  ArrayRef<unsigned> places) {
    if (!buffer)
      return false;
    descriptor = npu::convert(cast<DescriptorAttr>(op.getDescriptors()[next++]),
                              buffer, core, places);
    return true;
  };
  constexpr unsigned columnPlace = 3;
  SmallVector<unsigned> activationPlaces = rows, weightPlaces = reduction,
                        outputPlaces = rows;
  for (unsigned i : reduction)
    activationPlaces.push_back(maxRowDims + i);
  weightPlaces.push_back(columnPlace);
  outputPlaces.push_back(columnPlace);
  // A tile of one column has no loop for it.
  take(op.getActivation(), command.activation, activationPlaces);
  take(op.getWeight(), command.weight, weightPlaces);
  command.hasBias = take(op.getBias(), command.bias, {0});
  command.hasScale = take(op.getScale(), command.scale, {0});
  command.hasResidual = take(op.getResidual(), command.residual, outputPlaces);
  take(op.getOutput(), command.output, outputPlaces);
  return command;
}

VectorCommand CommandConversion::convert(VectorCommandOp op) const {
  VectorCommand command;
  command.sizes.assign(op.getSizes().begin(), op.getSizes().end());
  command.numReductionDims = op.getNumReductions();
  SmallVector<unsigned> places =
      llvm::to_vector(llvm::seq<unsigned>(0, command.sizes.size()));
  if (command.sizes.empty())
    command.sizes.push_back(1);
  const MicroCode &code = codes.find(op.getProgram())->second;
  command.body = code.body;
  command.reductions = code.reductions;
  command.finish = code.finish;
  // Loops of size 1 are dropped from the walk, reductions among them: the
  // sums are still sums.
  if (!code.reductions.empty() && command.numReductionDims == 0) {
    command.sizes.push_back(1);
    command.numReductionDims = 1;
  }
  unsigned next = 0;
  auto take = [&](Value buffer) {
    return npu::convert(cast<DescriptorAttr>(op.getDescriptors()[next++]),
                        buffer, op.getCore(), places);
  };
  for (Value input : op.getInputs())
    command.inputs.push_back(take(input));
  for (auto [output, stored] : llvm::zip_equal(op.getOutputs(), code.outputs)) {
    command.outputs.push_back(stored);
    command.outputs.back().descriptor = take(output);
  }
  return command;
}

DMACommand CommandConversion::convert(DMACommandOp op) const {
  DMACommand command;
  command.sizes.assign(op.getSizes().begin(), op.getSizes().end());
  command.elementBytes = op.getElementBytes();
  SmallVector<unsigned> places =
      llvm::to_vector(llvm::seq<unsigned>(0, command.sizes.size()));
  unsigned next = 0;
  auto take = [&](Value buffer, int64_t core) {
    return npu::convert(cast<DescriptorAttr>(op.getDescriptors()[next++]),
                        buffer, core, places);
  };
  int64_t core = op.getCore();
  if (Value source = op.getSource()) {
    int64_t sourceCore = op.getSourceCore().value_or(core);
    command.source = take(source, sourceCore);
  } else {
    command.kind = DMAKind::Fill;
    command.fillBits = op.getFillBits().value_or(0);
  }
  SmallVector<int64_t> receivers = getReceivers(op);
  command.destination =
      take(op.getDestination(), receivers.empty() ? core : receivers[0]);
  if (receivers.size() > 1)
    for (int64_t receiver : receivers)
      command.multicast |= uint64_t(1) << receiver;
  if (Value indices = op.getIndices()) {
    command.kind = DMAKind::Gather;
    auto attr = cast<DescriptorAttr>(op.getDescriptors()[next]);
    command.indirection.address = getAddress(attr, indices, core);
    command.indirection.type = getElementType(attr.getType());
    command.indirection.dimension = op.getIndirectDim().value_or(0);
    command.indirection.limit = op.getIndirectLimit().value_or(1);
  }
  return command;
}

WaitCommand CommandConversion::convert(WaitOp op) const {
  return WaitCommand{static_cast<uint16_t>(op.getSemaphore()),
                     static_cast<uint32_t>(op.getCount())};
}

SignalCommand CommandConversion::convert(SignalOp op) const {
  return SignalCommand{static_cast<uint16_t>(op.getTargetCore()),
                       static_cast<Engine>(op.getTargetEngine()),
                       static_cast<uint16_t>(op.getSemaphore()),
                       static_cast<uint32_t>(op.getCount())};
}

} // namespace garam::npu
