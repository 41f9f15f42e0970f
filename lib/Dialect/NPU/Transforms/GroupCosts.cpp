//===- GroupCosts.cpp - What fused groups of stages cost ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "GroupCosts.h"

#include "ScheduleCandidates.h"
#include "TileGeometry.h"
#include "Tuning.h"

using namespace mlir;

namespace garam::npu {

//===----------------------------------------------------------------------===//
// Stages and tensors
//===----------------------------------------------------------------------===//

GroupCosts::GroupCosts(func::FuncOp func, const MachineDescription &machine)
    : machine(machine),
      capacity(plannedFill * machine.local.bytes * machine.cores),
      dramRate(machine.dram.bytesPerSecond * machine.dram.efficiency) {
  bool startsRun = true;
  ConcatTrees concats;
  for (Operation &op : func.front()) {
    if (isStage(&op)) {
      addStage(&op, startsRun, concats);
      startsRun = false;
    } else if (!isa<ConstantOp>(op)) {
      startsRun = true;
    }
  }
  findReads(func);
}

void GroupCosts::addStage(Operation *op, bool startsRun, ConcatTrees &concats) {
  StageInfo info;
  info.stage = getStage(op);
  info.startsRun = startsRun;
  info.isSliceable = !op->walk([](IndexOp) {
                          return WalkResult::interrupt();
                        }).wasInterrupted();
  for (const StageOperand &input : info.stage.inputs)
    if (isPackable(input))
      info.constantBytes += input.getRegion(info.stage.getLoops()).getVolume() *
                            getElementBytes(input.type);
  numbers[op] = infos.size();
  for (OpResult result : op->getResults()) {
    TensorInfo &tensor = tensors[result];
    tensor.bytes =
        getTensorType(result).getNumElements() * getElementBytes(Value(result));
    tensor.made = tensor.lastRead = infos.size();
    tensor.isReturnedOnly = concats.isReturnedOnly(result);
  }
  infos.push_back(std::move(info));
}

void GroupCosts::appendSources(Value value,
                               SmallVectorImpl<Value> &sources) const {
  Operation *op = value.getDefiningOp();
  if (isa_and_present<ReshapeOp, ViewOp, ConcatOp>(op))
    for (Value operand : op->getOperands())
      appendSources(operand, sources);
  else
    sources.push_back(value);
}

void GroupCosts::findReads(func::FuncOp func) {
  for (Operation &op : func.front()) {
    if (isa<ReshapeOp, ViewOp, ConcatOp>(op))
      continue;
    SmallVector<Value> sources;
    for (Value operand : op.getOperands())
      appendSources(operand, sources);
    for (Value source : sources) {
      auto it = tensors.find(source);
      if (it == tensors.end())
        continue;
      if (isStage(&op))
        it->second.lastRead = std::max(it->second.lastRead, numbers[&op]);
      else
        it->second.isReturned = true;
    }
  }
  crossing.resize(infos.size() + 1);
  crossingBytes.resize(infos.size() + 1);
  for (const StageInfo &info : infos)
    for (Value result : info.stage.op->getResults()) {
      const TensorInfo &tensor = tensors[result];
      for (unsigned boundary = tensor.made + 1; boundary <= tensor.lastRead;
           ++boundary) {
        crossing[boundary].push_back(result);
        crossingBytes[boundary] += tensor.bytes;
      }
    }
}

//===----------------------------------------------------------------------===//
// Work of a stage
//===----------------------------------------------------------------------===//

const GroupCosts::Work &GroupCosts::getWork(unsigned stage, const Box &loops,
                                            bool isSlice) {
  StageInfo &info = infos[stage];
  SmallVector<int64_t> shape = loops.getShape();
  auto [it, isNew] = info.works.try_emplace(
      {isSlice, std::vector<int64_t>(shape.begin(), shape.end())});
  if (isNew)
    it->second = findWork(info, loops, isSlice);
  return it->second;
}

/// Bytes that `loops` touch of the operands for which `counts` says so.
static int64_t countBytes(ArrayRef<StageOperand> operands, const Box &loops,
                          function_ref<bool(const StageOperand &)> counts) {
  int64_t bytes = 0;
  for (const StageOperand &operand : operands)
    if (counts(operand))
      bytes +=
          operand.getRegion(loops).getVolume() * getElementBytes(operand.type);
  return bytes;
}

/// By the schedule that keeps the engines busy for the shortest time, without
/// regard to what is brought.
GroupCosts::Work GroupCosts::findWork(StageInfo &info, const Box &loops,
                                      bool isSlice) {
  if (!info.times)
    info.times = std::make_unique<EngineTimes>(info.stage, machine);
  Stage sized = info.stage;
  sized.sizes = loops.getShape();
  if (isSlice) {
    for (StageOperand &input : sized.inputs)
      input.isHeld = isPackable(input) || tensors.count(input.tensor);
    for (StageOperand &output : sized.outputs)
      output.isHeld = true;
  }
  const StageSchedule *best = nullptr;
  Work work;
  FoundSchedules found = findSchedules(sized, machine);
  for (const StageSchedule &schedule : found.schedules) {
    double seconds = info.times->getAll(
        Box::ofShape(getLargestPart(sized, schedule)), schedule.tile);
    if (best && seconds >= work.seconds)
      continue;
    best = &schedule;
    work.seconds = seconds;
  }
  if (!best)
    return work; // npu-schedule-stages will say so
  // Of equally long ones, fewer commands are better.
  work.seconds += machine.synchronisation.localSeconds + 1 / machine.clockHz;
  Box tile = getTile(sized, *best);
  work.inputTileBytes = countBytes(sized.inputs, tile, [](const auto &operand) {
    return !isPackable(operand);
  });
  work.constantTileBytes = countBytes(sized.inputs, tile, isPackable);
  work.outputTileBytes =
      countBytes(sized.outputs, tile, [](const auto &) { return true; });
  for (unsigned dim = 0; dim < sized.getNumLoops(); ++dim)
    if (sized.kinds[dim] == IteratorKind::column)
      work.columnTiles *=
          llvm::divideCeil(getLargestPart(sized, *best, dim), best->tile[dim]);
  return work;
}

/// How many times the bytes of `region` count because DRAM is read in bursts
/// that are longer than what lies together there of a tensor.
static double getBurstWaste(Value tensor, const Box &region,
                            const MachineDescription &machine) {
  RankedTensorType type = getTensorType(tensor);
  SmallVector<int64_t> layout =
      llvm::to_vector(llvm::seq<int64_t>(0, type.getRank()));
  if (auto result = dyn_cast<OpResult>(tensor))
    if (isStage(result.getOwner()))
      layout = getLayout(result);
  int64_t run = getElementBytes(tensor);
  for (int64_t c : llvm::reverse(layout)) {
    run *= region.getSize(c);
    if (region.getSize(c) != type.getDimSize(c))
      break;
  }
  return std::max(1.0, static_cast<double>(machine.dram.burstBytes) / run);
}

double GroupCosts::countReadBytes(unsigned stage, const Box &loops,
                                  const Work &work, unsigned first,
                                  bool keepsFirst) const {
  double bytes = 0;
  for (const StageOperand &input : infos[stage].stage.inputs) {
    if (isPackable(input))
      continue;
    SmallVector<Value> sources;
    appendSources(input.tensor, sources);
    bool isLocal = llvm::all_of(sources, [&](Value source) {
      auto it = tensors.find(source);
      return it != tensors.end() && (it->second.made >= first || keepsFirst);
    });
    if (isLocal)
      continue;
    Box region = getNeededRegion(input, loops);
    double read = region.getVolume() * getElementBytes(input.type) *
                  getBurstWaste(input.tensor, region, machine);
    Box none = loops;
    none.high = none.low;
    bool isReadOnce = !getBroughtRegion(input, loops, none, machine).isEmpty();
    bytes += read * (isReadOnce ? 1 : work.columnTiles);
  }
  return bytes;
}

/// What leaves behind stage `stage`, the last of a span.
double GroupCosts::countWrittenBytes(unsigned stage, bool keepsLast) const {
  double bytes = 0;
  for (Value result : infos[stage].stage.op->getResults()) {
    const TensorInfo &tensor = tensors.find(result)->second;
    if (tensor.isReturnedOnly || (!keepsLast && tensor.lastRead > tensor.made))
      bytes += tensor.bytes;
  }
  return bytes;
}

double GroupCosts::countMovedBytes(unsigned first, unsigned last,
                                   SpanEnds ends) const {
  if (ends.keepsFirst == ends.keepsLast)
    return 0;
  double bytes = 0;
  for (Value value : crossing[first]) {
    const TensorInfo &tensor = tensors.find(value)->second;
    if (tensor.lastRead > last)
      bytes += tensor.bytes;
  }
  return bytes;
}

/// Bytes of local memory for the tensors that cross the ends of a span.
int64_t GroupCosts::getHeldBytes(unsigned first, unsigned last,
                                 SpanEnds ends) const {
  int64_t bytes = ends.keepsFirst ? crossingBytes[first] : 0;
  if (!ends.keepsLast)
    return bytes;
  for (Value value : crossing[last + 1])
    if (!ends.keepsFirst || tensors.find(value)->second.made >= first)
      bytes += tensors.find(value)->second.bytes;
  return bytes;
}

//===----------------------------------------------------------------------===//
// Whole stages
//===----------------------------------------------------------------------===//

double getOverlapped(double engines, double transfers) {
  return std::max(engines, transfers) +
         tuning::exposedActivity * std::min(engines, transfers);
}

std::vector<Span> GroupCosts::getWhole(unsigned stage) {
  const StageInfo &info = infos[stage];
  Box loops = info.stage.getLoops();
  const Work work = getWork(stage, loops, /*isSlice=*/false);
  std::vector<Span> spans;
  for (SpanEnds ends : allEnds) {
    double read = countReadBytes(stage, loops, work, stage, ends.keepsFirst);
    double written = countWrittenBytes(stage, ends.keepsLast);
    int64_t bytes = getHeldBytes(stage, stage, ends) +
                    tilesInFlight * work.constantTileBytes * machine.cores;
    if (read > 0)
      bytes += tilesInFlight * work.inputTileBytes * machine.cores;
    if (written > 0)
      bytes += (tilesInFlight - 1) * work.outputTileBytes * machine.cores;
    if (bytes > capacity && (ends.keepsFirst || ends.keepsLast))
      continue;
    Span span;
    span.first = span.last = stage;
    span.ends = ends;
    span.keepsConstants = {false};
    span.seconds = work.seconds;
    span.dramSeconds = (info.constantBytes + read + written +
                        countMovedBytes(stage, stage, ends)) /
                       dramRate;
    span.ownSeconds = getOverlapped(span.seconds, span.dramSeconds);
    spans.push_back(std::move(span));
  }
  return spans;
}

bool GroupCosts::isRoomy(unsigned stage) {
  int64_t passing = tilesInFlight * getTileMemory(machine) * machine.cores;
  if (getHeldBytes(stage, stage, {true, true}) + passing <= capacity)
    return true;
  Span span = getWhole(stage).front();
  return span.ends.keepsFirst && span.ends.keepsLast;
}

} // namespace garam::npu
