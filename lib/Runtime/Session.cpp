//===- Session.cpp - Runs a loaded device binary --------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/Session.h"

#include "Quantization.h"
#include "garam/Support/Errors.h"
#include "llvm/ADT/StringExtras.h"

#include <cstring>

using namespace llvm;

namespace garam {

static Error makeInputError(const Twine &message) {
  return makeUserError(ExitCode::Input, message);
}

static std::string listNames(ArrayRef<Binding> bindings) {
  std::string text;
  raw_string_ostream os(text);
  interleaveComma(bindings, os, [&](const Binding &binding) {
    os << "'" << binding.name << "' (" << binding.type.str() << ")";
  });
  return text;
}

/// The binding of that name, or null.
static const Binding *findBinding(ArrayRef<Binding> bindings, StringRef name) {
  for (const Binding &binding : bindings)
    if (binding.name == name)
      return &binding;
  return nullptr;
}

/// Every input is given once, with its type and shape.
static Error checkInputs(const EntryPoint &entry, ArrayRef<Tensor> inputs) {
  for (const Tensor &input : inputs) {
    const Binding *binding = findBinding(entry.inputs, input.name);
    if (!binding)
      return makeInputError("the model has no input '" + input.name +
                            "'; its inputs are " + listNames(entry.inputs));
    if (input.type != binding->type)
      return makeInputError("input '" + input.name + "' is " +
                            input.type.str() + ", the model needs " +
                            binding->type.str());
    if (input.data.size() != *getByteSize(binding->type))
      return makeInputError("input '" + input.name + "' has " +
                            Twine(input.data.size()) + " bytes, " +
                            binding->type.str() + " needs " +
                            Twine(*getByteSize(binding->type)));
  }
  for (const Binding &binding : entry.inputs) {
    size_t count = count_if(inputs, [&](const Tensor &input) {
      return input.name == binding.name;
    });
    if (count != 1)
      return makeInputError("input '" + binding.name + "' (" +
                            binding.type.str() + ") is " +
                            (count == 0 ? "missing" : "given more than once"));
  }
  return Error::success();
}

MutableArrayRef<uint8_t> Session::getSegment(unsigned segment) {
  const Image &image = executable->getImage();
  if (image.getManifest().segments[segment].segment.role ==
      MemoryRole::Constant) {
    // Devices refuse programs that write a constant segment when they load
    // them, so the mapped file is never written.
    ArrayRef<uint8_t> bytes = image.getConstants(segment);
    return {const_cast<uint8_t *>(bytes.data()), bytes.size()};
  }
  return {static_cast<uint8_t *>(memory[segment].base()),
          image.getManifest().segments[segment].segment.size};
}

/// Fresh memory is zero; state and all else stay from run to run.
Error Session::allocateSegments() {
  for (const auto &[i, entry] : enumerate(executable->getManifest().segments)) {
    const DeviceSegment &segment = entry.segment;
    if (segment.role == MemoryRole::Constant || segment.size == 0 ||
        memory[i].base())
      continue;
    std::error_code error;
    memory[i] = Memory(sys::Memory::allocateMappedMemory(
        segment.size, nullptr, sys::Memory::MF_READ | sys::Memory::MF_WRITE,
        error));
    if (error)
      return makeUserError(ExitCode::Binary, "no memory for segment '" +
                                                 segment.name + "' of " +
                                                 Twine(segment.size) +
                                                 " bytes: " + error.message());
  }
  return Error::success();
}

Error Session::bindInputs(ArrayRef<Tensor> inputs, RunResult &result) {
  const EntryPoint &entry = executable->getEntryPoint();
  if (Error error = checkInputs(entry, inputs))
    return error;
  for (const Tensor &input : inputs) {
    const Binding &binding = *findBinding(entry.inputs, input.name);
    MutableArrayRef<uint8_t> bytes =
        getSegment(binding.segment).take_front(*getDeviceByteSize(binding));
    if (!binding.quantization) {
      copy(input.data, bytes.begin());
      continue;
    }
    quantize(input.data, *binding.quantization, bytes);
    result.hostQuantizedElements += bytes.size();
  }
  return Error::success();
}

void Session::readOutputs(RunResult &result) {
  for (const Binding &binding : executable->getEntryPoint().outputs) {
    Tensor output{binding.name, binding.type,
                  std::vector<uint8_t>(*getByteSize(binding.type))};
    ArrayRef<uint8_t> bytes =
        getSegment(binding.segment).take_front(*getDeviceByteSize(binding));
    if (binding.quantization) {
      dequantize(bytes, *binding.quantization, output.data);
      result.hostQuantizedElements += bytes.size();
    } else {
      copy(bytes, output.data.begin());
    }
    result.outputs.push_back(std::move(output));
  }
}

/// Adds `part`, which follows `whole` in time.
static void accumulate(RunResult &whole, DeviceRun part) {
  whole.latencyFs += part.latencyFs;
  whole.macs += part.macs;
  whole.dramReadBytes += part.dramReadBytes;
  whole.dramWriteBytes += part.dramWriteBytes;
  whole.executedCommands += part.executedCommands;
  whole.energyJoule += part.energyJoule;
  for (TimeShare &share : part.criticalPath) {
    auto same = find_if(whole.criticalPath, [&](const TimeShare &other) {
      return other.category == share.category;
    });
    if (same == whole.criticalPath.end())
      whole.criticalPath.push_back(std::move(share));
    else
      same->femtoseconds += share.femtoseconds;
  }
}

Error Session::runProgram(unsigned program, const RunOptions &options,
                          RunResult &result) {
  DeviceRunOptions deviceOptions;
  deviceOptions.timingOnly = options.timingOnly;
  deviceOptions.residentWeights = options.residentWeights;
  deviceOptions.threads = options.threads;
  if (options.onEvent)
    deviceOptions.onEvent = [&, start = result.latencyFs](DeviceEvent event) {
      event.startFs += start;
      event.endFs += start;
      options.onEvent(program, event);
    };

  if (options.onValue && !options.timingOnly) {
    deviceOptions.values = executable->getDebugMap(program).values;
    deviceOptions.onValue = options.onValue;
  }

  const std::vector<uint32_t> &numbers =
      executable->getManifest().programs[program].segments;
  std::vector<MutableArrayRef<uint8_t>> segments(numbers.size());
  if (!options.timingOnly)
    for (const auto &[segment, number, declared] :
         zip(segments, numbers, executable->getProgram(program).getSegments()))
      segment = getSegment(number).take_front(declared.size);

  Expected<DeviceRun> run =
      executable->getProgram(program).run(segments, deviceOptions);
  if (!run)
    return executable->getImage().getContainer().makeError(
        toString(run.takeError()));
  result.laneBusyFs[program] = std::move(run->laneBusyFs);
  accumulate(result, std::move(*run));
  return Error::success();
}

void Session::runTransfer(const Step &step, const RunOptions &options,
                          RunResult &result) {
  if (!options.timingOnly)
    copy(getSegment(step.from).take_front(step.bytes),
         getSegment(step.to).begin());
  for (uint32_t number : step.links) {
    const ImageLink &link = executable->getManifest().links[number];
    DeviceRun part;
    part.latencyFs =
        sim::getTime(link.seconds + step.bytes / link.bytesPerSecond);
    part.energyJoule = step.bytes * link.joulePerByte;
    part.criticalPath = {{"link " + link.name, part.latencyFs}};
    accumulate(result, std::move(part));
  }
}

/// Time of the host link for everything that goes in and out. With several
/// devices that is in the steps.
static std::optional<double> getHostLinkSeconds(const Executable &executable) {
  const std::optional<HostLink> &link = executable.getMachine(0).hostLink;
  if (!link || executable.getManifest().devices.size() != 1)
    return std::nullopt;
  auto getSeconds = [&](ArrayRef<Binding> bindings) {
    uint64_t bytes = 0;
    for (const Binding &binding : bindings)
      bytes += *getDeviceByteSize(binding);
    return link->getSeconds(bytes);
  };
  const EntryPoint &entry = executable.getEntryPoint();
  return getSeconds(entry.inputs) + getSeconds(entry.outputs);
}

/// Energy of the machine's idle power, which flows all the time.
static double getIdleEnergy(const Executable &executable, uint64_t latencyFs) {
  double watts = 0;
  for (unsigned i = 0; i < executable.getManifest().devices.size(); ++i)
    watts += executable.getMachine(i).idleWatts;
  return watts * static_cast<double>(latencyFs) /
         static_cast<double>(sim::fsPerSecond);
}

Expected<RunResult> Session::run(ArrayRef<Tensor> inputs,
                                 const RunOptions &options) {
  RunResult result;
  if (!options.timingOnly) {
    if (Error error = allocateSegments())
      return error;
    if (Error error = bindInputs(inputs, result))
      return error;
  }
  result.laneBusyFs.resize(executable->getNumPrograms());
  for (const Step &step : executable->getEntryPoint().steps) {
    if (step.kind == Step::Kind::Transfer)
      runTransfer(step, options, result);
    else if (Error error = runProgram(step.program, options, result))
      return error;
  }
  result.energyJoule += getIdleEnergy(*executable, result.latencyFs);
  if (!options.timingOnly)
    readOutputs(result);
  result.hostLinkSeconds = getHostLinkSeconds(*executable);
  return result;
}

} // namespace garam
