//===- Timeline.cpp - When scheduled stages happen ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Timeline.h"

#include "CopyTimes.h"
#include "TileGeometry.h"
#include "garam/Dialect/NPU/Transforms/CommandAccess.h"

using namespace mlir;

namespace garam::npu {

//===----------------------------------------------------------------------===//
// Homes
//===----------------------------------------------------------------------===//

size_t Timeline::getNumber(Value value) const {
  return facts->numbers.try_emplace(value, facts->numbers.size()).first->second;
}

TimedHome &Timeline::setHome(Value value, Home home) {
  TimedHome timed;
  timed.writes.resize(home.pieces.size());
  timed.home = std::move(home);
  return homes.set(getNumber(value), std::move(timed));
}

/// Arguments and constants lie in DRAM from the start.
const TimedHome &Timeline::getTimedHome(Value value) {
  if (const TimedHome *home = findHome(value))
    return *home;
  return setHome(value, {{makeDRAMPiece(getTensorType(value))}});
}

bool Timeline::isSplit(Value tensor) const {
  const TimedHome *home = findHome(tensor);
  return home && home->hasRoom;
}

const HomeChoice *Timeline::getChoice(Value tensor) const {
  const TimedHome *home = findHome(tensor);
  return home && home->hasRoom && home->choice ? &*home->choice : nullptr;
}

void Timeline::noteStage(const Stage &stage, const StageSchedule &schedule) {
  for (const StageOperand &input : stage.inputs)
    if (getChoice(input.tensor))
      changeHome(input.tensor).choice->addConsumer(stage, schedule);
  for (const StageOperand &output : stage.outputs)
    if (isSplit(output.tensor))
      changeHome(output.tensor)
          .choice.emplace(stage, schedule, cast<OpResult>(output.tensor),
                          *machine);
}

/// So many writes of a piece are told apart, lest reading it take time for each
/// of its tiles.
static constexpr size_t maxWrites = 64;

void TimedHome::addWrite(unsigned piece, const TimedWrite &write) {
  SmallVectorImpl<TimedWrite> &all = writes[piece];
  all.push_back(write);
  if (all.size() <= maxWrites)
    return;
  // Neighbours of one queue become one, which is there when the later one is.
  SmallVector<TimedWrite> merged;
  llvm::SmallDenseMap<std::pair<unsigned, CoreMask>, unsigned> open;
  for (TimedWrite &next : all) {
    auto [it, isNew] =
        open.try_emplace({next.completion.queue, next.cores}, merged.size());
    if (isNew) {
      merged.push_back(std::move(next));
      continue;
    }
    TimedWrite &first = merged[it->second];
    first.box = first.box.hull(next.box);
    first.completion.time =
        std::max(first.completion.time, next.completion.time);
    open.erase(it);
  }
  all.assign(merged.begin(), merged.end());
}

void Timeline::addWrite(Value tensor, unsigned piece, const TimedWrite &write) {
  if (!findHome(tensor))
    return;
  TimedHome &home = changeHome(tensor);
  home.addWrite(piece, write);
  for (const TimedHome::View &view : home.views) {
    const TimedHome *viewed = findHome(view.value);
    if (!viewed)
      continue;
    // Boxes of one shape say nothing in another: all of the piece waits.
    TimedWrite seen = write;
    seen.box = viewed->home.pieces[view.first + piece].box;
    addWrite(view.value, view.first + piece, seen);
  }
}

void Timeline::addView(Value of, Value view, unsigned first) {
  TimedHome &target = changeHome(view);
  TimedHome &source = changeHome(of);
  for (unsigned piece = 0; piece < source.writes.size(); ++piece)
    for (TimedWrite write : source.writes[piece]) {
      write.box = target.home.pieces[first + piece].box;
      target.addWrite(first + piece, write);
    }
  source.views.push_back({view, first});
}

double Timeline::getReady(const TimedHome &home, unsigned piece, const Box &box,
                          CoreMask cores, unsigned queue) const {
  double ready = 0;
  for (const TimedWrite &write : home.writes[piece])
    if ((write.cores & cores) && write.box.overlaps(box))
      ready = std::max(ready, clock.getArrival(write.completion, queue));
  return ready;
}

void Timeline::flushStores() {
  for (const Store &store : stores) {
    unsigned queue = npu::getQueue(store.transfer.core, EngineKind::dma);
    double ready = 0;
    for (const Completion &need : store.needs)
      ready = std::max(ready, clock.getArrival(need, queue));
    Completion completion = clock.runTransfer(store.transfer, ready);
    if (store.tensor)
      addWrite(store.tensor, store.piece, {store.box, completion, store.cores});
  }
  stores.clear();
}

double Timeline::finish() {
  flushStores();
  return clock.getEnd();
}

double Timeline::finish(CoreGroup cores) {
  flushStores();
  return clock.getEnd(cores.first, cores.count);
}

Timeline Timeline::getView() const {
  Timeline view = *this;
  view.staged.clear();
  view.stagedInSlot.clear();
  return view;
}

//===----------------------------------------------------------------------===//
// Copies of whole tensors
//===----------------------------------------------------------------------===//

/// `written` is the value, or null, whose first piece the copy fills.
void Timeline::copyTo(Value value, const Piece &destination, Value written) {
  flushStores();
  lastStage = nullptr;
  const TimedHome &from = getTimedHome(value);
  int64_t elementBytes = getElementBytes(value);
  Box filled;
  if (written)
    filled = findHome(written)->home.pieces.front().box;
  for (const CopyPart &part :
       planCopy(from.home, destination.space, elementBytes, *machine)) {
    const Piece &piece = from.home.pieces[part.piece];
    Store store{facts->copies.makeTransfer(part.core, piece, destination,
                                           part.box, elementBytes, part.core,
                                           destination.cores, *machine),
                {},
                written,
                0,
                filled,
                allCores};
    CoreMask sources = piece.cores.empty() ? allCores : getMask(part.core);
    for (const TimedWrite &write : from.writes[part.piece])
      if (write.cores & sources)
        store.needs.push_back(write.completion);
    stores.push_back(std::move(store));
  }
}

void Timeline::moveHome(OpResult tensor, HomeKind kind) {
  TimedHome old = getTimedHome(tensor);
  TimedHome &home = setHome(tensor, {{makeWholePiece(tensor, kind, *machine)}});
  const Piece &destination = home.home.pieces.front();
  for (auto [index, piece] : llvm::enumerate(old.home.pieces)) {
    int64_t core = piece.cores.front();
    bool keeps = destination.isLocalTo(core);
    for (const TimedWrite &write : old.writes[index]) {
      stores.push_back({facts->copies.makeTransfer(
                            core, piece, destination, write.box,
                            getElementBytes(Value(tensor)), core,
                            getOthers(destination.cores, core), *machine),
                        {write.completion},
                        tensor,
                        0,
                        write.box,
                        keeps ? ~getMask(core) : allCores});
      if (keeps)
        home.addWrite(0, write);
    }
  }
}

//===----------------------------------------------------------------------===//
// Operations that are no stages
//===----------------------------------------------------------------------===//

void Timeline::runOther(Operation *op) {
  if (auto reshape = dyn_cast<ReshapeOp>(op))
    runReshape(reshape);
  else if (auto concat = dyn_cast<ConcatOp>(op))
    runConcat(concat);
  else if (auto view = dyn_cast<ViewOp>(op))
    runView(view);
  else if (auto gather = dyn_cast<GatherOp>(op))
    runGather(gather);
  else if (op->hasTrait<OpTrait::IsTerminator>())
    runReturn(op);
}

void Timeline::runReshape(ReshapeOp op) {
  RankedTensorType from = getTensorType(op.getInput());
  ArrayRef<int64_t> to = getTensorType(op.getResult()).getShape();
  const Home &source = getTimedHome(op.getInput()).home;
  if (std::optional<Home> view = reshapeHome(source, from.getShape(), to)) {
    setHome(op.getResult(), std::move(*view));
    return addView(op.getInput(), op.getResult(), 0);
  }
  Piece copy = makeRowMajorPiece(from, *machine, getRowMajorCores(*machine));
  setHome(op.getResult(), *reshapeHome({{copy}}, from.getShape(), to));
  copyTo(op.getInput(), copy, op.getResult());
}

void Timeline::runView(ViewOp op) {
  Value input = op.getInput(), result = op.getResult();
  ArrayRef<int64_t> shape = getTensorType(result).getShape();
  const Home &source = getTimedHome(input).home;
  if (source.pieces.size() == 1) {
    setHome(result, viewHome(Home(source), op.getMap(), shape));
    return addView(input, result, 0);
  }
  Piece copy = makeRowMajorPiece(getTensorType(input), *machine,
                                 getRowMajorCores(*machine));
  setHome(result, viewHome({{copy}}, op.getMap(), shape));
  copyTo(input, copy, result);
}

bool Timeline::joinConcat(ConcatOp op) {
  const Piece *first = nullptr;
  for (Value input : op.getInputs()) {
    const Home &home = getTimedHome(input).home;
    if (!input.hasOneUse() || home.pieces.size() != 1)
      return false;
    const Piece &piece = home.pieces.front();
    if (piece.space != SpaceKind::local || piece.cores.size() != 1 ||
        (first && (first->cores != piece.cores ||
                   getLayoutOf(first->view) != getLayoutOf(piece.view))))
      return false;
    first = &piece;
  }
  if (!first)
    return false;
  setHome(
      op.getResult(),
      {{makeLocalPiece(Box::ofShape(getTensorType(op.getResult()).getShape()),
                       getLayoutOf(first->view),
                       getElementBytes(op.getResult()), first->cores)}});
  for (Value input : op.getInputs())
    addView(input, op.getResult(), 0);
  return true;
}

void Timeline::runConcat(ConcatOp op) {
  for (Value input : op.getInputs())
    getTimedHome(input);
  if (joinConcat(op))
    return;
  SmallVector<const Home *> inputs;
  SmallVector<int64_t> extents;
  for (Value input : op.getInputs()) {
    inputs.push_back(&getTimedHome(input).home);
    extents.push_back(getTensorType(input).getDimSize(op.getAxis()));
  }
  setHome(op.getResult(), concatHomes(inputs, extents, op.getAxis()));
  unsigned first = 0;
  for (Value input : op.getInputs()) {
    addView(input, op.getResult(), first);
    first += getTimedHome(input).home.pieces.size();
  }
}

/// A gather as a command of three loops: what lies before the axis, the
/// indices, what lies behind.
static DMACommand makeGatherCommand(GatherOp op, const Piece &source,
                                    const Piece &result) {
  ArrayRef<int64_t> shape = getTensorType(op.getInput()).getShape();
  uint32_t before = 1, behind = 1;
  for (auto [dim, size] : llvm::enumerate(shape)) {
    if (static_cast<int64_t>(dim) < static_cast<int64_t>(op.getAxis()))
      before *= size;
    else if (static_cast<int64_t>(dim) > static_cast<int64_t>(op.getAxis()))
      behind *= size;
  }
  uint32_t count = getTensorType(op.getIndices()).getNumElements();
  int64_t elementBytes = getElementBytes(op.getInput());
  DMACommand command;
  command.kind = DMAKind::Gather;
  command.sizes = {before, count, behind};
  command.elementBytes = elementBytes;
  command.indirection.dimension = 1;
  auto describe = [&](Descriptor &descriptor, const Piece &piece,
                      int64_t extent) {
    descriptor.address.space = getMemorySpace(piece.space);
    descriptor.strides = {extent * behind * elementBytes, behind * elementBytes,
                          elementBytes};
  };
  describe(command.source, source, shape[op.getAxis()]);
  describe(command.destination, result, count);
  return command;
}

/// When core 0's DMA engine knows that `value` is in `destination`. The copy is
/// noted under `written`.
double Timeline::copyAndWait(Value value, const Piece &destination,
                             Value written) {
  setHome(written, {{destination}});
  copyTo(value, destination, written);
  flushStores();
  return getReady(*findHome(written), 0, destination.box, allCores,
                  npu::getQueue(0, EngineKind::dma));
}

void Timeline::runGather(GatherOp op) {
  RankedTensorType type = getTensorType(op.getInput());
  const Home &home = getTimedHome(op.getInput()).home;
  Piece source = home.pieces.front();
  double ready = 0;
  if (!isRowMajor(home, type)) {
    source = makeRowMajorPiece(type, *machine, getRowMajorCores(*machine));
    ready = copyAndWait(op.getInput(), source, op.getResult());
  }
  RankedTensorType indexType = getTensorType(op.getIndices());
  Piece indices = makeDRAMPiece(indexType);
  indices.space = SpaceKind::local;
  indices.cores = {0};

  ready =
      std::max(ready, copyAndWait(op.getIndices(), indices, op.getResult()));
  lastStage = nullptr;
  Piece result =
      makeRowMajorPiece(getTensorType(op.getResult()), *machine, {0});
  setHome(op.getResult(), {{result}});
  stores.push_back(
      {{0, getTime(makeGatherCommand(op, source, result), *machine), -1, {0}},
       {{ready, npu::getQueue(0, EngineKind::dma)}},
       op.getResult(),
       0,
       result.box,
       allCores});
}

void Timeline::runReturn(Operation *op) {
  for (Value value : op->getOperands()) {
    ArrayRef<OpResult> leaves = facts->concats.getLeaves(value);
    if (!leaves.empty() && llvm::all_of(leaves, [](OpResult leaf) {
          return getHome(leaf) == HomeKind::Output;
        }))
      continue;
    copyTo(value, makeDRAMPiece(getTensorType(value)), Value());
  }
}

} // namespace garam::npu
