//===- Tuning.h - Figures that decisions are tuned by -----------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// As Tuning.h of the folder above, for stages that have no schedules yet.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGES_TUNING_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGES_TUNING_H

#include <cstdint>

namespace garam::npu::tuning {

/// Work, in operations of a lane for each element, that may be repeated at any
/// number of consumers when it reads fewer bytes than it writes, such as a
/// dequantisation: its conversion, zero point and scale. Not swept.
constexpr int64_t wideningOperations = 4;
/// What storing an element and loading it again takes, in operations of a lane.
/// Not swept.
constexpr int64_t storeAndLoadOperations = 4;

/// The part of the time that a stage takes whatever its size which a merge
/// saves: the rest passes while other engines work. Swept: 0.12, 0.25, 0.5,
/// 0.75, 1 and 2. EfficientNet-B0 on rngd takes 0.1 % longer with 0.5 than with
/// less and 0.4 % with 1; ResNet-50, MobileNetV2, BERT-base and ViT-B/16 have
/// the same stages with 0.5 and 1, on rngd and atom.
constexpr double exposedStage = 0.5;

} // namespace garam::npu::tuning

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_STAGES_TUNING_H
