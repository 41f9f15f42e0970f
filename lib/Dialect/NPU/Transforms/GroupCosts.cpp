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
      dramRate(machine.dram.bytesPerSecond * machine.dram.efficiency),
      tileMemory(getTileMemory(machine)) {
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
  for (unsigned stage = 0; stage < infos.size(); ++stage) {
    findInputs(stage);
    findPlace(stage);
  }
  nodes.emplace_back(); // of no stages
}

void GroupCosts::addStage(Operation *op, bool startsRun, ConcatTrees &concats) {
  StageInfo info;
  info.stage = getStage(op);
  info.startsRun = startsRun;
  info.isSliceable = !op->walk([](IndexOp) {
                          return WalkResult::interrupt();
                        }).wasInterrupted();
  info.onlyResult = getOnlyResult(op);
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

/// What the inputs of a stage that are no constants are made of.
void GroupCosts::findInputs(unsigned stage) {
  StageInfo &info = infos[stage];
  for (auto [number, operand] : llvm::enumerate(info.stage.inputs)) {
    if (isPackable(operand))
      continue;
    InputInfo &input = info.inputs.emplace_back();
    input.number = number;
    input.isResult = tensors.count(operand.tensor);
    SmallVector<Value> sources;
    appendSources(operand.tensor, sources);
    input.isMade = llvm::all_of(
        sources, [&](Value source) { return tensors.count(source); });
    input.firstMaker = stage;
    if (input.isMade)
      for (Value source : sources)
        input.firstMaker =
            std::min(input.firstMaker, tensors.find(source)->second.made);
  }
}

/// Numbers what a stage is to the spans with it, beside its class: what it
/// reads of the stages in front of it, who reads what it makes, and what else
/// crosses the boundary in front of it. Further away than a span is long,
/// places do not count.
void GroupCosts::findPlace(unsigned stage) {
  StageInfo &info = infos[stage];
  info.classNumber = classNumbers.getClass(info.stage);
  if (info.classNumber == classes.size())
    classes.push_back({&info.stage, nullptr, {}});
  auto getDistance = [](unsigned from, unsigned to) -> int64_t {
    return std::min(to - from, maxSpanStages + 1);
  };
  std::vector<int64_t> key = {info.classNumber, info.isSliceable,
                              info.onlyResult ? 1 : 0};
  if (info.onlyResult)
    key.push_back(info.onlyResult.getResultNumber());
  for (const InputInfo &input : info.inputs) {
    key.push_back(input.isMade ? getDistance(input.firstMaker, stage) : -1);
    key.push_back(input.isResult);
    if (!input.isResult)
      continue;
    auto result = cast<OpResult>(info.stage.inputs[input.number].tensor);
    key.push_back(getDistance(numbers[result.getOwner()], stage));
    key.push_back(result.getResultNumber());
  }
  for (Value result : info.stage.op->getResults()) {
    const TensorInfo &tensor = tensors[result];
    key.push_back(getDistance(stage, tensor.lastRead));
    key.push_back(tensor.isReturned);
    key.push_back(tensor.isReturnedOnly);
  }
  std::map<std::pair<int64_t, int64_t>, int64_t> bytes;
  for (Value value : crossing[stage]) {
    const TensorInfo &tensor = tensors[value];
    bytes[{getDistance(tensor.made, stage),
           getDistance(stage, tensor.lastRead)}] += tensor.bytes;
  }
  for (auto [distances, sum] : bytes)
    key.insert(key.end(), {distances.first, distances.second, sum});
  info.place = placeNumbers.get(std::move(key));
}

//===----------------------------------------------------------------------===//
// Work of a stage
//===----------------------------------------------------------------------===//

const GroupCosts::Work &GroupCosts::getWork(unsigned stage, const Box &loops,
                                            bool isSlice) {
  ClassInfo &info = classes[infos[stage].classNumber];
  auto [it, isNew] = info.works.try_emplace({isSlice, loops.getShape()});
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
GroupCosts::Work GroupCosts::findWork(ClassInfo &info, const Box &loops,
                                      bool isSlice) {
  if (!info.times)
    info.times = std::make_unique<EngineTimes>(*info.stage, machine);
  Stage sized = *info.stage;
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

double GroupCosts::countReadBytes(unsigned stage, const InputInfo &input,
                                  const Box &loops, const Work &work) const {
  const StageOperand &operand = infos[stage].stage.inputs[input.number];
  Box region = getNeededRegion(operand, loops);
  double bytes = region.getVolume() * getElementBytes(operand.type) *
                 getBurstWaste(operand.tensor, region, machine);
  Box none = loops;
  none.high = none.low;
  bool isReadOnce = !getBroughtRegion(operand, loops, none, machine).isEmpty();
  return bytes * (isReadOnce ? 1 : work.columnTiles);
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
// Loads
//===----------------------------------------------------------------------===//

double getOverlapped(double engines, double transfers) {
  return std::max(engines, transfers) +
         tuning::exposedActivity * std::min(engines, transfers);
}

Load makeLoad(double seconds, double dramSeconds, double ownSeconds) {
  constexpr double staying = tuning::stayingTransfers;
  auto getLoad = [&](double busy) {
    return std::round(picosecondsPerSecond *
                      ((1 - staying) * busy + staying * ownSeconds));
  };
  return {getLoad(seconds), getLoad(dramSeconds)};
}

//===----------------------------------------------------------------------===//
// Whole stages
//===----------------------------------------------------------------------===//

ArrayRef<SpanChoice> GroupCosts::getWhole(unsigned stage) {
  unsigned place = infos[stage].place;
  if (wholes.size() <= place)
    wholes.resize(place + 1);
  if (wholes[place].empty())
    wholes[place] = findWhole(stage);
  return wholes[place];
}

std::vector<SpanChoice> GroupCosts::findWhole(unsigned stage) {
  const StageInfo &info = infos[stage];
  Box loops = info.stage.getLoops();
  const Work &work = getWork(stage, loops, /*isSlice=*/false);
  std::vector<SpanChoice> choices;
  for (SpanEnds ends : allEnds) {
    double read = 0;
    for (const InputInfo &input : info.inputs)
      if (!input.isMade || !ends.keepsFirst)
        read += countReadBytes(stage, input, loops, work);
    double written = countWrittenBytes(stage, ends.keepsLast);
    int64_t bytes = getHeldBytes(stage, stage, ends) +
                    tilesInFlight * work.constantTileBytes * machine.cores;
    if (read > 0)
      bytes += tilesInFlight * work.inputTileBytes * machine.cores;
    if (written > 0)
      bytes += (tilesInFlight - 1) * work.outputTileBytes * machine.cores;
    if (bytes > capacity && (ends.keepsFirst || ends.keepsLast))
      continue;
    double dramSeconds = (info.constantBytes + read + written +
                          countMovedBytes(stage, stage, ends)) /
                         dramRate;
    choices.push_back({makeLoad(work.seconds, dramSeconds,
                                getOverlapped(work.seconds, dramSeconds)),
                       ends, SpanChoice::wholeStage});
  }
  return choices;
}

bool GroupCosts::isRoomy(unsigned stage) {
  int64_t passing = tilesInFlight * tileMemory * machine.cores;
  if (getHeldBytes(stage, stage, {true, true}) + passing <= capacity)
    return true;
  SpanEnds ends = getWhole(stage).front().ends;
  return ends.keepsFirst && ends.keepsLast;
}

} // namespace garam::npu
