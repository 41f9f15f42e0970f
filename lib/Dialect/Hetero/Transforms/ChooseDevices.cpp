//===- ChooseDevices.cpp - The default placement --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ChooseDevices.h"

#include "PartShares.h"
#include "PlacedRegions.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"

#include <limits>
#include <numeric>

using namespace mlir;

namespace garam::hetero {

static constexpr double never = std::numeric_limits<double>::infinity();

/// Bytes of a tensor in its type in the IR, sub-byte types rounded up.
static uint64_t getBytes(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  if (!type || !type.hasStaticShape() ||
      !type.getElementType().isIntOrIndexOrFloat())
    return 0;
  Type element = type.getElementType();
  unsigned bits = element.isIndex() ? IndexType::kInternalStorageBitWidth
                                    : element.getIntOrFloatBitWidth();
  return type.getNumElements() * llvm::divideCeil(bits, CHAR_BIT);
}

namespace {

/// A choice is the number of a device for each unit.
using Choice = std::vector<unsigned>;

class Chooser {
public:
  Chooser(func::FuncOp function, const PlacementGraph &graph, SystemAttr system,
          ArrayRef<SmallVector<unsigned>> allowed, RegionQueries &queries);

  Choice choose();

private:
  /// What a unit takes from others.
  struct Edge {
    unsigned producer;
    uint64_t bytes;
  };
  struct Unit {
    SmallVector<Edge, 2> inputs;
    SmallVector<Edge, 2> outputs; // here `producer` is the user
    uint64_t argumentBytes = 0, resultBytes = 0;
    SmallVector<double, 4> seconds; // on each device
    /// Whether a device takes it without a producer, by itself or, where the
    /// device has none of its producers, with what comes behind it; else it
    /// comes with a producer or not at all.
    SmallVector<bool, 4> canBegin;
    SmallVector<double, 4> ahead; // from its end to the function's
  };

  bool isAllowed(unsigned unit, unsigned device) const {
    return llvm::is_contained(allowed[unit], device);
  }
  DeviceTargetAttrInterface getTarget(unsigned device) const {
    return cast<DeviceTargetAttrInterface>(
        system.getDevices()[device].getTarget());
  }
  double getTransfer(unsigned from, unsigned to, uint64_t bytes) const {
    const auto &[fixed, perByte] = transfers[from][to];
    return bytes == 0 ? 0 : fixed + bytes * perByte;
  }
  /// Whether a device can have a unit beside what it has by `choice`.
  bool canBeOn(unsigned unit, unsigned device, const Choice &choice) const;
  StringRef getName(unsigned device) const {
    return system.getDevices()[device].getName();
  }

  void measureEdges(func::FuncOp function);
  std::vector<PlacedRegion> findAllowed(unsigned device);
  void avoidGuesses();
  void estimateUnits(unsigned device);
  SmallVector<double> shareByUnits(ArrayRef<unsigned> inside, unsigned device,
                                   double whole);
  void lookAhead();
  Choice chooseByFinish() const;
  Choice prefer(unsigned device) const;
  double getEnd(const Choice &choice);

  func::FuncOp function;
  const PlacementGraph &graph;
  SystemAttr system;
  std::vector<SmallVector<unsigned>> allowed; // for each unit
  RegionQueries &queries;
  unsigned numDevices, host;
  std::vector<SmallVector<std::pair<double, double>>> transfers;
  std::vector<Unit> units;
};

} // namespace

Chooser::Chooser(func::FuncOp function, const PlacementGraph &graph,
                 SystemAttr system, ArrayRef<SmallVector<unsigned>> allowed,
                 RegionQueries &queries)
    : function(function), graph(graph), system(system), allowed(allowed.vec()),
      queries(queries), numDevices(system.getDevices().size()), host(0),
      units(graph.units.size()) {
  for (unsigned from = 0; from < numDevices; ++from) {
    if (getName(from) == system.getHost())
      host = from;
    auto &row = transfers.emplace_back();
    for (unsigned to = 0; to < numDevices; ++to) {
      double fixed = system.getTransferSeconds(getName(from), getName(to), 0);
      double one = system.getTransferSeconds(getName(from), getName(to), 1);
      row.emplace_back(fixed, one - fixed);
    }
  }
  measureEdges(function);
}

/// Bytes between units, and between them and the function's interface.
void Chooser::measureEdges(func::FuncOp function) {
  Operation *terminator = function.front().getTerminator();
  for (auto [number, unit] : llvm::enumerate(graph.units)) {
    llvm::SmallSetVector<Value, 8> used;
    llvm::SmallDenseMap<unsigned, unsigned> edges; // by producer
    for (Operation *op : unit.ops) {
      for (Value value : getUsedValues(op))
        used.insert(value);
      for (Value result : op->getResults())
        if (llvm::is_contained(result.getUsers(), terminator))
          units[number].resultBytes += getBytes(result);
    }
    for (Value value : used) {
      Operation *producer = value.getDefiningOp();
      if (!producer) {
        units[number].argumentBytes += getBytes(value);
        continue;
      }
      auto found = graph.unitOf.find(producer);
      if (found == graph.unitOf.end() || found->second >= number)
        continue;
      auto [edge, isNew] =
          edges.try_emplace(found->second, units[number].inputs.size());
      if (isNew)
        units[number].inputs.push_back({found->second, 0});
      units[number].inputs[edge->second].bytes += getBytes(value);
    }
    for (const Edge &edge : units[number].inputs)
      units[edge.producer].outputs.push_back({unsigned(number), edge.bytes});
  }
}

/// The regions of `device` when it has all that it may.
std::vector<PlacedRegion> Chooser::findAllowed(unsigned device) {
  // Two devices, this one and any other.
  StringRef name = getName(device);
  std::vector<PlacedRegion> regions =
      findRegions(function, graph.shared, [&](Operation *op) {
        return isAllowed(graph.unitOf.at(op), device) ? name : StringRef();
      });
  llvm::erase_if(regions, [&](const PlacedRegion &region) {
    return region.device != name;
  });
  return regions;
}

/// A device whose results of a unit would rest on guesses does not get it where
/// another may have it: what is fast and far from right is no good choice.
void Chooser::avoidGuesses() {
  llvm::DenseSet<std::pair<unsigned, unsigned>> guessed; // unit, device
  for (unsigned device = 0; device < numDevices; ++device)
    for (const PlacedRegion &region : findAllowed(device)) {
      const std::optional<DeviceEstimate> &whole =
          queries.getEstimateWithParts(getTarget(device), region.ops);
      // What does not guess anything does not guess a part.
      if (whole && !whole->hasGuessedRanges)
        continue;
      for (Operation *op : region.ops) {
        unsigned unit = graph.unitOf.at(op);
        const std::optional<DeviceEstimate> &estimate =
            queries.getEstimate(getTarget(device), graph.units[unit].ops);
        if (estimate && estimate->hasGuessedRanges)
          guessed.insert({unit, device});
      }
    }
  for (auto [unit, devices] : llvm::enumerate(allowed)) {
    SmallVector<unsigned> sound;
    for (unsigned device : devices)
      if (!guessed.contains({unit, device}))
        sound.push_back(device);
    if (!sound.empty())
      devices = std::move(sound);
  }
}

/// Their times by themselves, alike where the device takes none by itself.
SmallVector<double> Chooser::shareByUnits(ArrayRef<unsigned> inside,
                                          unsigned device, double whole) {
  SmallVector<double> seconds;
  double sum = 0;
  for (unsigned unit : inside) {
    seconds.push_back(
        queries.getSeconds(getTarget(device), graph.units[unit].ops)
            .value_or(0));
    sum += seconds.back();
  }
  return sum == 0 ? SmallVector<double>(inside.size(), whole) : seconds;
}

/// The time of each unit on `device`: its share of the region that it is part
/// of when the device has all that it may, for fixed costs and fusion are of
/// regions.
void Chooser::estimateUnits(unsigned device) {
  DeviceTargetAttrInterface target = getTarget(device);
  for (Unit &unit : units) {
    unit.seconds.push_back(0);
    unit.canBegin.push_back(false);
  }
  for (const PlacedRegion &region : findAllowed(device)) {
    llvm::SmallSetVector<unsigned, 8> inside;
    for (Operation *op : region.ops)
      inside.insert(graph.unitOf.at(op));
    const std::optional<DeviceEstimate> &whole =
        queries.getEstimateWithParts(target, region.ops);
    // Of a device that does not tell its parts, or takes only some, each.
    bool isShared = whole && !whole->parts.empty();
    SmallVector<double> shares =
        isShared ? shareParts(graph, inside.getArrayRef(), whole->parts)
                 : shareByUnits(inside.getArrayRef(), device,
                                whole ? whole->seconds : 0);
    double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
    for (auto [number, share] : llvm::zip_equal(inside, shares)) {
      Unit &unit = units[number];
      unit.seconds[device] =
          whole && sum > 0 ? whole->seconds * (share / sum) : share;
      bool isFirst = llvm::none_of(unit.inputs, [&](const Edge &edge) {
        return inside.contains(edge.producer);
      });
      ArrayRef<Operation *> ops = graph.units[number].ops;
      unit.canBegin[device] =
          (whole && isFirst) ||
          (isShared ? !queries.getFirstRefusal(target, ops)
                    : queries.getSeconds(target, ops).has_value());
    }
  }
}

bool Chooser::canBeOn(unsigned number, unsigned device,
                      const Choice &choice) const {
  const Unit &unit = units[number];
  return unit.canBegin[device] ||
         llvm::any_of(unit.inputs, [&](const Edge &edge) {
           return choice[edge.producer] == device;
         });
}

/// From the end of each unit on each device to the end of the function, when
/// all units behind it may choose their devices freely and never wait for one:
/// the optimistic cost table of PEFT (Arabnejad and Barbosa, "List Scheduling
/// Algorithm for Heterogeneous Systems by an Optimistic Cost Table", IEEE TPDS
/// 2014).
void Chooser::lookAhead() {
  for (unsigned number = units.size(); number-- > 0;) {
    Unit &unit = units[number];
    for (unsigned device = 0; device < numDevices; ++device) {
      double longest = getTransfer(device, host, unit.resultBytes);
      for (const Edge &edge : unit.outputs) {
        const Unit &user = units[edge.producer];
        double best = never;
        for (unsigned other : allowed[edge.producer])
          best = std::min(best, user.ahead[other] + user.seconds[other] +
                                    getTransfer(device, other, edge.bytes));
        longest = std::max(longest, best);
      }
      unit.ahead.push_back(longest);
    }
  }
}

/// Gives each unit in turn to the device on which it, with what is ahead of it,
/// ends first. A device does one unit after the other.
Choice Chooser::chooseByFinish() const {
  Choice choice;
  std::vector<double> ends, free(numDevices, 0);
  for (auto [number, unit] : llvm::enumerate(units)) {
    double bestEnd = never, bestTotal = never;
    unsigned bestDevice = allowed[number].front();
    for (unsigned device : allowed[number]) {
      if (!canBeOn(number, device, choice))
        continue;
      double start =
          std::max(free[device], getTransfer(host, device, unit.argumentBytes));
      for (const Edge &edge : unit.inputs)
        start = std::max(
            start, ends[edge.producer] +
                       getTransfer(choice[edge.producer], device, edge.bytes));
      double end = start + unit.seconds[device];
      if (end + unit.ahead[device] < bestTotal) {
        bestTotal = end + unit.ahead[device];
        bestEnd = end;
        bestDevice = device;
      }
    }
    if (bestEnd == never) // rules leave no choice
      bestEnd = free[bestDevice];
    choice.push_back(bestDevice);
    ends.push_back(bestEnd);
    free[bestDevice] = bestEnd;
  }
  return choice;
}

/// Everything on one device, and what it may not have on the host or, where
/// that is not allowed either, on the first that is.
Choice Chooser::prefer(unsigned device) const {
  Choice choice;
  for (unsigned number = 0; number < units.size(); ++number)
    choice.push_back(
        isAllowed(number, device) && canBeOn(number, device, choice) ? device
        : isAllowed(number, host)                                    ? host
                                  : allowed[number].front());
  return choice;
}

/// When the function ends, by the estimates of the regions that `choice` makes
/// and the time of their transfers.
double Chooser::getEnd(const Choice &choice) {
  auto getDevice = [&](Operation *op) { return choice[graph.unitOf.at(op)]; };
  llvm::DenseMap<Operation *, double> ends;
  std::vector<double> free(numDevices, 0);
  double last = 0;
  Operation *terminator = function.front().getTerminator();
  for (const PlacedRegion &region :
       findRegions(function, graph.shared,
                   [&](Operation *op) { return getName(getDevice(op)); })) {
    unsigned device = getDevice(region.ops.front());
    RegionInterface interface = findInterface(region.ops, graph.shared);
    double end = free[device];
    for (Value value : interface.inputs) {
      Operation *producer = value.getDefiningOp();
      double ready = producer ? ends.at(producer) : 0;
      unsigned from = producer ? getDevice(producer) : host;
      end = std::max(end, ready + getTransfer(from, device, getBytes(value)));
    }
    end += queries.getSeconds(getTarget(device), region.ops).value_or(never);
    free[device] = end;
    for (Operation *op : region.ops)
      ends[op] = end;
    for (Value value : interface.outputs)
      if (llvm::is_contained(value.getUsers(), terminator))
        last = std::max(last, end + getTransfer(device, host, getBytes(value)));
  }
  return last;
}

Choice Chooser::choose() {
  // Without alternatives no device is asked.
  if (llvm::all_of(allowed,
                   [](ArrayRef<unsigned> few) { return few.size() == 1; })) {
    Choice only;
    for (ArrayRef<unsigned> few : allowed)
      only.push_back(few.front());
    return only;
  }
  avoidGuesses();
  for (unsigned device = 0; device < numDevices; ++device)
    estimateUnits(device);
  lookAhead();
  Choice best = chooseByFinish();
  double bestEnd = getEnd(best);
  for (unsigned device = 0; device < numDevices; ++device) {
    Choice other = prefer(device);
    double end = getEnd(other);
    if (end < bestEnd || (bestEnd == never && device == 0)) {
      best = std::move(other);
      bestEnd = end;
    }
  }
  return best;
}

std::vector<unsigned> chooseDevices(func::FuncOp function,
                                    const PlacementGraph &graph,
                                    SystemAttr system,
                                    ArrayRef<SmallVector<unsigned>> allowed,
                                    RegionQueries &queries) {
  return Chooser(function, graph, system, allowed, queries).choose();
}

} // namespace garam::hetero
