//===- RandomInputs.cpp - Inputs out of a seed ----------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/RandomInputs.h"

#include "llvm/ADT/APFloat.h"
#include "llvm/Support/xxhash.h"

#include <cstring>

using namespace llvm;

namespace garam {

namespace {

/// splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number
/// generators, OOPSLA 2014).
class Generator {
public:
  explicit Generator(uint64_t seed) : state(seed) {}

  uint64_t next() {
    uint64_t z = state += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  /// Uniform in [0, 1), of 24 bits, so that float32 holds it exactly.
  float nextFloat() { return (next() >> 40) * 0x1p-24f; }

private:
  uint64_t state;
};

} // namespace

/// The bits of `value`, rounded to a narrower format.
static uint16_t roundTo16(float value, const fltSemantics &semantics) {
  APFloat rounded(value);
  bool losesInfo;
  rounded.convert(semantics, APFloat::rmNearestTiesToEven, &losesInfo);
  return rounded.bitcastToAPInt().getZExtValue();
}

static uint8_t roundTo8(Generator &generator, const fltSemantics &semantics) {
  return roundTo16(generator.nextFloat(), semantics);
}

template <typename T>
static void store(uint8_t *target, T value) {
  std::memcpy(target, &value, sizeof(T));
}

static void storeElement(uint8_t *target, DataType type, Generator &generator) {
  switch (type) {
  case DataType::Bool:
    return store<uint8_t>(target, generator.next() & 1);
  case DataType::Int8:
  case DataType::UInt8:
    return store<uint8_t>(target, generator.next());
  case DataType::Int16:
  case DataType::UInt16:
    return store<uint16_t>(target, generator.next() & 1);
  case DataType::Int32:
  case DataType::UInt32:
    return store<uint32_t>(target, generator.next() & 1);
  case DataType::Int64:
  case DataType::UInt64:
    return store<uint64_t>(target, generator.next() & 1);
  case DataType::Float16:
    return store(target, roundTo16(generator.nextFloat(), APFloat::IEEEhalf()));
  case DataType::BFloat16:
    return store(target, roundTo16(generator.nextFloat(), APFloat::BFloat()));
  case DataType::Float32:
    return store<float>(target, generator.nextFloat());
  case DataType::Float64:
    return store<double>(target, generator.nextFloat());
  case DataType::Float8E4M3FN:
    return store(target, roundTo8(generator, APFloat::Float8E4M3FN()));
  case DataType::Float8E4M3FNUZ:
    return store(target, roundTo8(generator, APFloat::Float8E4M3FNUZ()));
  case DataType::Float8E5M2:
    return store(target, roundTo8(generator, APFloat::Float8E5M2()));
  case DataType::Float8E5M2FNUZ:
    return store(target, roundTo8(generator, APFloat::Float8E5M2FNUZ()));
  case DataType::Float8E8M0FNU:
    return store(target, roundTo8(generator, APFloat::Float8E8M0FNU()));
  case DataType::Float4E2M1FN:
    return store(target, roundTo8(generator, APFloat::Float4E2M1FN()));
  case DataType::Int4:
  case DataType::UInt4:
  case DataType::Int2:
  case DataType::UInt2:
    return store<uint8_t>(target, generator.next() & maskTrailingOnes<uint8_t>(
                                                         getBitWidth(type)));
  }
}

Tensor makeRandomTensor(const Binding &binding, uint64_t seed) {
  Tensor tensor{binding.name, binding.type,
                std::vector<uint8_t>(*getByteSize(binding.type))};
  // Each input has its own sequence, whatever their order.
  Generator generator(seed ^ xxh3_64bits(binding.name));
  size_t width = getByteWidth(binding.type.type);
  for (size_t offset = 0; offset < tensor.data.size(); offset += width)
    storeElement(tensor.data.data() + offset, binding.type.type, generator);
  return tensor;
}

} // namespace garam
