//===- HomeChoice.h - Which memory a tensor is best kept in -----*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_DIALECT_NPU_TRANSFORMS_HOMECHOICE_H
#define GARAM_LIB_DIALECT_NPU_TRANSFORMS_HOMECHOICE_H

#include "Stage.h"
#include "garam/Target/NPU/Machine/MachineDescription.h"

namespace garam::npu {

/// A stage's result as the stages that read it see it.
struct HomeChoice {
  HomeKind kind = HomeKind::Split;
  /// Bytes of core 0's part, with the halo that its stages need of others.
  int64_t partBytes = 0;
};

/// A stage that is not scheduled yet, with a schedule that is considered for
/// it.
struct Candidate {
  const Stage &stage;
  const StageSchedule &schedule;
};

/// Where `tensor` is best kept, going by the schedules of its producer, of the
/// consumers that have one and of `candidate`. Whether memory suffices is not
/// asked.
HomeChoice chooseHome(mlir::OpResult tensor, const MachineDescription &machine,
                      const Candidate *candidate = nullptr);

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_HOMECHOICE_H
