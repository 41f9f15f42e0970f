//===- ValueCopies.cpp - Values of nodes during a run ---------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ValueCopies.h"

#include "garam/Target/PIM/Execution.h"

namespace garam::pim {

static bool isWrittenBy(const DeviceValue &value, uint32_t command) {
  if (value.pieces.size() != 1 || value.pieces[0].lastWrites.size() != 1)
    return false;
  const PieceWrite &write = value.pieces[0].lastWrites[0];
  return write.lane == driverLane && write.command == command;
}

llvm::Error copyValues(const DeviceRunOptions &options, uint32_t command,
                       const RunMemory &memory) {
  if (!options.onValue)
    return llvm::Error::success();
  for (const DeviceValue &value : options.values) {
    if (!isWrittenBy(value, command))
      continue;
    const ValuePiece &piece = value.pieces[0];
    std::optional<uint64_t> bytes = getByteSize(value.type);
    llvm::ArrayRef<uint8_t> segment;
    if (piece.memory < memory.size())
      segment = memory.read(piece.memory);
    if (piece.offset < 0 || !bytes ||
        static_cast<uint64_t>(piece.offset) > segment.size() ||
        *bytes > segment.size() - piece.offset)
      return llvm::createStringError("value '" + value.name +
                                     "' of the debug map leaves its memory");
    options.onValue(
        {value.name, value.type, segment.slice(piece.offset, *bytes).vec()});
  }
  return llvm::Error::success();
}

} // namespace garam::pim
