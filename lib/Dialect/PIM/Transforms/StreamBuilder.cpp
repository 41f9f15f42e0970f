//===- StreamBuilder.cpp - Builds phases of transactions ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

//
// The changes of mode are those of the vendor's kernels, in their order.
//
//===----------------------------------------------------------------------===//

#include "StreamBuilder.h"

using namespace mlir;

namespace garam::pim {

void StreamBuilder::nest(Region &region, llvm::function_ref<void()> body) {
  OpBuilder::InsertionGuard guard(builder);
  builder.createBlock(&region);
  body();
}

void StreamBuilder::phase(mlir::Location phaseLoc, StringRef name, bool isSetup,
                          llvm::function_ref<void()> body) {
  loc = phaseLoc;
  auto op = PhaseOp::create(builder, loc, name, isSetup);
  nest(op.getBody(), body);
}

void StreamBuilder::repeat(int64_t count, llvm::function_ref<void()> body) {
  auto op = RepeatOp::create(builder, loc, count);
  nest(op.getBody(), body);
}

void StreamBuilder::access(const Access &access) {
  SmallVector<Attribute> walk, repeats;
  for (const Access::Dim &dim : access.walk)
    if (dim.count != 1)
      walk.push_back(WalkDimAttr::get(builder.getContext(), dim.count, dim.bank,
                                      dim.place, dim.data));
  for (const Access::Step &step : access.repeats)
    repeats.push_back(
        RepeatStepAttr::get(builder.getContext(), step.place, step.data));
  DenseI8ArrayAttr literal;
  if (access.isLiteral)
    literal = builder.getDenseI8ArrayAttr(
        SmallVector<int8_t>(access.literal.begin(), access.literal.end()));
  AccessOp::create(builder, loc, access.kind, access.source, literal,
                   builder.getDenseI64ArrayAttr(
                       {access.channels.first, access.channels.count}),
                   rank, access.bank, access.place, access.data, access.dataEnd,
                   access.channelGroup, access.channelData,
                   builder.getArrayAttr(walk), builder.getArrayAttr(repeats));
}

void StreamBuilder::barrier(Channels channels) {
  BarrierOp::create(
      builder, loc,
      builder.getDenseI64ArrayAttr({channels.first, channels.count}));
}

void StreamBuilder::park(Channels channels) {
  Access read;
  read.channels = channels;
  read.place = getPlace(machine.rows.park);
  read.walk = {{machine.geometry.getBanks(), /*bank=*/1}};
  access(read);
  barrier(channels);
}

void StreamBuilder::writeRow(Channels channels, ArrayRef<uint32_t> banks,
                             uint32_t row) {
  for (uint32_t bank : banks) {
    Access write;
    write.kind = AccessKind::write;
    write.isLiteral = true;
    write.channels = channels;
    write.bank = bank;
    write.place = getPlace(row, machine.rows.modeColumn);
    access(write);
  }
  barrier(channels);
}

void StreamBuilder::beginKernel(Channels channels, MicroKernelOp kernel) {
  park(channels);
  writeRow(channels, machine.rows.enterBanks, machine.rows.enterAllBank);
  Access load;
  load.kind = AccessKind::write;
  load.source = kernel;
  load.channels = channels;
  load.bank = 1;
  load.place = getPlace(machine.rows.registers, machine.registers.instructions);
  load.dataEnd = burstsPerMicroKernel;
  load.walk = {{burstsPerMicroKernel, 0, /*place=*/1, /*data=*/1}};
  access(load);
  barrier(channels);
}

void StreamBuilder::endKernel(Channels channels) {
  writeRow(channels, machine.rows.leaveBanks, machine.rows.leaveAllBank);
  park(channels);
}

void StreamBuilder::control(Channels channels, bool execute, bool zeroGRFB,
                            unsigned depth) {
  Access write;
  write.kind = AccessKind::write;
  write.isLiteral = true;
  write.literal[machine.control.execute] = execute;
  write.literal[machine.control.zeroGRFB] = zeroGRFB;
  write.channels = channels;
  write.place = getPlace(machine.rows.registers, machine.registers.control);
  write.repeats.resize(depth);
  access(write);
  barrier(channels);
}

} // namespace garam::pim
