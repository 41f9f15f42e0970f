//===- StageFamilies.cpp - What equal stages share ------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "StageFamilies.h"

#include "CostModel.h"
#include "ScheduleCandidates.h"
#include "StageClasses.h"

using namespace mlir;

namespace garam::npu {

/// Tiles that families may keep for the next of their stages, about 2 KB each.
static constexpr size_t maxSharedTiles = 16384;

//===----------------------------------------------------------------------===//
// A family
//===----------------------------------------------------------------------===//

StageFamily::StageFamily(Operation *op, const MachineDescription &machine,
                         size_t &numTiles)
    : machine(machine), numTiles(numTiles), stage(getStage(op)),
      engineTimes(stage, machine),
      dependsOnFreeBytes(usesFreeBytes(stage, machine)) {}

CandidateList &StageFamily::getCandidates(int64_t freeBytes,
                                          std::optional<CoreGroup> cores) {
  if (!dependsOnFreeBytes)
    freeBytes = 0;
  CoreGroup own = cores.value_or(CoreGroup::ofAll(machine));
  auto [it, isNew] = lists.try_emplace({freeBytes, own.first, own.count});
  CandidateList &list = it->second;
  if (!isNew)
    return list;
  FoundSchedules found = findSchedules(stage, machine, freeBytes, own);
  list.fewestTiles = found.fewestTiles;
  for (StageSchedule &schedule : found.schedules) {
    double seconds = getEngineSeconds(stage, schedule, engineTimes);
    list.candidates.push_back({std::move(schedule), seconds, nullptr});
  }
  return list;
}

StageTiles &StageFamily::getTiles(Candidate &candidate) {
  if (!candidate.tiles)
    candidate.tiles = std::make_unique<StageTiles>(
        stage, candidate.schedule, engineTimes, machine, &numTiles);
  return *candidate.tiles;
}

void StageFamily::dropTiles() {
  for (auto &[key, list] : lists)
    for (Candidate &candidate : list.candidates)
      candidate.tiles.reset();
}

//===----------------------------------------------------------------------===//
// All families
//===----------------------------------------------------------------------===//

StageFamilies::StageFamilies(ArrayRef<Operation *> stages,
                             const MachineDescription &machine)
    : stages(stages), machine(machine) {
  StageClasses classes;
  for (auto [number, op] : llvm::enumerate(stages)) {
    classNumbers.push_back(classes.getClass(getStage(op)));
    if (classNumbers.back() == entries.size())
      entries.push_back({number, number, nullptr});
    entries[classNumbers.back()].last = number;
  }
}

std::shared_ptr<StageFamily> StageFamilies::get(size_t number) {
  Entry &entry = entries[classNumbers[number]];
  if (entry.family)
    return entry.family;
  auto family =
      std::make_shared<StageFamily>(stages[number], machine, numTiles);
  if (entry.first != entry.last)
    entry.family = family;
  return family;
}

void StageFamilies::finish(size_t number) {
  const Entry &entry = entries[classNumbers[number]];
  if (entry.family && (number == entry.last || numTiles > maxSharedTiles))
    entry.family->dropTiles();
}

} // namespace garam::npu
