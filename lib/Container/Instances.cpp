//===- Instances.cpp - Programs on devices, with weights ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Container/Instances.h"

#include <map>

using namespace llvm;

namespace garam {

using Key = std::tuple<uint32_t, uint32_t, std::optional<uint32_t>>;

static Key getKey(const InstancePlace &place) {
  return {place.program, place.device, place.constantSegment};
}

InstanceList listInstances(const EntryPoint &entry,
                           ArrayRef<std::vector<DeviceSegment>> declared) {
  InstanceList list;
  std::map<Key, uint32_t> known;
  for (const Step &step : entry.steps) {
    list.ofStep.push_back(0);
    if (step.kind != Step::Kind::Dispatch)
      continue;
    InstancePlace place{step.program, step.device, std::nullopt};
    for (const auto &[segment, own] :
         zip(step.segments, declared[step.program]))
      if (own.role == MemoryRole::Constant)
        place.constantSegment = segment;
    auto [found, isNew] =
        known.try_emplace(getKey(place), list.instances.size());
    if (isNew)
      list.instances.push_back(place);
    list.ofStep.back() = found->second;
  }
  return list;
}

namespace {

struct OccupiedRange {
  const ResidentRange *range;
  uint32_t device, program;
};

} // namespace

static auto getOrder(const OccupiedRange &occupied) {
  return std::tie(occupied.device, occupied.range->resource,
                  occupied.range->begin, occupied.program);
}

static Error makeConflict(const Manifest &manifest, const OccupiedRange &first,
                          const OccupiedRange &second) {
  uint64_t begin = second.range->begin;
  uint64_t end = std::min(first.range->end, second.range->end);
  return createStringError(
      "'" + manifest.programs[first.program].section + "' and '" +
      manifest.programs[second.program].section + "' both occupy " +
      second.range->resource + " of device '" +
      manifest.devices[first.device].name + "', from " + Twine(begin) +
      " up to " + Twine(end - 1));
}

/// Of the ranges of one resource, in order, those of an instance are disjoint:
/// two that overlap are of two.
static Error checkRanges(const Manifest &manifest,
                         ArrayRef<OccupiedRange> ranges) {
  const OccupiedRange *longest = nullptr, *longestOwn = nullptr;
  for (const OccupiedRange &range : ranges) {
    if (longest && (longest->device != range.device ||
                    longest->range->resource != range.range->resource))
      longest = longestOwn = nullptr;
    const OccupiedRange *before = range.range->isShared ? longestOwn : longest;
    if (before && before->range->end > range.range->begin)
      return makeConflict(manifest, *before, range);
    if (!longest || longest->range->end < range.range->end)
      longest = &range;
    if (!range.range->isShared &&
        (!longestOwn || longestOwn->range->end < range.range->end))
      longestOwn = &range;
  }
  return Error::success();
}

Error checkResidents(const Manifest &manifest,
                     ArrayRef<std::vector<DeviceSegment>> declared,
                     ArrayRef<std::vector<ResidentRange>> residents) {
  std::map<Key, InstancePlace> instances; // of all entry points, each once
  for (const EntryPoint &entry : manifest.entryPoints)
    for (const InstancePlace &place : listInstances(entry, declared).instances)
      instances.try_emplace(getKey(place), place);
  std::vector<OccupiedRange> ranges;
  for (const auto &[key, place] : instances)
    for (const ResidentRange &range : residents[place.program])
      ranges.push_back({&range, place.device, place.program});
  sort(ranges, [](const OccupiedRange &a, const OccupiedRange &b) {
    return getOrder(a) < getOrder(b);
  });
  return checkRanges(manifest, ranges);
}

} // namespace garam
