//===- StepRunner.h - Joint run of the steps of an entry point --*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_LIB_RUNTIME_STEPRUNNER_H
#define GARAM_LIB_RUNTIME_STEPRUNNER_H

#include "PathAccounts.h"
#include "garam/Runtime/Session.h"
#include "garam/Simulation/BandwidthServer.h"

#include <set>

namespace garam {

/// The memory of a segment of the manifest that a run may write.
using GetSegment =
    llvm::function_ref<llvm::MutableArrayRef<uint8_t>(unsigned segment)>;

/// Executes steps in one simulation: each starts as soon as those that it comes
/// after have ended, a device runs one program at a time, and what it needs of
/// a link is reserved when it gets there. The component of the simulation that
/// starts all others.
class StepRunner : public sim::Component {
public:
  /// `instances` are those of Executable::getInstances.
  StepRunner(const Executable &executable,
             llvm::ArrayRef<const ProgramInstance *> instances,
             const RunOptions &options, GetSegment getSegment);
  ~StepRunner() override;

  /// Runs all steps. Adds times, energy and counts to `result`.
  llvm::Error run(RunResult &result);

private:
  struct StepState {
    size_t numMissing = 0; // steps that it waits for
    std::vector<uint32_t> successors;
    // Of a dispatch that runs. The execution may refer to the others.
    std::vector<llvm::MutableArrayRef<uint8_t>> memory;
    DeviceRunOptions options;
    std::unique_ptr<DeviceExecution> execution;
    DeviceRun run; // of a dispatch that has ended
    // Of a transfer.
    unsigned nextLink = 0;
    uint32_t position = 0; // the device where the next link begins
    PathAccount account;   // up to where it is
  };
  struct DeviceState {
    /// When they became ready, and their number.
    std::set<std::pair<sim::Time, uint32_t>> ready;
    bool isBusy = false;
    /// When it became free and the path there.
    sim::Time freeSince = 0;
    PathAccount account;
  };
  /// One direction of a link.
  struct Direction {
    sim::BandwidthServer server;
    PathAccount account; // to the end of what is reserved
  };

  llvm::Error start() override;
  llvm::Error handle(uint64_t tag) override;
  std::string describeBlocked() const override { return ""; }

  void release(uint32_t step);
  llvm::Error startPrograms();
  llvm::Error startProgram(uint32_t step);
  DeviceRunOptions makeOptions(uint32_t step) const;
  std::function<void(const Tensor &)> makeValueHandler(uint32_t step) const;
  std::vector<llvm::MutableArrayRef<uint8_t>> bindSegments(uint32_t step) const;
  llvm::Error endProgram(uint32_t step);
  void advanceTransfer(uint32_t step);
  void endTransfer(uint32_t step);
  void endStep(uint32_t step);
  void tracePath(uint32_t step);
  void count(uint32_t step, const DeviceRun &run);
  void addSetup();
  void finishEnergy();

  const Step &getStep(uint32_t step) const {
    return executable.getEntryPoint().steps[step];
  }

  const Executable &executable;
  llvm::ArrayRef<const ProgramInstance *> instances;
  const RunOptions &options;
  GetSegment getSegment;
  /// Outlives the executions of programs, which refer to it.
  sim::Kernel kernel;
  std::vector<StepState> steps;
  std::vector<DeviceState> devices;
  std::vector<std::array<Direction, 2>> links;
  CategoryTable categories;
  sim::PathTree<RunInterval> paths;
  PathAccount lastAccount; // of the step that ended last
  size_t numEnded = 0;
  bool isStartScheduled = false;
  RunResult result;
};

} // namespace garam

#endif // GARAM_LIB_RUNTIME_STEPRUNNER_H
