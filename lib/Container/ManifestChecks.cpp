//===- ManifestChecks.cpp - What a manifest may refer to ------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Container/Manifest.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/MathExtras.h"

#include <cmath>

using namespace llvm;

namespace garam {

static Error fail(const Twine &message) {
  return createStringError(inconvertibleErrorCode(), "manifest: " + message);
}

/// Whether this can be a time or an energy.
static bool isUsable(double figure) {
  return std::isfinite(figure) && figure >= 0;
}

/// The runtime writes inputs and reads outputs: each lies in a segment for it.
static Error checkBindings(const Manifest &manifest, ArrayRef<Binding> bindings,
                           MemoryRole role) {
  for (const Binding &binding : bindings) {
    if (binding.segment >= manifest.segments.size())
      return fail("'" + binding.name + "' lies in segment " +
                  Twine(binding.segment) + " of " +
                  Twine(manifest.segments.size()));
    const DeviceSegment &segment = manifest.segments[binding.segment].segment;
    if (segment.role != role)
      return fail("the " + getName(role) + " '" + binding.name +
                  "' lies in segment " + Twine(binding.segment) +
                  ", whose role is " + getName(segment.role));
    std::optional<uint64_t> bytes = getDeviceByteSize(binding);
    if (!bytes || *bytes > segment.size)
      return fail("'" + binding.name + "' (" + binding.type.str() +
                  ") does not fit its segment of " + Twine(segment.size) +
                  " bytes");
  }
  return Error::success();
}

/// What counts for an output is an output itself, a single number.
static Error checkCounted(const EntryPoint &entry) {
  for (const Binding &output : entry.outputs) {
    if (!output.counted)
      continue;
    auto counter = find_if(entry.outputs, [&](const Binding &other) {
      return other.name == output.counted->counter;
    });
    if (output.counted->dimension >= output.type.shape.size())
      return fail("the counted dimension " + Twine(output.counted->dimension) +
                  " of '" + output.name + "' (" + output.type.str() +
                  ") is not there");
    if (counter == entry.outputs.end() ||
        counter->type.type != DataType::Int64 || !counter->type.shape.empty() ||
        counter->counted)
      return fail("'" + output.counted->counter + "', which counts for '" +
                  output.name + "', is no output of one int64");
  }
  return Error::success();
}

static const Symbol *findSymbol(const EntryPoint &entry, StringRef name) {
  auto found = find_if(entry.symbols,
                       [&](const Symbol &other) { return other.name == name; });
  return found == entry.symbols.end() ? nullptr : &*found;
}

/// The names of an input's dimensions are symbols, whose greatest size the type
/// has; so are those of a padded output, unless its sizes are an output, too.
/// Other names may be expressions, which are for people.
static Error checkDimensions(const EntryPoint &entry, const Binding &binding,
                             bool isInput) {
  if (binding.dimensions.empty())
    return binding.isPadded ? fail("'" + binding.name +
                                   "' is padded without names of dimensions")
                            : Error::success();
  if (binding.dimensions.size() != binding.type.shape.size() || binding.counted)
    return fail("'" + binding.name + "' (" + binding.type.str() + ") has " +
                Twine(binding.dimensions.size()) + " names of dimensions");
  if (!isInput && !(binding.isPadded && binding.sized.empty()))
    return Error::success();
  for (auto [name, size] : zip_equal(binding.dimensions, binding.type.shape)) {
    const Symbol *symbol = findSymbol(entry, name);
    if (!name.empty() && (!symbol || symbol->most != size))
      return fail("dimension '" + name + "' of '" + binding.name + "' (" +
                  binding.type.str() + ") is no symbol of that size");
  }
  return Error::success();
}

/// Symbols have ranges, and an input of their number for them. What is sized
/// names an output that has its sizes.
static Error checkSymbols(const Manifest &manifest, const EntryPoint &entry) {
  for (const Symbol &symbol : entry.symbols)
    if (symbol.least < 0 || symbol.most < symbol.least ||
        findSymbol(entry, symbol.name) != &symbol)
      return fail("symbol '" + symbol.name + "' is there twice, or is from " +
                  Twine(symbol.least) + " to " + Twine(symbol.most));
  if (entry.sizes) {
    if (Error error = checkBindings(manifest, *entry.sizes, MemoryRole::Input))
      return error;
    if (entry.sizes->type.type != DataType::Int64 ||
        ArrayRef<int64_t>(entry.sizes->type.shape) !=
            ArrayRef<int64_t>{int64_t(entry.symbols.size())})
      return fail("the sizes of a run are " + entry.sizes->type.str() +
                  ", needed one int64 for each of " +
                  Twine(entry.symbols.size()) + " symbols");
  } else if (!entry.symbols.empty()) {
    return fail("symbols without an input for their sizes");
  }
  for (const EqualSizes &condition : entry.conditions)
    if (Error error = checkEqualSizes(condition, entry.symbols.size()))
      return error;
  for (const Binding &input : entry.inputs)
    if (Error error = checkDimensions(entry, input, /*isInput=*/true))
      return error;
  for (const Binding &output : entry.outputs) {
    if (Error error = checkDimensions(entry, output, /*isInput=*/false))
      return error;
    if (output.sized.empty())
      continue;
    auto sizes = find_if(entry.outputs, [&](const Binding &other) {
      return other.name == output.sized;
    });
    if (sizes == entry.outputs.end() || !sizes->sized.empty() ||
        sizes->counted || sizes->type.type != DataType::Int64 ||
        ArrayRef<int64_t>(sizes->type.shape) !=
            ArrayRef<int64_t>{int64_t(output.type.shape.size())})
      return fail("'" + output.sized + "', which has the sizes of '" +
                  output.name +
                  "', is no output of an int64 for each of its "
                  "dimensions");
  }
  return Error::success();
}

/// No input overwrites another, and each is found by its name.
static Error checkInputs(const EntryPoint &entry) {
  DenseMap<uint32_t, StringRef> owners;
  StringSet<> names;
  auto check = [&](const Binding &input) -> Error {
    auto [owner, isNew] = owners.try_emplace(input.segment, input.name);
    if (!isNew)
      return fail("inputs '" + owner->second + "' and '" + input.name +
                  "' lie in one segment");
    if (!names.insert(input.name).second)
      return fail("two inputs have the name '" + input.name + "'");
    return Error::success();
  };
  for (const Binding &input : entry.inputs)
    if (Error error = check(input))
      return error;
  if (entry.sizes)
    if (Error error = check(*entry.sizes))
      return error;
  for (const CarriedState &state : entry.states)
    if (Error error = check(state.input))
      return error;
  return Error::success();
}

/// Each output is found by its name. The segments of some may be one: a model
/// can yield one tensor under several names.
static Error checkOutputs(const EntryPoint &entry) {
  StringSet<> names;
  auto check = [&](const Binding &output) -> Error {
    if (!names.insert(output.name).second)
      return fail("two outputs have the name '" + output.name + "'");
    return Error::success();
  };
  for (const Binding &output : entry.outputs)
    if (Error error = check(output))
      return error;
  for (const CarriedState &state : entry.states)
    if (Error error = check(state.output))
      return error;
  return Error::success();
}

/// What a run leaves is what the next one reads, without a change: both lie in
/// one memory in the same form, and nothing else takes their places.
static Error checkStates(const Manifest &manifest, const EntryPoint &entry) {
  DenseMap<uint32_t, StringRef> owners; // of segments of outputs
  for (const auto &[input, output] : entry.states) {
    if (Error error = checkBindings(manifest, input, MemoryRole::Input))
      return error;
    if (Error error = checkBindings(manifest, output, MemoryRole::Output))
      return error;
    auto failState = [&, &input = input](const Twine &message) {
      return fail("state '" + input.name + "' " + message);
    };
    if (input.type != output.type)
      return failState("is " + input.type.str() + ", its output '" +
                       output.name + "' is " + output.type.str());
    if (!(input.quantization == output.quantization))
      return failState("and its output '" + output.name +
                       "' are quantised in different ways");
    const ImageSegment &from = manifest.segments[output.segment];
    const ImageSegment &to = manifest.segments[input.segment];
    if (from.device != to.device || from.segment.size != to.segment.size)
      return failState("and its output '" + output.name +
                       "' need segments of one size in one memory");
    auto [owner, isNew] = owners.try_emplace(output.segment, input.name);
    if (!isNew)
      return failState("has the output of state '" + owner->second + "'");
  }
  return Error::success();
}

/// That devices, and links between them, are apart and have usable figures.
static Error checkSystem(const Manifest &manifest) {
  if (manifest.devices.empty())
    return fail("no device");
  StringSet<> names;
  StringMap<const ImageDevice *> targets;
  for (const ImageDevice &device : manifest.devices) {
    if (!names.insert(device.name).second)
      return fail("two devices have the name '" + device.name + "'");
    const ImageDevice *first =
        targets.try_emplace(device.section, &device).first->second;
    if (device.kind != first->kind || device.target != first->target)
      return fail("devices '" + first->name + "' and '" + device.name +
                  "' have one target file and another kind or target");
  }
  for (const ImageLink &link : manifest.links) {
    for (uint32_t device : link.between)
      if (device >= manifest.devices.size())
        return fail("link '" + link.name + "' leads to device " +
                    Twine(device) + " of " + Twine(manifest.devices.size()));
    if (link.between[0] == link.between[1])
      return fail("link '" + link.name + "' leads from device " +
                  Twine(link.between[0]) + " to itself");
    if (!isUsable(link.bytesPerSecond) || link.bytesPerSecond == 0)
      return fail("link '" + link.name +
                  "' needs a finite rate above 0 bytes/s");
    if (!isUsable(link.seconds) || !isUsable(link.joulePerByte))
      return fail("link '" + link.name +
                  "' needs a finite time and a finite energy, 0 or more");
  }
  return Error::success();
}

static Error checkPrograms(const Manifest &manifest) {
  for (const ImageProgram &program : manifest.programs)
    if (none_of(manifest.devices, [&](const ImageDevice &device) {
          return device.section == program.target;
        }))
      return fail("program '" + program.section + "' is for the target '" +
                  program.target + "', which no device has");
  return Error::success();
}

static Error checkDispatch(const Manifest &manifest, const Step &step,
                           const Twine &place) {
  if (step.program >= manifest.programs.size())
    return fail(place + " runs program " + Twine(step.program) + " of " +
                Twine(manifest.programs.size()));
  if (step.device >= manifest.devices.size())
    return fail(place + " runs on device " + Twine(step.device) + " of " +
                Twine(manifest.devices.size()));
  const ImageProgram &program = manifest.programs[step.program];
  const ImageDevice &device = manifest.devices[step.device];
  if (program.target != device.section)
    return fail(place + " runs program '" + program.section +
                "' for the target '" + program.target + "' on device '" +
                device.name + "', whose target is '" + device.section + "'");
  for (uint32_t segment : step.segments) {
    if (segment >= manifest.segments.size())
      return fail(place + " uses segment " + Twine(segment) + " of " +
                  Twine(manifest.segments.size()));
    if (manifest.segments[segment].device != step.device)
      return fail(place + " on device " + Twine(step.device) +
                  " uses segment " + Twine(segment) +
                  " in the memory of device " +
                  Twine(manifest.segments[segment].device));
  }
  return Error::success();
}

static Error checkTransfer(const Manifest &manifest, const Step &step,
                           const Twine &place) {
  for (uint32_t segment : {step.from, step.to}) {
    if (segment >= manifest.segments.size())
      return fail(place + " moves segment " + Twine(segment) + " of " +
                  Twine(manifest.segments.size()));
    uint64_t size = manifest.segments[segment].segment.size;
    if (step.bytes > size)
      return fail(place + " moves " + Twine(step.bytes) + " bytes, segment " +
                  Twine(segment) + " has " + Twine(size));
  }
  uint32_t position = manifest.segments[step.from].device;
  uint32_t end = manifest.segments[step.to].device;
  if (position == end)
    return fail(place + " stays within device " + Twine(end));
  SmallDenseSet<uint32_t> taken;
  for (uint32_t number : step.links) {
    if (number >= manifest.links.size())
      return fail(place + " takes link " + Twine(number) + " of " +
                  Twine(manifest.links.size()));
    // So a way is no longer than there are links.
    if (!taken.insert(number).second)
      return fail(place + " takes link '" + manifest.links[number].name +
                  "' twice");
    auto [first, second] = manifest.links[number].between;
    if (position != first && position != second)
      return fail(place + " takes link '" + manifest.links[number].name +
                  "', which does not begin at device " + Twine(position));
    position = position == first ? second : first;
  }
  if (position != end)
    return fail(place + " arrives at device " + Twine(position) +
                " instead of " + Twine(end));
  return Error::success();
}

static Error checkSteps(const Manifest &manifest, const EntryPoint &entry) {
  if (entry.steps.size() > maxSteps)
    return fail("entry point '" + entry.name + "' has " +
                Twine(entry.steps.size()) + " steps, the most is " +
                Twine(maxSteps));
  for (const auto &[number, step] : enumerate(entry.steps)) {
    std::string place =
        ("step " + Twine(number) + " of entry point '" + entry.name + "'")
            .str();
    for (uint32_t earlier : step.after)
      if (earlier >= number)
        return fail(place + " comes after step " + Twine(earlier) +
                    ", which is not an earlier one");
    if (Error error = step.kind == Step::Kind::Transfer
                          ? checkTransfer(manifest, step, place)
                          : checkDispatch(manifest, step, place))
      return error;
  }
  return Error::success();
}

Error checkManifest(const Manifest &manifest) {
  if (Error error = checkSystem(manifest))
    return error;
  for (const auto &[number, segment] : enumerate(manifest.segments))
    if (segment.device >= manifest.devices.size())
      return fail("segment " + Twine(number) + " is in the memory of device " +
                  Twine(segment.device) + " of " +
                  Twine(manifest.devices.size()));
  if (Error error = checkPrograms(manifest))
    return error;
  for (const EntryPoint &entry : manifest.entryPoints) {
    if (Error error = checkBindings(manifest, entry.inputs, MemoryRole::Input))
      return error;
    if (Error error = checkStates(manifest, entry))
      return error;
    if (Error error = checkSymbols(manifest, entry))
      return error;
    if (Error error = checkInputs(entry))
      return error;
    if (Error error =
            checkBindings(manifest, entry.outputs, MemoryRole::Output))
      return error;
    if (Error error = checkOutputs(entry))
      return error;
    if (Error error = checkCounted(entry))
      return error;
    if (Error error = checkSteps(manifest, entry))
      return error;
  }
  if (manifest.entryPoints.empty())
    return fail("no entry point");
  return Error::success();
}

std::string MemoryOverflow::describe(const Manifest &manifest) const {
  return ("the segments of device '" + manifest.devices[device].name +
          "' need " + Twine(needed) + " bytes, its memory has " +
          Twine(available))
      .str();
}

std::optional<MemoryOverflow>
findMemoryOverflow(const Manifest &manifest, ArrayRef<SegmentMemory> memories) {
  std::vector<uint64_t> used(manifest.devices.size());
  for (const ImageSegment &segment : manifest.segments)
    if (segment.segment.role != MemoryRole::Constant ||
        memories[segment.device].holdsConstants)
      used[segment.device] =
          SaturatingAdd(used[segment.device], segment.segment.size);
  for (const auto &[device, memory] : enumerate(memories))
    if (memory.bytes != 0 && used[device] > memory.bytes)
      return MemoryOverflow{static_cast<uint32_t>(device), used[device],
                            memory.bytes};
  return std::nullopt;
}

const ImageDevice &Manifest::getTarget(const ImageProgram &program) const {
  return *find_if(devices, [&](const ImageDevice &device) {
    return device.section == program.target;
  });
}

Step Step::dispatch(uint32_t program, uint32_t device,
                    std::vector<uint32_t> segments,
                    std::vector<uint32_t> after) {
  Step step;
  step.program = program;
  step.device = device;
  step.segments = std::move(segments);
  step.after = std::move(after);
  return step;
}

Step Step::transfer(uint32_t from, uint32_t to, uint64_t bytes,
                    std::vector<uint32_t> links, std::vector<uint32_t> after) {
  Step step;
  step.kind = Kind::Transfer;
  step.from = from;
  step.to = to;
  step.bytes = bytes;
  step.links = std::move(links);
  step.after = std::move(after);
  return step;
}

bool isUsableScale(double scale) {
  auto single = static_cast<float>(scale);
  return std::isfinite(single) && single > 0;
}

bool isInStorage(int64_t zeroPoint, DataType storage) {
  return storage == DataType::Int8 ? isInt<8>(zeroPoint) : isUInt<8>(zeroPoint);
}

std::optional<uint64_t> getDeviceByteSize(const Binding &binding) {
  TensorType type = binding.type;
  if (binding.quantization)
    type.type = binding.quantization->storage;
  return getByteSize(type);
}

} // namespace garam
