//===- Executable.cpp - A device binary, loaded ---------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/Executable.h"

#include "garam/Container/StepChecker.h"
#include "garam/Container/ValueNames.h"
#include "garam/Runtime/TrustList.h"
#include "garam/Support/Errors.h"

using namespace llvm;

namespace garam {

Expected<std::shared_ptr<const Executable>>
Executable::load(StringRef path, const DeviceRegistry &devices) {
  Expected<Image> image = Image::open(path);
  if (!image)
    return image.takeError();
  return create(std::move(*image), devices);
}

Expected<std::shared_ptr<const Executable>>
Executable::create(Image image, const DeviceRegistry &devices) {
  std::shared_ptr<Executable> executable(new Executable(std::move(image)));
  std::vector<const Device *> classes;
  if (Error error = executable->loadDevices(devices, classes))
    return error;
  if (Error error = executable->loadPrograms(classes))
    return error;
  return executable;
}

Error Executable::loadDevices(const DeviceRegistry &registry,
                              std::vector<const Device *> &classes) {
  const Container &container = image.getContainer();
  for (const auto &[i, device] : enumerate(getManifest().devices)) {
    auto fail = [&, &device = device](const Twine &message) {
      return container.makeError("section '" + device.section +
                                 "': " + message);
    };
    MemoryBufferRef target(image.getTargetText(i), container.getPath());
    Expected<TargetHeader> header = readTargetHeader(target);
    if (!header)
      return fail(toString(header.takeError()));
    if (header->kind != device.kind || header->name != device.target)
      return fail("describes '" + header->name + "' of kind '" + header->kind +
                  "', device '" + device.name + "' is '" + device.target +
                  "' of kind '" + device.kind + "'");
    const Device *found = registry.lookup(device.kind);
    if (!found)
      return container.makeError("device '" + device.name + "' is of kind '" +
                                 device.kind +
                                 "', which is not known here; hint: a "
                                 "device of a shared library comes with "
                                 "--device-plugin FILE.so");
    Expected<MachineSummary> machine = found->summarizeMachine(target);
    if (!machine)
      return fail(toString(machine.takeError()));
    machines.push_back(std::move(*machine));
    classes.push_back(found);
  }
  return Error::success();
}

Error Executable::loadPrograms(ArrayRef<const Device *> classes) {
  const Container &container = image.getContainer();
  std::vector<std::vector<DeviceSegment>> segments;
  std::vector<std::vector<ResidentRange>> residents;
  for (const auto &[i, program] : enumerate(getManifest().programs)) {
    size_t device =
        &getManifest().getTarget(program) - getManifest().devices.data();
    MemoryBufferRef target(image.getTargetText(device), container.getPath());
    Expected<std::unique_ptr<LoadedProgram>> loaded =
        classes[device]->load(image.getCode(i), target);
    if (!loaded)
      return container.makeError("section '" + program.section +
                                 "': " + toString(loaded.takeError()));
    programs.push_back(std::move(*loaded));
    hasNativeCode |= classes[device]->executesNativeCode();
    segments.push_back(programs.back()->getSegments());
    residents.push_back(programs.back()->getResidents());
    if (Error error = checkProgram(i, segments.back()))
      return error;
  }
  for (const EntryPoint &entry : getManifest().entryPoints)
    for (const Step &step : entry.steps)
      if (step.kind == Step::Kind::Dispatch)
        if (Error error = checkDispatch(step, segments[step.program]))
          return error;
  if (Error error = checkSteps(getManifest(), segments))
    return container.makeError(toString(std::move(error)));
  if (Error error = checkResidents(getManifest(), segments, residents))
    return container.makeError(toString(std::move(error)));

  Expected<std::vector<DebugMap>> maps = image.readDebugMaps();
  if (!maps)
    return maps.takeError();
  debugMaps = std::move(*maps);
  for (const EntryPoint &entry : getManifest().entryPoints)
    for (const auto &[number, step] : enumerate(entry.steps))
      if (!step.nodes.empty() &&
          step.nodes.size() != debugMaps[step.program].nodes.size())
        return container.makeError(
            "step " + Twine(number) + " of entry point '" + entry.name +
            "' names " + Twine(step.nodes.size()) + " nodes, its program has " +
            Twine(debugMaps[step.program].nodes.size()));
  instances = listInstances(getEntryPoint(), segments);
  return checkMemory();
}

std::string Executable::getValueName(unsigned step, StringRef name) const {
  ArrayRef<std::string> own =
      getDebugMap(getEntryPoint().steps[step].program).nodes;
  StringRef id = getNodeId(name, own);
  if (id.empty())
    return name.str();
  return getNodes(step)[find(own, id) - own.begin()] +
         name.substr(id.size()).str();
}

const std::string &Executable::getContentHash() const {
  std::call_once(isHashed, [&] {
    contentHash = hashContent(image.getContainer().getBytes());
  });
  return contentHash;
}

/// Constants, which an instance has, are one segment.
Error Executable::checkProgram(unsigned program,
                               ArrayRef<DeviceSegment> declared) const {
  if (count_if(declared, [](const DeviceSegment &segment) {
        return segment.role == MemoryRole::Constant;
      }) > 1)
    return image.getContainer().makeError(
        "section '" + getManifest().programs[program].section +
        "' declares several segments of constants");
  return Error::success();
}

/// The manifest's segments can be those that the program itself declares.
/// Inputs and outputs may be larger than it needs.
Error Executable::checkDispatch(const Step &step,
                                ArrayRef<DeviceSegment> declared) const {
  bool fits = declared.size() == step.segments.size();
  for (size_t i = 0; fits && i < declared.size(); ++i) {
    const DeviceSegment &segment =
        getManifest().segments[step.segments[i]].segment;
    bool isValue = declared[i].role == MemoryRole::Input ||
                   declared[i].role == MemoryRole::Output;
    fits = isUsableAs(segment.role, declared[i].role) &&
           (isValue ? segment.size >= declared[i].size
                    : segment.size == declared[i].size);
  }
  if (!fits)
    return image.getContainer().makeError(
        "section '" + getManifest().programs[step.program].section +
        "' declares other segments than the manifest");
  return Error::success();
}

Error Executable::checkMemory() const {
  std::vector<SegmentMemory> memories;
  for (const MachineSummary &machine : machines)
    memories.push_back({machine.memoryBytes, machine.memoryHoldsConstants});
  if (std::optional<MemoryOverflow> overflow =
          findMemoryOverflow(getManifest(), memories))
    return image.getContainer().makeError(overflow->describe(getManifest()));
  return Error::success();
}

} // namespace garam
