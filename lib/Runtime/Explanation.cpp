//===- Explanation.cpp - What bounds each part of a run -------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/Explanation.h"

#include "llvm/ADT/EquivalenceClasses.h"
#include "llvm/ADT/SetVector.h"

#include <map>

using namespace llvm;

namespace garam {
namespace {

using Shares = std::map<std::string, uint64_t>;

/// Divides what a run did among groups of nodes.
class Divider {
public:
  explicit Divider(std::shared_ptr<const Executable> executable);

  void addEvent(unsigned step, const DeviceEvent &event);
  Explanation finish(const RunResult &run);

private:
  /// Of a dispatch: number of the group of each node of its debug map, and of
  /// what serves no node.
  struct DispatchGroups {
    std::vector<size_t> ofNode;
    std::optional<size_t> ofNone;
    uint64_t startFs = UINT64_MAX; // of its first command, in the run
  };
  struct Group {
    ExplainedGroup result;
    Shares causes, work;
    uint64_t endFs = 0;     // of its last command, in the run
    double expectedEnd = 0; // the same by the compiler, since the program began
  };

  const Step &getStep(uint32_t step) const {
    return executable->getEntryPoint().steps[step];
  }
  void addDispatch(uint32_t step);
  std::optional<size_t> find(uint32_t step, uint32_t lane,
                             uint32_t command) const;
  size_t getGroupOfNone(uint32_t step);
  size_t getWhole(uint32_t step);
  size_t addGroup(uint32_t step, std::string place,
                  std::vector<std::string> names);
  size_t getTransfer(uint32_t step, uint32_t link);
  void placeChoices();
  void placeExpectedEnds(uint32_t step);
  void placeAdvances(uint32_t step);
  std::vector<ExplainedSearch> listSearches() const;
  std::vector<size_t> placePath(ArrayRef<RunInterval> path);

  std::shared_ptr<const Executable> executable;
  std::vector<Group> groups;
  std::vector<DispatchGroups> dispatches; // by step
  std::map<std::pair<uint32_t, uint32_t>, size_t> transfers;
};

} // namespace

uint64_t ExplainedGroup::getPathFs() const {
  uint64_t sum = 0;
  for (const TimeShare &share : causes)
    sum += share.femtoseconds;
  return sum;
}

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

Divider::Divider(std::shared_ptr<const Executable> executable)
    : executable(std::move(executable)) {
  dispatches.resize(this->executable->getEntryPoint().steps.size());
  for (uint32_t step = 0; step < dispatches.size(); ++step)
    if (getStep(step).kind == Step::Kind::Dispatch)
      addDispatch(step);
}

size_t Divider::addGroup(uint32_t step, std::string place,
                         std::vector<std::string> names) {
  Group &group = groups.emplace_back();
  group.result.names = std::move(names);
  group.result.place = std::move(place);
  group.result.step = step;
  return groups.size() - 1;
}

/// Nodes that a command serves together are in one group.
void Divider::addDispatch(uint32_t step) {
  ArrayRef<std::string> ids = executable->getNodes(step);
  const Step &dispatch = getStep(step);
  EquivalenceClasses<uint32_t> classes;
  for (uint32_t node = 0; node < ids.size(); ++node)
    classes.insert(node);
  for (const auto &lane : executable->getDebugMap(dispatch.program).origins)
    for (const auto &origins : lane)
      for (uint32_t node : ArrayRef(origins).drop_front(!origins.empty()))
        classes.unionSets(origins.front(), node);

  DispatchGroups &own = dispatches[step];
  std::map<uint32_t, size_t> numbers; // of groups, by the class's leader
  for (uint32_t node = 0; node < ids.size(); ++node) {
    uint32_t leader = classes.getLeaderValue(node);
    auto known = numbers.find(leader);
    if (known == numbers.end())
      known =
          numbers
              .emplace(
                  leader,
                  addGroup(
                      step,
                      executable->getManifest().devices[dispatch.device].name,
                      {}))
              .first;
    groups[known->second].result.names.push_back(ids[node]);
    own.ofNode.push_back(known->second);
  }
}

/// The group that a command serves.
std::optional<size_t> Divider::find(uint32_t step, uint32_t lane,
                                    uint32_t command) const {
  const auto &origins = executable->getDebugMap(getStep(step).program).origins;
  if (lane >= origins.size() || command >= origins[lane].size() ||
      origins[lane][command].empty())
    return std::nullopt;
  return dispatches[step].ofNode[origins[lane][command].front()];
}

size_t Divider::getGroupOfNone(uint32_t step) {
  DispatchGroups &own = dispatches[step];
  if (!own.ofNone) {
    const Step &dispatch = getStep(step);
    own.ofNone =
        addGroup(step, executable->getManifest().devices[dispatch.device].name,
                 executable->getNodes(step).vec());
  }
  return *own.ofNone;
}

size_t Divider::getTransfer(uint32_t step, uint32_t link) {
  auto [entry, isNew] = transfers.try_emplace({step, link});
  const Manifest &manifest = executable->getManifest();
  if (isNew)
    entry->second = addGroup(
        step, manifest.links[link].name,
        {"transfer of " + manifest.segments[getStep(step).to].segment.name});
  return entry->second;
}

//===----------------------------------------------------------------------===//
// Times
//===----------------------------------------------------------------------===//

void Divider::addEvent(unsigned step, const DeviceEvent &event) {
  if (event.isSynchronisation)
    return;
  dispatches[step].startFs = std::min(dispatches[step].startFs, event.startFs);
  if (std::optional<size_t> group = find(step, event.lane, event.command)) {
    groups[*group].work[event.kind.str()] += event.endFs - event.startFs;
    groups[*group].endFs = std::max(groups[*group].endFs, event.endFs);
  }
}

/// Makes one group of a dispatch whose device does not say which commands the
/// path leads over.
size_t Divider::getWhole(uint32_t step) {
  size_t whole = getGroupOfNone(step);
  for (size_t &group : dispatches[step].ofNode) {
    if (group != whole) {
      for (const auto &[kind, time] : std::exchange(groups[group].work, {}))
        groups[whole].work[kind] += time;
      groups[whole].endFs = std::max(groups[whole].endFs, groups[group].endFs);
    }
    group = whole;
  }
  return whole;
}

/// The group of each interval. What serves no node, as a signal on its way,
/// counts for what comes next in the same dispatch, or was before.
std::vector<size_t> Divider::placePath(ArrayRef<RunInterval> path) {
  std::vector<std::optional<size_t>> found;
  for (const RunInterval &interval : path)
    found.push_back(interval.link ? getTransfer(interval.step, *interval.link)
                    : interval.hasCommand
                        ? find(interval.step, interval.interval.lane,
                               interval.interval.command)
                        : getWhole(interval.step));
  for (size_t i = path.size(); i-- > 1;)
    if (!found[i - 1] && path[i - 1].step == path[i].step)
      found[i - 1] = found[i];
  for (size_t i = 1; i < path.size(); ++i)
    if (!found[i] && path[i - 1].step == path[i].step)
      found[i] = found[i - 1];
  std::vector<size_t> placed;
  for (const auto &[interval, group] : zip(path, found))
    placed.push_back(group ? *group : getGroupOfNone(interval.step));
  return placed;
}

/// Gives what was chosen for nodes to the group of the first of them.
void Divider::placeChoices() {
  for (uint32_t step = 0; step < dispatches.size(); ++step) {
    if (getStep(step).kind != Step::Kind::Dispatch)
      continue;
    ArrayRef<std::string> ids = executable->getNodes(step);
    for (const DebugChoice &choice :
         executable->getDebugMap(getStep(step).program).choices) {
      if (choice.nodes.empty())
        continue;
      ExplainedChoice placed{{}, choice};
      for (uint32_t node : choice.nodes)
        placed.nodes.push_back(ids[node]);
      groups[dispatches[step].ofNode[choice.nodes.front()]]
          .result.choices.push_back(std::move(placed));
    }
  }
}

void Divider::placeExpectedEnds(uint32_t step) {
  ArrayRef<double> ends =
      executable->getDebugMap(getStep(step).program).expectedEnds;
  for (auto [group, end] : zip(dispatches[step].ofNode, ends))
    groups[group].expectedEnd = std::max(groups[group].expectedEnd, end);
}

/// Says of each group of a dispatch how far it moves the end, in the order in
/// which the groups end.
void Divider::placeAdvances(uint32_t step) {
  const DispatchGroups &own = dispatches[step];
  SetVector<size_t> distinct(own.ofNode.begin(), own.ofNode.end());
  SmallVector<size_t> order = distinct.takeVector();
  stable_sort(order, [&](size_t a, size_t b) {
    return groups[a].endFs < groups[b].endFs;
  });
  uint64_t before = own.startFs;
  for (size_t group : order)
    if (uint64_t end = groups[group].endFs)
      groups[group].result.advanceFs = end - std::exchange(before, end);

  if (executable->getDebugMap(getStep(step).program).expectedEnds.empty())
    return;
  placeExpectedEnds(step);
  stable_sort(order, [&](size_t a, size_t b) {
    return groups[a].expectedEnd < groups[b].expectedEnd;
  });
  double expectedBefore = 0;
  for (size_t group : order) {
    double end = std::max(groups[group].expectedEnd, expectedBefore);
    groups[group].result.expectedAdvanceSeconds =
        end - std::exchange(expectedBefore, end);
  }
}

std::vector<ExplainedSearch> Divider::listSearches() const {
  std::vector<ExplainedSearch> searches;
  for (uint32_t step = 0; step < dispatches.size(); ++step) {
    const Step &dispatch = getStep(step);
    if (dispatch.kind != Step::Kind::Dispatch)
      continue;
    for (const DebugSearch &search :
         executable->getDebugMap(dispatch.program).searches)
      searches.push_back(
          {executable->getManifest().devices[dispatch.device].name, step,
           search});
  }
  return searches;
}

static std::string getCause(const PathInterval &interval) {
  return interval.kind.empty() || interval.kind == "transfer"
             ? interval.category
             : (interval.kind + " " + interval.category).str();
}

static std::vector<TimeShare> sortShares(const Shares &shares) {
  std::vector<TimeShare> sorted;
  for (const auto &[category, time] : shares)
    sorted.push_back({category, time});
  stable_sort(sorted, [](const TimeShare &a, const TimeShare &b) {
    return a.femtoseconds > b.femtoseconds;
  });
  return sorted;
}

Explanation Divider::finish(const RunResult &run) {
  Shares total;
  std::vector<size_t> order;
  for (const auto &[interval, group] : zip(run.path, placePath(run.path))) {
    std::string cause = getCause(interval.interval);
    total[cause] += interval.interval.femtoseconds;
    if (groups[group].causes.empty())
      order.push_back(group);
    groups[group].causes[cause] += interval.interval.femtoseconds;
  }
  for (size_t group = 0; group < groups.size(); ++group)
    if (groups[group].causes.empty() && !groups[group].work.empty())
      order.push_back(group);

  placeChoices();
  for (uint32_t step = 0; step < dispatches.size(); ++step)
    if (getStep(step).kind == Step::Kind::Dispatch)
      placeAdvances(step);
  Explanation explanation;
  explanation.searches = listSearches();
  explanation.latencyFs = run.latencyFs;
  explanation.bound = computeBound(*executable);
  explanation.causes = sortShares(total);
  for (size_t number : order) {
    Group &group = groups[number];
    group.result.causes = sortShares(group.causes);
    group.result.work = sortShares(group.work);
    explanation.groups.push_back(std::move(group.result));
  }
  explanation.executable = std::move(executable);
  return explanation;
}

Expected<Explanation> explain(std::shared_ptr<const Executable> executable) {
  Divider divider(executable);
  RunOptions options;
  options.timingOnly = true;
  options.tracePath = true;
  options.onEvent = [&](unsigned step, const DeviceEvent &event) {
    divider.addEvent(step, event);
  };
  Expected<RunResult> run = Session(executable).run({}, options);
  if (!run)
    return run.takeError();
  return divider.finish(*run);
}

} // namespace garam
