//===- GroupCosts.cpp - What fused groups of stages cost ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "GroupCosts.h"

#include "HomeChoice.h"
#include "ScheduleCandidates.h"
#include "TileGeometry.h"

using namespace mlir;

namespace garam::npu {

/// The fraction of local memory that spans may fill; the rest is left to
/// fragmentation. As npu-place-tensors has it.
static constexpr double localFill = 0.85;
/// A core's memory has the tile at hand, the next and the one that leaves.
static constexpr int64_t tilesInFlight = 3;
/// A group has at most so many stages.
static constexpr unsigned maxSpanStages = 64;
/// Halos may make a group's computation this many times as long.
static constexpr double maxRecomputation = 2.0;

//===----------------------------------------------------------------------===//
// Stages and tensors
//===----------------------------------------------------------------------===//

GroupCosts::GroupCosts(func::FuncOp func, const MachineDescription &machine)
    : machine(machine),
      capacity(localFill * machine.local.bytes * machine.cores) {
  bool startsRun = true;
  for (Operation &op : func.front()) {
    if (isStage(&op)) {
      addStage(&op, startsRun);
      startsRun = false;
    } else if (!isa<ConstantOp>(op)) {
      startsRun = true;
    }
  }
  findReads(func);
}

void GroupCosts::addStage(Operation *op, bool startsRun) {
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
    tensor.isReturnedOnly = isReturnedOnly(result);
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
  work.seconds += machine.synchronisation.localSeconds;
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

static constexpr SpanEnds allEnds[] = {
    {true, true}, {true, false}, {false, true}, {false, false}};

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
    span.dramBytes = info.constantBytes + read + written +
                     countMovedBytes(stage, stage, ends);
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

//===----------------------------------------------------------------------===//
// Slices
//===----------------------------------------------------------------------===//

/// Slices of which there are `count` alike.
struct GroupCosts::Walk {
  struct Kind {
    double count;
    llvm::DenseMap<Value, Box> needed;
    std::vector<Box> loops; // of each stage, the last one first
  };
  unsigned first, last;
  Slicing slicing;
  SmallVector<Kind, 3> kinds;
  double seconds = 0, wholeSeconds = 0; // of the slices, of whole stages
  /// Bytes of tensors in between while each stage runs, the last stage first.
  SmallVector<int64_t> liveBytes;
};

/// Parts along a coordinate that are tried.
static constexpr int64_t partCounts[] = {2,  3,  4,  6,  8,  12, 16,
                                         24, 32, 48, 64, 96, 128};
/// Coordinates behind the first along which slices may overlap.
static constexpr unsigned maxRowCoordinates = 2;

std::vector<Slicing> GroupCosts::listSlicings(unsigned last) const {
  OpResult result = getOnlyResult(infos[last].stage.op);
  if (!result)
    return {};
  ArrayRef<int64_t> shape = getTensorType(result).getShape();
  if (shape.empty())
    return {};
  std::vector<Slicing> slicings;
  auto add = [&](unsigned coordinate, int64_t count, int64_t outer) {
    Slicing slicing;
    slicing.counts.assign(shape.size(), 1);
    slicing.counts[0] = outer;
    slicing.counts[coordinate] = count;
    slicings.push_back(std::move(slicing));
  };
  for (int64_t count : partCounts)
    if (count <= shape[0] && shape[0] % count == 0)
      add(0, count, count);
  // Rows, where each batch is a slice of its own.
  const Stage &stage = infos[last].stage;
  const StageOperand &output = stage.outputs[result.getResultNumber()];
  unsigned tried = 0;
  for (unsigned c = 1; c < shape.size() && tried < maxRowCoordinates; ++c) {
    bool isColumn = false;
    for (unsigned dim = 0; dim < stage.getNumLoops(); ++dim)
      isColumn |= output.coefficients[c][dim] != 0 &&
                  stage.kinds[dim] == IteratorKind::column;
    if (shape[c] == 1 || isColumn)
      continue;
    ++tried;
    for (int64_t count : partCounts)
      if (count <= shape[c])
        add(c, count, shape[0]);
  }
  return slicings;
}

void GroupCosts::forEachSliced(unsigned last,
                               function_ref<void(const Span &)> use) {
  OpResult result = getOnlyResult(infos[last].stage.op);
  for (Slicing &slicing : listSlicings(last)) {
    ArrayRef<int64_t> shape = getTensorType(result).getShape();
    int64_t rows = 1;
    for (int64_t count : ArrayRef<int64_t>(slicing.counts).drop_front())
      rows *= count;
    Walk walk{last + 1, last, slicing, {}, 0, 0, {}};
    // Between the first rows and the last, slices are alike.
    double outer = slicing.getCount() / rows;
    auto addKind = [&](int64_t number, double count) {
      Walk::Kind &kind = walk.kinds.emplace_back();
      kind.count = outer * count;
      kind.needed[result] = slicing.getSlice(shape, number);
    };
    addKind(0, 1);
    if (rows > 2)
      addKind(rows / 2, rows - 2);
    if (rows > 1)
      addKind(rows - 1, 1);
    for (unsigned stage = last + 1; stage-- > 0;) {
      if (last - stage >= maxSpanStages || !extend(walk, stage))
        break;
      for (SpanEnds ends : allEnds)
        if (std::optional<Span> span = finish(walk, ends))
          use(*span);
      if (infos[stage].startsRun)
        break;
    }
  }
}

/// Takes the stage in front of a walk in. False when that cannot be, or when no
/// longer walk can be worth it.
bool GroupCosts::extend(Walk &walk, unsigned stage) {
  StageInfo &info = infos[stage];
  if (!info.isSliceable)
    return false;
  if (stage != walk.last)
    for (Value result : info.stage.op->getResults()) {
      const TensorInfo &tensor = tensors[result];
      if (tensor.isReturned || tensor.lastRead > walk.last)
        return false;
    }
  walk.first = stage;
  walk.liveBytes.push_back(0);
  int64_t resultBytes = 0;
  for (Walk::Kind &kind : walk.kinds) {
    Box loops;
    int64_t bytes = 0;
    for (const StageOperand &output : info.stage.outputs) {
      auto it = kind.needed.find(output.tensor);
      if (it == kind.needed.end())
        continue;
      Box own = getLoopsOf(info.stage, output, it->second);
      loops = loops.getRank() == 0 ? own : loops.hull(own);
    }
    if (loops.getRank() != info.stage.getNumLoops() || loops.isEmpty())
      return false;
    for (const StageOperand &output : info.stage.outputs)
      bytes +=
          output.getRegion(loops).getVolume() * getElementBytes(output.type);
    resultBytes = std::max(resultBytes, bytes);
    for (const StageOperand &input : info.stage.inputs) {
      Box region = getNeededRegion(input, loops);
      auto [it, isNew] = kind.needed.try_emplace(input.tensor, region);
      if (!isNew)
        it->second = it->second.hull(region);
    }
    walk.seconds +=
        kind.count * getWork(stage, loops, /*isSlice=*/true).seconds;
    kind.loops.push_back(std::move(loops));
  }
  if (stage != walk.last) {
    unsigned lastRead = stage;
    for (Value result : info.stage.op->getResults())
      lastRead = std::max(lastRead, tensors[result].lastRead);
    for (unsigned reader = stage; reader <= lastRead; ++reader)
      walk.liveBytes[walk.last - reader] += resultBytes;
  }
  walk.wholeSeconds +=
      getWork(stage, info.stage.getLoops(), /*isSlice=*/false).seconds;
  return *llvm::max_element(walk.liveBytes) <= capacity &&
         walk.seconds <= maxRecomputation * walk.wholeSeconds;
}

std::optional<Span> GroupCosts::finish(const Walk &walk, SpanEnds ends) {
  unsigned numStages = walk.last - walk.first + 1;
  Span span;
  span.first = walk.first;
  span.last = walk.last;
  span.ends = ends;
  span.slicing = walk.slicing;
  span.seconds = walk.seconds;
  span.dramBytes = countWrittenBytes(walk.last, ends.keepsLast) +
                   countMovedBytes(walk.first, walk.last, ends);
  span.keepsConstants.assign(numStages, false);
  int64_t peak = 0;
  for (unsigned stage = walk.first; stage <= walk.last; ++stage) {
    unsigned place = walk.last - stage;
    Work most;
    double read = 0;
    for (const Walk::Kind &kind : walk.kinds) {
      const Work &work = getWork(stage, kind.loops[place], true);
      read += kind.count * countReadBytes(stage, kind.loops[place], work,
                                          walk.first, ends.keepsFirst);
      most.inputTileBytes = std::max(most.inputTileBytes, work.inputTileBytes);
      most.constantTileBytes =
          std::max(most.constantTileBytes, work.constantTileBytes);
      most.outputTileBytes =
          std::max(most.outputTileBytes, work.outputTileBytes);
    }
    span.dramBytes += read;
    // What passes is cut into tiles that are small enough.
    auto passing = [&](int64_t bytes, int64_t times) {
      return times * std::min(bytes, getTileMemory(machine)) * machine.cores;
    };
    int64_t bytes =
        walk.liveBytes[place] + passing(most.constantTileBytes, tilesInFlight);
    if (read > 0)
      bytes += passing(most.inputTileBytes, tilesInFlight);
    if (stage == walk.last && !ends.keepsLast)
      bytes += passing(most.outputTileBytes, tilesInFlight - 1);
    peak = std::max(peak, bytes);
  }
  int64_t room = capacity - getHeldBytes(walk.first, walk.last, ends) - peak;
  if (room < 0)
    return std::nullopt;
  // Each byte that stays saves as much as any other: the large ones first.
  SmallVector<unsigned> order =
      llvm::to_vector(llvm::seq(walk.first, walk.last + 1));
  llvm::stable_sort(order, [&](unsigned a, unsigned b) {
    return infos[a].constantBytes > infos[b].constantBytes;
  });
  for (unsigned stage : order) {
    // Every core may need them all.
    int64_t bytes = infos[stage].constantBytes * machine.cores;
    bool keeps = bytes <= room;
    if (keeps)
      room -= bytes;
    span.keepsConstants[stage - walk.first] = keeps && bytes > 0;
    span.dramBytes += static_cast<double>(infos[stage].constantBytes) *
                      (keeps ? 1 : walk.slicing.getCount());
  }
  return span;
}

} // namespace garam::npu
