//===- StageResults.cpp - Where a stage's results go ----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "StageLowering.h"

#include "HomeChoice.h"
#include "StoreGroups.h"
#include "TileGeometry.h"

using namespace mlir;

namespace garam::npu {

Box StageLowering::getConsumedRegion(Value tensor, int64_t core) {
  Box region;
  region.low.assign(getTensorType(tensor).getRank(), 0);
  region.high = region.low;
  for (Operation *user : tensor.getUsers()) {
    if (!isStage(user))
      continue;
    Stage stage = getStage(user);
    StageSchedule schedule = getSchedule(stage);
    std::optional<int64_t> part = schedule.findPart(core);
    Box loops = part ? schedule.getPart(stage, *part) : Box();
    if (!part || loops.isEmpty())
      continue;
    for (const StageOperand &input : stage.inputs)
      if (input.tensor == tensor)
        region = region.hull(input.getRegion(loops));
  }
  return region;
}

std::optional<Piece>
StageLowering::createJoinedPiece(const StageOperand &output, int64_t core) {
  ConcatPart part = concats.getPart(output.tensor);
  if (part.whole == output.tensor)
    return std::nullopt;
  auto [it, isNew] = joined.try_emplace(part.whole);
  Piece &whole = it->second;
  if (isNew && isJoined(concats.getLeaves(part.whole)))
    whole = emitter.createLocalPiece(
        Box::ofShape(getTensorType(part.whole).getShape()),
        getLayout(cast<OpResult>(output.tensor)), getElementBytes(output.type),
        {core});
  if (!whole.view.buffer)
    return std::nullopt;
  return getPartOf(whole, part.box);
}

/// What lies at `box` of a tensor in one piece, as a piece of its own tensor.
Piece StageLowering::getPartOf(const Piece &whole, const Box &box) {
  Piece piece = whole;
  piece.view.base = piece.view.getOffset(box.low);
  piece.box = piece.room = Box::ofShape(box.getShape());
  return piece;
}

Home StageLowering::createSplitHome(const Stage &stage,
                                    const StageSchedule &schedule,
                                    const StageOperand &output) {
  if (std::optional<Piece> piece =
          createJoinedPiece(output, schedule.firstCore))
    return {{*piece}};
  Home home;
  SmallVector<int64_t> layout = getLayout(cast<OpResult>(output.tensor));
  int64_t bytes = getElementBytes(output.type);
  for (int64_t part = 0; part < schedule.getNumParts(); ++part) {
    Box loops = schedule.getPart(stage, part);
    if (loops.isEmpty())
      continue;
    int64_t core = schedule.getCore(part);
    Box box = output.getRegion(loops);
    Box room = getRoom(box, getConsumedRegion(output.tensor, core));
    Piece piece = emitter.createLocalPiece(room, layout, bytes, {core});
    piece.box = box;
    home.pieces.push_back(std::move(piece));
  }
  return home;
}

/// One piece that holds the whole tensor.
Home StageLowering::createWholeHome(const StageOperand &output, HomeKind kind) {
  Piece piece =
      makeWholePiece(cast<OpResult>(output.tensor), kind, emitter.machine);
  emitter.allocate(piece, scratchSegment,
                   piece.box.getVolume() * getElementBytes(output.type));
  return {{piece}};
}

Piece StageLowering::getReturnedPiece(Value tensor) {
  ConcatPart part = concats.getPart(tensor);
  return getPartOf(outputs.find(part.whole)->second, part.box);
}

void StageLowering::createHomes(const Stage &stage,
                                const StageSchedule &schedule) {
  for (const StageOperand &output : stage.outputs) {
    HomeKind kind = npu::getHome(cast<OpResult>(output.tensor));
    if (kind == HomeKind::Output)
      homes[output.tensor] = {{getReturnedPiece(output.tensor)}};
    else if (kind == HomeKind::Split)
      homes[output.tensor] = createSplitHome(stage, schedule, output);
    else
      homes[output.tensor] = createWholeHome(output, kind);
  }
}

const Piece &StageLowering::gather(const Tile &tile, unsigned index) {
  const StageOperand &output = tile.stage.outputs[index];
  int64_t elementBytes = getElementBytes(output.type);
  Box stored = getStoredLoops(tile.stage, output, tile.part, tile.sizes,
                              tile.loops, emitter.machine);
  Box region = output.getRegion(stored);
  GatheredResult &last = gathered[{index, tile.core}];
  if (!last.piece.view.buffer || !(last.stored == stored)) {
    last.stored = stored;
    last.piece = emitter.createLocalPiece(
        region, getLayout(cast<OpResult>(output.tensor)), elementBytes,
        {tile.core});
  }
  if (endsStore(stored, tile.loops))
    emitter.createCopy(tile.slot.stores, tile.core, last.piece,
                       homes[output.tensor].pieces.front(), region,
                       elementBytes, tile.core);
  return last.piece;
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
      emitter.createCopy(tile.slot.stores, tile.core, piece, piece, region,
                         elementBytes, tile.core,
                         getOthers(piece.cores, tile.core));
    }
    return {piece.view.buffer,
            makeWalk(output, piece.view, tile.loops, tile.order)};
  }
  const Piece &local = gather(tile, index);
  return {local.view.buffer,
          makeWalk(output, local.view, tile.loops, tile.order)};
}

void StageLowering::copyTo(Value value, const Piece &destination) {
  const Home &home = getHome(value);
  Slot &slot = emitter.startSlot(/*startsStage=*/true);
  int64_t elementBytes = getElementBytes(value);
  for (const CopyPart &part :
       planCopy(home, destination.space, elementBytes, emitter.machine))
    emitter.createCopy(slot.stores, part.core, home.pieces[part.piece],
                       destination, part.box, elementBytes, part.core);
}

Piece StageLowering::createRowMajorPiece(Value tensor,
                                         ArrayRef<int64_t> localCores) {
  Piece piece =
      makeRowMajorPiece(getTensorType(tensor), emitter.machine, localCores);
  emitter.allocate(piece, scratchSegment,
                   piece.box.getVolume() * getElementBytes(tensor));
  return piece;
}

Home StageLowering::makeRowMajor(Value value) {
  Piece piece = createRowMajorPiece(value, getRowMajorCores(emitter.machine));
  copyTo(value, piece);
  return {{piece}};
}

} // namespace garam::npu
