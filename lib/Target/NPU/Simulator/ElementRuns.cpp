//===- ElementRuns.cpp - Runs of elements to and from registers -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "ElementRuns.h"

#include "garam/Support/TargetClones.h"
#include "garam/Target/NPU/Machine/Conversions.h"

#include <cstring>

namespace garam::npu {

namespace {

/// `value`, NaN made canonical: widening is a conversion.
inline float quiet(float value) { return toFloat(canonical(value)); }

// One struct an element type: Storage is how it lies in memory; load widens it
// to the register, store narrows the register.

struct AsF16 {
  using Storage = uint16_t;
  static float load(Storage bits) { return quiet(fromF16(bits)); }
  static Storage store(float value) { return toF16(value); }
};
struct AsBF16 {
  using Storage = uint16_t;
  static float load(Storage bits) { return quiet(fromBF16(bits)); }
  static Storage store(float value) { return toBF16(value); }
};
struct AsF32 {
  using Storage = uint32_t;
  static float load(Storage bits) { return toFloat(bits); }
  static Storage store(float value) { return canonical(value); }
};
struct AsF64 {
  using Storage = double;
  static float load(Storage value) { return quiet(static_cast<float>(value)); }
  static Storage store(float value) {
    return static_cast<double>(toFloat(canonical(value)));
  }
};
struct AsF8E4M3 {
  using Storage = uint8_t;
  static float load(Storage bits) { return fromFloat8(bits, float8E4M3); }
  static Storage store(float value) { return toFloat8(value, float8E4M3); }
};
struct AsF8E5M2 {
  using Storage = uint8_t;
  static float load(Storage bits) { return fromFloat8(bits, float8E5M2); }
  static Storage store(float value) { return toFloat8(value, float8E5M2); }
};
template <typename T>
struct AsInteger {
  using Storage = T;
  static int32_t load(Storage value) { return static_cast<int32_t>(value); }
  static Storage store(int32_t value) { return saturate<T>(value); }
  static Storage store(float value) { return saturate<T>(roundToEven(value)); }
};
struct AsBool {
  using Storage = uint8_t;
  static int32_t load(Storage value) { return value != 0; }
  static Storage store(int32_t value) { return value != 0; }
  static Storage store(float value) { return value != 0.0f; }
};

template <typename As, typename T>
inline __attribute__((always_inline)) void
loadRun(const uint8_t *source, int64_t stride, unsigned count, T *destination) {
  using Storage = typename As::Storage;
  auto load = [&](int64_t offset) {
    Storage element;
    std::memcpy(&element, source + offset, sizeof(Storage));
    return As::load(element);
  };
  // A constant stride lets the compiler use vector loads.
  if (stride == sizeof(Storage))
    for (unsigned i = 0; i < count; ++i)
      destination[i] = load(int64_t(i) * sizeof(Storage));
  else
    for (unsigned i = 0; i < count; ++i)
      destination[i] = load(i * stride);
}

template <typename As, typename T>
inline __attribute__((always_inline)) void
storeRun(const T *source, unsigned count, uint8_t *destination,
         int64_t stride) {
  using Storage = typename As::Storage;
  auto store = [&](unsigned i, int64_t offset) {
    Storage element = As::store(source[i]);
    std::memcpy(destination + offset, &element, sizeof(Storage));
  };
  if (stride == sizeof(Storage))
    for (unsigned i = 0; i < count; ++i)
      store(i, int64_t(i) * sizeof(Storage));
  else
    for (unsigned i = 0; i < count; ++i)
      store(i, i * stride);
}

} // namespace

GARAM_TARGET_CLONES
void loadFloats(ElementType type, const uint8_t *source, int64_t stride,
                unsigned count, float *destination) {
  switch (type) {
  case ElementType::F16:
    return loadRun<AsF16>(source, stride, count, destination);
  case ElementType::BF16:
    return loadRun<AsBF16>(source, stride, count, destination);
  case ElementType::F32:
    return loadRun<AsF32>(source, stride, count, destination);
  case ElementType::F64:
    return loadRun<AsF64>(source, stride, count, destination);
  case ElementType::F8E4M3:
    return loadRun<AsF8E4M3>(source, stride, count, destination);
  case ElementType::F8E5M2:
    return loadRun<AsF8E5M2>(source, stride, count, destination);
  default:
    return;
  }
}

GARAM_TARGET_CLONES
void loadInts(ElementType type, const uint8_t *source, int64_t stride,
              unsigned count, int32_t *destination) {
  switch (type) {
  case ElementType::I8:
    return loadRun<AsInteger<int8_t>>(source, stride, count, destination);
  case ElementType::U8:
    return loadRun<AsInteger<uint8_t>>(source, stride, count, destination);
  case ElementType::I16:
    return loadRun<AsInteger<int16_t>>(source, stride, count, destination);
  case ElementType::U16:
    return loadRun<AsInteger<uint16_t>>(source, stride, count, destination);
  case ElementType::I32:
    return loadRun<AsInteger<int32_t>>(source, stride, count, destination);
  case ElementType::U32:
    return loadRun<AsInteger<uint32_t>>(source, stride, count, destination);
  case ElementType::I64:
    return loadRun<AsInteger<int64_t>>(source, stride, count, destination);
  case ElementType::U64:
    return loadRun<AsInteger<uint64_t>>(source, stride, count, destination);
  case ElementType::Bool:
    return loadRun<AsBool>(source, stride, count, destination);
  default:
    return;
  }
}

/// Stores registers of type T (float or int32_t) into an integer type or Bool.
template <typename T>
static inline __attribute__((always_inline)) void
storeIntegral(ElementType type, const T *source, unsigned count,
              uint8_t *destination, int64_t stride) {
  switch (type) {
  case ElementType::I8:
    return storeRun<AsInteger<int8_t>>(source, count, destination, stride);
  case ElementType::U8:
    return storeRun<AsInteger<uint8_t>>(source, count, destination, stride);
  case ElementType::I16:
    return storeRun<AsInteger<int16_t>>(source, count, destination, stride);
  case ElementType::U16:
    return storeRun<AsInteger<uint16_t>>(source, count, destination, stride);
  case ElementType::I32:
    return storeRun<AsInteger<int32_t>>(source, count, destination, stride);
  case ElementType::U32:
    return storeRun<AsInteger<uint32_t>>(source, count, destination, stride);
  case ElementType::I64:
    return storeRun<AsInteger<int64_t>>(source, count, destination, stride);
  case ElementType::U64:
    return storeRun<AsInteger<uint64_t>>(source, count, destination, stride);
  case ElementType::Bool:
    return storeRun<AsBool>(source, count, destination, stride);
  default:
    return;
  }
}

GARAM_TARGET_CLONES
void storeFloats(ElementType type, const float *source, unsigned count,
                 uint8_t *destination, int64_t stride) {
  switch (type) {
  case ElementType::F16:
    return storeRun<AsF16>(source, count, destination, stride);
  case ElementType::BF16:
    return storeRun<AsBF16>(source, count, destination, stride);
  case ElementType::F32:
    return storeRun<AsF32>(source, count, destination, stride);
  case ElementType::F64:
    return storeRun<AsF64>(source, count, destination, stride);
  case ElementType::F8E4M3:
    return storeRun<AsF8E4M3>(source, count, destination, stride);
  case ElementType::F8E5M2:
    return storeRun<AsF8E5M2>(source, count, destination, stride);
  default:
    return storeIntegral(type, source, count, destination, stride);
  }
}

GARAM_TARGET_CLONES
void storeInts(ElementType type, const int32_t *source, unsigned count,
               uint8_t *destination, int64_t stride) {
  if (isInteger(type))
    return storeIntegral(type, source, count, destination, stride);
  for (unsigned i = 0; i < count; ++i) {
    float value = static_cast<float>(source[i]);
    storeFloats(type, &value, 1, destination + i * stride, stride);
  }
}

uint32_t getFillBits(ElementType type, double fill) {
  alignas(8) uint8_t element[8] = {};
  float value = static_cast<float>(fill);
  storeFloats(type, &value, 1, element, 0);
  uint32_t bits = 0;
  if (isInteger(type)) {
    int32_t widened;
    loadInts(type, element, 0, 1, &widened);
    bits = static_cast<uint32_t>(widened);
  } else {
    float widened;
    loadFloats(type, element, 0, 1, &widened);
    bits = canonical(widened);
  }
  return bits;
}

} // namespace garam::npu
