//===- LoadedAnalogProgram.cpp - A program behind the interface -----------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "LoadedAnalogProgram.h"

#include "garam/Target/Analog/Encoding.h"
#include "garam/Target/Analog/Machine/TargetFile.h"
#include "garam/Target/Analog/Simulator.h"
#include "llvm/Support/xxhash.h"

#include <mutex>

using namespace llvm;

namespace garam::analog {
namespace {

class LoadedAnalogProgram : public LoadedProgram {
public:
  LoadedAnalogProgram(Program program, MachineDescription machine)
      : program(std::move(program)), machine(std::move(machine)) {}

  std::vector<DeviceSegment> getSegments() const override {
    return program.segments;
  }
  std::vector<std::string> getLanes() const override;
  std::vector<uint64_t> getCommandCounts() const override;
  void disassemble(raw_ostream &os) const override {
    analog::disassemble(program, os);
  }
  Expected<std::unique_ptr<DeviceExecution>>
  prepare(sim::Kernel &kernel, ArrayRef<MutableArrayRef<uint8_t>> segments,
          const DeviceRunOptions &options, RunEndHandler onEnd) const override;

private:
  std::shared_ptr<const Crossbars>
  getCrossbars(ArrayRef<uint8_t> constants,
               const DeviceRunOptions &options) const;

  Program program;
  MachineDescription machine;

  // The crossbars of the last run with noise: programming takes much longer
  // than an inference, and most runs repeat one seed.
  mutable std::mutex mutex;
  mutable std::pair<uint64_t, uint64_t> crossbarsKey; // seed, hash of constants
  mutable std::shared_ptr<const Crossbars> crossbars;
};

} // namespace

std::vector<std::string> LoadedAnalogProgram::getLanes() const {
  std::vector<std::string> lanes{"digital unit"};
  for (const Queue &queue : ArrayRef(program.queues).drop_front())
    lanes.push_back("core " + std::to_string(queue.core));
  return lanes;
}

std::vector<uint64_t> LoadedAnalogProgram::getCommandCounts() const {
  std::vector<uint64_t> counts;
  for (const Queue &queue : program.queues)
    counts.push_back(queue.commands.size());
  return counts;
}

std::shared_ptr<const Crossbars>
LoadedAnalogProgram::getCrossbars(ArrayRef<uint8_t> constants,
                                  const DeviceRunOptions &options) const {
  std::pair<uint64_t, uint64_t> key{options.seed, xxh3_64bits(constants)};
  std::lock_guard<std::mutex> lock(mutex);
  if (!crossbars || crossbarsKey != key) {
    crossbars = std::make_shared<Crossbars>(programCrossbars(
        program, machine, constants, options.seed, options.threads));
    crossbarsKey = key;
  }
  return crossbars;
}

Expected<std::unique_ptr<DeviceExecution>> LoadedAnalogProgram::prepare(
    sim::Kernel &kernel, ArrayRef<MutableArrayRef<uint8_t>> segments,
    const DeviceRunOptions &options, RunEndHandler onEnd) const {
  if (segments.size() != program.segments.size())
    return createStringError("the program has " +
                             Twine(program.segments.size()) +
                             " segments, got: " + Twine(segments.size()));
  std::shared_ptr<const Crossbars> noisy;
  bool isNoisy = options.noise == NoiseMode::Model && !options.timingOnly;
  if (isNoisy && segments[0].size() >= program.segments[0].size)
    noisy = getCrossbars(segments[0], options);
  return makeExecution(kernel, program, machine, segments, options,
                       std::move(noisy), std::move(onEnd));
}

Expected<std::unique_ptr<LoadedProgram>> loadProgram(ArrayRef<uint8_t> code,
                                                     MemoryBufferRef target) {
  Expected<MachineDescription> machine = readTargetFile(target);
  if (!machine)
    return machine.takeError();
  Expected<Program> program = decode(code);
  if (!program)
    return program.takeError();
  if (Error error = checkProgram(*program, *machine))
    return std::move(error);
  return std::make_unique<LoadedAnalogProgram>(std::move(*program),
                                               std::move(*machine));
}

} // namespace garam::analog
