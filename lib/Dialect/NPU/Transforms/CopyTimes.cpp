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

namespace {

/// A copy, but for the cores that it is between.
struct CopyForm {
  const Piece &source, &destination;
  const Box &box;
  int64_t elementBytes;
  /// Where a local source is read, and a local destination written if that is
  /// one core.
  int64_t sender, receiver;
  uint64_t multicast; // 0: one receiver

  CopyForm(const Piece &source, const Piece &destination, const Box &box,
           int64_t elementBytes, int64_t sender, ArrayRef<int64_t> receivers)
      : source(source), destination(destination), box(box),
        elementBytes(elementBytes), sender(sender),
        receiver(receivers.empty() ? 0 : receivers.front()),
        multicast(destination.space == SpaceKind::local && receivers.size() > 1
                      ? getMulticast(receivers)
                      : 0) {}

  TransferTime computeTime(const MachineDescription &machine) const;
  /// Equal for forms that take the same time.
  SmallVector<int64_t, 32> getKey() const;
};

} // namespace

TransferTime CopyForm::computeTime(const MachineDescription &machine) const {
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
  DMACommand command;
  command.sizes.assign(walk.sizes.begin(), walk.sizes.end());
  command.elementBytes = elementBytes;
  command.source = makeDescriptor(source, sender, walk.operands[0].strides);
  command.destination =
      makeDescriptor(destination, receiver, walk.operands[1].strides);
  command.multicast = multicast;

  TransferTime time = getTime(command, machine);
  for (double *seconds :
       {&time.startSeconds, &time.streamSeconds, &time.engineSeconds,
        &time.dramSeconds, &time.networkSeconds, &time.sharedSeconds,
        &time.localSeconds})
    *seconds *= commands;
  for (uint64_t *bytes :
       {&time.bytes, &time.dramReadBytes, &time.dramWriteBytes,
        &time.networkBytes, &time.sharedBytes, &time.localBytes})
    *bytes *= commands;
  return time;
}

SmallVector<int64_t, 32> CopyForm::getKey() const {
  // Which cores they are matters only where one may send to itself.
  bool crosses =
      multicast ? multicast != getMulticast({sender}) : sender != receiver;
  SmallVector<int64_t, 32> key = {
      elementBytes, static_cast<int64_t>(source.space),
      static_cast<int64_t>(destination.space), crosses,
      static_cast<int64_t>(llvm::popcount(multicast))};
  for (unsigned dim = 0; dim < box.getRank(); ++dim)
    if (box.getSize(dim) != 1)
      key.append({box.getSize(dim), source.view.strides[dim],
                  destination.view.strides[dim]});
  return key;
}

/// A transfer that takes `time`.
static Transfer makeTimedTransfer(int64_t core, const CopyForm &form,
                                  ArrayRef<int64_t> receivers,
                                  const TransferTime &time) {
  Transfer transfer;
  transfer.core = core;
  transfer.time = time;
  if (form.source.space == SpaceKind::local)
    transfer.sender = form.sender;
  if (form.destination.space == SpaceKind::local)
    transfer.receivers.assign(receivers.begin(), receivers.end());
  return transfer;
}

Transfer makeTransfer(int64_t core, const Piece &source,
                      const Piece &destination, const Box &box,
                      int64_t elementBytes, int64_t sender,
                      ArrayRef<int64_t> receivers,
                      const MachineDescription &machine) {
  CopyForm form(source, destination, box, elementBytes, sender, receivers);
  return makeTimedTransfer(core, form, receivers, form.computeTime(machine));
}

Transfer CopyTimes::makeTransfer(int64_t core, const Piece &source,
                                 const Piece &destination, const Box &box,
                                 int64_t elementBytes, int64_t sender,
                                 ArrayRef<int64_t> receivers,
                                 const MachineDescription &machine) {
  CopyForm form(source, destination, box, elementBytes, sender, receivers);
  SmallVector<int64_t, 32> key = form.getKey();
  auto [entry, isNew] =
      known.try_emplace(StringRef(reinterpret_cast<const char *>(key.data()),
                                  key.size() * sizeof(key.front())));
  if (isNew)
    entry->second = form.computeTime(machine);
  return makeTimedTransfer(core, form, receivers, entry->second);
}

} // namespace garam::npu
