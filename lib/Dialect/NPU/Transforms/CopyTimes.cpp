//===- CopyTimes.cpp - Time of a copy between pieces of tensors -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CopyTimes.h"

#include "TileGeometry.h"

using namespace mlir;

namespace garam::npu {

MemorySpace getMemorySpace(SpaceKind space) {
  switch (space) {
  case SpaceKind::local:
    return MemorySpace::Local;
  case SpaceKind::shared:
    return MemorySpace::Shared;
  case SpaceKind::dram:
    return MemorySpace::DRAM;
  }
  return MemorySpace::DRAM;
}

static Descriptor makeDescriptor(const Piece &piece, int64_t core,
                                 ArrayRef<int64_t> strides) {
  Descriptor descriptor;
  descriptor.address.space = getMemorySpace(piece.space);
  if (piece.space == SpaceKind::local)
    descriptor.address.index = core;
  llvm::copy(strides, descriptor.strides.begin());
  return descriptor;
}

static uint64_t getMulticast(ArrayRef<int64_t> receivers) {
  uint64_t mask = 0;
  for (int64_t receiver : receivers)
    mask |= uint64_t(1) << (receiver % 64);
  return mask;
}

Transfer makeTransfer(int64_t core, const Piece &source,
                      const Piece &destination, const Box &box,
                      int64_t elementBytes, int64_t sender,
                      ArrayRef<int64_t> receivers,
                      const MachineDescription &machine) {
  Walk walk = makeCopyWalk(source.view, destination.view, box);
  // Loops that a descriptor cannot hold become commands, each the same.
  int64_t commands = 1;
  while (walk.sizes.size() > maxDims) {
    commands *= walk.sizes.front();
    walk = walk.peel(0, 0);
  }
  if (walk.sizes.empty()) {
    walk.sizes = {1};
    walk.operands[0].strides = walk.operands[1].strides = {elementBytes};
  }
  bool arrivesLocally = destination.space == SpaceKind::local;
  DMACommand command;
  command.sizes.assign(walk.sizes.begin(), walk.sizes.end());
  command.elementBytes = elementBytes;
  command.source = makeDescriptor(source, sender, walk.operands[0].strides);
  command.destination =
      makeDescriptor(destination, receivers.empty() ? 0 : receivers.front(),
                     walk.operands[1].strides);
  if (arrivesLocally && receivers.size() > 1)
    command.multicast = getMulticast(receivers);

  Transfer transfer;
  transfer.core = core;
  TransferTime &time = transfer.time = getTime(command, machine);
  for (double *seconds :
       {&time.startSeconds, &time.streamSeconds, &time.engineSeconds,
        &time.dramSeconds, &time.networkSeconds, &time.sharedSeconds,
        &time.localSeconds})
    *seconds *= commands;
  for (uint64_t *bytes :
       {&time.bytes, &time.dramReadBytes, &time.dramWriteBytes,
        &time.networkBytes, &time.sharedBytes, &time.localBytes})
    *bytes *= commands;
  if (source.space == SpaceKind::local)
    transfer.sender = sender;
  if (arrivesLocally)
    transfer.receivers.assign(receivers.begin(), receivers.end());
  return transfer;
}

} // namespace garam::npu
