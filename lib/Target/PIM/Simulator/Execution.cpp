//===- Execution.cpp - Runs HBM-PIM programs ------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Target/PIM/Execution.h"

#include "DriverModel.h"
#include "MemorySystem.h"
#include "ValueCopies.h"
#include "garam/Target/PIM/ChannelWalk.h"
#include "garam/Target/PIM/Encoding.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Endian.h"

namespace garam::pim {

namespace {

/// The register files that micro-kernels are, as bursts.
std::vector<Burst> loadMicroKernels(const Program &program) {
  std::vector<Burst> bursts;
  for (const std::vector<Instruction> &kernel : program.microKernels) {
    std::vector<uint32_t> words = llvm::cantFail(encode(kernel)); // is checked
    words.resize(maxInstructions);
    for (uint32_t part = 0; part < burstsPerMicroKernel; ++part) {
      Burst burst;
      for (unsigned i = 0; i < instructionsPerBurst; ++i)
        llvm::support::endian::write32le(
            &burst[i * sizeof(uint32_t)],
            words[part * instructionsPerBurst + i]);
      bursts.push_back(burst);
    }
  }
  return bursts;
}

SimulationOptions getSimulationOptions(const DeviceRunOptions &options) {
  SimulationOptions result;
  result.timingOnly = options.timingOnly;
  return result;
}

class Execution : public DeviceExecution {
public:
  Execution(sim::Kernel &kernel, const Program &program,
            const MachineDescription &machine,
            llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments,
            const DeviceRunOptions &options, RunEndHandler onEnd,
            StreamObserver onTransaction)
      : kernel(kernel), program(program), machine(machine), segments(segments),
        options(options), onEnd(std::move(onEnd)),
        onTransaction(std::move(onTransaction)),
        simulationOptions(getSimulationOptions(options)),
        memory(machine, simulationOptions),
        driver(machine.driver, program.stagingBursts, this->segments),
        microKernels(loadMicroKernels(program)), mapping(machine) {
    run.laneBusyFs.resize(getChannelLane(machine.geometry.channels));
  }

  llvm::Error runSetup();

  llvm::Error start() override;
  llvm::Error handle(uint64_t) override;
  std::string describeBlocked() const override {
    return isDone ? "" : memory.describeBlocked();
  }

private:
  llvm::Error runNext();
  llvm::Error begin(const Phase &phase, sim::Kernel &kernel,
                    std::function<llvm::Error()> onPhaseEnd);
  llvm::Error endPhase(const Phase &phase);
  template <typename Command>
  void begin(const Command &command);
  llvm::Error finish();

  TransactionSource getSource(const Phase &phase, uint32_t channel);
  Location locate(const ChannelAccess &access, uint32_t channel) const;
  uint8_t *getData(const ChannelAccess &access);
  void show(const Phase &phase);
  void addTime(llvm::StringRef category, sim::Time time);
  double getJoules(const AccessCounts &counts) const;

  sim::Kernel &kernel;
  const Program &program;
  const MachineDescription &machine;
  std::vector<llvm::MutableArrayRef<uint8_t>> segments;
  DeviceRunOptions options;
  RunEndHandler onEnd;
  StreamObserver onTransaction;
  SimulationOptions simulationOptions;
  MemorySystem memory;
  DriverModel driver;
  std::vector<Burst> microKernels;
  AddressMapping mapping;

  size_t next = 0; // step
  uint32_t nextPhase = 0, nextCommand = 0;
  sim::Time startTime = 0, stepTime = 0;
  uint64_t driverOperations = 0;
  AccessCounts setupCounts;
  DeviceRun run;
  bool isDone = false;
};

//===----------------------------------------------------------------------===//
// Phases
//===----------------------------------------------------------------------===//

Location Execution::locate(const ChannelAccess &access,
                           uint32_t channel) const {
  uint32_t columns = machine.geometry.columns;
  return {channel, access.command->rank, access.bank, access.place / columns,
          access.place % columns};
}

/// The burst that a write takes its data from or a result goes to; null where
/// there is no data.
uint8_t *Execution::getData(const ChannelAccess &access) {
  const AccessCommand &command = *access.command;
  if (command.kind == TransactionKind::Read)
    return nullptr;
  if (command.kind == TransactionKind::ResultRead)
    return driver.getStaging()[access.data].data();
  switch (command.source) {
  case DataSource::Literal:
    return const_cast<uint8_t *>(program.literals[access.data].data());
  case DataSource::MicroKernel:
    return microKernels[access.data].data();
  case DataSource::Constant:
    if (segments.front().empty())
      return nullptr;
    return segments.front().data() + uint64_t(access.data) * bytesPerBurst;
  case DataSource::Staging:
    return driver.getStaging()[access.data].data();
  }
  return nullptr;
}

TransactionSource Execution::getSource(const Phase &phase, uint32_t channel) {
  return [this, channel, walk = ChannelWalk(phase.commands, channel)]() mutable
             -> std::optional<ChannelTransaction> {
    std::optional<ChannelAccess> access = walk.next();
    if (!access)
      return std::nullopt;
    ChannelTransaction transaction;
    transaction.location = locate(*access, channel);
    transaction.isBarrier = access->isBarrier;
    TransactionKind kind = access->command->kind;
    transaction.isWrite = kind == TransactionKind::Write;
    uint8_t *data = getData(*access);
    if (transaction.isWrite)
      transaction.data = data;
    else if (!options.timingOnly)
      transaction.result = data;
    return transaction;
  };
}

/// Everything that a phase writes is known when it begins.
void Execution::show(const Phase &phase) {
  onTransaction({TransactionKind::Phase, 0, 0}, {}, phase.name);
  for (uint32_t channel = 0; channel < machine.geometry.channels; ++channel) {
    ChannelWalk walk(phase.commands, channel);
    while (std::optional<ChannelAccess> access = walk.next()) {
      static constexpr Burst zeros = {};
      const uint8_t *data = getData(*access);
      onTransaction({access->command->kind, 0,
                     mapping.getAddress(locate(*access, channel))},
                    llvm::ArrayRef(data ? data : zeros.data(), bytesPerBurst),
                    "");
      if (access->isBarrier)
        onTransaction({TransactionKind::Barrier, channel, 0}, {}, "");
    }
  }
}

llvm::Error Execution::begin(const Phase &phase, sim::Kernel &phaseKernel,
                             std::function<llvm::Error()> onPhaseEnd) {
  if (onTransaction)
    show(phase);
  return memory.beginPhase(
      phaseKernel, [&](uint32_t channel) { return getSource(phase, channel); },
      std::move(onPhaseEnd));
}

/// The phases of the setup have a kernel of their own, since they come before
/// the time of the run.
llvm::Error Execution::runSetup() {
  sim::Kernel setupKernel;
  for (; next < program.steps.size(); ++next) {
    const auto *phase = std::get_if<Phase>(&program.steps[next]);
    if (!phase || !phase->isSetup)
      break;
    ++nextPhase;
    auto ignore = [] { return llvm::Error::success(); };
    if (llvm::Error error = begin(*phase, setupKernel, ignore))
      return error;
    if (llvm::Error error = setupKernel.run())
      return error;
  }
  run.setupFs = memory.getTime(memory.getCycles());
  setupCounts = memory.getCounts();
  run.setupJoule = getJoules(setupCounts);
  return llvm::Error::success();
}

llvm::Error Execution::endPhase(const Phase &phase) {
  sim::Time now = kernel.now();
  addTime(phase.name, now - stepTime);
  sim::Time phaseEnd = memory.getTime(memory.getCycles());
  sim::Time phaseStart =
      memory.getTime(memory.getCycles() - memory.getPhaseCycles());
  for (auto [channel, cycles] : llvm::enumerate(memory.getChannelCycles())) {
    if (cycles == 0)
      continue;
    sim::Time busy =
        memory.getTime(memory.getCycles() - memory.getPhaseCycles() + cycles) -
        phaseStart;
    uint32_t lane = getChannelLane(channel);
    run.laneBusyFs[lane] += busy;
    ++run.executedCommands;
    if (options.onEvent)
      options.onEvent({lane, nextPhase - 1, stepTime,
                       now - (phaseEnd - phaseStart) + busy, false,
                       phase.name});
  }
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
  if (!options.timingOnly)
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
    return begin(*phase, kernel, [this, phase] { return endPhase(*phase); });
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

double Execution::getJoules(const AccessCounts &counts) const {
  constexpr double bitsPerBurst = 8.0 * bytesPerBurst;
  const Energy &energy = machine.energy;
  return (counts.interfaceReads + counts.interfaceWrites) * bitsPerBurst *
             energy.perInterfaceBit +
         (counts.bankReads + counts.bankWrites) * bitsPerBurst *
             energy.perBankBit +
         counts.laneOperations * energy.perLaneOperation;
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
  run.energyJoule = getJoules(counts) - getJoules(before) +
                    driverOperations * machine.driver.energyPerOperation;
  return onEnd(std::move(run));
}

} // namespace

llvm::Expected<std::unique_ptr<DeviceExecution>>
prepareExecution(sim::Kernel &kernel, const Program &program,
                 const MachineDescription &machine,
                 llvm::ArrayRef<llvm::MutableArrayRef<uint8_t>> segments,
                 const DeviceRunOptions &options, RunEndHandler onEnd,
                 StreamObserver onTransaction) {
  if (segments.size() != program.segments.size())
    return llvm::createStringError(
        "the program has " + llvm::Twine(program.segments.size()) +
        " segments, but memory for " + llvm::Twine(segments.size()));
  for (auto [segment, bytes] : llvm::zip_equal(program.segments, segments))
    if (bytes.size() < segment.size && !(bytes.empty() && options.timingOnly))
      return llvm::createStringError(
          "segment '" + segment.name + "' has " + llvm::Twine(segment.size) +
          " bytes, but memory of " + llvm::Twine(bytes.size()));
  auto execution =
      std::make_unique<Execution>(kernel, program, machine, segments, options,
                                  std::move(onEnd), std::move(onTransaction));
  if (llvm::Error error = execution->runSetup())
    return std::move(error);
  return execution;
}

} // namespace garam::pim
