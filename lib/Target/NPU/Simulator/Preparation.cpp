//===- Preparation.cpp - What is checked before a program runs ------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "NPUDevice.h"

#include "garam/Target/NPU/Encoding.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FormatVariadic.h"

namespace garam::npu {

NPUDevice::NPUDevice(sim::Kernel &kernel, const Program &program,
                     const MachineDescription &machine,
                     const RunMemory &segments,
                     llvm::ArrayRef<uint32_t> parameters,
                     const SimulationOptions &options,
                     sim::BandwidthServer *dram)
    : kernel(kernel), program(program), machine(machine), segments(segments),
      parameters(parameters), options(options), clock(machine.clockHz),
      dram(dram ? *dram : ownDRAM),
      memory(program, machine, segments, options.timingOnly),
      accumulators(machine.cores), ports(machine.cores),
      contracting(machine.cores, 0), sharedCores(machine.cores),
      queues(program.queues.size()) {
  result.queueBusyFs.resize(program.queues.size());
  if (!options.timingOnly && options.threads != 1)
    pool = std::make_unique<llvm::DefaultThreadPool>(
        llvm::hardware_concurrency(options.threads));
}

std::string NPUDevice::describe(uint32_t queue) const {
  const Queue &described = program.queues[queue];
  return llvm::formatv("core {0}, {1} queue", described.core,
                       getName(described.engine));
}

/// Adds queue and command to the message of `error`.
llvm::Error NPUDevice::locate(llvm::Error error, uint32_t queue,
                              uint32_t command) const {
  return llvm::createStringError(
      llvm::formatv("NPU simulation: {0}, command {1}: {2}", describe(queue),
                    command, llvm::toString(std::move(error)))
          .str());
}

llvm::Error NPUDevice::prepareCommand(uint32_t queue, uint32_t number) {
  const Command &command = program.queues[queue].commands[number];
  PreparedCommand &entry = prepared[queue][number];
  if (const auto *tensor = std::get_if<TensorCommand>(&command)) {
    if (llvm::Error error = checkSupported(*tensor, machine))
      return error;
    entry.engine = getTime(*tensor, machine);
  } else if (const auto *vector = std::get_if<VectorCommand>(&command)) {
    if (llvm::Error error = checkSupported(*vector, machine))
      return error;
    entry.engine = getTime(*vector, machine);
  } else if (const auto *dma = std::get_if<DMACommand>(&command)) {
    if (llvm::Error error = checkSupported(*dma, machine))
      return error;
    entry.transfer = getTime(*dma, machine);
  } else if (const auto *signal = std::get_if<SignalCommand>(&command)) {
    auto target = llvm::find_if(program.queues, [&](const Queue &other) {
      return other.core == signal->core && other.engine == signal->engine;
    });
    entry.target = target - program.queues.begin();
  }
  return llvm::Error::success();
}

llvm::Error NPUDevice::prepareQueue(uint32_t queue) {
  const std::vector<Command> &commands = program.queues[queue].commands;
  prepared[queue].resize(commands.size());
  llvm::SmallVector<uint32_t, maxLoopDepth> open;
  for (uint32_t number = 0; number < commands.size(); ++number) {
    if (llvm::Error error = prepareCommand(queue, number))
      return locate(std::move(error), queue, number);
    if (std::holds_alternative<LoopBeginCommand>(commands[number])) {
      open.push_back(number);
    } else if (std::holds_alternative<LoopEndCommand>(commands[number])) {
      uint32_t begin = open.pop_back_val();
      prepared[queue][begin].matchingLoop = number;
      prepared[queue][number].matchingLoop = begin;
    }
  }
  return llvm::Error::success();
}

static llvm::Error fail(std::string message) {
  return llvm::createStringError("NPU simulation: " + message);
}

/// There is memory for each segment.
llvm::Error NPUDevice::checkSegments() const {
  if (segments.size() != program.segments.size())
    return fail(llvm::formatv("memory of {0} segments, the program has {1}",
                              segments.size(), program.segments.size()));
  for (auto [number, segment] : llvm::enumerate(program.segments))
    if (segments.read(number).size() < segment.size)
      return fail(llvm::formatv(
          "{0} bytes of memory for segment {1} ('{2}'), which has {3}",
          segments.read(number).size(), number, segment.name, segment.size));
  return llvm::Error::success();
}

/// Resident bytes lie in the machine's memories, and hold what they hold.
llvm::Error NPUDevice::prepareResidents() {
  for (const ResidentBytes &bytes : program.residents)
    if (llvm::Error error = checkSupported(bytes, machine))
      return fail(llvm::toString(std::move(error)));
  if (options.timingOnly)
    return llvm::Error::success();
  if (options.residents.size() != program.residents.size())
    return fail(llvm::formatv("contents of {0} ranges of resident bytes, the "
                              "program has {1}",
                              options.residents.size(),
                              program.residents.size()));
  for (auto [bytes, content] :
       llvm::zip_equal(program.residents, options.residents)) {
    if (content.size() != bytes.size)
      return fail(llvm::formatv("contents of {0} bytes for {1} resident bytes",
                                content.size(), bytes.size));
    memory.fill(bytes, content);
  }
  return llvm::Error::success();
}

llvm::Error NPUDevice::prepare() {
  if (llvm::Error error = verify(program))
    return error;
  if (program.numCores > machine.cores)
    return fail(llvm::formatv("the program is for {0} cores, '{1}' has {2}",
                              program.numCores, machine.name, machine.cores));
  if (parameters.size() != program.parameters.size())
    return fail(llvm::formatv("{0} launch parameters, the program has {1}",
                              parameters.size(), program.parameters.size()));
  for (auto [value, parameter] :
       llvm::zip_equal(parameters, program.parameters))
    if (value > parameter.maximum)
      return fail(
          llvm::formatv("launch parameter '{0}' is {1}, its maximum is {2}",
                        parameter.name, value, parameter.maximum));
  uint64_t dramBytes = 0;
  for (const Segment &segment : program.segments)
    dramBytes += segment.size;
  if (machine.dram.bytes && dramBytes > machine.dram.bytes)
    return fail(llvm::formatv("segments of {0} bytes, '{1}' has {2} of DRAM",
                              dramBytes, machine.name, machine.dram.bytes));
  if (!options.timingOnly) {
    if (std::max(machine.local.bytes, machine.shared.bytes) > maxImageBytes)
      return fail(llvm::formatv("'{0}' has an SRAM of more than {1} bytes, the "
                                "most whose data can be simulated",
                                machine.name, maxImageBytes));
    if (llvm::Error error = checkSegments())
      return error;
  }
  if (llvm::Error error = prepareResidents())
    return error;
  prepared.resize(program.queues.size());
  for (uint32_t queue = 0; queue < program.queues.size(); ++queue)
    if (llvm::Error error = prepareQueue(queue))
      return error;
  return llvm::Error::success();
}

llvm::Expected<std::unique_ptr<Device>>
Device::create(sim::Kernel &kernel, const Program &program,
               const MachineDescription &machine, const RunMemory &segments,
               llvm::ArrayRef<uint32_t> parameters,
               const SimulationOptions &options, sim::BandwidthServer *dram) {
  auto device = std::make_unique<NPUDevice>(kernel, program, machine, segments,
                                            parameters, options, dram);
  if (llvm::Error error = device->prepare())
    return error;
  return device;
}

} // namespace garam::npu
