//===- StepRunner.cpp - Joint run of the steps of an entry point ----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "StepRunner.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Twine.h"

using namespace llvm;

namespace garam {

/// Tag of the event in which devices start what is ready; other events are of
/// the step of that number.
static constexpr uint64_t startTag = maxSteps;

StepRunner::StepRunner(const Executable &executable,
                       ArrayRef<const ProgramInstance *> instances,
                       const RunOptions &options, GetSegment getSegment)
    : executable(executable), instances(instances), options(options),
      getSegment(getSegment), steps(executable.getEntryPoint().steps.size()),
      devices(executable.getManifest().devices.size()),
      links(executable.getManifest().links.size()) {
  for (uint32_t number = 0; number < steps.size(); ++number) {
    for (uint32_t earlier : getStep(number).after)
      steps[earlier].successors.push_back(number);
    steps[number].numMissing = getStep(number).after.size();
  }
}

StepRunner::~StepRunner() = default;

Error StepRunner::run(RunResult &total) {
  result.laneBusyFs.resize(instances.size());
  result.devices.resize(devices.size());
  result.links.resize(links.size());
  kernel.add(*this);
  Error error = kernel.run();
  if (!error && numEnded != steps.size())
    error = createStringError("the program stops before its end");
  if (error)
    return error;
  result.criticalPath = categories.list(lastAccount);
  result.path = paths.list(lastAccount.path);
  addSetup();
  finishEnergy();
  result.hostQuantizedElements = total.hostQuantizedElements;
  total = std::move(result);
  return Error::success();
}

//===----------------------------------------------------------------------===//
// Order
//===----------------------------------------------------------------------===//

Error StepRunner::start() {
  for (uint32_t step = 0; step < steps.size(); ++step)
    if (steps[step].numMissing == 0)
      release(step);
  return Error::success();
}

/// All that `step` waits for has ended.
void StepRunner::release(uint32_t step) {
  if (getStep(step).kind == Step::Kind::Transfer)
    return advanceTransfer(step);
  devices[getStep(step).device].ready.insert({kernel.now(), step});
  // Not at once: what becomes ready at the same time is started in the order of
  // its numbers.
  if (isStartScheduled)
    return;
  isStartScheduled = true;
  kernel.schedule(0, *this, startTag);
}

Error StepRunner::handle(uint64_t tag) {
  if (tag == startTag)
    return startPrograms();
  auto step = static_cast<uint32_t>(tag);
  if (getStep(step).kind == Step::Kind::Dispatch)
    return endProgram(step);
  if (steps[step].nextLink < getStep(step).links.size())
    advanceTransfer(step);
  else
    endTransfer(step);
  return Error::success();
}

void StepRunner::endStep(uint32_t step) {
  StepState &state = steps[step];
  ++numEnded;
  result.latencyFs = kernel.now();
  lastAccount = state.account;
  for (uint32_t next : state.successors) {
    if (--steps[next].numMissing > 0)
      continue;
    // The last to end is what the next one has waited for.
    steps[next].account = state.account;
    release(next);
  }
  state.account = {};
}

//===----------------------------------------------------------------------===//
// Programs
//===----------------------------------------------------------------------===//

Error StepRunner::startPrograms() {
  isStartScheduled = false;
  for (DeviceState &device : devices) {
    if (device.isBusy || device.ready.empty())
      continue;
    auto [since, step] = *device.ready.begin();
    device.ready.erase(device.ready.begin());
    device.isBusy = true;
    // The device kept it waiting, not the step before it.
    if (since < device.freeSince)
      steps[step].account = device.account;
    if (Error error = startProgram(step))
      return error;
  }
  return Error::success();
}

/// Values have the names of the nodes that the dispatch stands for.
std::function<void(const Tensor &)>
StepRunner::makeValueHandler(uint32_t step) const {
  if (getStep(step).nodes.empty())
    return options.onValue;
  return [this, step](const Tensor &value) {
    Tensor renamed = value;
    renamed.name = executable.getValueName(step, value.name);
    options.onValue(renamed);
  };
}

DeviceRunOptions StepRunner::makeOptions(uint32_t step) const {
  DeviceRunOptions own;
  own.threads = options.threads;
  own.tracePath = options.tracePath;
  if (options.onEvent)
    own.onEvent = [this, step](const DeviceEvent &event) {
      options.onEvent(step, event);
    };
  if (options.onValue && !options.timingOnly) {
    own.values = executable.getDebugMap(getStep(step).program).values;
    own.onValue = makeValueHandler(step);
  }
  return own;
}

/// The memory of a dispatch's segments, but of constants, which the instance
/// has.
std::vector<MutableArrayRef<uint8_t>>
StepRunner::bindSegments(uint32_t step) const {
  std::vector<MutableArrayRef<uint8_t>> memory;
  for (const auto &[segment, declared] :
       zip(getStep(step).segments,
           executable.getProgram(getStep(step).program).getSegments()))
    memory.push_back(declared.role == MemoryRole::Constant
                         ? MutableArrayRef<uint8_t>()
                         : getSegment(segment).take_front(declared.size));
  return memory;
}

Error StepRunner::startProgram(uint32_t step) {
  StepState &state = steps[step];
  state.options = makeOptions(step);
  if (!options.timingOnly)
    state.memory = bindSegments(step);
  // The execution is destroyed in the event, after it has returned from here.
  auto onEnd = [this, step](DeviceRun run) {
    steps[step].run = std::move(run);
    kernel.schedule(0, *this, step);
    return Error::success();
  };
  if (Error error =
          instances[executable.getInstance(step)]
              ->prepare(kernel, state.memory, state.options, std::move(onEnd))
              .moveInto(state.execution))
    return error;
  return kernel.start(*state.execution);
}

Error StepRunner::endProgram(uint32_t step) {
  StepState &state = steps[step];
  kernel.remove(*state.execution);
  state.execution.reset();
  state.memory = {};
  state.options = {};
  unsigned number = getStep(step).device;

  std::string prefix;
  if (devices.size() > 1)
    prefix = executable.getManifest().devices[number].name + ": ";
  uint64_t accounted = 0;
  for (const TimeShare &share : state.run.criticalPath) {
    accounted += share.femtoseconds;
    categories.charge(state.account, prefix + share.category,
                      share.femtoseconds);
  }
  if (accounted != state.run.latencyFs)
    return createStringError("program " + Twine(getStep(step).program) +
                             " accounts for " + Twine(accounted) +
                             " fs, it took " + Twine(state.run.latencyFs));
  if (options.tracePath)
    tracePath(step);
  count(step, state.run);
  state.run = {};

  DeviceState &device = devices[number];
  device.isBusy = false;
  device.freeSince = kernel.now();
  device.account = state.account;
  endStep(step);
  if (!device.ready.empty() && !isStartScheduled) {
    isStartScheduled = true;
    kernel.schedule(0, *this, startTag);
  }
  return Error::success();
}

/// Makes the path to the end of a program longer by that through it.
void StepRunner::tracePath(uint32_t step) {
  StepState &state = steps[step];
  for (const PathInterval &interval : state.run.path)
    paths.append(state.account.path,
                 {step, std::nullopt, interval, /*hasCommand=*/true});
  if (!state.run.path.empty())
    return;
  for (const TimeShare &share : state.run.criticalPath)
    if (share.femtoseconds > 0)
      paths.append(state.account.path,
                   {step, std::nullopt,
                    PathInterval{0, 0, "", share.category, share.femtoseconds},
                    /*hasCommand=*/false});
}

/// Adds what a program did to the counts of its device and of the run.
void StepRunner::count(uint32_t step, const DeviceRun &run) {
  result.macs += run.macs;
  result.dramReadBytes += run.dramReadBytes;
  result.dramWriteBytes += run.dramWriteBytes;
  result.executedCommands += run.executedCommands;
  DeviceUse &use = result.devices[getStep(step).device];
  ++use.dispatches;
  use.busyFs += run.latencyFs;
  use.dynamicJoule += run.energyJoule;
  std::vector<uint64_t> &busy = result.laneBusyFs[executable.getInstance(step)];
  busy.resize(std::max(busy.size(), run.laneBusyFs.size()));
  for (const auto &[sum, part] : zip(busy, run.laneBusyFs))
    sum += part;
}

//===----------------------------------------------------------------------===//
// Transfers
//===----------------------------------------------------------------------===//

/// Enters the next link of a transfer, whose bytes have all arrived where that
/// begins.
void StepRunner::advanceTransfer(uint32_t step) {
  const Step &transfer = getStep(step);
  const Manifest &manifest = executable.getManifest();
  StepState &state = steps[step];
  if (state.nextLink == 0)
    state.position = manifest.segments[transfer.from].device;
  uint32_t number = transfer.links[state.nextLink++];
  const ImageLink &link = manifest.links[number];
  bool isBackward = state.position != link.between[0];
  state.position = link.between[isBackward ? 0 : 1];
  Direction &direction = links[number][isBackward];

  sim::Time now = kernel.now();
  sim::Time service = sim::getTime(transfer.bytes / link.bytesPerSecond);
  sim::Time latency = sim::getTime(link.seconds);
  sim::BandwidthServer::Slot slot = direction.server.reserve(now, service);
  if (slot.start > now)
    state.account = direction.account;
  std::string category = "link " + link.name;
  auto charge = [&](sim::Time duration) {
    categories.charge(state.account, category, duration);
    if (options.tracePath && duration > 0)
      paths.append(state.account.path,
                   {step, number,
                    PathInterval{0, 0, "transfer", category, duration},
                    /*hasCommand=*/false});
  };
  charge(slot.end - slot.start);
  direction.account = state.account;
  charge(latency);

  LinkUse &use = result.links[number];
  use.bytes += transfer.bytes;
  use.busyFs += service;
  use.joule += transfer.bytes * link.joulePerByte;
  sim::Time end = sim::addTime(slot.end, latency);
  if (options.onTransfer)
    options.onTransfer({step, number, isBackward, slot.start, end});
  kernel.schedule(end - now, *this, step);
}

void StepRunner::endTransfer(uint32_t step) {
  const Step &transfer = getStep(step);
  if (!options.timingOnly)
    copy(getSegment(transfer.from).take_front(transfer.bytes),
         getSegment(transfer.to).begin());
  endStep(step);
}

//===----------------------------------------------------------------------===//
// Energy
//===----------------------------------------------------------------------===//

/// Instances of one device are set up one after the other.
void StepRunner::addSetup() {
  for (const auto &[place, instance] :
       zip_equal(executable.getInstances(), instances)) {
    SetupCost cost = instance->getSetupCost();
    DeviceUse &use = result.devices[place.device];
    use.setupFs += cost.femtoseconds;
    use.setupJoule += cost.joule;
  }
}

/// Idle power of every device flows all the time, whether it has work or not.
void StepRunner::finishEnergy() {
  for (const auto &[i, use] : enumerate(result.devices)) {
    use.idleJoule = executable.getMachine(i).idleWatts *
                    static_cast<double>(result.latencyFs) /
                    static_cast<double>(sim::fsPerSecond);
    result.energyJoule += use.dynamicJoule + use.idleJoule;
    result.setupJoule += use.setupJoule;
    result.setupFs = std::max(result.setupFs, use.setupFs);
  }
  for (const LinkUse &use : result.links)
    result.energyJoule += use.joule;
}

} // namespace garam
