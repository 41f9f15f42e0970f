//===- Values.cpp - Values of nodes during a run --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Values.h"

#include "llvm/ADT/iterator_range.h"

namespace garam::analog {

ValueRecorder::ValueRecorder(llvm::ArrayRef<DeviceValue> values,
                             std::function<void(const Tensor &)> onValue)
    : onValue(std::move(onValue)) {
  for (const DeviceValue &value : values)
    if (value.pieces.size() == 1 && value.pieces[0].lastWrites.size() == 1) {
      const PieceWrite &write = value.pieces[0].lastWrites[0];
      byWriter.insert({{write.lane, write.command}, &value});
    }
}

llvm::Error ValueRecorder::handle(
    uint32_t lane, uint32_t command,
    llvm::function_ref<llvm::ArrayRef<uint8_t>(uint32_t)> getSegment) const {
  if (!onValue)
    return llvm::Error::success();
  auto [first, last] = byWriter.equal_range({lane, command});
  for (const auto &[writer, value] : llvm::make_range(first, last)) {
    const ValuePiece &piece = value->pieces[0];
    std::optional<uint64_t> bytes = getByteSize(value->type);
    llvm::ArrayRef<uint8_t> memory = getSegment(piece.memory);
    if (!bytes || piece.offset < 0 || uint64_t(piece.offset) > memory.size() ||
        *bytes > memory.size() - piece.offset)
      return llvm::createStringError("value '" + value->name +
                                     "' of the debug map leaves its memory");
    memory = memory.slice(piece.offset, *bytes);
    onValue({value->name, value->type, {memory.begin(), memory.end()}});
  }
  return llvm::Error::success();
}

} // namespace garam::analog
