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

/// Whether the leaves of what npu.concat makes (ConcatTrees) are kept by one
/// core alone, in one layout, so that one buffer can be made for all.
bool isJoined(llvm::ArrayRef<mlir::OpResult> leaves);

/// Where a stage's result is best kept that is not only returned, going by the
/// schedules of the stage and of those consumers that were added. Whether
/// memory suffices is not asked.
class HomeChoice {
public:
  /// With the consumers that have a schedule. So does the producer.
  HomeChoice(mlir::OpResult tensor, const MachineDescription &machine);
  /// Without consumers; `producer`, with `schedule`, makes `tensor`.
  HomeChoice(const Stage &producer, const StageSchedule &schedule,
             mlir::OpResult tensor, const MachineDescription &machine);

  /// Adds what a consumer needs of the tensor under `schedule`.
  void addConsumer(const Stage &consumer, const StageSchedule &schedule);

  HomeKind getKind() const;
  /// Bytes of the part of the core that has the most; with the halo that its
  /// stages need of others where it is kept.
  int64_t getPartBytes() const;

private:
  /// What a core makes of the tensor, and that with what its stages need of it.
  struct Part {
    int64_t core = 0;
    Box own, needed;
  };

  /// Whether the stages of the producer's first core need little more than its
  /// own part, and those on cores without a part not much more than such a one.
  bool isSpread() const;

  mlir::OpResult tensor;
  const MachineDescription &machine;
  /// Of the first core and of the core with the most of the producer's
  /// schedule.
  llvm::SmallVector<Part, 2> parts;
  /// The most elements that a core needs whose stages run beside these.
  int64_t neededElsewhere = 0;
};

} // namespace garam::npu

#endif // GARAM_LIB_DIALECT_NPU_TRANSFORMS_HOMECHOICE_H
