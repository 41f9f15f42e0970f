//===- TimelineStages.cpp - When the tiles of a stage happen --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "CopyTimes.h"
#include "TileGeometry.h"
#include "Timeline.h"
#include "garam/Dialect/NPU/Transforms/CommandAccess.h"

using namespace mlir;

namespace garam::npu {

static EngineKind getEngine(const Stage &stage) {
  return stage.isContract() ? EngineKind::tensor : EngineKind::vector;
}

unsigned Timeline::getQueue(const StageTile &tile) const {
  return npu::getQueue(tile.core, getEngine(*present));
}

double Timeline::getFree(const Stage &stage,
                         const StageSchedule &schedule) const {
  double free = HUGE_VAL;
  for (int64_t part = 0; part < schedule.getNumParts(); ++part)
    free = std::min(free, clock.getFree(npu::getQueue(schedule.getCore(part),
                                                      getEngine(stage))));
  return free;
}

/// So many slots of a stage are followed one by one. Those behind repeat them.
static constexpr size_t maxFollowedSlots = 1024;

void Timeline::beginStage(const Stage &stage, const StageTiles &tiles) {
  present = &stage;
  Operation *op = stage.op;
  staged.assign((stage.inputs.size() + 1) * machine->cores, {});
  SliceAttr slice = getSlice(op);
  stageInFront = slice ? lastStage : nullptr;
  lastStage = op;
  if (slice && slice.getGroup() != residentGroup) {
    resident.clear();
    residentGroup = slice.getGroup();
  }
  engineSecondsLeft.assign(machine->cores, 0.0);
  // What is repeated is not as long as what it stands for.
  if (tiles.getNumSlots() <= maxFollowedSlots)
    for (size_t part = 0; part < tiles.getParts().size(); ++part)
      engineSecondsLeft[tiles.getCore(part)] = tiles.getEngineSeconds(part);
}

bool Timeline::runStage(const Stage &stage, StageTiles &tiles,
                        ArrayRef<HomeKind> kinds, CoreGroup cores,
                        double latest) {
  limit = latest;
  beginStage(stage, tiles);
  uint64_t numFollowed =
      std::min<uint64_t>(tiles.getNumSlots(), maxFollowedSlots);
  double half = 0;
  QueueWork workBefore;
  for (uint64_t number = 0; number < numFollowed; ++number) {
    if (number == maxFollowedSlots / 2) {
      half = clock.getEnd();
      workBefore = clock.getWork();
    }
    ArrayRef<StageTile> slot = tiles.getSlot(number);
    bool startsStage = number == 0;
    if (!loadSlot(slot, tiles.getBroughtInputs(), startsStage))
      return false;
    if (startsStage)
      createHomes(tiles, kinds);
    for (const StageTile &tile : slot)
      compute(tile);
    if (clock.getEnd(cores.first, cores.count) > limit)
      return false;
  }
  if (numFollowed < tiles.getNumSlots())
    repeatSlots(tiles, half, workBefore, tiles.getNumSlots() - numFollowed);
  return true;
}

void Timeline::repeatSlots(const StageTiles &tiles, double since,
                           const QueueWork &workBefore, uint64_t numSlots) {
  double times = numSlots / (maxFollowedSlots / 2.0);
  QueueWork repeated;
  repeated.dramBytes =
      times * (clock.getWork().dramBytes - workBefore.dramBytes);
  repeated.joules = times * (clock.getWork().joules - workBefore.joules);
  clock.delay(since, times * (clock.getEnd() - since), repeated);
  for (auto [index, part] : llvm::enumerate(tiles.getParts())) {
    if (part.isEmpty())
      continue;
    int64_t core = tiles.getCore(index);
    // What has computed the part has also stored it, but for the last slot.
    unsigned queue = npu::getQueue(core, getEngine(*present));
    for (const StageOperand &output : present->outputs) {
      Box region = output.getRegion(part);
      const Home &home = getTimedHome(output.tensor).home;
      unsigned number = 0;
      for (auto [i, piece] : llvm::enumerate(home.pieces))
        if (piece.isLocalTo(core) && piece.box.contains(region))
          number = i;
      addWrite(output.tensor, number,
               {region, {clock.getFree(queue), queue}, allCores});
    }
  }
}

bool Timeline::isEarly(Value tensor) const {
  if (!stageInFront)
    return false;
  std::optional<Operation *> last = facts->concats.getLastMaker(tensor);
  return last && *last != stageInFront;
}

/// Weights come before what the slot in front has to store. So do activations,
/// unless they are the results of that slot's stage.
bool Timeline::loadSlot(ArrayRef<StageTile> slot,
                        ArrayRef<unsigned> broughtInputs, bool startsStage) {
  stagedInSlot.clear();
  operandsReady.assign(machine->cores, 0.0);
  for (const StageTile &tile : slot) {
    loadConstants(tile);
    if (isLate(tile))
      return false;
  }
  if (!loadTensors(slot, broughtInputs, /*early=*/true))
    return false;
  if (startsStage)
    flushStores();
  if (!loadTensors(slot, broughtInputs, /*early=*/false))
    return false;
  flushStores();
  return true;
}

bool Timeline::loadTensors(ArrayRef<StageTile> slot, ArrayRef<unsigned> inputs,
                           bool early) {
  for (const StageTile &tile : slot) {
    for (unsigned index : inputs)
      if (isEarly(present->inputs[index].tensor) == early)
        loadTensor(tile, index);
    if (isLate(tile))
      return false;
  }
  return true;
}

void Timeline::createHomes(const StageTiles &tiles, ArrayRef<HomeKind> kinds) {
  for (auto [output, kind] : llvm::zip(present->outputs, kinds)) {
    if (kind != HomeKind::Split) {
      setHome(output.tensor, {{makeWholePiece(cast<OpResult>(output.tensor),
                                              kind, *machine)}});
      continue;
    }
    Home home;
    SmallVector<int64_t> layout = getLayout(cast<OpResult>(output.tensor));
    for (auto [number, part] : llvm::enumerate(tiles.getParts()))
      if (!part.isEmpty())
        home.pieces.push_back(makeLocalPiece(output.getRegion(part), layout,
                                             getElementBytes(output.type),
                                             {tiles.getCore(number)}));
    setHome(output.tensor, std::move(home)).hasRoom = true;
  }
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

void Timeline::require(const StageTile &tile, double ready) {
  double &all = operandsReady[tile.core];
  all = std::max(all, ready);
}

/// Sums of times differ by less than this fraction when they are added up in
/// another order.
static constexpr double roundingError = 1e-9;

bool Timeline::isLate(const StageTile &tile) const {
  double begin =
      std::max(operandsReady[tile.core], clock.getFree(getQueue(tile)));
  return (begin + engineSecondsLeft[tile.core]) * (1 - roundingError) > limit;
}

bool Timeline::isLateAtOnce(const Stage &stage, StageTiles &tiles,
                            double limit) const {
  // Constants come first, and nobody else can have brought those of the first
  // core, but for a slice before.
  ArrayRef<StageTile> slot = tiles.getSlot(0);
  if (slot.empty() || !slot.front().constantTransfer ||
      keepsConstants(stage.op) || tiles.getNumSlots() > maxFollowedSlots)
    return false;
  const StageTile &tile = slot.front();
  Transfer transfer = *tile.constantTransfer;
  transfer.isAhead = weights == WeightTiming::ahead;
  Completion completion{clock.getLeastEnd(transfer),
                        npu::getQueue(tile.core, EngineKind::dma)};
  unsigned queue = npu::getQueue(tile.core, getEngine(stage));
  double end = clock.getArrival(completion, queue) +
               tiles.getEngineSeconds(tile.core - tiles.getCore(0));
  return end * (1 - roundingError) > limit;
}

/// Whether another core has the same in this slot and can send it along.
const Timeline::Staged *Timeline::findInSlot(Value tensor,
                                             const Box &box) const {
  if (!machine->network.multicast)
    return nullptr;
  for (const Staged &other : stagedInSlot)
    if (other.tensor == tensor && other.box == box)
      return &other;
  return nullptr;
}

Timeline::Delivery Timeline::receive(const Staged &common) {
  clock.addJoules(common.delivery.receiverJoules);
  return common.delivery;
}

/// The packed constants of a stage.
static SmallVector<Value, 3> getConstants(const Stage &stage) {
  SmallVector<Value, 3> constants;
  for (const StageOperand &operand : stage.inputs)
    if (isPackable(operand))
      constants.push_back(operand.tensor);
  return constants;
}

void Timeline::loadConstants(const StageTile &tile) {
  if (!tile.constantTransfer)
    return;
  Staged &last = getStaged(present->inputs.size(), tile.core);
  if (last.box.getRank() == 0 || !(last.box == tile.constants)) {
    last.box = tile.constants;
    last.delivery.completion = bringConstants(tile);
  }
  require(tile, clock.getArrival(last.delivery.completion, getQueue(tile)));
}

Completion Timeline::bringConstants(const StageTile &tile) {
  const Box &box = tile.constants;
  bool keeps = keepsConstants(present->op);
  SmallVector<Value, 3> tensors;
  if (keeps) {
    tensors = getConstants(*present);
    if (const auto *known = resident.find(getNumber(tensors.front())))
      for (const Resident &left : *known)
        if (left.core == tile.core && left.tensors == tensors &&
            left.box == box)
          return left.completion;
  }
  Completion completion;
  if (const Staged *common = findInSlot(Value(), box)) {
    completion = receive(*common).completion;
  } else {
    Transfer transfer = *tile.constantTransfer;
    transfer.isAhead = weights == WeightTiming::ahead;
    completion = clock.runTransfer(transfer, 0.0);
    stagedInSlot.push_back(
        {Value(), box, {completion, clock.getReceiverJoules(transfer)}});
  }
  if (keeps)
    resident.get(getNumber(tensors.front()))
        .push_back({tensors, box, tile.core, completion});
  return completion;
}

/// Brings `region` from all pieces of a tensor that have a part of it, but
/// `destination` itself.
Timeline::Delivery Timeline::fetch(const TimedHome &home,
                                   const Piece &destination, const Box &region,
                                   int64_t elementBytes, int64_t core) {
  Delivery delivery;
  unsigned queue = npu::getQueue(core, EngineKind::dma);
  for (auto [number, piece] : llvm::enumerate(home.home.pieces)) {
    if (&piece == &destination || !piece.box.overlaps(region))
      continue;
    Box common = piece.box.intersect(region);
    bool isLocal = piece.space == SpaceKind::local;
    int64_t sender =
        piece.isLocalTo(core) || !isLocal ? core : piece.cores.front();
    double ready = getReady(home, number, common,
                            isLocal ? getMask(sender) : allCores, queue);
    Transfer transfer =
        facts->copies.makeTransfer(core, piece, destination, common,
                                   elementBytes, sender, {core}, *machine);
    delivery.completion = clock.runTransfer(transfer, ready);
    delivery.receiverJoules += clock.getReceiverJoules(transfer);
  }
  return delivery;
}

void Timeline::fillPiece(const StageTile &tile, unsigned index, unsigned number,
                         const Box &room) {
  const StageOperand &input = present->inputs[index];
  const Piece &known = getTimedHome(input.tensor).home.pieces[number];
  SmallVector<Box> allMissing = known.getMissing(tile.brought[index]);
  if (allMissing.empty() && known.room == room)
    return;
  TimedHome &home = changeHome(input.tensor);
  Piece &piece = home.home.pieces[number];
  piece.room = room;
  for (const Box &missing : allMissing) {
    Completion filled =
        fetch(home, piece, missing, getElementBytes(input.type), tile.core)
            .completion;
    piece.filled.push_back(missing);
    home.addWrite(number, {missing, filled, getMask(tile.core)});
  }
}

bool Timeline::readOwnPiece(const StageTile &tile, unsigned index) {
  Value tensor = present->inputs[index].tensor;
  const Box &region = tile.brought[index];
  const TimedHome &home = getTimedHome(tensor);
  for (auto [number, piece] : llvm::enumerate(home.home.pieces)) {
    if (!piece.isLocalTo(tile.core))
      continue;
    if (!piece.box.contains(region)) {
      Box room = piece.room;
      if (home.hasRoom)
        room = room.hull(getRoom(piece.box, region));
      if (!room.contains(region))
        continue;
      fillPiece(tile, index, number, room);
    }
    require(tile, getReady(getTimedHome(tensor), number, tile.read[index],
                           getMask(tile.core), getQueue(tile)));
    return true;
  }
  return false;
}

void Timeline::loadTensor(const StageTile &tile, unsigned index) {
  const StageOperand &operand = present->inputs[index];
  const Box &region = tile.brought[index];
  if (readOwnPiece(tile, index))
    return;
  const TimedHome &home = getTimedHome(operand.tensor);
  Staged &last = getStaged(index, tile.core);
  if (!last.tensor || !(last.box == region)) {
    last.tensor = operand.tensor;
    last.box = region;
    // One transfer may serve several cores from a memory that all of them read.
    bool isCommon = llvm::all_of(home.home.pieces, [](const Piece &piece) {
      return piece.space != SpaceKind::local;
    });
    if (const Staged *common =
            isCommon ? findInSlot(operand.tensor, region) : nullptr) {
      last.delivery = receive(*common);
    } else {
      int64_t elementBytes = getElementBytes(operand.type);
      Piece local =
          makeLocalPiece(region, getLayoutOf(home.home.pieces.front().view),
                         elementBytes, {tile.core});
      last.delivery = fetch(home, local, region, elementBytes, tile.core);
      stagedInSlot.push_back(last);
    }
  }
  require(tile, clock.getArrival(last.delivery.completion, getQueue(tile)));
}

//===----------------------------------------------------------------------===//
// Results
//===----------------------------------------------------------------------===//

void Timeline::compute(const StageTile &tile) {
  Completion completion =
      clock.runEngine(tile.core, getEngine(*present), operandsReady[tile.core],
                      tile.cost.seconds, tile.cost.joules);
  double &left = engineSecondsLeft[tile.core];
  left = std::max(0.0, left - tile.cost.seconds);
  // Sums of a tile that goes on stay in the accumulators.
  if (tile.endsSums)
    for (unsigned result = 0; result < present->outputs.size(); ++result)
      storeResult(tile, result, completion);
}

std::optional<unsigned> Timeline::findOwnPiece(const Home &home,
                                               const StageTile &tile,
                                               const Box &region) {
  for (auto [number, piece] : llvm::enumerate(home.pieces))
    if (piece.isLocalTo(tile.core) && piece.box.contains(region))
      return number;
  return std::nullopt;
}

/// A dense piece for what is stored elsewhere afterwards.
static Piece makeResultPiece(const StageOperand &output, const Box &region,
                             int64_t core) {
  return makeLocalPiece(region, getLayout(cast<OpResult>(output.tensor)),
                        getElementBytes(output.type), {core});
}

void Timeline::storeResult(const StageTile &tile, unsigned result,
                           const Completion &completion) {
  const StageOperand &output = present->outputs[result];
  const Box &region = tile.written[result];
  const Home &home = getTimedHome(output.tensor).home;
  auto store = [&](const Piece &from, unsigned to, const Box &region,
                   ArrayRef<int64_t> receivers, CoreMask cores) {
    stores.push_back(
        {facts->copies.makeTransfer(tile.core, from, home.pieces[to], region,
                                    getElementBytes(output.type), tile.core,
                                    receivers, *machine),
         {completion},
         output.tensor,
         to,
         region,
         cores});
  };
  std::optional<unsigned> own = findOwnPiece(home, tile, region);
  if (!own) {
    if (const std::optional<Box> &stored = tile.stored[result])
      store(makeResultPiece(output, *stored, tile.core), 0, *stored, {},
            allCores);
    return;
  }
  const Piece &piece = home.pieces[*own];
  if (piece.cores.size() > 1)
    store(piece, *own, region, getOthers(piece.cores, tile.core),
          ~getMask(tile.core));
  addWrite(output.tensor, *own, {region, completion, getMask(tile.core)});
}

} // namespace garam::npu
