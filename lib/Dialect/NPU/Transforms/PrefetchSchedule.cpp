//===- PrefetchSchedule.cpp - When weights are brought ahead --------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "PrefetchSchedule.h"

#include "Tuning.h"
#include "WeightLoads.h"

#include <cmath>
#include <numeric>

using namespace mlir;

namespace garam::npu {

PrefetchSchedule::PrefetchSchedule(ArrayRef<Operation *> commands,
                                   const AccessTable &accesses,
                                   const CommandClock &clock,
                                   const MachineDescription &machine,
                                   PrefetchOptions options)
    : commands(commands), accesses(accesses), clock(clock), machine(machine),
      options(options), incoming(machine.cores),
      local(machine.cores, MemoryOccupancy(commands.size(),
                                           machine.local.bytes * options.fill)),
      shared(commands.size(), machine.shared.bytes * options.fill),
      lifetimes(accesses.getNumBuffers()), portFree(machine.cores) {
  findLoads();
  findLifetimes();
  for (size_t position = 0; position < commands.size(); ++position)
    follow(position);
}

/// What is left of a load that is cut; nothing of one that is whole.
static std::optional<int64_t> getRest(DMACommandOp load, int64_t issuedBytes) {
  if (issuedBytes == 0)
    return std::nullopt;
  return getContiguousBytes(load) - issuedBytes;
}

std::vector<ScheduledCommand> PrefetchSchedule::takeOrder() {
  llvm::stable_sort(order,
                    [](const ScheduledCommand &a, const ScheduledCommand &b) {
                      return a.seconds < b.seconds;
                    });
  return std::move(order);
}

void PrefetchSchedule::findLoads() {
  for (auto [position, op] : llvm::enumerate(commands)) {
    if (!isWeightLoad(op))
      continue;
    auto load = cast<DMACommandOp>(op);
    auto destination = load.getDestination().getDefiningOp<BufferOp>();
    ArrayRef<int64_t> receivers = *destination.getCores();
    for (int64_t core : receivers)
      incoming[core].loads.push_back(loads.size());
    loads.push_back({load, position, destination, receivers});
  }
}

//===----------------------------------------------------------------------===//
// Memories
//===----------------------------------------------------------------------===//

void PrefetchSchedule::findLifetimes() {
  for (auto [position, op] : llvm::enumerate(commands))
    for (auto [access, number] :
         llvm::zip_equal(accesses.of(op), accesses.buffersOf(op))) {
      Lifetime &lifetime = lifetimes[number];
      if (!lifetime.buffer)
        lifetime = {access.buffer, position};
      lifetime.last = position;
      if (lifetime.buffer.getResident()) {
        lifetime.first = 0;
        lifetime.last = commands.size();
      }
    }
  for (const Lifetime &lifetime : lifetimes)
    hold(lifetime.buffer, lifetime.first, lifetime.last + 1);
}

/// Takes memory for `buffer` from command `begin` to in front of `end`.
void PrefetchSchedule::hold(BufferOp buffer, size_t begin, size_t end) {
  int64_t bytes = buffer.getSize();
  if (buffer.getSpace() == SpaceKind::shared)
    shared.hold(begin, end, bytes);
  for (int64_t core : buffer.getCores().value_or(ArrayRef<int64_t>()))
    local[core].hold(begin, end, bytes);
}

/// Takes note that `op` is done at `end`.
void PrefetchSchedule::recordAccesses(Operation *op, size_t position,
                                      double end) {
  for (unsigned number : accesses.buffersOf(op)) {
    Lifetime &lifetime = lifetimes[number];
    BufferOp buffer = lifetime.buffer;
    lifetime.end = std::max(lifetime.end, end);
    if (position != lifetime.last)
      continue;
    int64_t bytes = buffer.getSize();
    if (buffer.getSpace() == SpaceKind::shared)
      shared.leave(lifetime.end, bytes);
    for (int64_t core : buffer.getCores().value_or(ArrayRef<int64_t>()))
      local[core].leave(lifetime.end, bytes);
  }
}

/// From when on local memory has room for what `load` brings, if that begins to
/// live at `position`.
std::optional<double> PrefetchSchedule::getRoom(const Load &load,
                                                size_t position) {
  size_t end = getLifetime(load.destination).first;
  BufferOp destination = load.destination;
  double seconds = 0;
  for (int64_t core : load.receivers) {
    std::optional<double> room =
        local[core].getRoom(position, end, destination.getSize());
    if (!room)
      return std::nullopt;
    seconds = std::max(seconds, *room);
  }
  return seconds;
}

/// From when on local memory has room for the buffers that `op` is the first to
/// touch, which hold theirs already: who had it before must be done. Without
/// that, transfers of tiles would run ahead of the engines as far as they
/// could.
double PrefetchSchedule::getRoomOfResults(Operation *op, size_t position) {
  double seconds = 0;
  for (unsigned number : accesses.buffersOf(op)) {
    BufferOp buffer = lifetimes[number].buffer;
    if (lifetimes[number].first != position)
      continue;
    for (int64_t core : buffer.getCores().value_or(ArrayRef<int64_t>()))
      seconds = std::max(
          seconds, local[core].getRoom(position, position + 1, 0).value_or(0));
  }
  return seconds;
}

//===----------------------------------------------------------------------===//
// The order
//===----------------------------------------------------------------------===//

void PrefetchSchedule::follow(size_t position) {
  Operation *op = commands[position];
  if (!isCommand(op)) {
    // Definitions come first, what is said of the values at the end last.
    order.push_back({op, isa<ValueOp>(op) ? HUGE_VAL : 0});
    return;
  }
  if (isWeightLoad(op)) {
    Load &load = loads[numPassed++];
    int64_t core = options.kind == Prefetch::none
                       ? static_cast<int64_t>(load.op.getCore())
                       : getFirstFree(load.receivers);
    if (!load.isIssued)
      issue(load, position, core, getRoom(load, position).value_or(0),
            getRest(load.op, load.issuedBytes));
    return;
  }
  unsigned queue = getQueue(op);
  double ready = std::max(clock.getReady(accesses.of(op), queue),
                          getRoomOfResults(op, position));
  double start = std::max(ready, clock.getFree(queue));
  // An engine's command leaves time to DMA until it starts.
  if (options.kind != Prefetch::none)
    fillTime(position, queue / numEngineKinds,
             isa<DMACommandOp>(op) ? ready : start);
  order.push_back({op, std::max(ready, clock.getFree(queue))});
  recordAccesses(op, position, clock.run(op, accesses.of(op), ready).time);
}

/// The one of `cores` whose DMA queue is free first.
int64_t PrefetchSchedule::getFirstFree(ArrayRef<int64_t> cores) const {
  auto getTime = [&](int64_t core) {
    return clock.getFree(getQueue(core, EngineKind::dma));
  };
  return *llvm::min_element(
      cores, [&](int64_t a, int64_t b) { return getTime(a) < getTime(b); });
}

/// When the ports that `load` passes have no other load. One after the other is
/// as fast as all at once, and leaves the ports and queues sooner to what other
/// commands wait for.
double PrefetchSchedule::getPortFree(const Load &load) const {
  if (load.staged)
    return 0;
  double free = 0;
  for (int64_t receiver : load.receivers)
    free = std::max(free, portFree[receiver]);
  return free - machine.dma.startSeconds;
}

/// The transfer of `load`, of so many of its bytes, by the queue of `core`.
Transfer PrefetchSchedule::getTransfer(const Load &load, int64_t core,
                                       std::optional<int64_t> bytes) const {
  std::optional<MemorySpace> source;
  if (load.staged)
    source = MemorySpace::Shared;
  Transfer transfer =
      clock.getTransfer(load.op, source, /*destination=*/std::nullopt, bytes);
  transfer.core = core;
  return transfer;
}

/// The first load that `core` receives and that was not issued yet.
PrefetchSchedule::Load *PrefetchSchedule::findNext(int64_t core) {
  Incoming &in = incoming[core];
  while (in.next < in.loads.size() && loads[in.loads[in.next]].isIssued)
    ++in.next;
  return in.next < in.loads.size() ? &loads[in.loads[in.next]] : nullptr;
}

static bool isFromDRAM(DMACommandOp load) {
  return load.getSource().getDefiningOp<BufferOp>().getSpace() ==
         SpaceKind::dram;
}

/// The first of them that may be staged and was not. What several cores receive
/// DRAM gives only once, so only loads of one core are.
PrefetchSchedule::Load *PrefetchSchedule::findNextToStage(int64_t core) {
  Incoming &in = incoming[core];
  for (in.nextStaged = std::max(in.nextStaged, in.next);
       in.nextStaged < in.loads.size(); ++in.nextStaged) {
    Load &load = loads[in.loads[in.nextStaged]];
    if (!load.isIssued && load.issuedBytes == 0 && !load.staged &&
        load.receivers.size() == 1 && isContiguous(load.op) &&
        isFromDRAM(load.op))
      return &load;
  }
  return nullptr;
}

/// Gives the DMA queue of `core` loads that end before `end`, ahead of the
/// command at `position`.
void PrefetchSchedule::fillTime(size_t position, int64_t core, double end) {
  while (prefetch(position, core, end) ||
         (options.kind == Prefetch::staged && stage(position, core, end)))
    ;
}

/// Issues the next load. Returns whether there was one that ends in time.
bool PrefetchSchedule::prefetch(size_t position, int64_t core, double end) {
  Load *load = findNext(core);
  if (!load)
    return false;
  double begin = std::max(clock.getFree(getQueue(core, EngineKind::dma)),
                          getPortFree(*load));
  if (begin >= end)
    return false;
  std::optional<double> room = getRoom(*load, position);
  if (!room)
    return false;
  begin = std::max(begin, *room);
  if (load->staged)
    begin = std::max(begin, clock.getArrival(*load->staged,
                                             getQueue(core, EngineKind::dma)));
  std::optional<int64_t> rest = getRest(load->op, load->issuedBytes);
  if (clock.getEnd(getTransfer(*load, core, rest), begin) >
      begin + tuning::usedTimeOfWhole * (end - begin))
    return prefetchPart(*load, position, core, begin, end);
  issue(*load, position, core, begin, rest);
  return true;
}

/// Issues as many bytes of a load that starts at `begin` as come before `end`.
/// Returns whether that was worth a start-up, and what is left will be.
bool PrefetchSchedule::prefetchPart(Load &load, size_t position, int64_t core,
                                    double begin, double end) {
  if (load.staged || !isContiguous(load.op))
    return false;
  int64_t rest = getContiguousBytes(load.op) - load.issuedBytes;
  Transfer whole = getTransfer(load, core, rest);
  double start = whole.time.startSeconds, stream = whole.time.streamSeconds;
  int64_t granule = std::lcm<int64_t>(std::max(1u, machine.dma.packetBytes),
                                      load.op.getElementBytes());
  int64_t leastBytes = rest * (tuning::leastPartStartUps * start / stream);
  int64_t bytes = rest * std::min(1.0, tuning::usedTimeOfPart *
                                           (end - begin - start) / stream);
  bytes = llvm::alignDown(std::min(bytes, rest - leastBytes), granule);
  if (bytes < std::max(leastBytes, granule) ||
      clock.getEnd(getTransfer(load, core, bytes), begin) > end)
    return false;
  issue(load, position, core, begin, bytes);
  return true;
}

/// Brings a later load to shared memory. Returns whether there was one that
/// ends in time.
bool PrefetchSchedule::stage(size_t position, int64_t core, double end) {
  Load *load = findNextToStage(core);
  double begin = clock.getFree(getQueue(core, EngineKind::dma));
  if (!load || begin >= end)
    return false;
  int64_t bytes = getContiguousBytes(load->op);
  std::optional<double> room = shared.getRoom(position, load->position, bytes);
  if (!room)
    return false;
  begin = std::max(begin, *room);
  Transfer transfer =
      clock.getTransfer(load->op, std::nullopt, MemorySpace::Shared);
  transfer.core = core;
  if (clock.getEnd(transfer, begin) > end)
    return false;
  order.push_back({load->op, begin, core, /*isStaging=*/true});
  load->staged = clock.run(transfer, begin);
  shared.hold(position, load->position + 1, bytes);
  return true;
}

/// Puts a load, or the next `bytes` of it, into the queue of `core`, not before
/// `ready`.
void PrefetchSchedule::issue(Load &load, size_t position, int64_t core,
                             double ready, std::optional<int64_t> bytes) {
  std::optional<LoadPart> part;
  if (bytes) {
    part = {load.issuedBytes, *bytes};
    load.issuedBytes += *bytes;
  }
  load.isIssued = !bytes || load.issuedBytes == getContiguousBytes(load.op);
  Lifetime &lifetime = getLifetime(load.destination);
  if (position < lifetime.first) {
    hold(load.destination, position, lifetime.first);
    lifetime.first = position;
  }
  unsigned queue = getQueue(core, EngineKind::dma);
  if (load.staged)
    ready = std::max(ready, clock.getArrival(*load.staged, queue));
  order.push_back({load.op, std::max(ready, clock.getFree(queue)), core,
                   /*isStaging=*/false, part});
  Completion completion = clock.run(getTransfer(load, core, bytes), ready);
  clock.recordWrites(accesses.of(load.op), completion);
  if (!load.staged)
    for (int64_t receiver : load.receivers)
      portFree[receiver] = std::max(portFree[receiver], completion.time);
  else
    shared.leave(completion.time, getContiguousBytes(load.op));
  recordAccesses(load.op, position, completion.time);
}

} // namespace garam::npu
