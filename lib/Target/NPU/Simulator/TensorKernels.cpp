//===- TensorKernels.cpp - Inner loops of the tensor engine ---------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// Columns lie side by side in a vector register, so that each output keeps the
// order of its sum; several rows share a load of the weights.
//
//===----------------------------------------------------------------------===//

#include "TensorKernels.h"

#include "garam/Support/TargetClones.h"

#include <cstring>

namespace garam::npu {

/// A strip of columns. Unsigned arithmetic for integers, which wraps.
typedef float FloatStrip __attribute__((vector_size(4 * stripColumns)));
typedef uint32_t IntStrip __attribute__((vector_size(4 * stripColumns)));

namespace {
template <typename T>
struct StripOf;
template <>
struct StripOf<float> {
  using Strip = FloatStrip;
  using Scalar = float;
};
template <>
struct StripOf<int32_t> {
  using Strip = IntStrip;
  using Scalar = uint32_t;
};
} // namespace

/// `rows` rows times `strips` strips, which fit the registers.
template <unsigned rows, unsigned strips, typename T>
static inline __attribute__((always_inline)) void
multiplyBlock(const T *activation, size_t activationStride, const T *weight,
              unsigned depth, T *sums, size_t sumStride) {
  using Strip = typename StripOf<T>::Strip;
  using Scalar = typename StripOf<T>::Scalar;
  Strip accumulators[rows][strips];
  for (unsigned r = 0; r < rows; ++r)
    for (unsigned s = 0; s < strips; ++s)
      std::memcpy(&accumulators[r][s], sums + r * sumStride + s * stripColumns,
                  sizeof(Strip));
  size_t stripStride = static_cast<size_t>(depth) * stripColumns;
  for (unsigned k = 0; k < depth; ++k) {
    Strip columns[strips];
    for (unsigned s = 0; s < strips; ++s)
      std::memcpy(&columns[s],
                  weight + s * stripStride +
                      static_cast<size_t>(k) * stripColumns,
                  sizeof(Strip));
    for (unsigned r = 0; r < rows; ++r) {
      Scalar value = static_cast<Scalar>(activation[r * activationStride + k]);
      for (unsigned s = 0; s < strips; ++s) {
        Strip product = columns[s] * value;
        accumulators[r][s] += product;
      }
    }
  }
  for (unsigned r = 0; r < rows; ++r)
    for (unsigned s = 0; s < strips; ++s)
      std::memcpy(sums + r * sumStride + s * stripColumns, &accumulators[r][s],
                  sizeof(Strip));
}

template <typename T>
static inline __attribute__((always_inline)) void
multiplyAll(const T *activation, size_t activationStride, const T *weight,
            unsigned rows, unsigned depth, unsigned numStrips, T *sums,
            size_t sumStride) {
  size_t stripStride = static_cast<size_t>(depth) * stripColumns;
  unsigned r = 0;
  for (; r + 6 <= rows; r += 6)
    for (unsigned s = 0; s < numStrips; ++s)
      multiplyBlock<6, 1>(activation + r * activationStride, activationStride,
                          weight + s * stripStride, depth,
                          sums + r * sumStride + s * stripColumns, sumStride);
  for (; r < rows; ++r) {
    const T *row = activation + r * activationStride;
    T *out = sums + r * sumStride;
    unsigned s = 0;
    for (; s + 4 <= numStrips; s += 4)
      multiplyBlock<1, 4>(row, activationStride, weight + s * stripStride,
                          depth, out + s * stripColumns, sumStride);
    for (; s < numStrips; ++s)
      multiplyBlock<1, 1>(row, activationStride, weight + s * stripStride,
                          depth, out + s * stripColumns, sumStride);
  }
}

GARAM_TARGET_CLONES
void multiplyPanels(const float *activation, size_t activationStride,
                    const float *weight, unsigned rows, unsigned depth,
                    unsigned numStrips, float *sums, size_t sumStride) {
  multiplyAll(activation, activationStride, weight, rows, depth, numStrips,
              sums, sumStride);
}

GARAM_TARGET_CLONES
void multiplyPanels(const int32_t *activation, size_t activationStride,
                    const int32_t *weight, unsigned rows, unsigned depth,
                    unsigned numStrips, int32_t *sums, size_t sumStride) {
  multiplyAll(activation, activationStride, weight, rows, depth, numStrips,
              sums, sumStride);
}

} // namespace garam::npu
