//===- TensorKernels.h - Inner loops of the tensor engine -------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_TARGET_NPU_SIMULATOR_TENSORKERNELS_H
#define GARAM_LIB_TARGET_NPU_SIMULATOR_TENSORKERNELS_H

#include <cstddef>
#include <cstdint>

namespace garam::npu {

/// Columns that the kernels treat at once. Panels are padded to a multiple.
constexpr unsigned stripColumns = 16;

/// sums[r][n] += sum over k < depth of activation[r][k] * weight[k][n], in
/// increasing order of k, each product and each sum rounded for itself.
///   activation: rows x depth, rows `activationStride` elements apart
///   weight:     numStrips strips of depth x stripColumns, one after the other
///   sums:       rows x (numStrips * stripColumns), rows `sumStride` apart
void multiplyPanels(const float *activation, size_t activationStride,
                    const float *weight, unsigned rows, unsigned depth,
                    unsigned numStrips, float *sums, size_t sumStride);

/// The same in wrapping 32-bit integers.
void multiplyPanels(const int32_t *activation, size_t activationStride,
                    const int32_t *weight, unsigned rows, unsigned depth,
                    unsigned numStrips, int32_t *sums, size_t sumStride);

} // namespace garam::npu

#endif // GARAM_LIB_TARGET_NPU_SIMULATOR_TENSORKERNELS_H
