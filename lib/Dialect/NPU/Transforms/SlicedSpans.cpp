//===- SlicedSpans.cpp - What slices of stages cost -----------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "GroupCosts.h"

#include "ScheduleCandidates.h"
#include "Tuning.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;

namespace garam::npu {

struct GroupCosts::WalkStage {
  double seconds = 0; // of all slices
  /// Of tensors in between while it runs.
  int64_t liveBytes = 0;
  int64_t inputTileBytes = 0, constantTileBytes = 0, outputTileBytes = 0;
  /// Of each input that is no constant, what all slices read when it is in
  /// DRAM.
  SmallVector<double, 3> readBytes;
};

struct GroupCosts::Walk {
  /// Slices of which there are `count` alike.
  struct Kind {
    double count;
    /// Parts of results of stages that are not taken in yet.
    SmallVector<std::pair<Value, Box>, 4> needed;
    std::optional<Box> takeNeeded(Value tensor);
    void addNeeded(Value tensor, const Box &region);
  };
  unsigned first, last;
  uint32_t number; // of the slicing
  Slicing slicing;
  double count; // of slices
  SmallVector<Kind, 3> kinds;
  double seconds = 0, wholeSeconds = 0; // of the slices, of whole stages
  SmallVector<WalkStage, 0> stages;     // the last one first
  /// Stages with constants, those with the most bytes first.
  SmallVector<unsigned> byConstants;
};

std::optional<Box> GroupCosts::Walk::Kind::takeNeeded(Value tensor) {
  auto *it = llvm::find_if(
      needed, [&](const auto &entry) { return entry.first == tensor; });
  if (it == needed.end())
    return std::nullopt;
  Box box = std::move(it->second);
  needed.erase(it);
  return box;
}

void GroupCosts::Walk::Kind::addNeeded(Value tensor, const Box &region) {
  for (auto &[known, box] : needed)
    if (known == tensor) {
      box = box.hull(region);
      return;
    }
  needed.emplace_back(tensor, region);
}

//===----------------------------------------------------------------------===//
// Walks
//===----------------------------------------------------------------------===//

/// Parts along a coordinate that are tried.
static constexpr int64_t partCounts[] = {2,  3,  4,  6,  8,  12, 16,
                                         24, 32, 48, 64, 96, 128};
/// Coordinates behind the first along which slices may overlap.
static constexpr unsigned maxRowCoordinates = 2;

std::vector<Slicing> GroupCosts::listSlicings(unsigned last) const {
  OpResult result = infos[last].onlyResult;
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

/// A walk for each slicing, with no stage yet.
std::vector<GroupCosts::Walk> GroupCosts::startWalks(unsigned last) const {
  std::vector<Walk> walks;
  OpResult result = infos[last].onlyResult;
  for (Slicing &slicing : listSlicings(last)) {
    Walk &walk = walks.emplace_back();
    walk.first = last + 1;
    walk.last = last;
    walk.number = SpanChoice::wholeStage + walks.size();
    walk.count = slicing.getCount();
    ArrayRef<int64_t> shape = getTensorType(result).getShape();
    int64_t rows = 1;
    for (int64_t count : ArrayRef<int64_t>(slicing.counts).drop_front())
      rows *= count;
    // Between the first rows and the last, slices are alike.
    auto addKind = [&](int64_t number, double count) {
      Walk::Kind &kind = walk.kinds.emplace_back();
      kind.count = walk.count / rows * count;
      kind.addNeeded(result, slicing.getSlice(shape, number));
    };
    addKind(0, 1);
    if (rows > 2)
      addKind(rows / 2, rows - 2);
    if (rows > 1)
      addKind(rows - 1, 1);
    walk.slicing = std::move(slicing);
  }
  return walks;
}

/// Takes the stage in front of a walk in. False when that cannot be, or when no
/// longer walk can be worth it.
bool GroupCosts::extend(Walk &walk, unsigned stage) {
  const StageInfo &info = infos[stage];
  if (!info.isSliceable)
    return false;
  if (stage != walk.last)
    for (Value result : info.stage.op->getResults()) {
      const TensorInfo &tensor = tensors[result];
      if (tensor.isReturned || tensor.lastRead > walk.last)
        return false;
    }
  walk.first = stage;
  WalkStage &own = walk.stages.emplace_back();
  own.readBytes.assign(info.inputs.size(), 0);
  int64_t resultBytes = 0;
  for (Walk::Kind &kind : walk.kinds) {
    Box loops;
    for (const StageOperand &output : info.stage.outputs)
      if (std::optional<Box> needed = kind.takeNeeded(output.tensor)) {
        Box part = getLoopsOf(info.stage, output, *needed);
        loops = loops.getRank() == 0 ? part : loops.hull(part);
      }
    if (loops.getRank() != info.stage.getNumLoops() || loops.isEmpty())
      return false;
    int64_t bytes = 0;
    for (const StageOperand &output : info.stage.outputs)
      bytes +=
          output.getRegion(loops).getVolume() * getElementBytes(output.type);
    resultBytes = std::max(resultBytes, bytes);
    const Work &work = getWork(stage, loops, /*isSlice=*/true);
    own.seconds += kind.count * work.seconds;
    own.inputTileBytes = std::max(own.inputTileBytes, work.inputTileBytes);
    own.constantTileBytes =
        std::max(own.constantTileBytes, work.constantTileBytes);
    own.outputTileBytes = std::max(own.outputTileBytes, work.outputTileBytes);
    for (auto [input, read] : llvm::zip_equal(info.inputs, own.readBytes)) {
      const StageOperand &operand = info.stage.inputs[input.number];
      if (input.isResult)
        kind.addNeeded(operand.tensor, getNeededRegion(operand, loops));
      read += kind.count * countReadBytes(stage, input, loops, work);
    }
  }
  if (stage != walk.last) {
    unsigned lastRead = stage;
    for (Value result : info.stage.op->getResults())
      lastRead = std::max(lastRead, tensors[result].lastRead);
    for (unsigned reader = stage; reader <= lastRead; ++reader)
      walk.stages[walk.last - reader].liveBytes += resultBytes;
  }
  walk.seconds += own.seconds;
  walk.wholeSeconds +=
      getWork(stage, info.stage.getLoops(), /*isSlice=*/false).seconds;
  if (info.constantBytes > 0)
    walk.byConstants.insert(llvm::find_if(walk.byConstants,
                                          [&](unsigned other) {
                                            return infos[other].constantBytes <=
                                                   info.constantBytes;
                                          }),
                            stage);
  return llvm::all_of(walk.stages,
                      [&](const WalkStage &each) {
                        return each.liveBytes <= capacity;
                      }) &&
         walk.seconds <= tuning::maxRecomputation * walk.wholeSeconds;
}

//===----------------------------------------------------------------------===//
// What a walk costs
//===----------------------------------------------------------------------===//

struct GroupCosts::EndTraffic {
  SpanEnds ends;
  int64_t heldBytes;
  double movedBytes, writtenBytes;
};

GroupCosts::EndTraffic GroupCosts::findEndTraffic(unsigned first, unsigned last,
                                                  SpanEnds ends) const {
  return {ends, getHeldBytes(first, last, ends),
          countMovedBytes(first, last, ends),
          countWrittenBytes(last, ends.keepsLast)};
}

/// What a stage of a span moves between local memory and DRAM, and takes of
/// local memory.
struct GroupCosts::Traffic {
  double once = 0;   // bytes, in the first slice
  double passed = 0; // bytes, in all slices together
  int64_t takenBytes = 0;
};

GroupCosts::Traffic GroupCosts::findTraffic(const Walk &walk, unsigned stage,
                                            const EndTraffic &ends) const {
  const WalkStage &own = walk.stages[walk.last - stage];
  Traffic traffic;
  for (auto [input, read] :
       llvm::zip_equal(infos[stage].inputs, own.readBytes)) {
    bool isLocal = input.isMade &&
                   (ends.ends.keepsFirst || input.firstMaker >= walk.first);
    traffic.passed += isLocal ? 0 : read;
  }
  // What passes is cut into tiles that are small enough.
  auto take = [&](int64_t bytes, int64_t times) {
    traffic.takenBytes += times * std::min(bytes, tileMemory) * machine.cores;
  };
  traffic.takenBytes = own.liveBytes;
  take(own.constantTileBytes, tilesInFlight);
  if (traffic.passed > 0)
    take(own.inputTileBytes, tilesInFlight);
  if (stage == walk.last && !ends.ends.keepsLast)
    take(own.outputTileBytes, tilesInFlight - 1);
  if (stage == walk.last)
    traffic.passed += ends.writtenBytes;
  if (stage == walk.first)
    traffic.once += ends.movedBytes;
  return traffic;
}

/// Finds the traffic of each stage, the first one first, and lets constants
/// stay where there is room. Each byte that stays saves as much as any other:
/// the large ones first. False where there is no room for what must stay.
bool GroupCosts::findAllTraffic(const Walk &walk, const EndTraffic &ends,
                                SmallVectorImpl<Traffic> &traffic,
                                SmallVectorImpl<bool> &keepsConstants) const {
  traffic.clear();
  int64_t peak = 0;
  for (unsigned stage = walk.first; stage <= walk.last; ++stage) {
    traffic.push_back(findTraffic(walk, stage, ends));
    peak = std::max(peak, traffic.back().takenBytes);
  }
  int64_t room = capacity - ends.heldBytes - peak;
  if (room < 0)
    return false;
  keepsConstants.assign(traffic.size(), false);
  for (unsigned stage : walk.byConstants) {
    // Every core may need them all.
    int64_t constants = infos[stage].constantBytes;
    int64_t bytes = constants * machine.cores;
    unsigned place = stage - walk.first;
    if (bytes <= room) {
      room -= bytes;
      traffic[place].once += constants;
      keepsConstants[place] = true;
    } else {
      traffic[place].passed += constants * walk.count;
    }
  }
  return true;
}

Load GroupCosts::sumUp(const Walk &walk, ArrayRef<Traffic> traffic) const {
  double dramSeconds = 0, ownSeconds = 0;
  for (auto [own, moved] :
       llvm::zip_equal(llvm::reverse(walk.stages), traffic)) {
    double engines = own.seconds / walk.count;
    double once = moved.once / dramRate;
    double each = moved.passed / dramRate / walk.count;
    dramSeconds += once + walk.count * each;
    ownSeconds += getOverlapped(engines, once + each) +
                  (walk.count - 1) * getOverlapped(engines, each);
  }
  return makeLoad(walk.seconds, dramSeconds, ownSeconds);
}

//===----------------------------------------------------------------------===//
// Spans
//===----------------------------------------------------------------------===//

/// Adds a choice unless another of the same ends beats it.
static void addChoice(std::vector<SpanChoice> &choices,
                      const SpanChoice &choice) {
  auto beats = [](const SpanChoice &a, const SpanChoice &b) {
    return a.ends.keepsFirst == b.ends.keepsFirst &&
           a.ends.keepsLast == b.ends.keepsLast && b.load.isBeatenBy(a.load);
  };
  if (llvm::any_of(choices,
                   [&](const auto &other) { return beats(other, choice); }))
    return;
  llvm::erase_if(choices,
                 [&](const auto &other) { return beats(choice, other); });
  choices.push_back(choice);
}

/// Takes stage `first` into all walks and drops those that end there.
void GroupCosts::extendAll(std::vector<Walk> &walks, unsigned first) {
  std::vector<Walk> longer;
  for (Walk &walk : walks)
    if (extend(walk, first))
      longer.push_back(std::move(walk));
  walks = std::move(longer);
}

void GroupCosts::fillNode(Node &node, std::vector<Walk> &walks, unsigned first,
                          unsigned last) {
  extendAll(walks, first);
  SmallVector<Traffic> traffic;
  SmallVector<bool> keepsConstants;
  for (SpanEnds ends : allEnds) {
    EndTraffic endTraffic = findEndTraffic(first, last, ends);
    for (const Walk &walk : walks)
      if (findAllTraffic(walk, endTraffic, traffic, keepsConstants))
        addChoice(node.choices, {sumUp(walk, traffic), ends, walk.number});
  }
  node.isKnown = true;
  node.isEnd = walks.empty();
}

SmallVector<SpanChoices, 0> GroupCosts::getSliced(unsigned last) {
  SmallVector<SpanChoices, 0> found;
  std::optional<std::vector<Walk>> walks;
  unsigned number = 0;
  for (unsigned first = last + 1; first-- > 0;) {
    if (last - first >= maxSpanStages)
      break;
    auto [it, isNew] =
        nodeNumbers.try_emplace({number, infos[first].place}, nodes.size());
    number = it->second;
    if (isNew)
      nodes.emplace_back();
    Node &node = nodes[number];
    if (!node.isKnown) {
      // Of a span that is not known, no longer one is.
      if (!walks) {
        walks = startWalks(last);
        for (unsigned stage = last; stage > first; --stage)
          extendAll(*walks, stage);
      }
      fillNode(node, *walks, first, last);
    }
    found.push_back({first, node.choices});
    if (node.isEnd || infos[first].startsRun)
      break;
  }
  return found;
}

SpanSlices GroupCosts::getSlices(const PlannedSpan &span) {
  std::vector<Walk> walks = startWalks(span.last);
  Walk &walk = walks[span.choice->slicing - SpanChoice::wholeStage - 1];
  for (unsigned stage = span.last + 1; stage-- > span.first;)
    extend(walk, stage);
  SmallVector<Traffic> traffic;
  SpanSlices slices{walk.slicing, {}};
  findAllTraffic(walk, findEndTraffic(span.first, span.last, span.choice->ends),
                 traffic, slices.keepsConstants);
  return slices;
}

} // namespace garam::npu
