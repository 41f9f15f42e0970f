//===- DeviceProgram.cpp - What compiling for the NPU gives ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "DeviceProgram.h"

#include "DeviceValues.h"
#include "LoadedProgram.h"
#include "garam/Target/NPU/Encoding.h"

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
  for (const PlannedBuffer &buffer : compiled.plan.buffers)
    result.plan.push_back(getRegion(buffer, compiled.program));
  return result;
}

} // namespace garam::npu
