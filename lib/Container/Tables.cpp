//===- Tables.cpp - The debug and plan sections ---------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Tables.h"

#include "ByteStream.h"

#include <cmath>

using namespace llvm;

namespace garam {

static void writeSizes(ByteWriter &writer, ArrayRef<int64_t> sizes) {
  for (int64_t size : sizes)
    writer.write<int64_t>(size);
}

static void writeValue(ByteWriter &writer, const DeviceValue &value) {
  writer.writeString(value.name);
  writer.write<uint8_t>(static_cast<uint8_t>(value.type.type));
  writer.write<uint32_t>(value.type.shape.size());
  writeSizes(writer, value.type.shape);
  writer.write<uint32_t>(value.pieces.size());
  for (const ValuePiece &piece : value.pieces) {
    writer.write<uint32_t>(piece.memory);
    writer.write<int64_t>(piece.offset);
    writeSizes(writer, piece.strides);
    writeSizes(writer, piece.low);
    writeSizes(writer, piece.sizes);
    writer.write<uint32_t>(piece.lastWrites.size());
    for (const PieceWrite &write : piece.lastWrites) {
      writer.write<uint32_t>(write.lane);
      writer.write<uint32_t>(write.command);
      writer.write<uint32_t>(write.execution);
    }
  }
}

static void writeExpectations(ByteWriter &writer, const DebugMap &map) {
  writer.write<uint32_t>(map.choices.size());
  for (const DebugChoice &choice : map.choices) {
    writer.write<uint32_t>(choice.nodes.size());
    for (uint32_t node : choice.nodes)
      writer.write<uint32_t>(node);
    writer.writeString(choice.chosen);
    writer.writeString(choice.next);
    writer.write<double>(choice.seconds);
    writer.write<uint8_t>(choice.isExact);
  }
  writer.write<uint32_t>(map.searches.size());
  for (const DebugSearch &search : map.searches) {
    writer.writeString(search.name);
    writer.write<double>(search.seconds);
    writer.write<double>(search.boundSeconds);
    writer.write<double>(search.plainSeconds);
  }
  writer.write<uint32_t>(map.expectedEnds.size());
  for (double end : map.expectedEnds)
    writer.write<double>(end);
}

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
    writer.write<uint32_t>(program.debug.values.size());
    for (const DeviceValue &value : program.debug.values)
      writeValue(writer, value);
    writeExpectations(writer, program.debug);
  }
  return writer.take();
}

/// `rank` sizes; none when there are not so many bytes left.
static SmallVector<int64_t, 4> readSizes(ByteReader &reader, uint32_t rank) {
  SmallVector<int64_t, 4> sizes;
  for (uint32_t i = 0; i < rank && !reader.failed(); ++i)
    sizes.push_back(reader.read<int64_t>());
  return sizes;
}

static DeviceValue readValue(ByteReader &reader) {
  // Memory, offset and number of writes.
  constexpr size_t leastPieceBytes = 2 * sizeof(uint32_t) + sizeof(uint64_t);
  DeviceValue value;
  value.name = reader.readString();
  value.type.type = static_cast<DataType>(reader.read<uint8_t>());
  uint32_t rank = reader.readCount(sizeof(int64_t));
  value.type.shape = readSizes(reader, rank);
  value.pieces.resize(reader.readCount(leastPieceBytes));
  for (ValuePiece &piece : value.pieces) {
    piece.memory = reader.read<uint32_t>();
    piece.offset = reader.read<int64_t>();
    piece.strides = readSizes(reader, rank);
    piece.low = readSizes(reader, rank);
    piece.sizes = readSizes(reader, rank);
    piece.lastWrites.resize(reader.readCount(3 * sizeof(uint32_t)));
    for (PieceWrite &write : piece.lastWrites) {
      write.lane = reader.read<uint32_t>();
      write.command = reader.read<uint32_t>();
      write.execution = reader.read<uint32_t>();
    }
  }
  return value;
}

/// Whether the type exists and the pieces lie in the tensor and are, if they
/// are disjoint, all of it.
static bool isValid(const DeviceValue &value) {
  if (static_cast<unsigned>(value.type.type) >= numDataTypes)
    return false;
  std::optional<uint64_t> missing = getByteSize(value.type);
  if (!missing)
    return false;
  for (const ValuePiece &piece : value.pieces) {
    for (auto [low, size, extent] :
         zip(piece.low, piece.sizes, value.type.shape))
      if (low < 0 || size < 0 || low > extent || size > extent - low)
        return false;
    uint64_t bytes = *getByteSize({value.type.type, piece.sizes});
    if (bytes > *missing)
      return false;
    *missing -= bytes;
  }
  return *missing == 0;
}

static void readExpectations(ByteReader &reader, DebugMap &map) {
  // Number of nodes, two strings, the time and whether it is exact.
  constexpr size_t leastChoiceBytes =
      3 * sizeof(uint32_t) + sizeof(double) + sizeof(uint8_t);
  map.choices.resize(reader.readCount(leastChoiceBytes));
  for (DebugChoice &choice : map.choices) {
    choice.nodes.resize(reader.readCount(sizeof(uint32_t)));
    for (uint32_t &node : choice.nodes)
      node = reader.read<uint32_t>();
    choice.chosen = reader.readString();
    choice.next = reader.readString();
    choice.seconds = reader.read<double>();
    choice.isExact = reader.read<uint8_t>() != 0;
  }
  constexpr size_t leastSearchBytes = sizeof(uint32_t) + 3 * sizeof(double);
  map.searches.resize(reader.readCount(leastSearchBytes));
  for (DebugSearch &search : map.searches) {
    search.name = reader.readString();
    search.seconds = reader.read<double>();
    search.boundSeconds = reader.read<double>();
    search.plainSeconds = reader.read<double>();
  }
  map.expectedEnds.resize(reader.readCount(sizeof(double)));
  for (double &end : map.expectedEnds)
    end = reader.read<double>();
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
  // Name, type, rank and number of pieces.
  constexpr size_t leastValueBytes = 3 * sizeof(uint32_t) + sizeof(uint8_t);
  map.values.resize(reader.readCount(leastValueBytes));
  for (DeviceValue &value : map.values)
    value = readValue(reader);
  readExpectations(reader, map);
  return map;
}

/// Whether all that a debug map refers to exists.
static bool isValid(const DebugMap &map) {
  auto areNodes = [&](ArrayRef<uint32_t> nodes) {
    return all_of(nodes,
                  [&](uint32_t node) { return node < map.nodes.size(); });
  };
  for (const auto &lane : map.origins)
    if (!all_of(lane, areNodes))
      return false;
  return all_of(map.values,
                [](const DeviceValue &value) { return isValid(value); }) &&
         all_of(map.choices,
                [&](const DebugChoice &choice) {
                  return areNodes(choice.nodes) &&
                         std::isfinite(choice.seconds);
                }) &&
         all_of(map.searches,
                [](const DebugSearch &search) {
                  return std::isfinite(search.seconds) &&
                         std::isfinite(search.boundSeconds) &&
                         std::isfinite(search.plainSeconds);
                }) &&
         (map.expectedEnds.empty() ||
          map.expectedEnds.size() == map.nodes.size()) &&
         all_of(map.expectedEnds,
                [](double end) { return std::isfinite(end) && end >= 0; });
}

std::optional<std::vector<DebugMap>> parseDebugMaps(ArrayRef<uint8_t> bytes) {
  ByteReader reader(bytes);
  std::vector<DebugMap> maps(reader.readCount(3 * sizeof(uint32_t)));
  for (DebugMap &map : maps) {
    map = readDebugMap(reader);
    if (!reader.failed() && !isValid(map))
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
