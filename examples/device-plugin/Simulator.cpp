//===- Simulator.cpp - The events of a run --------------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "Simulator.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;
namespace sim = garam::sim;

namespace abacus {

/// All units of a chain work at once, and so does the memory: the slower of the
/// two says how long the elements take.
ChainCost getCost(const Chain &chain, const Machine &machine) {
  ChainCost cost;
  cost.writeBytes = chain.getResultBytes();
  uint64_t operations = chain.row > 1 ? chain.elements : 0;
  for (const Instruction &instruction : chain.instructions) {
    if (isBinary(instruction.opcode))
      operations += chain.elements;
    if (instruction.opcode != Opcode::Load)
      continue;
    // What comes again comes from the stream's buffer, if it is in there.
    uint64_t once = std::min(instruction.period,
                             divideCeil(chain.elements, instruction.repeat));
    bool fits = once * elementBytes <= machine.bufferBytes;
    uint64_t elements =
        fits ? once : divideCeil(chain.elements, instruction.repeat);
    cost.readBytes += elements * elementBytes;
  }
  sim::Clock clock(machine.clockHz);
  uint64_t depth = chain.instructions.size(); // a cycle each for the first one
  uint64_t bytes = cost.readBytes + cost.writeBytes;
  cost.launch = sim::getTime(machine.launchSeconds);
  cost.arithmetic =
      clock.getTime(divideCeil(chain.elements, machine.lanes) + depth);
  cost.memory = sim::getTime(bytes / machine.memoryBytesPerSecond);
  cost.joules = operations * machine.joulesPerOperation +
                bytes * machine.memoryJoulesPerByte;
  return cost;
}

namespace {

/// Runs the chains one after the other: an event is the end of one.
class Execution : public garam::DeviceExecution {
public:
  Execution(sim::Kernel &kernel, const Program &program, const Machine &machine,
            std::optional<garam::RunMemory> data,
            const garam::DeviceRunOptions &options, garam::RunEndHandler onEnd)
      : kernel(kernel), program(program), machine(machine),
        data(std::move(data)), options(options), onEnd(std::move(onEnd)) {}

  Error start() override {
    begin = kernel.now();
    return startChain();
  }
  Error handle(uint64_t number) override;
  std::string describeBlocked() const override { return ""; }

private:
  Error startChain();
  void account(const Chain &chain, const ChainCost &cost);
  Error report(uint64_t number);

  sim::Kernel &kernel;
  const Program &program;
  const Machine &machine;
  std::optional<garam::RunMemory> data; // without it only times
  garam::DeviceRunOptions options;
  garam::RunEndHandler onEnd;
  sim::Time begin = 0, chainBegin = 0;
  uint64_t next = 0;
  sim::Time launch = 0, arithmetic = 0, memory = 0;
  garam::DeviceRun run;
};

} // namespace

/// Starts the next chain, or ends the program.
Error Execution::startChain() {
  if (next < program.chains.size()) {
    chainBegin = kernel.now();
    kernel.schedule(getCost(program.chains[next], machine).getTime(), *this,
                    next);
    ++next;
    return Error::success();
  }
  run.latencyFs = kernel.now() - begin;
  run.laneBusyFs = {run.latencyFs};
  run.criticalPath = {
      {"launch", launch}, {"arithmetic", arithmetic}, {"memory", memory}};
  return onEnd(run);
}

void Execution::account(const Chain &chain, const ChainCost &cost) {
  launch += cost.launch;
  (cost.arithmetic > cost.memory ? arithmetic : memory) +=
      std::max(cost.arithmetic, cost.memory);
  run.macs += chain.countMACs();
  run.dramReadBytes += cost.readBytes;
  run.dramWriteBytes += cost.writeBytes;
  run.energyJoule += cost.joules;
  ++run.executedCommands;
}

/// Copies the values of the debug map that chain `number` has made. The map may
/// come from a stranger too.
Error Execution::report(uint64_t number) {
  const Chain &chain = program.chains[number];
  for (const garam::DeviceValue &value : options.values) {
    if (value.pieces.size() != 1 || value.pieces[0].lastWrites.size() != 1 ||
        value.pieces[0].lastWrites[0].command != number)
      continue;
    std::optional<uint64_t> bytes = garam::getByteSize(value.type);
    if (value.type.type != garam::DataType::Float32 ||
        bytes != chain.getResultBytes())
      return createStringError("value '" + value.name +
                               "' of the debug map is not what chain " +
                               Twine(number) + " stores");
    ArrayRef<uint8_t> result =
        data->read(chain.result.segment).slice(chain.result.offset, *bytes);
    options.onValue({value.name, value.type, result.vec()});
  }
  return Error::success();
}

Error Execution::handle(uint64_t number) {
  const Chain &chain = program.chains[number];
  account(chain, getCost(chain, machine));
  if (data) {
    execute(chain, *data);
    if (options.onValue)
      if (Error error = report(number))
        return error;
  }
  if (options.onEvent)
    options.onEvent({/*lane=*/0, static_cast<uint32_t>(number), chainBegin,
                     kernel.now(), /*isSynchronisation=*/false, "chain"});
  return startChain();
}

namespace {

/// Weights stay in the memory, so that there is no set-up.
class Instance : public garam::ProgramInstance {
public:
  Instance(const Program &program, const Machine &machine,
           ArrayRef<uint8_t> constants, const garam::InstanceOptions &options)
      : program(program), machine(machine), constants(constants),
        timingOnly(options.timingOnly) {}

  Expected<std::unique_ptr<garam::DeviceExecution>>
  prepare(sim::Kernel &kernel, ArrayRef<MutableArrayRef<uint8_t>> segments,
          const garam::DeviceRunOptions &options,
          garam::RunEndHandler onEnd) const override {
    std::optional<garam::RunMemory> data;
    if (!timingOnly)
      if (Error error =
              garam::RunMemory::create(program.segments, constants, segments)
                  .moveInto(data))
        return std::move(error);
    return std::make_unique<Execution>(
        kernel, program, machine, std::move(data), options, std::move(onEnd));
  }

private:
  const Program &program;
  const Machine &machine;
  ArrayRef<uint8_t> constants;
  bool timingOnly;
};

} // namespace

std::unique_ptr<garam::ProgramInstance>
makeInstance(const Program &program, const Machine &machine,
             ArrayRef<uint8_t> constants,
             const garam::InstanceOptions &options) {
  return std::make_unique<Instance>(program, machine, constants, options);
}

} // namespace abacus
