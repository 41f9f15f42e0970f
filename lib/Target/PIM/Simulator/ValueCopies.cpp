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

llvm::Error
copyValues(const DeviceRunOptions &options, uint32_t command,
           llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments) {
  if (options.timingOnly || !options.onValue)
    return llvm::Error::success();
  for (const DeviceValue &value : options.values) {
    if (!isWrittenBy(value, command))
      continue;
    const ValuePiece &piece = value.pieces[0];
    std::optional<uint64_t> bytes = getByteSize(value.type);
    if (piece.memory >= segments.size() || piece.offset < 0 || !bytes ||
        static_cast<uint64_t>(piece.offset) > segments[piece.memory].size() ||
        *bytes > segments[piece.memory].size() - piece.offset)
      return llvm::createStringError("value '" + value.name +
                                     "' of the debug map leaves its memory");
    llvm::ArrayRef<uint8_t> data =
        segments[piece.memory].slice(piece.offset, *bytes);
    options.onValue({value.name, value.type, data.vec()});
  }
  return llvm::Error::success();
}

} // namespace garam::pim
