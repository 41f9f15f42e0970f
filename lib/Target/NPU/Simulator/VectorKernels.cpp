//===- VectorKernels.cpp - Micro-operations on blocks of lanes ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Arithmetic NaNs are made canonical at once: their bits can be seen by integer
// operations, and hosts differ in them.
//
//===----------------------------------------------------------------------===//

#include "VectorKernels.h"

#include "Functions.h"
#include "garam/Support/TargetClones.h"
#include "garam/Target/NPU/Machine/Conversions.h"

#include <cmath>

#define GARAM_INLINE static inline __attribute__((always_inline))

namespace garam::npu {

//===----------------------------------------------------------------------===//
// Scalar operations
//===----------------------------------------------------------------------===//

/// The larger; NaN if either is NaN; +0 is larger than -0.
GARAM_INLINE uint32_t maximum(uint32_t a, uint32_t b) {
  float x = toFloat(a), y = toFloat(b);
  uint32_t equalOrNaN = x == y ? a & b : canonicalNaN;
  return x > y ? a : x < y ? b : equalOrNaN;
}

GARAM_INLINE uint32_t minimum(uint32_t a, uint32_t b) {
  float x = toFloat(a), y = toFloat(b);
  uint32_t equalOrNaN = x == y ? a | b : canonicalNaN;
  return x < y ? a : x > y ? b : equalOrNaN;
}

/// Toward zero; division by zero gives 0, the least value by -1 itself.
GARAM_INLINE uint32_t divideInt(uint32_t a, uint32_t b) {
  if (b == 0)
    return 0;
  if (b == ~uint32_t(0))
    return 0 - a;
  return static_cast<uint32_t>(static_cast<int32_t>(a) /
                               static_cast<int32_t>(b));
}

/// a - (a / b) * b with the division above; a when b is 0.
GARAM_INLINE uint32_t remainderInt(uint32_t a, uint32_t b) {
  return a - divideInt(a, b) * b;
}

GARAM_INLINE uint32_t add(uint32_t a, uint32_t b) {
  return canonical(toFloat(a) + toFloat(b));
}
GARAM_INLINE uint32_t multiply(uint32_t a, uint32_t b) {
  return canonical(toFloat(a) * toFloat(b));
}
GARAM_INLINE uint32_t maximumInt(uint32_t a, uint32_t b) {
  return static_cast<int32_t>(a) > static_cast<int32_t>(b) ? a : b;
}
GARAM_INLINE uint32_t minimumInt(uint32_t a, uint32_t b) {
  return static_cast<int32_t>(a) < static_cast<int32_t>(b) ? a : b;
}

template <typename T>
GARAM_INLINE bool compare(ComparePredicate predicate, T a, T b) {
  switch (predicate) {
  case ComparePredicate::EQ:
    return a == b;
  case ComparePredicate::NE:
    return a != b;
  case ComparePredicate::LT:
    return a < b;
  case ComparePredicate::LE:
    return a <= b;
  case ComparePredicate::GT:
    return a > b;
  case ComparePredicate::GE:
    return a >= b;
  }
  return false;
}

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

GARAM_TARGET_CLONES
void executeInstruction(const VectorInstruction &instruction, unsigned lanes,
                        Register *registers) {
  uint32_t *out = registers[instruction.destination].data();
  const uint32_t *a = registers[instruction.a].data();
  const uint32_t *b = registers[instruction.b].data();
  const uint32_t *c = registers[instruction.c].data();
  auto unary = [&](auto function) __attribute__((always_inline)) {
    for (unsigned i = 0; i < lanes; ++i)
      out[i] = function(a[i]);
  };
  auto binary = [&](auto function) __attribute__((always_inline)) {
    for (unsigned i = 0; i < lanes; ++i)
      out[i] = function(a[i], b[i]);
  };
  auto predicate = static_cast<ComparePredicate>(instruction.immediate);

  switch (instruction.opcode) {
  case VectorOpcode::Load:
  case VectorOpcode::Index:
    return; // the interpreter's
  case VectorOpcode::ConstF32:
  case VectorOpcode::ConstI32:
    for (unsigned i = 0; i < lanes; ++i)
      out[i] = instruction.immediate;
    return;
  case VectorOpcode::Select:
    for (unsigned i = 0; i < lanes; ++i)
      out[i] = a[i] ? b[i] : c[i];
    return;

  case VectorOpcode::AddF:
    return binary([](uint32_t x, uint32_t y) { return add(x, y); });
  case VectorOpcode::SubF:
    return binary([](uint32_t x, uint32_t y) {
      return canonical(toFloat(x) - toFloat(y));
    });
  case VectorOpcode::MulF:
    return binary([](uint32_t x, uint32_t y) { return multiply(x, y); });
  case VectorOpcode::DivF:
    return binary([](uint32_t x, uint32_t y) {
      return canonical(toFloat(x) / toFloat(y));
    });
  case VectorOpcode::MaxF:
    return binary([](uint32_t x, uint32_t y) { return maximum(x, y); });
  case VectorOpcode::MinF:
    return binary([](uint32_t x, uint32_t y) { return minimum(x, y); });
  case VectorOpcode::NegF:
    return unary([](uint32_t x) { return x ^ 0x80000000; });
  case VectorOpcode::AbsF:
    return unary([](uint32_t x) { return x & 0x7FFFFFFF; });
  case VectorOpcode::SqrtF:
    return unary(
        [](uint32_t x) { return canonical(__builtin_sqrtf(toFloat(x))); });
  case VectorOpcode::FmaF:
    for (unsigned i = 0; i < lanes; ++i)
      out[i] = canonical(
          __builtin_fmaf(toFloat(a[i]), toFloat(b[i]), toFloat(c[i])));
    return;
  case VectorOpcode::FloorF:
    return unary(
        [](uint32_t x) { return canonical(__builtin_floorf(toFloat(x))); });
  case VectorOpcode::CeilF:
    return unary(
        [](uint32_t x) { return canonical(__builtin_ceilf(toFloat(x))); });
  case VectorOpcode::RoundF:
    return unary([](uint32_t x) { return canonical(roundToEven(toFloat(x))); });
  case VectorOpcode::TruncF:
    return unary(
        [](uint32_t x) { return canonical(__builtin_truncf(toFloat(x))); });
  case VectorOpcode::RemF: // exact, so every C library agrees
    return binary([](uint32_t x, uint32_t y) {
      return canonical(std::fmod(toFloat(x), toFloat(y)));
    });

  case VectorOpcode::ExpF:
  case VectorOpcode::LogF:
  case VectorOpcode::TanhF:
  case VectorOpcode::ErfF:
  case VectorOpcode::SinF:
  case VectorOpcode::CosF:
  case VectorOpcode::PowF:
  case VectorOpcode::RsqrtF:
  case VectorOpcode::SigmoidF:
    return applyFunction(instruction.opcode, lanes, a, b, out);

  case VectorOpcode::AddI:
    return binary([](uint32_t x, uint32_t y) { return x + y; });
  case VectorOpcode::SubI:
    return binary([](uint32_t x, uint32_t y) { return x - y; });
  case VectorOpcode::MulI:
    return binary([](uint32_t x, uint32_t y) { return x * y; });
  case VectorOpcode::DivI:
    return binary([](uint32_t x, uint32_t y) { return divideInt(x, y); });
  case VectorOpcode::RemI:
    return binary([](uint32_t x, uint32_t y) { return remainderInt(x, y); });
  case VectorOpcode::MaxI:
    return binary([](uint32_t x, uint32_t y) { return maximumInt(x, y); });
  case VectorOpcode::MinI:
    return binary([](uint32_t x, uint32_t y) { return minimumInt(x, y); });
  case VectorOpcode::AndI:
    return binary([](uint32_t x, uint32_t y) { return x & y; });
  case VectorOpcode::OrI:
    return binary([](uint32_t x, uint32_t y) { return x | y; });
  case VectorOpcode::XorI:
    return binary([](uint32_t x, uint32_t y) { return x ^ y; });
  case VectorOpcode::ShlI:
    return binary([](uint32_t x, uint32_t y) { return x << (y & 31); });
  case VectorOpcode::ShrI:
    return binary([](uint32_t x, uint32_t y) {
      return static_cast<uint32_t>(static_cast<int32_t>(x) >> (y & 31));
    });

  case VectorOpcode::CmpF:
    return binary([=](uint32_t x, uint32_t y) {
      return uint32_t(compare(predicate, toFloat(x), toFloat(y)));
    });
  case VectorOpcode::CmpI:
    return binary([=](uint32_t x, uint32_t y) {
      return uint32_t(
          compare(predicate, static_cast<int32_t>(x), static_cast<int32_t>(y)));
    });

  case VectorOpcode::F32ToI32:
    return unary([](uint32_t x) {
      return static_cast<uint32_t>(saturate<int32_t>(toFloat(x)));
    });
  case VectorOpcode::I32ToF32:
    return unary([](uint32_t x) {
      return toBits(static_cast<float>(static_cast<int32_t>(x)));
    });
  case VectorOpcode::RoundBF16:
    return unary(
        [](uint32_t x) { return toBits(fromBF16(toBF16(toFloat(x)))); });
  case VectorOpcode::RoundF16:
    return unary([](uint32_t x) { return toBits(fromF16(toF16(toFloat(x)))); });
  }
}

//===----------------------------------------------------------------------===//
// Reductions
//===----------------------------------------------------------------------===//

/// Calls `use` with the combiner's function.
template <typename Use>
GARAM_INLINE void withCombiner(Combiner combiner, Use use) {
  switch (combiner) {
  case Combiner::AddF:
    return use([](uint32_t x, uint32_t y) { return add(x, y); });
  case Combiner::MulF:
    return use([](uint32_t x, uint32_t y) { return multiply(x, y); });
  case Combiner::MaxF:
    return use([](uint32_t x, uint32_t y) { return maximum(x, y); });
  case Combiner::MinF:
    return use([](uint32_t x, uint32_t y) { return minimum(x, y); });
  case Combiner::AddI:
    return use([](uint32_t x, uint32_t y) { return x + y; });
  case Combiner::MulI:
    return use([](uint32_t x, uint32_t y) { return x * y; });
  case Combiner::MaxI:
    return use([](uint32_t x, uint32_t y) { return maximumInt(x, y); });
  case Combiner::MinI:
    return use([](uint32_t x, uint32_t y) { return minimumInt(x, y); });
  case Combiner::AndI:
    return use([](uint32_t x, uint32_t y) { return x & y; });
  case Combiner::OrI:
    return use([](uint32_t x, uint32_t y) { return x | y; });
  }
}

GARAM_TARGET_CLONES
void combineLanes(Combiner combiner, unsigned lanes, const uint32_t *source,
                  uint32_t *accumulator) {
  withCombiner(combiner, [&](auto function) __attribute__((always_inline)) {
    for (unsigned i = 0; i < lanes; ++i)
      accumulator[i] = function(accumulator[i], source[i]);
  });
}

uint32_t combineInOrder(Combiner combiner, unsigned lanes,
                        const uint32_t *source, uint32_t accumulator) {
  withCombiner(combiner, [&](auto function) {
    for (unsigned i = 0; i < lanes; ++i)
      accumulator = function(accumulator, source[i]);
  });
  return accumulator;
}

} // namespace garam::npu
