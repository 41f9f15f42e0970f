//===- SlicedSpans.cpp - What slices of stages cost -----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "GroupCosts.h"

#include "ScheduleCandidates.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace garam::npu {

/// A group has at most so many stages.
static constexpr unsigned maxSpanStages = 64;
/// Halos may make a group's computation this many times as long.
static constexpr double maxRecomputation = 2.0;

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
  /// Of each stage, the last one first: seconds of all slices, and bytes of
  /// tensors in between while it runs.
  SmallVector<double> stageSeconds;
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
    // Slices are equal but for the last.
    int64_t size = llvm::divideCeil(shape[coordinate], count);
    slicing.counts[coordinate] = llvm::divideCeil(shape[coordinate], size);
    bool isNew = slicings.empty() || slicings.back().counts != slicing.counts;
    if (isNew)
      slicings.push_back(std::move(slicing));
  };
  for (int64_t count : partCounts)
    if (count <= shape[0])
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
    Walk walk{last + 1, last, slicing, {}, 0, 0, {}, {}};
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
  walk.stageSeconds.push_back(0);
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
    walk.stageSeconds.back() +=
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
  walk.seconds += walk.stageSeconds.back();
  walk.wholeSeconds +=
      getWork(stage, info.stage.getLoops(), /*isSlice=*/false).seconds;
  return *llvm::max_element(walk.liveBytes) <= capacity &&
         walk.seconds <= maxRecomputation * walk.wholeSeconds;
}

/// What a stage of a span moves between local memory and DRAM, and takes of
/// local memory.
struct GroupCosts::Traffic {
  double once = 0;   // bytes, in the first slice
  double passed = 0; // bytes, in all slices together
  int64_t takenBytes = 0;
};

GroupCosts::Traffic GroupCosts::findTraffic(const Walk &walk, unsigned stage,
                                            SpanEnds ends) {
  unsigned place = walk.last - stage;
  Traffic traffic;
  Work most;
  for (const Walk::Kind &kind : walk.kinds) {
    const Work &work = getWork(stage, kind.loops[place], /*isSlice=*/true);
    traffic.passed +=
        kind.count * countReadBytes(stage, kind.loops[place], work, walk.first,
                                    ends.keepsFirst);
    most.inputTileBytes = std::max(most.inputTileBytes, work.inputTileBytes);
    most.constantTileBytes =
        std::max(most.constantTileBytes, work.constantTileBytes);
    most.outputTileBytes = std::max(most.outputTileBytes, work.outputTileBytes);
  }
  // What passes is cut into tiles that are small enough.
  auto take = [&](int64_t bytes, int64_t times) {
    traffic.takenBytes +=
        times * std::min(bytes, getTileMemory(machine)) * machine.cores;
  };
  traffic.takenBytes = walk.liveBytes[place];
  take(most.constantTileBytes, tilesInFlight);
  if (traffic.passed > 0)
    take(most.inputTileBytes, tilesInFlight);
  if (stage == walk.last && !ends.keepsLast)
    take(most.outputTileBytes, tilesInFlight - 1);
  if (stage == walk.last)
    traffic.passed += countWrittenBytes(stage, ends.keepsLast);
  if (stage == walk.first)
    traffic.once += countMovedBytes(walk.first, walk.last, ends);
  return traffic;
}

/// Lets constants stay in `room` bytes. Each byte that stays saves as much as
/// any other: the large ones first.
void GroupCosts::keepConstants(Span &span, MutableArrayRef<Traffic> traffic,
                               int64_t room) const {
  SmallVector<unsigned> order =
      llvm::to_vector(llvm::seq(span.first, span.last + 1));
  llvm::stable_sort(order, [&](unsigned a, unsigned b) {
    return infos[a].constantBytes > infos[b].constantBytes;
  });
  span.keepsConstants.assign(traffic.size(), false);
  for (unsigned stage : order) {
    // Every core may need them all.
    int64_t constants = infos[stage].constantBytes;
    int64_t bytes = constants * machine.cores;
    bool keeps = bytes <= room;
    unsigned place = stage - span.first;
    span.keepsConstants[place] = keeps && bytes > 0;
    if (keeps) {
      room -= bytes;
      traffic[place].once += constants;
    } else {
      traffic[place].passed +=
          static_cast<double>(constants) * span.slicing.getCount();
    }
  }
}

std::optional<Span> GroupCosts::finish(const Walk &walk, SpanEnds ends) {
  Span span;
  span.first = walk.first;
  span.last = walk.last;
  span.ends = ends;
  span.slicing = walk.slicing;
  SmallVector<Traffic> traffic;
  int64_t peak = 0;
  for (unsigned stage = walk.first; stage <= walk.last; ++stage) {
    traffic.push_back(findTraffic(walk, stage, ends));
    peak = std::max(peak, traffic.back().takenBytes);
  }
  int64_t room = capacity - getHeldBytes(walk.first, walk.last, ends) - peak;
  if (room < 0)
    return std::nullopt;
  keepConstants(span, traffic, room);
  span.seconds = walk.seconds;
  double count = walk.slicing.getCount();
  for (auto [place, moved] : llvm::enumerate(traffic)) {
    double engines = walk.stageSeconds[walk.last - walk.first - place] / count;
    double once = moved.once / dramRate;
    double each = moved.passed / dramRate / count;
    span.dramSeconds += once + count * each;
    span.ownSeconds += getOverlapped(engines, once + each) +
                       (count - 1) * getOverlapped(engines, each);
  }
  return span;
}

} // namespace garam::npu
