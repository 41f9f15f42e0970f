//===- Pipeline.h - From stages to commands ---------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//
//
// The transformations behind the passes of Passes.td, for callers that have a
// machine at hand. Each takes the result of the one before; each can be
// replaced without the others.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_DIALECT_NPU_TRANSFORMS_PIPELINE_H
#define GARAM_DIALECT_NPU_TRANSFORMS_PIPELINE_H

#include "garam/Target/NPU/Machine/MachineDescription.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/MapVector.h"

namespace garam::npu {

/// npu-trim-stages.
void trimStages(mlir::func::FuncOp func);
/// npu-materialize-indices.
void materializeIndices(mlir::func::FuncOp func);
/// npu-assign-layouts.
void assignLayouts(mlir::func::FuncOp func);
/// npu-fuse-groups.
void fuseGroups(mlir::func::FuncOp func, const MachineDescription &machine);
/// When schedules are chosen, weights come
enum class WeightTiming {
  inOrder, // with the other transfers of their tile
  ahead,   // as early as DRAM and ports allow, as if memory had room
};
/// How many schedules are followed at once, at least one of each.
struct SearchWidth {
  size_t paths = 1;   // of all stages so far
  size_t choices = 3; // of one stage, on each path
  /// Whether branches are tried on cores of their own, on as many paths more.
  bool branchCores = false;
};
/// Schedules the stages of a function. Refuses one that fits the machine in no
/// way.
mlir::LogicalResult scheduleStages(mlir::func::FuncOp func,
                                   const MachineDescription &machine,
                                   WeightTiming weights = WeightTiming::inOrder,
                                   SearchWidth width = {});
/// npu-place-tensors. `fill` is the fraction of local memory to plan for. Fails
/// on a schedule that the machine cannot follow.
/// Returns roughly how many on-chip bytes will be in use at most: what is kept,
/// and two or three times what a tile reads, as if all cores that have parts of
/// a stage held as much as the one with the most.
mlir::FailureOr<int64_t> placeTensors(mlir::func::FuncOp func,
                                      const MachineDescription &machine,
                                      double fill);
/// What the cost model expects of a run.
struct FunctionCost {
  double seconds = 0;
  /// By which each stage moves the end; its results may leave with the next.
  std::vector<std::pair<mlir::Location, double>> stageSeconds;
  double joules = 0; // dynamic
  uint64_t dramBytes = 0;
};
/// Estimated cost of a function of scheduled stages whose tensors are placed,
/// from inputs in DRAM to outputs in DRAM. Fails on a schedule that the machine
/// cannot follow.
mlir::FailureOr<FunctionCost> estimateCost(mlir::func::FuncOp func,
                                           const MachineDescription &machine);
/// What npu-record-estimate has kept on a function; 0 where there is nothing.
double readEstimatedSeconds(mlir::func::FuncOp func);

/// npu-lower-to-commands.
mlir::LogicalResult lowerToCommands(mlir::func::FuncOp func,
                                    const MachineDescription &machine);

/// npu-pin-weights. `fill` is the fraction of local and shared memory that may
/// be in use. Fails as prefetchWeights does.
mlir::LogicalResult pinWeights(mlir::func::FuncOp func,
                               const MachineDescription &machine, double fill);
/// Bytes of constants that the set-up of commands brings and nothing else.
uint64_t countResidentBytes(mlir::func::FuncOp commands);

/// npu-prefetch-weights. `fill` is the fraction of local memory that may be in
/// use. Returns when the last command ends, in seconds. Fails on a
/// micro-program that the vector engine cannot run.
mlir::FailureOr<double> prefetchWeights(mlir::func::FuncOp func,
                                        const MachineDescription &machine,
                                        double fill);

/// When the commands of a function are done by the cost model.
struct CommandEnds {
  double last = 0; // in seconds
  /// Of the commands of each node of the model the last, in seconds.
  llvm::MapVector<llvm::StringRef, double> ofNodes;
};
/// Of a function without loops; queues wait for each other as npu-synchronize
/// has it. Fails on a micro-program that the vector engine cannot run.
mlir::FailureOr<CommandEnds>
estimateCommands(mlir::func::FuncOp func, const MachineDescription &machine);

/// Bytes that a plan uses at most, of the fullest core.
struct MemoryUse {
  int64_t localBytes = 0, sharedBytes = 0, scratchBytes = 0;
};
/// npu-plan-memory. Addresses of local memory rest for at least `leastResting`
/// commands. Refuses a function that a memory is too small for.
mlir::FailureOr<MemoryUse> planMemory(mlir::func::FuncOp func,
                                      const MachineDescription &machine,
                                      int64_t leastResting = 0);
/// The most bytes of the buffers of a core that live at once when addresses
/// rest for `resting` commands: no plan of its local memory takes less. The
/// largest number where sizes do not add up. Fails on what are no commands of
/// the machine.
mlir::FailureOr<int64_t> getLeastLocalBytes(mlir::func::FuncOp func,
                                            const MachineDescription &machine,
                                            int64_t resting);
/// npu-schedule-commands. A function whose last command ends later than after
/// `limit` seconds stays as it is, unless that is 0. Fails on waits and
/// signals, and on a micro-program that the vector engine cannot run.
mlir::LogicalResult scheduleCommands(mlir::func::FuncOp func,
                                     const MachineDescription &machine,
                                     double limit = 0);
/// npu-synchronize.
void synchronize(mlir::func::FuncOp func);
/// npu-roll-loops.
void rollLoops(mlir::func::FuncOp func);

} // namespace garam::npu

#endif // GARAM_DIALECT_NPU_TRANSFORMS_PIPELINE_H
