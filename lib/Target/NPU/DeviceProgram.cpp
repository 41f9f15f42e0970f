//===- DeviceProgram.cpp - What compiling for the NPU gives ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "DeviceProgram.h"

#include "DeviceValues.h"
#include "LoadedProgram.h"
#include "garam/Target/NPU/Encoding.h"
#include "llvm/ADT/STLExtras.h"

#include <map>
#include <tuple>

using namespace llvm;

namespace garam::npu {

static PlannedRegion getRegion(const PlannedBuffer &buffer,
                               const Program &program) {
  PlannedRegion region;
  switch (buffer.space) {
  case MemorySpace::Local:
    region.memory = ("core " + Twine(buffer.index) + " SRAM").str();
    break;
  case MemorySpace::Shared:
    region.memory = "shared SRAM";
    break;
  case MemorySpace::DRAM:
    region.memory = "segment '" + program.segments[buffer.index].name + "'";
    break;
  }
  region.isOnChip = buffer.space != MemorySpace::DRAM;
  region.offset = buffer.offset;
  region.size = buffer.size;
  region.name = buffer.name;
  return region;
}

/// So many on-chip buffers of one size in one memory stand in the plan one by
/// one; more of them, those of many tiles, become one region where their
/// addresses follow one another evenly.
static constexpr size_t maxSeparateBuffers = 16;

/// `run` are buffers of one size in one memory, by their offsets, which are
/// evenly spaced.
static void addRun(ArrayRef<const PlannedBuffer *> run, const Program &program,
                   std::vector<PlannedRegion> &plan) {
  PlannedRegion region = getRegion(*run.front(), program);
  if (run.size() > maxSeparateBuffers) {
    region.size += run.back()->offset - run.front()->offset;
    region.name = (run.front()->name + " and " + Twine(run.size() - 1) +
                   " others of " + Twine(run.front()->size) + " bytes")
                      .str();
    plan.push_back(std::move(region));
    return;
  }
  for (const PlannedBuffer *buffer : run)
    plan.push_back(getRegion(*buffer, program));
}

/// Adds buffers of one size in one memory.
static void addAlike(std::vector<const PlannedBuffer *> alike,
                     const Program &program, std::vector<PlannedRegion> &plan) {
  // Of equal offsets the first buffer of the plan comes first.
  llvm::sort(alike, [](const PlannedBuffer *a, const PlannedBuffer *b) {
    return std::pair(a->offset, a) < std::pair(b->offset, b);
  });
  for (size_t begin = 0, end; begin < alike.size(); begin = end) {
    end = begin + 1;
    uint64_t stride =
        end < alike.size() ? alike[end]->offset - alike[begin]->offset : 0;
    while (end < alike.size() &&
           alike[end]->offset - alike[end - 1]->offset == stride)
      ++end;
    addRun(ArrayRef(alike).slice(begin, end - begin), program, plan);
  }
}

/// The plan's buffers in their order, many alike where the first of them is.
static std::vector<PlannedRegion> listRegions(const CompiledProgram &compiled) {
  std::map<std::tuple<MemorySpace, uint16_t, uint64_t>,
           std::vector<const PlannedBuffer *>>
      alike;
  auto getAlike = [&](const PlannedBuffer &buffer) -> auto & {
    return alike[{buffer.space, buffer.index, buffer.size}];
  };
  for (const PlannedBuffer &buffer : compiled.plan.buffers)
    if (buffer.space != MemorySpace::DRAM)
      getAlike(buffer).push_back(&buffer);
  std::vector<PlannedRegion> plan;
  for (const PlannedBuffer &buffer : compiled.plan.buffers) {
    auto &others = getAlike(buffer);
    if (others.size() <= maxSeparateBuffers)
      plan.push_back(getRegion(buffer, compiled.program));
    else if (others.front() == &buffer)
      addAlike(others, compiled.program, plan);
  }
  return plan;
}

Expected<DeviceProgram> makeDeviceProgram(CompiledProgram compiled,
                                          const MachineDescription &machine) {
  DeviceProgram result;
  Expected<std::vector<uint8_t>> code = encode(compiled.program);
  if (!code)
    return code.takeError();
  result.code = std::move(*code);
  result.segments = listSegments(compiled.program);
  result.residents = listResidents(compiled.program, machine);
  result.constants = std::move(compiled.constants);
  result.debug.nodes = std::move(compiled.nodes);
  result.debug.origins = std::move(compiled.origins);
  result.debug.values = listValues(compiled.values);
  result.plan = listRegions(compiled);
  return result;
}

} // namespace garam::npu
