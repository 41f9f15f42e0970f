//===- LowerElementwise.cpp - Elementwise kernels as streams --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

//
// The order of transactions and the layout are those of the vendor's kernels.
//
//===----------------------------------------------------------------------===//

#include "KernelLowering.h"

#include "garam/Target/PIM/Machine/Rules.h"
#include "mlir/IR/AffineMap.h"

using namespace mlir;

namespace garam::pim {

namespace {

class ElementwiseLowering {
public:
  ElementwiseLowering(ElementwiseOp kernel, const LoweringContext &context,
                      StreamBuilder &stream)
      : kernel(kernel), context(context), stream(stream),
        machine(context.machine), tiling(getTiling(kernel, machine)) {}

  void writeConstant(unsigned operand, int64_t burst);
  void writeInputs();
  void runKernel();
  void readResult();

private:
  bool isConstant(unsigned operand) {
    return getConstant(kernel.getOperands()[operand]) != nullptr;
  }
  Access makeTransfer(AccessKind kind, int64_t row, int64_t data) const;
  int64_t getResultStaging() const;
  MicroKernelOp createKernel();
  void runTrip(Channels channels);

  ElementwiseOp kernel;
  const LoweringContext &context;
  StreamBuilder &stream;
  const MachineDescription &machine;
  ElementwiseTiling tiling;
};

} // namespace

/// All bursts of an operand or of the result, over channels, then banks, then
/// columns.
Access ElementwiseLowering::makeTransfer(AccessKind kind, int64_t row,
                                         int64_t data) const {
  const Geometry &g = machine.geometry;
  Access transfer;
  transfer.kind = kind;
  transfer.channels = {0, int64_t(tiling.channels)};
  transfer.place = stream.getPlace(row);
  transfer.data = data;
  transfer.dataEnd = data + tiling.bursts;
  transfer.channelData = 1;
  transfer.walk = {
      {int64_t(tiling.columns), 0, 1, int64_t(g.channels) * g.getBanks()},
      {g.getBanks(), 1, 0, g.channels}};
  return transfer;
}

void ElementwiseLowering::writeConstant(unsigned operand, int64_t burst) {
  Access write = makeTransfer(
      AccessKind::write, kernel.getPlacement()->getOperands()[operand], burst);
  write.source = context.constants;
  stream.access(write);
}

/// Computed operands, one behind the other in the staging buffer, go to banks.
void ElementwiseLowering::writeInputs() {
  OpBuilder &builder = context.builder;
  std::vector<Access> writes;
  int64_t staging = 0;
  for (auto [number, operand] : llvm::enumerate(kernel.getOperands())) {
    if (isConstant(number))
      continue;
    AffineMap map = cast<AffineMapAttr>(kernel.getMaps()[number]).getValue();
    TensorHome home = context.getHome(operand);
    SmallVector<int64_t> sizes(kernel.getType().getShape());
    ConvertOp::create(
        builder, kernel.getLoc(), home.segment, home.offset, home.type, sizes,
        getStrides(cast<RankedTensorType>(operand.getType()), map), staging,
        tiling.bursts);
    writes.push_back(makeTransfer(AccessKind::write,
                                  kernel.getPlacement()->getOperands()[number],
                                  staging));
    staging += tiling.bursts;
  }
  if (writes.empty())
    return;
  stream.phase(kernel.getLoc(), "input", /*isSetup=*/false, [&] {
    for (const Access &write : writes)
      stream.access(write);
  });
}

MicroKernelOp ElementwiseLowering::createKernel() {
  Profile profile = machine.hasPipeline ? Profile::Silicon : Profile::Simulator;
  bool isRelu = kernel.getKind() == ElementwiseKind::relu;
  std::vector<Instruction> program;
  const std::pair<OperandClass, OperandClass> parities[] = {
      {OperandClass::GRFA, OperandClass::EvenBank},
      {OperandClass::GRFB, OperandClass::OddBank}};
  for (auto [registers, bank] : parities) {
    Instruction fill;
    fill.opcode = Opcode::Fill;
    fill.destination = {registers, 0};
    fill.source0 = {bank, 0};
    fill.relu = isRelu;
    program.push_back(fill);
    if (!isRelu) {
      Instruction combine;
      combine.opcode =
          kernel.getKind() == ElementwiseKind::add ? Opcode::Add : Opcode::Mul;
      combine.destination = combine.source0 = {registers, 0};
      combine.source1 = {bank, 0};
      combine.autoIndex = true;
      program.push_back(combine);
    }
    Instruction store;
    store.count = getStoreNopCount(profile, program.back().opcode);
    program.push_back(store);
  }
  if (tiling.trips > 1) {
    Instruction jump;
    jump.opcode = Opcode::Jump;
    jump.count = tiling.trips - 1;
    jump.offset = program.size() + 1;
    program.push_back(jump);
  }
  Instruction exit;
  exit.opcode = Opcode::Exit;
  program.push_back(exit);
  return createMicroKernel(context.builder, kernel.getLoc(), machine, program);
}

/// Eight columns of the operands and of the result, even banks before odd ones.
void ElementwiseLowering::runTrip(Channels channels) {
  ElementwisePlacementAttr placement = *kernel.getPlacement();
  for (int64_t parity : {0, 1}) {
    Access access;
    access.channels = channels;
    access.bank = parity;
    access.walk = {{numRegisters, 0, 1}};
    access.repeats = {{numRegisters, 0}};
    for (int64_t row : placement.getOperands()) {
      access.place = stream.getPlace(row);
      stream.access(access);
    }
    access.kind = AccessKind::write;
    access.isLiteral = true;
    access.place = stream.getPlace(placement.getResult());
    stream.access(access);
    stream.barrier(channels);
  }
}

void ElementwiseLowering::runKernel() {
  MicroKernelOp microKernel = createKernel();
  Channels channels = {0, int64_t(tiling.channels)};
  stream.phase(kernel.getLoc(), "kernel", /*isSetup=*/false, [&] {
    stream.beginKernel(channels, microKernel);
    stream.control(channels, /*execute=*/true, /*zeroGRFB=*/false, 0);
    stream.repeat(tiling.trips, [&] { runTrip(channels); });
    stream.control(channels, /*execute=*/false, /*zeroGRFB=*/false, 0);
    stream.endKernel(channels);
  });
}

/// Operands are not needed any more.
void ElementwiseLowering::readResult() {
  stream.phase(kernel.getLoc(), "result", /*isSetup=*/false, [&] {
    stream.access(makeTransfer(AccessKind::result,
                               kernel.getPlacement()->getResult(), 0));
  });
  TensorHome home = context.getHome(kernel.getResult());
  StoreOp::create(context.builder, kernel.getLoc(), home.segment, home.offset,
                  home.type, /*staging=*/0, tiling.elements);
}

//===----------------------------------------------------------------------===//
// The interface
//===----------------------------------------------------------------------===//

int64_t countConstants(ElementwiseOp kernel, const MachineDescription &machine,
                       int64_t burst, ConstantPlaces &places) {
  int64_t bursts = getTiling(kernel, machine).bursts, count = 0;
  for (Value operand : kernel.getOperands())
    count += getConstant(operand) ? bursts : 0;
  places = {burst, burst + bursts};
  return count;
}

/// Calls `visit(operand, burst)` for each constant operand.
static void forEachConstant(ElementwiseOp kernel, const ConstantPlaces &places,
                            llvm::function_ref<void(unsigned, int64_t)> visit) {
  int64_t burst = places.weights;
  for (auto [number, operand] : llvm::enumerate(kernel.getOperands())) {
    if (!getConstant(operand))
      continue;
    visit(number, burst);
    burst = places.second;
  }
}

void packConstants(ElementwiseOp kernel, const LoweringContext &context,
                   const ConstantPlaces &places) {
  OpBuilder &builder = context.builder;
  forEachConstant(kernel, places, [&](unsigned number, int64_t burst) {
    Value operand = kernel.getOperands()[number];
    AffineMap map = cast<AffineMapAttr>(kernel.getMaps()[number]).getValue();
    PackVectorOp::create(
        builder, kernel.getLoc(), context.constants, getConstant(operand),
        builder.getF16Type(), burst, kernel.getType().getShape(),
        getStrides(cast<RankedTensorType>(operand.getType()), map));
  });
}

void writeConstants(ElementwiseOp kernel, const LoweringContext &context,
                    StreamBuilder &stream, const ConstantPlaces &places) {
  ElementwiseLowering lowering(kernel, context, stream);
  forEachConstant(kernel, places, [&](unsigned number, int64_t burst) {
    lowering.writeConstant(number, burst);
  });
}

void lowerKernel(ElementwiseOp kernel, const LoweringContext &context,
                 const ConstantPlaces &) {
  StreamBuilder stream(context.builder, context.machine,
                       kernel.getPlacement()->getRank());
  ElementwiseLowering lowering(kernel, context, stream);
  lowering.writeInputs();
  lowering.runKernel();
  lowering.readResult();
}

} // namespace garam::pim
