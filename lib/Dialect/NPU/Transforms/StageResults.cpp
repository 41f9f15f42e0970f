//===- StageResults.cpp - Where a stage's results go ----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "StageLowering.h"

using namespace mlir;

namespace garam::npu {

/// A core's part gets room for its consumers' halo when that makes its buffer
/// at most this many times as large.
static constexpr int64_t maxRoomGrowth = 2;

/// A tensor that must be row-major in one piece is copied into every core when
/// it is at most this fraction of a core's memory.
static constexpr int64_t replicatedFraction = 8;

Box StageLowering::getConsumedRegion(Value tensor, int64_t core) {
  Box region;
  region.low.assign(getTensorType(tensor).getRank(), 0);
  region.high = region.low;
  for (Operation *user : tensor.getUsers()) {
    if (!isStage(user))
      continue;
    Stage stage = getStage(user);
    StageSchedule schedule = getSchedule(stage);
    if (core >= schedule.getNumParts())
      continue;
    Box part = schedule.getPart(stage, core);
    if (part.isEmpty())
      continue;
    for (const StageOperand &input : stage.inputs)
      if (input.tensor == tensor)
        region = region.hull(input.getRegion(part));
  }
  return region;
}

Home StageLowering::createSplitHome(const Stage &stage,
                                    const StageSchedule &schedule,
                                    const StageOperand &output) {
  Home home;
  SmallVector<int64_t> layout = getLayout(cast<OpResult>(output.tensor));
  int64_t bytes = getElementBytes(output.type);
  for (int64_t core = 0; core < schedule.getNumParts(); ++core) {
    Box part = schedule.getPart(stage, core);
    if (part.isEmpty())
      continue;
    Box box = output.getRegion(part);
    Box room = box.hull(getConsumedRegion(output.tensor, core));
    if (room.getVolume() > maxRoomGrowth * box.getVolume())
      room = box;
    Piece piece = emitter.createLocalPiece(room, layout, bytes, {core});
    piece.box = box;
    home.pieces.push_back(std::move(piece));
  }
  return home;
}

/// One piece that holds the whole tensor.
Home StageLowering::createWholeHome(const StageOperand &output, HomeKind kind) {
  ArrayRef<int64_t> shape = getTensorType(output.tensor).getShape();
  Box box = Box::ofShape(shape);
  SmallVector<int64_t> layout = getLayout(cast<OpResult>(output.tensor));
  int64_t elementBytes = getElementBytes(output.type);
  if (kind == HomeKind::Replicated) {
    SmallVector<int64_t> cores =
        llvm::to_vector(llvm::seq<int64_t>(0, emitter.machine.cores));
    return {{emitter.createLocalPiece(box, layout, elementBytes, cores)}};
  }
  Piece piece;
  piece.box = piece.room = box;
  piece.view.strides = getDenseStrides(shape, layout, elementBytes);
  int64_t bytes = box.getVolume() * elementBytes;
  piece.space = kind == HomeKind::Shared ? SpaceKind::shared : SpaceKind::dram;
  piece.view.buffer = kind == HomeKind::Shared
                          ? emitter.createSharedBuffer(bytes)
                          : emitter.createDRAMBuffer(bytes, scratchSegment);
  return {{piece}};
}

void StageLowering::createHomes(const Stage &stage,
                                const StageSchedule &schedule) {
  for (const StageOperand &output : stage.outputs) {
    HomeKind kind = npu::getHome(cast<OpResult>(output.tensor));
    if (kind == HomeKind::Output)
      homes[output.tensor] = {{outputs.find(output.tensor)->second}};
    else if (kind == HomeKind::Split)
      homes[output.tensor] = createSplitHome(stage, schedule, output);
    else
      homes[output.tensor] = createWholeHome(output, kind);
  }
}

StageLowering::BoundOperand StageLowering::bindOutput(const Tile &tile,
                                                      unsigned index) {
  const StageOperand &output = tile.stage.outputs[index];
  Box region = output.getRegion(tile.loops);
  const Home &home = homes[output.tensor];
  int64_t elementBytes = getElementBytes(output.type);
  for (const Piece &piece : home.pieces) {
    if (!piece.isLocalTo(tile.core) || !piece.box.contains(region))
      continue;
    if (piece.cores.size() > 1) {
      SmallVector<int64_t> others;
      llvm::copy_if(piece.cores, std::back_inserter(others),
                    [&](int64_t core) { return core != tile.core; });
      emitter.createCopy(tile.slot.stores, tile.core, piece, piece, region,
                         elementBytes, tile.core, others);
    }
    return {piece.view.buffer,
            makeWalk(output, piece.view, tile.loops, tile.order)};
  }
  SmallVector<int64_t> layout = getLayout(cast<OpResult>(output.tensor));
  Piece local =
      emitter.createLocalPiece(region, layout, elementBytes, {tile.core});
  emitter.createCopy(tile.slot.stores, tile.core, local, home.pieces.front(),
                     region, elementBytes, tile.core);
  return {local.view.buffer,
          makeWalk(output, local.view, tile.loops, tile.order)};
}

void StageLowering::copyTo(Value value, const Piece &destination) {
  const Home &home = getHome(value);
  Slot &slot = emitter.startSlot(/*startsStage=*/true);
  int64_t elementBytes = getElementBytes(value);
  for (auto [index, piece] : llvm::enumerate(home.pieces)) {
    // Pieces in DRAM or shared memory are spread over the cores' engines.
    int64_t core = piece.cores.empty() ? index % emitter.machine.cores
                                       : piece.cores.front();
    emitter.createCopy(slot.stores, core, piece, destination, piece.box,
                       elementBytes, core);
  }
}

Piece StageLowering::createRowMajorPiece(Value tensor,
                                         ArrayRef<int64_t> localCores) {
  RankedTensorType type = getTensorType(tensor);
  Box box = Box::ofShape(type.getShape());
  SmallVector<int64_t> layout =
      llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
  int64_t elementBytes = getElementBytes(tensor);
  int64_t bytes = box.getVolume() * elementBytes;
  const MachineDescription &machine = emitter.machine;
  if (!localCores.empty() &&
      bytes * replicatedFraction <= static_cast<int64_t>(machine.local.bytes))
    return emitter.createLocalPiece(box, layout, elementBytes, localCores);
  Piece piece;
  bool isShared = bytes * 2 <= static_cast<int64_t>(machine.shared.bytes);
  piece.space = isShared ? SpaceKind::shared : SpaceKind::dram;
  piece.box = piece.room = box;
  piece.view.strides = getDenseStrides(type.getShape(), layout, elementBytes);
  piece.view.buffer = isShared
                          ? emitter.createSharedBuffer(bytes)
                          : emitter.createDRAMBuffer(bytes, scratchSegment);
  return piece;
}

Home StageLowering::makeRowMajor(Value value) {
  SmallVector<int64_t> cores;
  if (emitter.machine.network.multicast)
    cores = llvm::to_vector(llvm::seq<int64_t>(0, emitter.machine.cores));
  Piece piece = createRowMajorPiece(value, cores);
  copyTo(value, piece);
  return {{piece}};
}

} // namespace garam::npu
