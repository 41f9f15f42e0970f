//===- DeviceValues.cpp - Values of nodes during a run --------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "DeviceValues.h"

#include "llvm/Support/CheckedArithmetic.h"

#include <cstring>

using namespace llvm;

namespace garam::npu {

//===----------------------------------------------------------------------===//
// From the compiler's form
//===----------------------------------------------------------------------===//

/// In numbers of memories: the space from this bit on, below it the core or
/// segment.
static constexpr unsigned spaceShift = 16;

static std::optional<DataType> getDataType(ElementType type) {
  switch (type) {
  case ElementType::I8:
    return DataType::Int8;
  case ElementType::U8:
    return DataType::UInt8;
  case ElementType::I16:
    return DataType::Int16;
  case ElementType::U16:
    return DataType::UInt16;
  case ElementType::I32:
    return DataType::Int32;
  case ElementType::U32:
    return DataType::UInt32;
  case ElementType::I64:
    return DataType::Int64;
  case ElementType::U64:
    return DataType::UInt64;
  case ElementType::F16:
    return DataType::Float16;
  case ElementType::BF16:
    return DataType::BFloat16;
  case ElementType::F32:
    return DataType::Float32;
  case ElementType::F64:
    return DataType::Float64;
  case ElementType::Bool:
    return DataType::Bool;
  case ElementType::F8E4M3:
    return DataType::Float8E4M3FN;
  case ElementType::F8E5M2:
    return DataType::Float8E5M2;
  }
  return std::nullopt;
}

std::vector<DeviceValue> listValues(ArrayRef<CompiledValue> values) {
  std::vector<DeviceValue> result;
  for (const CompiledValue &value : values) {
    std::optional<DataType> type = getDataType(value.type);
    if (!type)
      continue;
    DeviceValue &device = result.emplace_back();
    device.name = value.name;
    device.type = {*type, value.shape};
    for (const CompiledPiece &piece : value.pieces) {
      device.pieces.push_back(
          {uint32_t(piece.address.space) << spaceShift | piece.address.index,
           piece.address.offset,
           piece.strides,
           piece.low,
           piece.sizes,
           {}});
      for (const LastWrite &write : piece.lastWrites)
        device.pieces.back().lastWrites.push_back(
            {write.queue, write.command, write.execution});
    }
  }
  return result;
}

//===----------------------------------------------------------------------===//
// Recording
//===----------------------------------------------------------------------===//

ValueRecorder::ValueRecorder(ArrayRef<DeviceValue> values,
                             const std::function<void(const Tensor &)> &onValue)
    : values(values), onValue(onValue) {
  for (unsigned value = 0; value < values.size(); ++value) {
    firstPiece.push_back(pieces.size());
    numMissing.push_back(values[value].pieces.size());
    for (const auto &[number, piece] : enumerate(values[value].pieces)) {
      for (const PieceWrite &write : piece.lastWrites)
        writers[{write.lane, write.command}].pieces.push_back(
            {write.execution, pieces.size()});
      pieces.push_back(
          {value, static_cast<unsigned>(number), piece.lastWrites.size(), {}});
    }
  }
}

Error ValueRecorder::handle(const CommandEvent &event, ReadMemory read) {
  auto found = writers.find({event.queue, event.command});
  if (found == writers.end())
    return Error::success();
  Writer &writer = found->second;
  ++writer.executions;
  for (auto [execution, number] : writer.pieces) {
    PieceState &state = pieces[number];
    if (execution != writer.executions || --state.numWrites != 0)
      continue;
    if (Error error = readPiece(state, read))
      return error;
    if (--numMissing[state.value] == 0)
      finish(state.value);
  }
  return Error::success();
}

/// Calls `run` with each index of an array of `sizes`, the last dimension left
/// out.
static void forEachRow(ArrayRef<int64_t> sizes,
                       function_ref<void(ArrayRef<int64_t>)> run) {
  if (is_contained(sizes, 0))
    return;
  SmallVector<int64_t> index(sizes.empty() ? 0 : sizes.size() - 1, 0);
  while (true) {
    run(index);
    int dim = static_cast<int>(index.size()) - 1;
    for (; dim >= 0 && ++index[dim] == sizes[dim]; --dim)
      index[dim] = 0;
    if (dim < 0)
      return;
  }
}

/// Bytes [low, high) that the elements of a piece lie in, counted from its
/// first element; nothing when that overflows.
static std::optional<std::pair<int64_t, int64_t>>
getRange(const ValuePiece &piece, unsigned width) {
  int64_t low = 0, high = width;
  for (auto [size, stride] : zip(piece.sizes, piece.strides)) {
    std::optional<int64_t> reach = checkedMul(size - 1, stride);
    if (!reach)
      return std::nullopt;
    int64_t &end = *reach < 0 ? low : high;
    std::optional<int64_t> moved = checkedAdd(end, *reach);
    if (!moved)
      return std::nullopt;
    end = *moved;
  }
  return std::make_pair(low, high);
}

Error ValueRecorder::readPiece(PieceState &state, ReadMemory read) {
  const DeviceValue &value = values[state.value];
  const ValuePiece &piece = value.pieces[state.piece];
  auto makeError = [&] {
    return createStringError("value '" + value.name +
                             "' of the debug map leaves its memory");
  };
  unsigned width = getByteWidth(value.type.type);
  std::optional<uint64_t> bytes = getByteSize({value.type.type, piece.sizes});
  if (!bytes || *bytes == 0)
    return bytes ? Error::success() : makeError();
  auto range = getRange(piece, width);
  if (!range)
    return makeError();
  std::optional<int64_t> begin = checkedAdd(piece.offset, range->first);
  std::optional<int64_t> length = checkedSub(range->second, range->first);
  if (!begin || !length)
    return makeError();
  Address address;
  address.space = static_cast<MemorySpace>(piece.memory >> spaceShift);
  address.index = static_cast<uint16_t>(piece.memory);
  address.offset = *begin;
  ArrayRef<uint8_t> memory = read(address, *length);
  // As many bytes as the elements need, or they would lie on each other.
  if (memory.size() < *bytes)
    return makeError();

  state.data.resize(*bytes);
  uint8_t *to = state.data.data();
  forEachRow(piece.sizes, [&](ArrayRef<int64_t> index) {
    int64_t from = -range->first;
    for (auto [i, stride] : zip(index, piece.strides))
      from += i * stride;
    int64_t count = piece.sizes.empty() ? 1 : piece.sizes.back();
    int64_t stride = piece.sizes.empty() ? width : piece.strides.back();
    for (int64_t i = 0; i < count; ++i, to += width)
      std::memcpy(to, memory.data() + from + i * stride, width);
  });
  return Error::success();
}

void ValueRecorder::finish(unsigned number) {
  const DeviceValue &value = values[number];
  unsigned width = getByteWidth(value.type.type);
  Tensor tensor{value.name, value.type,
                std::vector<uint8_t>(*getByteSize(value.type))};
  SmallVector<int64_t> strides(value.type.shape.size(), width);
  for (int dim = static_cast<int>(strides.size()) - 2; dim >= 0; --dim)
    strides[dim] = strides[dim + 1] * value.type.shape[dim + 1];
  for (size_t i = 0; i < value.pieces.size(); ++i) {
    const ValuePiece &piece = value.pieces[i];
    PieceState &state = pieces[firstPiece[number] + i];
    const uint8_t *from = state.data.data();
    size_t rowBytes = width * (piece.sizes.empty() ? 1 : piece.sizes.back());
    forEachRow(piece.sizes, [&](ArrayRef<int64_t> index) {
      int64_t to = piece.low.empty() ? 0 : piece.low.back() * width;
      for (auto [position, low, stride] : zip(index, piece.low, strides))
        to += (position + low) * stride;
      std::memcpy(tensor.data.data() + to, from, rowBytes);
      from += rowBytes;
    });
    state.data = {};
  }
  onValue(tensor);
}

} // namespace garam::npu
