//===- Tables.cpp - The debug and plan sections ---------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Tables.h"

#include "ByteStream.h"

using namespace llvm;

namespace garam {

std::vector<uint8_t> serializeDebugMaps(ArrayRef<DeviceProgram> programs) {
  ByteWriter writer;
  writer.write<uint32_t>(programs.size());
  for (const DeviceProgram &program : programs) {
    writer.write<uint32_t>(program.debug.nodes.size());
    for (const std::string &node : program.debug.nodes)
      writer.writeString(node);
    writer.write<uint32_t>(program.debug.origins.size());
    for (const auto &lane : program.debug.origins) {
      writer.write<uint32_t>(lane.size());
      for (const auto &nodes : lane) {
        writer.write<uint32_t>(nodes.size());
        for (uint32_t node : nodes)
          writer.write<uint32_t>(node);
      }
    }
  }
  return writer.take();
}

static DebugMap readDebugMap(ByteReader &reader) {
  DebugMap map;
  map.nodes.resize(reader.readCount(sizeof(uint32_t)));
  for (std::string &node : map.nodes)
    node = reader.readString();
  map.origins.resize(reader.readCount(sizeof(uint32_t)));
  for (auto &lane : map.origins) {
    lane.resize(reader.readCount(sizeof(uint32_t)));
    for (auto &nodes : lane) {
      nodes.resize(reader.readCount(sizeof(uint32_t)));
      for (uint32_t &node : nodes)
        node = reader.read<uint32_t>();
    }
  }
  return map;
}

std::optional<std::vector<DebugMap>> parseDebugMaps(ArrayRef<uint8_t> bytes) {
  ByteReader reader(bytes);
  std::vector<DebugMap> maps(reader.readCount(2 * sizeof(uint32_t)));
  for (DebugMap &map : maps) {
    map = readDebugMap(reader);
    for (const auto &lane : map.origins)
      for (const auto &nodes : lane)
        for (uint32_t node : nodes)
          if (node >= map.nodes.size())
            return std::nullopt;
  }
  if (reader.failed() || !reader.atEnd())
    return std::nullopt;
  return maps;
}

std::vector<uint8_t> serializePlans(ArrayRef<DeviceProgram> programs) {
  ByteWriter writer;
  writer.write<uint32_t>(programs.size());
  for (const DeviceProgram &program : programs) {
    writer.write<uint32_t>(program.plan.size());
    for (const PlannedRegion &region : program.plan) {
      writer.writeString(region.memory);
      writer.write<uint8_t>(region.isOnChip);
      writer.write<uint64_t>(region.offset);
      writer.write<uint64_t>(region.size);
      writer.writeString(region.name);
    }
  }
  return writer.take();
}

std::optional<std::vector<std::vector<PlannedRegion>>>
parsePlans(ArrayRef<uint8_t> bytes) {
  constexpr size_t leastRegionBytes =
      2 * sizeof(uint32_t) + sizeof(uint8_t) + 2 * sizeof(uint64_t);
  ByteReader reader(bytes);
  std::vector<std::vector<PlannedRegion>> plans(
      reader.readCount(sizeof(uint32_t)));
  for (std::vector<PlannedRegion> &plan : plans) {
    plan.resize(reader.readCount(leastRegionBytes));
    for (PlannedRegion &region : plan) {
      region.memory = reader.readString();
      region.isOnChip = reader.read<uint8_t>() != 0;
      region.offset = reader.read<uint64_t>();
      region.size = reader.read<uint64_t>();
      region.name = reader.readString();
    }
  }
  if (reader.failed() || !reader.atEnd())
    return std::nullopt;
  return plans;
}

} // namespace garam
