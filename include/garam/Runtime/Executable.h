//===- Executable.h - A device binary, loaded -------------------*- C++ -*-===//
//
// Part of Garam. Licensed under the Apache License, Version 2.0.
//
//===----------------------------------------------------------------------===//

#ifndef GARAM_RUNTIME_EXECUTABLE_H
#define GARAM_RUNTIME_EXECUTABLE_H

#include "garam/Container/Image.h"
#include "garam/Container/Instances.h"
#include "garam/Target/Device.h"
#include "garam/Target/DeviceProgram.h"
#include "garam/Target/DeviceRegistry.h"
#include "garam/Target/LoadedProgram.h"

#include <memory>
#include <mutex>
#include <string>

namespace garam {

/// A verified device binary whose programs were decoded by their devices.
/// Immutable: any number of sessions, on any threads, share one.
///
///   DeviceRegistry devices;
///   registerBuiltinDevices(devices);
///   auto executable = Executable::load("model.garam", devices);
///   if (!executable)
///     return executable.takeError();
///   Session session(*executable);
class Executable {
public:
  /// Opens a file. The registry is used during the call only. Errors are of
  /// ExitCode::Binary; the file may come from a stranger.
  static llvm::Expected<std::shared_ptr<const Executable>>
  load(llvm::StringRef path, const DeviceRegistry &devices);
  static llvm::Expected<std::shared_ptr<const Executable>>
  create(Image image, const DeviceRegistry &devices);

  const Image &getImage() const { return image; }
  const Manifest &getManifest() const { return image.getManifest(); }
  /// The entry point that `run` executes: the first.
  const EntryPoint &getEntryPoint() const {
    return getManifest().entryPoints.front();
  }
  unsigned getNumPrograms() const { return programs.size(); }
  const LoadedProgram &getProgram(unsigned program) const {
    return *programs[program];
  }
  /// What the machine of a device of the manifest is.
  const MachineSummary &getMachine(unsigned device) const {
    return machines[device];
  }
  /// The instances that the steps of the entry point need, in the order in
  /// which they are first dispatched.
  llvm::ArrayRef<InstancePlace> getInstances() const {
    return instances.instances;
  }
  /// The instance that a dispatch runs.
  unsigned getInstance(unsigned step) const { return instances.ofStep[step]; }
  /// Whether a program is code for the processor that Garam runs on. Only with
  /// RunOptions::executeNativeCode does it run on data.
  bool holdsNativeCode() const { return hasNativeCode; }
  /// Of the whole file, as a trust list has it. Computed by the first call, for
  /// it takes long of a large file.
  const std::string &getContentHash() const;
  const DebugMap &getDebugMap(unsigned program) const {
    return debugMaps[program];
  }

  /// Ids of the nodes that a dispatch stands for, as its program's debug map
  /// numbers them.
  llvm::ArrayRef<std::string> getNodes(unsigned step) const {
    const Step &dispatch = getEntryPoint().steps[step];
    return dispatch.nodes.empty() ? getDebugMap(dispatch.program).nodes
                                  : dispatch.nodes;
  }
  /// The name that a value of a dispatch's program, which other dispatches may
  /// run, too, has in that dispatch.
  std::string getValueName(unsigned step, llvm::StringRef name) const;

private:
  explicit Executable(Image image) : image(std::move(image)) {}
  /// Also looks up the class of each device.
  llvm::Error loadDevices(const DeviceRegistry &registry,
                          std::vector<const Device *> &classes);
  llvm::Error loadPrograms(llvm::ArrayRef<const Device *> classes);
  llvm::Error checkProgram(unsigned program,
                           llvm::ArrayRef<DeviceSegment> declared) const;
  llvm::Error checkDispatch(const Step &step,
                            llvm::ArrayRef<DeviceSegment> declared) const;
  llvm::Error checkMemory() const;

  Image image;
  std::vector<std::unique_ptr<LoadedProgram>> programs;
  std::vector<MachineSummary> machines; // of each device
  std::vector<DebugMap> debugMaps;
  InstanceList instances; // of the entry point
  bool hasNativeCode = false;
  mutable std::once_flag isHashed;
  mutable std::string contentHash; // once `isHashed`
};

} // namespace garam

#endif // GARAM_RUNTIME_EXECUTABLE_H
