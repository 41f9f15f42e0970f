//===- Executable.cpp - A device binary, loaded ---------------------------===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#include "garam/Runtime/Executable.h"

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
  if (Error error = executable->loadPrograms(devices))
    return error;
  return executable;
}

Error Executable::loadPrograms(const DeviceRegistry &devices) {
  const Container &container = image.getContainer();
  MemoryBufferRef target(image.getTargetText(), container.getPath());
  Expected<TargetHeader> header = readTargetHeader(target);
  if (!header)
    return container.makeError("section '.garam.target': " +
                               toString(header.takeError()));
  targetName = header->name;

  for (const auto &[i, program] : enumerate(getManifest().programs)) {
    const Device *device = devices.lookup(program.device);
    if (!device)
      return container.makeError("program " + Twine(i) + " is for a device '" +
                                 program.device + "' that is not known here");
    Expected<std::unique_ptr<LoadedProgram>> loaded =
        device->load(image.getCode(i), target);
    if (!loaded)
      return container.makeError("section '" + program.section +
                                 "': " + toString(loaded.takeError()));
    programs.push_back(std::move(*loaded));
    Expected<MachineSummary> machine = device->summarizeMachine(target);
    if (!machine)
      return container.makeError("section '.garam.target': " +
                                 toString(machine.takeError()));
    machines.push_back(std::move(*machine));
    if (Error error = checkProgram(i))
      return error;
  }

  Expected<std::vector<DebugMap>> maps = image.readDebugMaps();
  if (!maps)
    return maps.takeError();
  debugMaps = std::move(*maps);
  return Error::success();
}

/// The manifest's segments are those that the program itself declares.
Error Executable::checkProgram(unsigned program) const {
  const ImageProgram &entry = getManifest().programs[program];
  std::vector<DeviceSegment> declared = programs[program]->getSegments();
  bool same = declared.size() == entry.segments.size();
  for (size_t i = 0; same && i < declared.size(); ++i) {
    const DeviceSegment &segment =
        getManifest().segments[entry.segments[i]].segment;
    same = segment.role == declared[i].role && segment.size == declared[i].size;
  }
  if (!same)
    return image.getContainer().makeError(
        "section '" + entry.section +
        "' declares other segments than the manifest");
  return Error::success();
}

} // namespace garam
