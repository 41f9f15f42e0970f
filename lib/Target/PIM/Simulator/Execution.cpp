//===- Execution.cpp - Runs HBM-PIM programs ------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Execution.h"

#include "DriverModel.h"
#include "ValueCopies.h"
#include "llvm/ADT/STLExtras.h"

namespace garam::pim {

namespace {

class Execution : public DeviceExecution {
public:
  Execution(sim::Kernel &kernel, const Program &program,
            const MachineDescription &machine, const PhasePlayer &player,
            const DeviceState &state, std::optional<RunMemory> segments,
            const DeviceRunOptions &options, RunEndHandler onEnd)
      : kernel(kernel), program(program), machine(machine), player(player),
        hasData(segments.has_value()),
        segments(segments ? std::move(*segments) : RunMemory()),
        options(options), onEnd(std::move(onEnd)), memory(state.memory),
        driver(machine.driver, program.stagingBursts, this->segments),
        next(state.nextStep), nextPhase(state.numPhases),
        setupCounts(memory.getCounts()) {
    run.laneBusyFs.resize(getChannelLane(machine.geometry.channels));
  }

  llvm::Error start() override;
  llvm::Error handle(uint64_t) override;
  std::string describeBlocked() const override {
    return isDone ? "" : memory.describeBlocked();
  }

private:
  llvm::Error runNext();
  llvm::Error endPhase(const Phase &phase);
  template <typename Command>
  void begin(const Command &command);
  llvm::Error finish();
  void addTime(llvm::StringRef category, sim::Time time);

  sim::Kernel &kernel;
  const Program &program;
  const MachineDescription &machine;
  const PhasePlayer &player;
  bool hasData;
  RunMemory segments;
  DeviceRunOptions options;
  RunEndHandler onEnd;
  MemorySystem memory;
  DriverModel driver;

  size_t next; // step
  uint32_t nextPhase, nextCommand = 0;
  sim::Time startTime = 0, stepTime = 0;
  uint64_t driverOperations = 0;
  AccessCounts setupCounts;
  DeviceRun run;
  bool isDone = false;
};

//===----------------------------------------------------------------------===//
// Phases
//===----------------------------------------------------------------------===//

llvm::Error Execution::endPhase(const Phase &phase) {
  sim::Time now = kernel.now();
  addTime(phase.name, now - stepTime);
  sim::Time phaseEnd = memory.getTime(memory.getCycles());
  sim::Time phaseStart =
      memory.getTime(memory.getCycles() - memory.getPhaseCycles());
  std::vector<DeviceEvent> events;
  for (auto [channel, cycles] : llvm::enumerate(memory.getChannelCycles())) {
    if (cycles == 0)
      continue;
    sim::Time busy =
        memory.getTime(memory.getCycles() - memory.getPhaseCycles() + cycles) -
        phaseStart;
    uint32_t lane = getChannelLane(channel);
    run.laneBusyFs[lane] += busy;
    ++run.executedCommands;
    events.push_back({lane, nextPhase - 1, stepTime,
                      now - (phaseEnd - phaseStart) + busy, false, phase.name});
  }
  llvm::stable_sort(events, [](const DeviceEvent &a, const DeviceEvent &b) {
    return a.endFs < b.endFs;
  });
  if (options.onEvent)
    llvm::for_each(events, options.onEvent);
  return runNext();
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

static llvm::StringRef getKind(const ConvertCommand &) { return "convert"; }
static llvm::StringRef getKind(const ReduceCommand &) { return "reduce"; }
static llvm::StringRef getKind(const StoreCommand &) { return "store"; }

template <typename Command>
void Execution::begin(const Command &command) {
  if (hasData)
    driver.execute(command);
  driverOperations += DriverModel::countOperations(command);
  sim::Time time = sim::getTime(driver.getSeconds(command));
  addTime("driver", time);
  run.laneBusyFs[driverLane] += time;
  ++run.executedCommands;
  kernel.schedule(time, *this, 0);
}

llvm::Error Execution::start() {
  startTime = kernel.now();
  return runNext();
}

/// A command of the driver has ended.
llvm::Error Execution::handle(uint64_t) {
  if (options.onEvent)
    std::visit(
        [&](const auto &step) {
          if constexpr (!std::is_same_v<std::decay_t<decltype(step)>, Phase>)
            options.onEvent({driverLane, nextCommand - 1, stepTime,
                             kernel.now(), false, getKind(step)});
        },
        program.steps[next - 1]);
  if (hasData)
    if (llvm::Error error = copyValues(options, nextCommand - 1, segments))
      return error;
  return runNext();
}

llvm::Error Execution::runNext() {
  stepTime = kernel.now();
  if (next == program.steps.size())
    return finish();
  const Step &step = program.steps[next++];
  if (const auto *phase = std::get_if<Phase>(&step)) {
    ++nextPhase;
    return player.begin(*phase, memory, driver.getStaging(), kernel,
                        [this, phase] { return endPhase(*phase); });
  }
  ++nextCommand;
  if (const auto *convert = std::get_if<ConvertCommand>(&step))
    begin(*convert);
  else if (const auto *reduce = std::get_if<ReduceCommand>(&step))
    begin(*reduce);
  else
    begin(std::get<StoreCommand>(step));
  return llvm::Error::success();
}

void Execution::addTime(llvm::StringRef category, sim::Time time) {
  auto share = llvm::find_if(run.criticalPath, [&](const TimeShare &entry) {
    return entry.category == category;
  });
  if (share == run.criticalPath.end())
    share = run.criticalPath.insert(share, {category.str(), 0});
  share->femtoseconds += time;
}

llvm::Error Execution::finish() {
  isDone = true;
  AccessCounts counts = memory.getCounts();
  const AccessCounts &before = setupCounts;
  run.latencyFs = kernel.now() - startTime;
  run.macs = counts.macs - before.macs;
  run.dramReadBytes = (counts.interfaceReads + counts.bankReads -
                       before.interfaceReads - before.bankReads) *
                      bytesPerBurst;
  run.dramWriteBytes = (counts.interfaceWrites + counts.bankWrites -
                        before.interfaceWrites - before.bankWrites) *
                       bytesPerBurst;
  run.energyJoule = getJoules(counts, machine.energy) -
                    getJoules(before, machine.energy) +
                    driverOperations * machine.driver.energyPerOperation;
  return onEnd(std::move(run));
}

} // namespace

double getJoules(const AccessCounts &counts, const Energy &energy) {
  constexpr double bitsPerBurst = 8.0 * bytesPerBurst;
  return (counts.interfaceReads + counts.interfaceWrites) * bitsPerBurst *
             energy.perInterfaceBit +
         (counts.bankReads + counts.bankWrites) * bitsPerBurst *
             energy.perBankBit +
         counts.laneOperations * energy.perLaneOperation;
}

std::unique_ptr<DeviceExecution>
makeExecution(sim::Kernel &kernel, const Program &program,
              const MachineDescription &machine, const PhasePlayer &player,
              const DeviceState &state, std::optional<RunMemory> memory,
              const DeviceRunOptions &options, RunEndHandler onEnd) {
  return std::make_unique<Execution>(kernel, program, machine, player, state,
                                     std::move(memory), options,
                                     std::move(onEnd));
}

} // namespace garam::pim
