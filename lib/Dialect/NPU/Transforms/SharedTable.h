//===- SharedTable.h - Tables whose copies share their entries --*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// A table of values by small numbers for searches that go on from one state in
// several ways: a copy shares all values, and a value is copied when one of the
// tables that share it changes it. To copy a table takes a step for each
// `chunkSize` numbers up to the largest.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_SHAREDTABLE_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_SHAREDTABLE_H

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace garam::npu {

template <typename T>
class SharedTable {
public:
  /// The value at `number`, or null. Stays until the table is changed.
  const T *find(size_t number) const {
    size_t chunk = number / chunkSize;
    if (chunk >= chunks.size() || !chunks[chunk])
      return nullptr;
    return chunks[chunk]->values[number % chunkSize].get();
  }

  /// The value at `number`, made when there is none, to be changed. Stays until
  /// the table is copied or this value asked for again.
  T &get(size_t number) {
    std::shared_ptr<T> &value = getSlot(number);
    if (!value)
      value = std::make_shared<T>();
    else if (value.use_count() > 1)
      value = std::make_shared<T>(*value);
    return *value;
  }

  /// Returns the value in the table, as get.
  T &set(size_t number, T value) {
    std::shared_ptr<T> &slot = getSlot(number);
    slot = std::make_shared<T>(std::move(value));
    return *slot;
  }

  void erase(size_t number) {
    if (!find(number))
      return;
    getSlot(number) = nullptr;
    std::shared_ptr<Chunk> &chunk = chunks[number / chunkSize];
    if (--chunk->numValues == 0)
      chunk = nullptr;
  }

  void clear() { chunks.clear(); }

private:
  static constexpr size_t chunkSize = 64;
  struct Chunk {
    std::array<std::shared_ptr<T>, chunkSize> values;
    size_t numValues = 0;
  };

  /// Where the value at `number` is, or is put at once. No other table has it.
  std::shared_ptr<T> &getSlot(size_t number) {
    size_t index = number / chunkSize;
    if (index >= chunks.size())
      chunks.resize(index + 1);
    std::shared_ptr<Chunk> &chunk = chunks[index];
    if (!chunk)
      chunk = std::make_shared<Chunk>();
    else if (chunk.use_count() > 1)
      chunk = std::make_shared<Chunk>(*chunk);
    std::shared_ptr<T> &slot = chunk->values[number % chunkSize];
    chunk->numValues += !slot;
    return slot;
  }

  std::vector<std::shared_ptr<Chunk>> chunks;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_SHAREDTABLE_H
